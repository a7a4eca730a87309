import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createVirtualClock } from '@hardpoint/machinery';
import { roomy, stored } from '../fixtures/lab.ts';
import { aircraftNode, sortiePod } from '../fixtures/worked-example.ts';
import { attempt } from './attempt.ts';
import { SchedulerCache } from './cache.ts';
import { CycleState } from './cycle-state.ts';
import { podInfo } from './node-info.ts';
import { EXTENSION_POINTS, type ExtensionPoint, type Plugin } from './plugin.ts';
import { type PluginPoints, Profile } from './profile.ts';
import { SKIP, unschedulable } from './status.ts';
import { WaitingPods } from './waiting-pods.ts';

const NEVER = new AbortController().signal;
const POD = podInfo(stored(sortiePod('p')));

function profileOf(plugins: readonly Plugin[], weights: Readonly<Record<string, number>> = {}): Profile {
  const has = (plugin: Plugin, point: ExtensionPoint): boolean => plugin[point] !== undefined;
  const points = Object.fromEntries(
    EXTENSION_POINTS.map((point) => [point, plugins.filter((plugin) => has(plugin, point))]),
  ) as unknown as PluginPoints;
  return new Profile({ schedulerName: 's', points, weights: new Map(Object.entries(weights)) });
}

function snapshotOf(...names: readonly string[]) {
  using cache = new SchedulerCache({ clock: createVirtualClock() });
  for (const name of names) cache.setNode(roomy(aircraftNode({ name })));
  return cache.snapshot();
}

const run = (profile: Profile, ...names: readonly string[]) =>
  attempt(profile, new CycleState(), POD, snapshotOf(...names));

void test('a Filter whose PreFilter skipped does not run, nor a Score whose PreScore skipped', () => {
  const quiet: Plugin = {
    name: 'Quiet',
    preFilter: () => SKIP,
    filter: () => unschedulable('never'),
    preScore: () => SKIP,
    score: () => 100,
  };
  const { feasible } = run(profileOf([quiet]), 'a');
  assert.deepEqual(
    feasible.map(({ node, scores, total }) => [node.name, scores, total]),
    [['a', [], 0]],
  );
});

void test('PreFilter results are intersected; what is left out is not evaluated', () => {
  const only = (name: string, ...nodes: readonly string[]): Plugin => ({
    name,
    preFilter: () => ({ nodeNames: new Set(nodes) }),
  });
  const { feasible, notEvaluated } = run(profileOf([only('X', 'a', 'b'), only('Y', 'b', 'c')]), 'a', 'b', 'c');
  assert.deepEqual([feasible.map(({ node }) => node.name), notEvaluated], [['b'], ['a', 'c']]);
});

void test('weights, normalisation, and ties in name order', () => {
  const lengths: Plugin = {
    name: 'Lengths',
    score: (_state, _pod, node) => node.name.length,
    normalizeScore: (_state, _pod, scores) => {
      for (const each of scores) each.score *= 10;
      return undefined;
    },
  };
  const { feasible } = run(profileOf([lengths], { Lengths: 3 }), 'bb', 'aa', 'c');
  assert.deepEqual(
    feasible.map(({ node, total }) => [node.name, total]),
    [
      ['aa', 60],
      ['bb', 60],
      ['c', 30],
    ],
  );
});

void test('a plugin that throws, or scores outside 0 to 100, is a fault and no verdict', () => {
  const throwing: Plugin = {
    name: 'Throwing',
    filter: () => {
      throw new Error('broken');
    },
  };
  assert.deepEqual(
    [run(profileOf([throwing]), 'a').refusal?.code, run(profileOf([throwing]), 'a').refusal?.plugin],
    ['Error', 'Throwing'],
  );
  for (const score of [101, -1, 0.5, Number.NaN])
    assert.equal(run(profileOf([{ name: 'Wild', score: () => score }]), 'a').refusal?.code, 'Error');
});

void test('PostFilter runs only where no Node is left', () => {
  const seen: string[][] = [];
  const post: Plugin = {
    name: 'Post',
    filter: (_state, _pod, { name }) => (name === 'b' ? undefined : unschedulable('no')),
    postFilter: (_state, _pod, refusals) => {
      seen.push([...refusals.keys()]);
      return unschedulable('nothing to be done');
    },
  };
  run(profileOf([post]), 'a', 'b');
  assert.deepEqual(seen, []);
  run(profileOf([post]), 'a', 'c');
  assert.deepEqual(seen, [['a', 'c']]);
});

void test('Reserve is undone in reverse order; Bind goes on to the next plugin after a Skip', async () => {
  const calls: string[] = [];
  const reserving = (name: string): Plugin => ({
    name,
    reserve: () => undefined,
    unreserve: () => void calls.push(name),
    bind: async () => (name === 'A' ? SKIP : void calls.push(`bind ${name}`)) as undefined,
  });
  const profile = profileOf([reserving('A'), reserving('B')]);
  assert.equal(await profile.bind(new CycleState(), POD, 'n', NEVER), undefined);
  profile.unreserve(new CycleState(), POD, 'n');
  assert.deepEqual(calls, ['bind B', 'B', 'A']);
});

void test('a Pod that waits for a Permit is let go, refused, or times out', async () => {
  const clock = createVirtualClock();
  const waiting = new WaitingPods({ clock });
  const allowed = waiting.wait('a', 1000, NEVER);
  waiting.settle('a', undefined);
  assert.equal(await allowed, undefined);
  const refused = waiting.wait('b', 1000, NEVER);
  waiting.settle('b', unschedulable('no'));
  assert.deepEqual((await refused)?.reasons, ['no']);
  const late = waiting.wait('c', 1000, NEVER);
  await clock.advance(1000);
  assert.equal((await late)?.code, 'Unschedulable');
});

void test('the cache: assumed Pods count, are confirmed, forgotten, and expire', async () => {
  const clock = createVirtualClock();
  const expired: string[] = [];
  using cache = new SchedulerCache({ clock, expired: (pod) => void expired.push(pod.metadata.name) });
  cache.setNode(roomy(aircraftNode({ name: 'n' })));
  const count = (): number => cache.snapshot().get('n')?.pods.length ?? -1;
  const before = cache.snapshot();
  cache.assume(POD, 'n');
  assert.deepEqual([count(), before.get('n')?.pods.length], [1, 0]);
  cache.forget(POD.pod.metadata.uid);
  assert.equal(count(), 0);
  cache.assume(POD, 'n');
  cache.finishBinding(POD.pod.metadata.uid);
  await clock.advance(60_000);
  assert.deepEqual([count(), expired], [0, ['p']]);
  cache.assume(POD, 'n');
  cache.setPod({ ...POD.pod, spec: { containers: [], ...POD.pod.spec, nodeName: 'n' } });
  cache.forget(POD.pod.metadata.uid);
  assert.equal(count(), 1);
  cache.removeNode('n');
  cache.setNode(roomy(aircraftNode({ name: 'n' })));
  assert.equal(count(), 1);
  cache.setPod({ ...POD.pod, status: { phase: 'Succeeded' } });
  assert.equal(count(), 0);
});
