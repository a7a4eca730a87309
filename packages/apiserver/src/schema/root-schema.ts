import { builtinDefinition } from './builtin-kinds.ts';
import type { KindSchema, Schema } from './schema.ts';

const roots = new WeakMap<KindSchema, Schema>();

const text: Schema = Object.freeze({ type: 'string' });

/** The whole object's schema: a custom kind's own with apiVersion, kind and ObjectMeta as every object has them. */
export function rootSchema(kind: KindSchema): Schema {
  if (kind.origin === 'builtin') return kind.schema;
  const known = roots.get(kind);
  if (known !== undefined) return known;
  const metadata = builtinDefinition('io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta');
  const root: Schema = {
    ...kind.schema,
    type: 'object',
    properties: {
      ...kind.schema.properties,
      apiVersion: text,
      kind: text,
      ...(metadata === undefined ? {} : { metadata }),
    },
  };
  roots.set(kind, root);
  return root;
}
