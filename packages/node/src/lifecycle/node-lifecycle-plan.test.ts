import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Node, Taint } from '@hardpoint/kubernetes';
import { evictionInMs, planNode } from './node-lifecycle-plan.ts';

const ready: Node = { metadata: { name: 'n' }, status: { conditions: [{ type: 'Ready', status: 'True' }] } };
const at = { graceMs: 50_000, nowMs: Date.UTC(2026, 0, 1) };

void test('a Node that never had a Lease is left alone, whatever its conditions', () => {
  assert.deepEqual(planNode({ ...at, node: { metadata: { name: 'n' } }, silentForMs: undefined }), {
    conditions: [],
    taints: undefined,
  });
});

void test('a silent Node becomes Unknown and unreachable, and is freed when it speaks again', () => {
  const quiet = planNode({ ...at, node: ready, silentForMs: 60_000 });
  assert.equal(quiet.conditions.find(({ type }) => type === 'Ready')?.status, 'Unknown');
  assert.deepEqual(
    quiet.taints?.map(({ key, effect }) => [key, effect]),
    [
      ['node.kubernetes.io/unreachable', 'NoSchedule'],
      ['node.kubernetes.io/unreachable', 'NoExecute'],
    ],
  );
  const other: Taint = { key: 'aircraft.mil/sortie-only', effect: 'NoSchedule' };
  const back: Node = { ...ready, spec: { taints: [other, ...(quiet.taints ?? [])] } };
  assert.deepEqual(planNode({ ...at, node: back, silentForMs: 0 }), { conditions: [], taints: [other] });
  assert.equal(planNode({ ...at, node: ready, silentForMs: 0 }).taints, undefined);
});

void test('a Pod leaves after the shortest toleration of its taints, or never', () => {
  const taints: Taint[] = [
    {
      key: 'node.kubernetes.io/unreachable',
      effect: 'NoExecute',
      timeAdded: new Date(at.nowMs - 20_000).toISOString(),
    },
  ];
  const pod = (tolerationSeconds?: number, key = 'node.kubernetes.io/unreachable') => ({
    spec: {
      containers: [],
      tolerations: [{ key, operator: 'Exists', ...(tolerationSeconds === undefined ? {} : { tolerationSeconds }) }],
    },
  });
  assert.equal(evictionInMs({ pod: pod(60), taints, nowMs: at.nowMs }), 40_000);
  assert.equal(evictionInMs({ pod: pod(10), taints, nowMs: at.nowMs }), 0);
  assert.equal(evictionInMs({ pod: pod(), taints, nowMs: at.nowMs }), undefined);
  assert.equal(evictionInMs({ pod: pod(60, 'other'), taints, nowMs: at.nowMs }), 0);
  assert.equal(evictionInMs({ pod: pod(60), taints: [], nowMs: at.nowMs }), undefined);
});
