import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import type { JSONSchemaProps } from '@hardpoint/kubernetes';
import { parse } from 'yaml';
import { crds } from './crd.ts';
import { crdFiles } from './crd-files.ts';
import { parseBehaviour, parseFlightTask, parseWeapon, SchemaError } from './parse.ts';

const FOLDER = new URL('../../../deploy/crds/', import.meta.url);

/** 4.1 of the document as it stands. */
const WEAPON = `
apiVersion: airforce.mil/v1alpha1
kind: Weapon
metadata:
  name: pl15-missile
spec:
  image:
    repository: registry.mil/weapons/pl15-missile
    tag: v2.3.0
    pullPolicy: IfNotPresent
  versionHistory:
  - version: v2.3.0
    releaseDate: "2024-03-01"
    changelog: |
      - 改进目标识别算法
    deprecated: false
  - version: v2.2.0
    releaseDate: "2023-12-01"
    deprecated: true
    deprecationDate: "2024-06-01"
  updateStrategy:
    type: RollingUpdate
    rollingUpdate:
      maxUnavailable: 1
      maxSurge: 1
`;

function undescribed(schema: JSONSchemaProps, path: string): string[] {
  const properties = Object.entries(schema.properties ?? {});
  const own = properties.filter(([name, it]) => it.description === undefined && !(path === '' && name === 'metadata'));
  const items = schema.items as JSONSchemaProps | undefined;
  return [
    ...own.map(([name]) => `${path}.${name}`),
    ...properties.flatMap(([name, it]) => undescribed(it, `${path}.${name}`)),
    ...(items === undefined ? [] : undescribed(items, `${path}[]`)),
  ];
}

describe('crds', () => {
  it('are what deploy/crds holds; else run packages/api/write-crds.ts', async () => {
    const files = crdFiles();
    assert.deepEqual((await readdir(FOLDER)).sort(), files.map((it) => it.name).sort());
    for (const file of files) assert.equal(await readFile(new URL(file.name, FOLDER), 'utf8'), file.text, file.name);
  });

  it('explain every field', () => {
    for (const crd of crds()) {
      const schema = crd.spec.versions[0]?.schema?.openAPIV3Schema;
      assert.deepEqual(undescribed(schema ?? {}, ''), [], crd.spec.names.kind);
    }
  });
});

describe('parsers', () => {
  it('take the Weapon of 4.1 as it stands, with the defaults of the schema', () => {
    const weapon = parseWeapon(parse(WEAPON));
    assert.equal(weapon.spec.storesPerMountPoint, 1);
    assert.deepEqual(weapon.spec.compatibility, { aircraftTypes: [], hardpointTypes: [] });
    assert.deepEqual(weapon.spec.updateStrategy.rollingUpdate, { maxUnavailable: 1, maxSurge: 1 });
  });

  it('name what is wrong', () => {
    const bad = { spec: { aircraftRequirement: { type: 'j20', minFuelLevel: 'abc' } } };
    assert.throws(
      () => parseFlightTask(bad),
      (error) => error instanceof SchemaError && /minFuelLevel/.test(error.message),
    );
    assert.throws(
      () => parseBehaviour({ sed: 1 }),
      (error) => error instanceof SchemaError && /sed/.test(error.message),
    );
    assert.equal(parseBehaviour(undefined).resetSeconds, 1);
  });
});
