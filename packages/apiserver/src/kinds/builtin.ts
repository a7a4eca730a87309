import { builtinKind } from '../schema/builtin-kinds.ts';
import type { KindSchema } from '../schema/schema.ts';
import { eventConversion } from './event.ts';
import rows from './generated/resources.json' with { type: 'json' };
import type { Kind, Strategy, Subresource } from './kind.ts';
import { storageOf } from './kind.ts';
import { strategies } from './strategies.ts';

interface Row {
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly singular: string;
  readonly kind: string;
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
  readonly hash?: string;
  readonly subresources: readonly Subresource[];
}

/** All built-in kinds, in the order of a real server's discovery. */
export function builtinKinds(): readonly Kind[] {
  return (rows as readonly Row[]).map(kindOfRow);
}

function kindOfRow(row: Row): Kind {
  const { group, version, resource, kind } = row;
  const storage = storageOf(group, resource);
  const strategy: Strategy = strategies[storage] ?? {};
  const newEvent = storage === 'events.events.k8s.io';
  return {
    group,
    version,
    resource,
    singular: row.singular,
    kind,
    listKind: `${kind}List`,
    namespaced: row.namespaced,
    verbs: row.verbs,
    shortNames: row.shortNames ?? [],
    categories: row.categories ?? [],
    subresources: row.subresources,
    storageVersionHash: row.hash ?? '',
    storage: newEvent ? 'events' : storage,
    schema: () => {
      const schema: KindSchema | undefined = builtinKind({ group, version, kind });
      if (schema === undefined) throw new Error(`no schema of ${group}/${version} ${kind}`);
      return schema;
    },
    strategy,
    ...(newEvent ? { convert: eventConversion } : {}),
  };
}
