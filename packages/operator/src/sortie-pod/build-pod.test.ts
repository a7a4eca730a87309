import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { type FlightTask, texts, type Weapon } from '@hardpoint/api';
import { parseFlightTask, parseWeapon } from '@hardpoint/api/schema';
import type { Stored } from '@hardpoint/kubernetes';
import fc from 'fast-check';
import { parse, stringify } from 'yaml';
import { checkCompatibility, resolveLoadout } from '../loadout/resolve-loadout.ts';
import { buildSortiePod } from './build-pod.ts';
import { DEFAULT_SETTINGS } from './settings.ts';

const TRUST = '{"keys":[{"kty":"OKP","crv":"Ed25519","x":"AAAA","kid":"k1","alg":"EdDSA","use":"sig"}]}';

function weapon(name: string, more: Record<string, unknown> = {}): Weapon {
  return parseWeapon({
    metadata: { name, namespace: 'weapons' },
    spec: {
      image: { repository: `registry.mil/weapons/${name}`, tag: 'v2.3.0' },
      compatibility: { aircraftTypes: ['j20'], hardpointTypes: ['internal-bay', 'wing'] },
      ...more,
    },
  });
}

function task(spec: Record<string, unknown>): Stored<FlightTask> {
  const parsed = parseFlightTask({ spec: { aircraftRequirement: { type: 'j20' }, ...spec } });
  return {
    ...parsed,
    apiVersion: 'airforce.mil/v1alpha1',
    kind: 'FlightTask',
    metadata: {
      name: 'strike',
      namespace: 'default',
      uid: '0d5a6a3e-6d0c-4d5e-9c52-3f6d9f6f1a11',
      resourceVersion: '1',
      creationTimestamp: '2026-01-01T00:00:00Z',
    },
  };
}

function podOf(
  flight: Stored<FlightTask>,
  weapons: readonly Weapon[],
  attempt = 0,
  skipReleases: readonly string[] = [],
) {
  const resolved = resolveLoadout({
    loadout: flight.spec.weaponLoadout,
    weapon: (name) => weapons.find((it) => it.metadata?.name === name),
    nowMs: 0,
    texts: texts(),
  });
  assert.equal(resolved.kind, 'fits');
  const compatible = checkCompatibility({ resolved: resolved.value, aircraftType: 'j20', texts: texts() });
  assert.equal(compatible.kind, 'fits');
  return buildSortiePod({
    task: flight,
    weapons: compatible.value,
    attempt,
    trust: TRUST,
    skipReleases,
    settings: DEFAULT_SETTINGS,
  });
}

/** The golden beside this test; written anew with UPDATE_GOLDENS=1. */
async function matchesGolden(name: string, value: unknown): Promise<void> {
  const file = new URL(`./goldens/${name}.yaml`, import.meta.url);
  const plain: unknown = JSON.parse(JSON.stringify(value));
  if (process.env.UPDATE_GOLDENS === '1') await writeFile(file, stringify(plain, { aliasDuplicateObjects: false }));
  assert.deepEqual(plain, parse(await readFile(file, 'utf8')));
}

const PL15 = { weaponRef: { name: 'pl15-missile' }, quantity: 2, mountPoints: ['internal-bay-1', 'internal-bay-2'] };
const PL10 = { weaponRef: { name: 'pl10-missile' }, quantity: 1, mountPoints: ['wing-1'] };
const RELEASE = {
  weapon: 'pl15-missile',
  count: 1,
  targetId: 'T1',
  target: { latitude: 0, longitude: 0, altitude: 0 },
};
const STRIKE = {
  aircraftRequirement: { type: 'j20', minFuelLevel: 70, hardpoints: 6 },
  targetZone: 'east-sea',
  weaponLoadout: [{ ...PL15, version: 'v2.3.0' }],
  phases: [
    { name: 'transit', durationSeconds: 2 },
    { name: 'strike', durationSeconds: 2, releases: [RELEASE] },
  ],
  deadlineSeconds: 600,
};

describe('buildSortiePod', () => {
  it('injects one weapon', async () => {
    await matchesGolden('one-weapon', podOf(task(STRIKE), [weapon('pl15-missile')]));
  });

  it('injects two weapons on ports of their own, requirements as a list, labels opaque, no requests where asked', async () => {
    const weapons = [
      weapon('pl15-missile', { resources: {}, guidanceMode: 'active-radar', maxRange: 200000, weaponType: 'pl15' }),
      weapon('pl10-missile', { resources: { requests: { cpu: '10m' } } }),
    ];
    const flight = task({ weaponLoadout: [PL15, PL10], lostAfterSeconds: 5 });
    await matchesGolden('two-weapons', podOf(flight, weapons));
  });

  it('flies again only what was not made', async () => {
    await matchesGolden('second-attempt', podOf(task(STRIKE), [weapon('pl15-missile')], 1, ['1/0']));
  });

  it('is the same Pod at every time', () => {
    assert.deepEqual(podOf(task(STRIKE), [weapon('pl15-missile')]), podOf(task(STRIKE), [weapon('pl15-missile')]));
  });

  it('gives each weapon sockets, state and ports that no other has', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.stringMatching(/^[a-z][a-z0-9]{0,8}$/), { minLength: 1, maxLength: 16 }),
        (names) => {
          const loadout = names.map((name, index) => ({
            weaponRef: { name },
            quantity: 1,
            mountPoints: [`wing-${index + 1}`],
          }));
          const pod = podOf(
            task({ weaponLoadout: loadout }),
            names.map((name) => weapon(name)),
          );
          const sidecars = (pod.spec?.initContainers ?? []).filter((it) => it.restartPolicy === 'Always');
          assert.equal(sidecars.length, names.length);
          const ports = sidecars.flatMap((it) => it.ports?.map((port) => port.containerPort) ?? []);
          assert.equal(new Set(ports).size, ports.length);
          const portNames = sidecars.flatMap((it) => it.ports?.map((port) => port.name) ?? []);
          assert.equal(new Set(portNames).size, portNames.length);
          for (const mount of ['/interface', '/state']) {
            const paths = sidecars.map((it) => it.volumeMounts?.find((each) => each.mountPath === mount)?.subPath);
            assert.deepEqual(
              paths,
              sidecars.map((it) => it.name),
            );
          }
          assert.equal(pod.spec?.initContainers?.at(-1)?.name, 'weapon-preload');
        },
      ),
      { numRuns: 30 },
    );
  });
});
