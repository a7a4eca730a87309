/**
 * Derives the table of built-in resources from a real server's discovery documents: names, scopes, verbs, short names
 * and subresources are facts.
 *
 *     node packages/apiserver/scripts/generate-resources.ts URL TOKEN      (the server's certificate is not checked)
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';

interface ListedResource {
  name: string;
  singularName: string;
  namespaced: boolean;
  kind: string;
  group?: string;
  version?: string;
  verbs: string[];
  shortNames?: string[];
  categories?: string[];
  storageVersionHash?: string;
}

interface Row {
  group: string;
  version: string;
  resource: string;
  singular: string;
  kind: string;
  namespaced: boolean;
  verbs: string[];
  shortNames?: string[];
  categories?: string[];
  hash?: string;
  schema?: string;
  subresources?: { name: string; group?: string; version?: string; kind: string; verbs: string[] }[];
}

const [url, token] = process.argv.slice(2);
if (url === undefined || token === undefined) throw new Error('usage: generate-resources.ts URL TOKEN');
process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';

async function get<T>(path: string): Promise<T> {
  const answer = await fetch(url + path, { headers: { authorization: `Bearer ${token}` } });
  return (await answer.json()) as T;
}

interface ListedSchema {
  'x-kubernetes-group-version-kind'?: { group: string; version: string; kind: string }[];
}
const schemasFile = join(import.meta.dirname, '../../kubernetes/src/generated/schemas.json');
const schemas: Record<string, ListedSchema> = JSON.parse(readFileSync(schemasFile, 'utf8'));
const schemaOf = new Map<string, string>();
for (const [name, schema] of Object.entries(schemas)) {
  for (const gvk of schema['x-kubernetes-group-version-kind'] ?? []) {
    schemaOf.set(`${gvk.group}/${gvk.version}/${gvk.kind}`, name);
  }
}

const groups = await get<{ groups: { name: string; versions: { version: string }[] }[] }>('/apis');
const served = [
  { group: '', version: 'v1' },
  ...groups.groups.flatMap((group) => group.versions.map(({ version }) => ({ group: group.name, version }))),
];
const rows: Row[] = [];
for (const { group, version } of served) {
  const list = await get<{ resources: ListedResource[] }>(group === '' ? '/api/v1' : `/apis/${group}/${version}`);
  const own: Row[] = [];
  for (const found of list.resources) {
    const [name = '', subresource] = found.name.split('/');
    const schema = schemaOf.get(`${found.group ?? group}/${found.version ?? version}/${found.kind}`);
    if (subresource !== undefined) {
      const parent = own.find((row) => row.resource === name);
      parent?.subresources?.push({
        name: subresource,
        ...(found.group === undefined ? {} : { group: found.group }),
        ...(found.version === undefined ? {} : { version: found.version }),
        kind: found.kind,
        verbs: found.verbs,
      });
      continue;
    }
    own.push({
      group,
      version,
      resource: name,
      singular: found.singularName,
      kind: found.kind,
      namespaced: found.namespaced,
      verbs: found.verbs,
      ...(found.shortNames === undefined ? {} : { shortNames: found.shortNames }),
      ...(found.categories === undefined ? {} : { categories: found.categories }),
      ...(found.storageVersionHash === undefined ? {} : { hash: found.storageVersionHash }),
      ...(schema === undefined ? {} : { schema }),
      subresources: [],
    });
  }
  rows.push(...own.filter((row) => row.schema !== undefined));
}
const out = join(import.meta.dirname, '../src/kinds/generated/resources.json');
writeFileSync(out, `${JSON.stringify(rows)}\n`);
console.log(`${rows.length} resources`);
