import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { customVersions } from '../crd/custom-kinds.ts';
import { widgetCrd } from '../fixtures/widget.ts';
import type { Json, JsonObject } from '../schema/json.ts';
import { isObject, objectAt } from '../schema/json.ts';
import { documentHash, openApiV2Document, openApiV3Document, type PublishedResource } from './documents.ts';

const [custom] = customVersions(widgetCrd() as unknown as JsonObject);
assert.ok(custom);
const verbs = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];
const resources: PublishedResource[] = [
  {
    group: 'hp.test',
    version: 'v1',
    resource: 'widgets',
    kind: 'Widget',
    namespaced: true,
    verbs,
    subresources: [{ name: 'status', verbs: ['get', 'patch', 'update'] }],
    custom,
  },
  { group: '', version: 'v1', resource: 'pods', kind: 'Pod', namespaced: true, verbs, subresources: [] },
];

function references(value: Json, found = new Set<string>()): Set<string> {
  if (Array.isArray(value)) for (const item of value) references(item, found);
  else if (isObject(value)) {
    for (const [key, member] of Object.entries(value)) {
      if (key === '$ref' && typeof member === 'string') found.add(member);
      else references(member, found);
    }
  }
  return found;
}

suite('OpenAPI documents', () => {
  test('v3: every reference leads somewhere, and only this group is in it', () => {
    const document = openApiV3Document({ group: 'hp.test', version: 'v1', resources });
    const schemas = objectAt(objectAt(document, 'components'), 'schemas');
    for (const reference of references(document))
      assert.ok(reference.slice('#/components/schemas/'.length) in schemas, reference);
    assert.deepEqual(Object.keys(objectAt(document, 'paths')), [
      '/apis/hp.test/v1/namespaces/{namespace}/widgets',
      '/apis/hp.test/v1/namespaces/{namespace}/widgets/{name}',
      '/apis/hp.test/v1/namespaces/{namespace}/widgets/{name}/status',
      '/apis/hp.test/v1/widgets',
    ]);
  });

  test('v3: kubectl finds that a patch may be validated', () => {
    const document = openApiV3Document({ group: 'hp.test', version: 'v1', resources });
    const item = objectAt(objectAt(document, 'paths'), '/apis/hp.test/v1/namespaces/{namespace}/widgets/{name}');
    const patch = objectAt(item, 'patch');
    assert.deepEqual(patch['x-kubernetes-group-version-kind'], { group: 'hp.test', version: 'v1', kind: 'Widget' });
    const parameters = (patch.parameters as JsonObject[]).map(({ name }) => name);
    assert.deepEqual(parameters, ['dryRun', 'fieldManager', 'fieldValidation', 'force']);
  });

  test('v2: every reference leads somewhere', () => {
    const document = openApiV2Document({ resources });
    const definitions = objectAt(document, 'definitions');
    for (const reference of references(document))
      assert.ok(reference.slice('#/definitions/'.length) in definitions, reference);
    assert.ok('test.hp.v1.Widget' in definitions);
  });

  test('the hash changes with the document', () => {
    const document = openApiV3Document({ group: 'hp.test', version: 'v1', resources });
    assert.match(documentHash(document), /^[0-9A-F]{128}$/);
    assert.notEqual(documentHash(document), documentHash({ ...document, info: {} }));
  });
});
