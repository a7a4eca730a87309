import { builtinDefinitions } from '../schema/builtin-kinds.ts';
import type { Json, JsonObject } from '../schema/json.ts';
import { getOwn, isObject, setOwn } from '../schema/json.ts';
import type { Schema } from '../schema/schema.ts';
import type { PublishedResource } from './published-resource.ts';

/** Where a document keeps its definitions: `#/components/schemas/` in v3, `#/definitions/` in v2. */
export type ReferencePrefix = '#/components/schemas/' | '#/definitions/';

const sourcePrefix = '#/components/schemas/';
const meta = 'io.k8s.apimachinery.pkg.apis.meta.v1.';

/** Definitions that every document's operations refer to. */
const always = ['DeleteOptions', 'Status', 'Patch', 'ListMeta'].map((name) => meta + name);

/** The definition's name of a resource's kind. Of a custom one: the group's parts turned round, version, kind. */
export function definitionName(
  resource: Pick<PublishedResource, 'group' | 'version' | 'kind' | 'custom'>,
): string | undefined {
  if (resource.custom !== undefined)
    return `${resource.group.split('.').reverse().join('.')}.${resource.version}.${resource.kind}`;
  return builtinNames().get(`${resource.group}/${resource.version}/${resource.kind}`);
}

let names: Map<string, string> | undefined;

function builtinNames(): Map<string, string> {
  if (names !== undefined) return names;
  names = new Map();
  for (const [name, definition] of Object.entries(builtinDefinitions)) {
    const kinds = definition['x-kubernetes-group-version-kind'];
    if (!Array.isArray(kinds)) continue;
    for (const kind of kinds.filter(isObject))
      names.set(`${String(kind.group)}/${String(kind.version)}/${String(kind.kind)}`, name);
  }
  return names;
}

/** All definitions these resources need, sorted by name. */
export function componentSchemas(resources: readonly PublishedResource[], prefix: ReferencePrefix): JsonObject {
  const found = new Map<string, JsonObject>();
  const wanted = [...always, `${meta}ObjectMeta`];
  for (const resource of resources) {
    const name = definitionName(resource);
    if (name === undefined) continue;
    if (resource.custom === undefined) {
      wanted.push(name);
      const list = definitionName({ ...resource, kind: `${resource.kind}List` });
      if (list !== undefined) wanted.push(list);
    } else {
      found.set(name, customDefinition(resource, resource.custom.kind.schema, prefix));
      found.set(`${name}List`, customList(resource, name, prefix));
    }
  }
  for (const name of wanted) addBuiltin(name, found, prefix);
  const out: JsonObject = {};
  for (const name of [...found.keys()].sort()) setOwn(out, name, found.get(name) ?? {});
  return out;
}

function addBuiltin(name: string, found: Map<string, JsonObject>, prefix: ReferencePrefix): void {
  if (found.has(name)) return;
  const source = getOwn(builtinDefinitions as JsonObject, name);
  if (!isObject(source)) return;
  const target: JsonObject = {};
  found.set(name, target);
  Object.assign(
    target,
    rewrite(source, prefix, (reference) => addBuiltin(reference, found, prefix)),
  );
}

/** A definition for one of the two document versions. A reference with keys beside it stands in `allOf`. */
function rewrite(source: JsonObject, prefix: ReferencePrefix, reference: (name: string) => void): JsonObject {
  const v2 = prefix === '#/definitions/';
  const out: JsonObject = {};
  for (const [key, value] of Object.entries(source)) {
    if (key === 'properties' && isObject(value)) {
      const properties: JsonObject = {};
      for (const [name, property] of Object.entries(value)) {
        if (isObject(property)) setOwn(properties, name, rewrite(property, prefix, reference));
      }
      out.properties = properties;
    } else if ((key === 'items' || key === 'additionalProperties' || key === 'not') && isObject(value)) {
      out[key] = rewrite(value, prefix, reference);
    } else if ((key === 'allOf' || key === 'oneOf' || key === 'anyOf') && Array.isArray(value)) {
      if (!v2) out[key] = value.map((item) => (isObject(item) ? rewrite(item, prefix, reference) : item));
      else if (key === 'oneOf') out.type = 'string';
    } else if (key === '$ref' && typeof value === 'string') {
      const name = value.slice(sourcePrefix.length);
      reference(name);
      const target = prefix + name;
      if (v2 || Object.keys(source).length === 1) out.$ref = target;
      else out.allOf = [{ $ref: target }];
    } else if (!(v2 && key === 'default')) setOwn(out, key, value);
  }
  return out;
}

