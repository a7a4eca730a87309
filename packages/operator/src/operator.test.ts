import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FLIGHT_TASKS } from '@hardpoint/api';
import { PODS } from '@hardpoint/kubernetes';
import { eventually } from '@hardpoint/testing';
import { startFixture, strikeTask } from './fixtures/operator-fixture.ts';

describe('runOperator', () => {
  it('makes a Pod with sidecars from a FlightTask, and follows its status to the end', {
    timeout: 60_000,
  }, async () => {
    await using fixture = await startFixture();
    await fixture.weapon();
    await fixture.client.create(FLIGHT_TASKS, strikeTask());
    const pod = await eventually(() => fixture.client.get(PODS, { namespace: 'default', name: 'strike-0' }));
    assert.deepEqual(
      pod.spec?.initContainers?.map((it) => it.name),
      ['weapon-pl15-missile', 'weapon-preload'],
    );
    await fixture.kubelet.mount(pod, 'j20-01');
    await eventually(async () => {
      const task = await fixture.task('strike');
      assert.equal(task.status?.aircraft, 'j20-01');
      assert.equal(task.status?.phase, 'Mounting');
    });
    await fixture.kubelet.end(pod, { outcome: 'Succeeded', outcomes: ['', 'M'] });
    const task = await eventually(async () => {
      const found = await fixture.task('strike');
      assert.equal(found.status?.phase, 'Succeeded');
      return found;
    });
    assert.equal(task.status?.used, '1/2');
    assert.deepEqual(
      task.status?.conditions?.filter((it) => it.status === 'True').map((it) => it.type),
      [
        'TaskCreated',
        'LoadoutResolved',
        'CompatibilityChecked',
        'SidecarsInjected',
        'PodCreated',
        'WeaponsPreloaded',
        'ContainersStarted',
        'WeaponsInitialized',
        'WeaponsReady',
        'MissionExecuted',
        'TaskCompleted',
        'PodTerminated',
      ],
    );
  });
});
