import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { hardpointSum, turnaroundMs } from './aircraft-annotations.ts';
import { type KeeperMemory, type LivingSortie, planAircraft, planService } from './aircraft-plan.ts';

const STATUS = 'aircraft.mil/status';
const FREE = 'aircraft.mil/hardpoint.available';
const FUEL = 'aircraft.mil/fuel.level';

interface World {
  labels: Record<string, string>;
  annotations: Record<string, string>;
  memory: KeeperMemory;
  sorties: LivingSortie[];
  nowMs: number;
}

function world(over: Partial<World> = {}): World {
  const labels = { [STATUS]: 'ready', [FREE]: '6', [FUEL]: '90' };
  return {
    labels,
    annotations: { 'aircraft.mil/hardpoints': 'internal-bay=6,wing=4' },
    memory: {},
    sorties: [],
    nowMs: 0,
    ...over,
  };
}

/** Carries plans out until nothing changes. */
function settle(at: World): World {
  for (let turn = 0; turn < 10; turn++) {
    const plan = planAircraft(at);
    if (plan.memory === undefined && Object.keys(plan.labels).length === 0) return at;
    at.labels = { ...at.labels, ...plan.labels };
    at.memory = plan.memory ?? at.memory;
  }
  throw new Error('the plan does not settle');
}

void test('an aircraft is busy in flight, turned around after it, and ready again', () => {
  const at = settle(world());
  assert.equal(at.labels[FREE], '10');
  at.sorties = [{ uid: 's1', mounted: 2 }];
  settle(at);
  assert.deepEqual([at.labels[STATUS], at.labels[FREE]], ['busy', '8']);
  at.labels[FUEL] = '40';
  at.sorties = [];
  at.nowMs = 1000;
  settle(at);
  assert.deepEqual([at.labels[STATUS], at.labels[FREE], at.labels[FUEL]], ['turnaround', '8', '40']);
  assert.equal(planAircraft(at).lookAgainInMs, 10_000);
  at.nowMs = 11_000;
  settle(at);
  assert.deepEqual([at.labels[STATUS], at.labels[FREE], at.labels[FUEL]], ['ready', '10', '100']);
});

void test('any word that another hand set stays, busy included, also through a landing', () => {
  const word = fc.constantFrom('busy', 'maintenance', 'grounded', 'turnaround');
  fc.assert(
    fc.property(word, fc.boolean(), (set, inFlight) => {
      const at = settle(world());
      if (!inFlight) at.labels[STATUS] = set;
      at.sorties = [{ uid: 's1', mounted: 1 }];
      settle(at);
      // In flight the keeper's own word is busy already: another hand's busy cannot be told from it.
      if (inFlight) at.labels[STATUS] = set === 'busy' ? 'maintenance' : set;
      const word = at.labels[STATUS];
      settle(at);
      at.sorties = [];
      settle(at);
      at.nowMs = 60_000;
      settle(at);
      assert.equal(at.labels[STATUS], word);
    }),
  );
});

void test('a busy that a person set after another word is the person’s, though the keeper wrote busy before', () => {
  const at = settle(world());
  at.sorties = [{ uid: 's1', mounted: 1 }];
  settle(at);
  at.labels[STATUS] = 'maintenance';
  settle(at);
  at.labels[STATUS] = 'busy';
  at.sorties = [];
  settle(at);
  at.nowMs = 60_000;
  assert.equal(settle(at).labels[STATUS], 'busy');
});

void test('whatever happens, the plan settles, and hardpoints are never negative or too many', () => {
  const step = fc.oneof(
    fc.record({
      kind: fc.constant('sorties' as const),
      uids: fc.uniqueArray(fc.constantFrom('a', 'b', 'c'), { maxLength: 2 }),
      mounted: fc.nat(12),
    }),
    fc.record({ kind: fc.constant('status' as const), word: fc.constantFrom('ready', 'busy', 'maintenance') }),
    fc.record({ kind: fc.constant('time' as const), ms: fc.nat(20_000) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 12 }), fc.boolean(), (steps, annotated) => {
      const at = settle(world(annotated ? {} : { annotations: {} }));
      const total = annotated ? 10 : 6;
      for (const each of steps) {
        if (each.kind === 'sorties') at.sorties = each.uids.map((uid) => ({ uid, mounted: each.mounted }));
        else if (each.kind === 'status') at.labels[STATUS] = each.word;
        else at.nowMs += each.ms;
        settle(at);
        const free = Number(at.labels[FREE]);
        assert.ok(free >= 0 && free <= total, `${free} of ${total}`);
      }
      at.sorties = [];
      settle(at);
      at.nowMs += 60_000;
      settle(at);
      assert.equal(at.labels[FREE], String(total));
    }),
  );
});

void test('without the annotation the first value seen counts', () => {
  const at = settle(world({ annotations: {} }));
  assert.equal(at.labels[FREE], '6');
  at.sorties = [{ uid: 's1', mounted: 2 }];
  assert.equal(settle(at).labels[FREE], '4');
});

void test('a malformed annotation is said, and the aircraft waits for a person', () => {
  const annotations = { 'aircraft.mil/turnaround': 'soon', 'aircraft.mil/hardpoints': 'six' };
  const at = settle(world({ annotations }));
  assert.equal(at.labels[FREE], '6');
  at.sorties = [{ uid: 's1', mounted: 2 }];
  settle(at);
  at.sorties = [];
  settle(at);
  at.nowMs = 1e9;
  settle(at);
  assert.equal(at.labels[STATUS], 'turnaround');
  assert.match(planAircraft(at).problem ?? '', /aircraft.mil\/turnaround is malformed: "soon"/);
  const service = planService(at);
  assert.equal(service.labels[STATUS], 'ready');
  assert.equal(service.labels[FUEL], '100');
});

void test('hardpoints and turn-arounds are read strictly', () => {
  assert.deepEqual(hardpointSum('internal-bay=6,wing=4'), { kind: 'value', value: 10 });
  for (const text of ['', 'wing', 'wing=-1', 'wing=1.5', '=3', 'wing=4,'])
    assert.equal(hardpointSum(text).kind, 'invalid');
  assert.deepEqual(turnaroundMs('1m30s'), { kind: 'value', value: 90_000 });
  assert.deepEqual(turnaroundMs('250ms'), { kind: 'value', value: 250 });
  for (const text of ['', '10', '-1s', '1 s', 's']) assert.equal(turnaroundMs(text).kind, 'invalid');
});