/** Texts for members that every object has. */
const apiVersionText = 'The group and version of the schema this object is written in.';
const kindText = 'The kind of the object: which resource of its group it is, in CamelCase. It never changes.';
const metadataText = 'What every object has: name, namespace, labels, annotations, owners.';
const listMetadataText = 'What every list has: the resource version it was read at and where the next page begins.';

function refer(prefix: ReferencePrefix, name: string, description: string): JsonObject {
  const $ref = prefix + name;
  return prefix === '#/definitions/' ? { description, $ref } : { description, allOf: [{ $ref }] };
}

function customDefinition(resource: PublishedResource, schema: Schema, prefix: ReferencePrefix): JsonObject {
  const published = publishSchema(schema, prefix);
  const properties = isObject(published.properties) ? published.properties : {};
  return {
    ...published,
    type: 'object',
    properties: {
      ...properties,
      apiVersion: { description: apiVersionText, type: 'string' },
      kind: { description: kindText, type: 'string' },
      metadata: refer(prefix, `${meta}ObjectMeta`, metadataText),
    },
    'x-kubernetes-group-version-kind': [{ group: resource.group, version: resource.version, kind: resource.kind }],
  };
}

function customList(resource: PublishedResource, name: string, prefix: ReferencePrefix): JsonObject {
  const kind = resource.custom?.listKind ?? `${resource.kind}List`;
  return {
    description: `${kind} is a list of ${resource.kind}`,
    type: 'object',
    required: ['items'],
    properties: {
      apiVersion: { description: apiVersionText, type: 'string' },
      items: {
        description: `The ${resource.resource}.`,
        type: 'array',
        items: { $ref: prefix + name },
      },
      kind: { description: kindText, type: 'string' },
      metadata: refer(prefix, `${meta}ListMeta`, listMetadataText),
    },
    'x-kubernetes-group-version-kind': [{ group: resource.group, version: resource.version, kind }],
  };
}

/** Keys that OpenAPI v2 cannot say. */
const v3Only = new Set(['nullable', 'oneOf', 'anyOf', 'not', 'allOf', 'default', 'x-kubernetes-validations']);

/** A structural schema as published: int-or-string spelled out; in v2 what it cannot say left out. */
function publishSchema(schema: Schema, prefix: ReferencePrefix): JsonObject {
  const v2 = prefix === '#/definitions/';
  // Where unknown members are kept, v2's clients must not validate: they know no such thing.
  if (v2 && schema['x-kubernetes-preserve-unknown-fields'] === true) {
    const { description } = schema;
    return {
      ...(description === undefined ? {} : { description }),
      'x-kubernetes-preserve-unknown-fields': true,
      ...(schema.type === 'object' ? { type: 'object' } : {}),
    };
  }
  const out: JsonObject = {};
  for (const [key, value] of Object.entries(schema as unknown as JsonObject)) {
    if (v2 && v3Only.has(key)) continue;
    setOwn(out, key, publishMember(key, value, prefix));
  }
  if (
    schema['x-kubernetes-int-or-string'] === true &&
    !v2 &&
    schema.anyOf === undefined &&
    schema.allOf === undefined
  ) {
    out.anyOf = [{ type: 'integer' }, { type: 'string' }];
  }
  if (schema['x-kubernetes-embedded-resource'] === true) embed(out, prefix);
  return out;
}

function publishMember(key: string, value: Json, prefix: ReferencePrefix): Json {
  if (key === 'properties' && isObject(value)) {
    const properties: JsonObject = {};
    for (const [name, property] of Object.entries(value))
      setOwn(properties, name, publishSchema(property as Schema, prefix));
    return properties;
  }
  if ((key === 'items' || key === 'additionalProperties' || key === 'not') && isObject(value)) {
    return publishSchema(value as Schema, prefix);
  }
  if ((key === 'allOf' || key === 'anyOf' || key === 'oneOf') && Array.isArray(value)) {
    return value.map((item) => publishSchema(item as Schema, prefix));
  }
  return value;
}

function embed(out: JsonObject, prefix: ReferencePrefix): void {
  const properties = isObject(out.properties) ? out.properties : {};
  out.properties = {
    ...properties,
    apiVersion: { description: apiVersionText, type: 'string' },
    kind: { description: kindText, type: 'string' },
    metadata: refer(prefix, `${meta}ObjectMeta`, metadataText),
  };
  const required = Array.isArray(out.required) ? out.required : [];
  out.required = [...new Set([...required, 'kind', 'apiVersion'])];
}
