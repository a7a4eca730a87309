import { DEFINITIONS } from '@hardpoint/kubernetes/schemas';
import type { JsonObject } from './json.ts';
import { isObject } from './json.ts';
import type { GroupVersionKind, KindSchema, Schema } from './schema.ts';

const referencePrefix = '#/components/schemas/';

/** The built-in kinds' definitions as the OpenAPI documents have them: by name, references unresolved, no descriptions. */
export const builtinDefinitions = DEFINITIONS as Readonly<Record<string, JsonObject>>;

const resolved = new Map<string, Schema>();

/** One definition with its references resolved (cyclic where the definition is). */
export function builtinDefinition(name: string): Schema | undefined {
  const known = resolved.get(name);
  if (known !== undefined) return known;
  const source = Object.hasOwn(builtinDefinitions, name) ? builtinDefinitions[name] : undefined;
  if (source === undefined) return undefined;
  const target: Record<string, unknown> = { definition: name };
  resolved.set(name, target as Schema);
  fill(target, source);
  return target as Schema;
}

function fill(target: Record<string, unknown>, source: JsonObject): void {
  for (const [key, value] of Object.entries(source)) {
    if (key === 'properties' && isObject(value)) {
      const properties: Record<string, Schema> = {};
      for (const [name, property] of Object.entries(value))
        if (isObject(property)) properties[name] = resolve(property);
      target[key] = properties;
    } else if ((key === 'items' || key === 'additionalProperties') && isObject(value)) target[key] = resolve(value);
    else if (key !== '$ref' && key !== 'allOf' && key !== 'oneOf') target[key] = value;
  }
}

function resolve(source: JsonObject): Schema {
  const reference = source.$ref;
  const name = typeof reference === 'string' ? reference.slice(referencePrefix.length) : undefined;
  const base = name === undefined ? undefined : builtinDefinition(name);
  if (base === undefined) {
    const target: Record<string, unknown> = {};
    fill(target, source);
    return target as Schema;
  }
  if (Object.keys(source).length === 1) return base;
  // A reference with keys of its own (default, list type): reads through to the definition, which may still be filling.
  const own: Record<string, unknown> = {};
  fill(own, source);
  return Object.assign(Object.create(base) as object, own) as Schema;
}

let byKind: Map<string, string> | undefined;

function kindIndex(): Map<string, string> {
  if (byKind !== undefined) return byKind;
  byKind = new Map();
  for (const [name, definition] of Object.entries(builtinDefinitions)) {
    const kinds = definition['x-kubernetes-group-version-kind'];
    if (!Array.isArray(kinds)) continue;
    for (const kind of kinds) {
      if (isObject(kind)) byKind.set(`${String(kind.group)}/${String(kind.version)}/${String(kind.kind)}`, name);
    }
  }
  return byKind;
}

const kinds = new Map<string, KindSchema>();

/** A built-in kind, or undefined where the schemas do not know it. The same object for the same kind. */
export function builtinKind(gvk: GroupVersionKind): KindSchema | undefined {
  const key = `${gvk.group}/${gvk.version}/${gvk.kind}`;
  const known = kinds.get(key);
  if (known !== undefined) return known;
  const name = kindIndex().get(key);
  const schema = name === undefined ? undefined : builtinDefinition(name);
  if (schema === undefined) return undefined;
  const kind: KindSchema = Object.freeze({
    group: gvk.group,
    version: gvk.version,
    kind: gvk.kind,
    origin: 'builtin',
    schema,
  });
  kinds.set(key, kind);
  return kind;
}
