import { join } from 'node:path';
import { open } from 'lmdb';
import type { JsonObject } from '../schema/json.ts';
import { parseJson, stringifyJson } from '../schema/json.ts';
import type { Journal } from './journal.ts';

const revisionKey = 'revision';
const objectsPrefix = 'o/';

/** A journal in the LMDB file `store.mdb` of `folder`. */
export function lmdbJournal(folder: string): Journal {
  // With overlapping sync the promise would resolve before the data is on disk.
  const database = open<Buffer, string>({
    path: join(folder, 'store.mdb'),
    overlappingSync: false,
    encoding: 'binary',
    mapSize: 8 * 2 ** 30,
    permissionsMode: 0o600,
  } as Parameters<typeof open>[0]);
  return {
    load() {
      const stored = database.get(revisionKey);
      function* objects(): Generator<{ storage: string; key: string; object: JsonObject }> {
        for (const { key, value } of database.getRange({ start: objectsPrefix, end: 'o0' })) {
          const slash = key.indexOf('/', objectsPrefix.length);
          const object = parseJson(value.toString('utf8')) as JsonObject;
          yield { storage: key.slice(objectsPrefix.length, slash), key: key.slice(slash + 1), object };
        }
      }
      return { revision: stored === undefined ? 1 : Number(stored.toString('latin1')), objects: objects() };
    },
    async append(entries) {
      const last = entries.at(-1);
      if (last === undefined) return;
      await database.transaction(() => {
        for (const { storage, key, object } of entries) {
          const place = `${objectsPrefix}${storage}/${key}`;
          if (object === undefined) void database.remove(place);
          else void database.put(place, Buffer.from(stringifyJson(object)));
        }
        void database.put(revisionKey, Buffer.from(String(last.revision), 'latin1'));
      });
    },
    [Symbol.asyncDispose]: () => database.close(),
  };
}
