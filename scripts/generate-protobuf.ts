/**
 * Derives how Kubernetes' own kinds look on the wire as protobuf: field numbers, JSON names and types, read from the
 * struct tags of the Go modules (facts; no text is copied).
 *
 *     node scripts/generate-protobuf.ts FOLDER VERSION     FOLDER/api@VERSION, FOLDER/apimachinery@VERSION, …
 *
 * Output: message → [[number, JSON name, type, flags]…]. Types: s text, b bool, i integer, f float, y bytes, an own
 * message by name, `[]T`, `{}T` (map from text). Flags: p (pointer: absent differs from zero), o (zero is left out),
 * n (inline: its fields belong to the parent).
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const [folder, version] = process.argv.slice(2);
if (folder === undefined || version === undefined) throw new Error('usage: generate-protobuf.ts FOLDER VERSION');

const packages: Record<string, string> = {
  'apimachinery/pkg/apis/meta/v1': 'meta/v1',
  'apiextensions-apiserver/pkg/apis/apiextensions/v1': 'apiextensions/v1',
};
for (const one of [
  'core/v1',
  'admissionregistration/v1',
  'apps/v1',
  'authentication/v1',
  'authorization/v1',
  'autoscaling/v1',
  'autoscaling/v2',
  'batch/v1',
  'certificates/v1',
  'coordination/v1',
  'discovery/v1',
  'events/v1',
  'networking/v1',
  'node/v1',
  'policy/v1',
  'rbac/v1',
  'scheduling/v1',
  'scheduling/v1alpha3',
  'storage/v1',
]) {
  packages[`api/${one}`] = one;
}

/** Types whose JSON is not their fields; the decoder knows each by name. */
const special = new Set([
  'meta/v1.Time',
  'meta/v1.MicroTime',
  'meta/v1.Duration',
  'meta/v1.FieldsV1',
  'resource.Quantity',
  'intstr.IntOrString',
  'runtime.RawExtension',
  'apiextensions/v1.JSON',
  'apiextensions/v1.JSONSchemaPropsOrArray',
  'apiextensions/v1.JSONSchemaPropsOrBool',
  'apiextensions/v1.JSONSchemaPropsOrStringArray',
  'authentication/v1.ExtraValue',
  'authorization/v1.ExtraValue',
  'certificates/v1.ExtraValue',
]);
const basic: Record<string, string> = {
  string: 's',
  bool: 'b',
  int: 'i',
  int32: 'i',
  int64: 'i',
  uint8: 'i',
  float64: 'f',
  '[]byte': 'y',
  'types.UID': 's',
  'types.NodeName': 's',
};

type Field = [number: number, name: string, type: string, flags: string];
const structs = new Map<
  string,
  { number: number; name: string; go: string; flags: string; imports: Map<string, string>; own: string }[]
>();
const aliases = new Map<string, { go: string; imports: Map<string, string>; own: string }>();

for (const [path, own] of Object.entries(packages)) {
  const [module = '', ...rest] = path.split('/');
  const place = join(folder, `${module}@${version}`, ...rest);
  if (!existsSync(place)) throw new Error(`${place} is missing`);
  for (const file of readdirSync(place).filter(
    (name) =>
      /^(types|micro_time|time|duration|annotation).*\.go$|^types_jsonschema\.go$/.test(name) &&
      !name.includes('_test'),
  )) {
    const text = readFileSync(join(place, file), 'utf8')
      .replace(/\/\*[\s\S]*?\*\//g, '')
      .replace(/^\s*\/\/.*$/gm, '');
    const imports = new Map<string, string>();
    for (const match of text.matchAll(/^\s*(?:import\s+)?(\w+)?\s*"(k8s\.io\/[^"]+)"/gm)) {
      const target = (match[2] ?? '').replace('k8s.io/', '');
      imports.set(match[1] ?? target.split('/').at(-1) ?? '', packages[target] ?? target.split('/').at(-1) ?? '');
    }
    for (const match of text.matchAll(/^type (\w+) struct ?\{\s*\}$/gm)) structs.set(`${own}.${match[1]}`, []);
    for (const match of text.matchAll(/^type (\w+) (?!struct)(\S.*)$/gm)) {
      aliases.set(`${own}.${match[1]}`, { go: (match[2] ?? '').trim(), imports, own });
    }
    for (const match of text.matchAll(/^type (\w+) struct \{\n([\s\S]*?)^\}/gm)) {
      const fields = [];
      for (const line of (match[2] ?? '').split('\n')) {
        const field = /^\s+(?:(\w+)\s+)?(\S+)\s+`(.*)`/.exec(line);
        const tags = field?.[3] ?? '';
        const wire = /protobuf:"[^,"]*,(\d+),[^"]*?(?:name=(\w+))?[",]/.exec(tags);
        const json = /json:"([^"]*)"/.exec(tags)?.[1];
        if (field === null || wire === null || json === undefined) continue;
        const [name = '', ...options] = json.split(',');
        const go = field[2] ?? '';
        const inline = name === '';
        fields.push({
          number: Number(wire[1]),
          name,
          go: go.replace(/^\*/, ''),
          flags: `${go.startsWith('*') ? 'p' : ''}${options.includes('omitempty') || options.includes('omitzero') ? 'o' : ''}${inline ? 'n' : ''}`,
          imports,
          own,
        });
      }
      structs.set(`${own}.${match[1]}`, fields);
    }
  }
}

function resolve(go: string, imports: Map<string, string>, own: string): string {
  const known = basic[go];
  if (known !== undefined) return known;
  if (go.startsWith('*')) return resolve(go.slice(1), imports, own);
  if (go.startsWith('[]')) return `[]${resolve(go.slice(2), imports, own)}`;
  const map = /^map\[[\w.]+\](.+)$/.exec(go);
  if (map !== null) return `{}${resolve(map[1] ?? '', imports, own)}`;
  const dot = go.indexOf('.');
  const name =
    dot === -1 ? `${own}.${go}` : `${imports.get(go.slice(0, dot)) ?? go.slice(0, dot)}.${go.slice(dot + 1)}`;
  if (special.has(name) || structs.has(name)) return name;
  const alias = aliases.get(name);
  if (alias !== undefined) return resolve(alias.go, alias.imports, alias.own);
  throw new Error(`unknown type ${go} in ${own} (${name})`);
}

const messages: Record<string, Field[]> = {};
for (const [name, fields] of [...structs].sort(([a], [b]) => (a < b ? -1 : 1))) {
  if (special.has(name)) continue;
  messages[name] = fields.map((field) => [
    field.number,
    field.name,
    resolve(field.go, field.imports, field.own),
    field.flags,
  ]);
}
const target = join(import.meta.dirname, '../packages/kubernetes/src/generated/protobuf.json');
writeFileSync(target, `${JSON.stringify(messages)}\n`);
console.log(`${Object.keys(messages).length} messages`);
