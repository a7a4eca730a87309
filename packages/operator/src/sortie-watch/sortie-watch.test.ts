import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FLIGHT_TASKS, LAUNCH_AUTHORIZATIONS, type LaunchAuthorization } from '@hardpoint/api';
import { EVENTS, NODES, POD_DISRUPTION_BUDGETS, PODS, SECRETS } from '@hardpoint/kubernetes';
import { eventually } from '@hardpoint/testing';
import { formatTrust, parseSigningKey, parseTrust, sortie } from '@hardpoint/wip';
import { startFakeSortie } from '../fixtures/fake-sortie.ts';
import { startFixture, strikeTask } from '../fixtures/operator-fixture.ts';

const HOST = '127.83.11.7';

describe('a living sortie', () => {
  it('is followed: steps, stores, telemetry, refusals; and called back', { timeout: 90_000 }, async (t) => {
    await using fixture = await startFixture();
    const { client } = fixture;
    await fixture.weapon();
    await client.create(FLIGHT_TASKS, strikeTask());
    const pod = await eventually(() => client.get(PODS, { namespace: 'default', name: 'strike-0' }));
    const secret = await client.get(SECRETS, { namespace: 'hardpoint-system', name: 'hardpoint-launch-key' });
    const jwk = Buffer.from(secret.data?.['key.jwk'] ?? '', 'base64').toString();
    const trust = parseTrust(formatTrust([parseSigningKey(jwk, 'secret')]), 'secret');
    await using flying = await startFakeSortie({ host: HOST, podUID: pod.metadata.uid, trust: () => trust });
    const task = await fixture.task('strike');
    const key = `${task.metadata.uid}/1/0`;
    await fixture.kubelet.mount(pod, 'j20-01', { podIP: HOST });
    const steps = [
      { name: 'WeaponsInitialized', startedAtMicros: 1767225600000001n, endedAtMicros: 1767225600200002n },
      { name: 'WeaponsReady', startedAtMicros: 1767225600200002n, endedAtMicros: 1767225600300003n },
    ];
    const weapon = {
      weapon: 'pl15-missile',
      container: 'weapon-pl15-missile',
      state: 'READY',
      mounted: 2,
      remaining: 2,
      temperature: 25.5,
      selfCheckPassed: true,
    };
    const report = {
      stage: sortie.Report_Stage.FLYING,
      phase: 'transit',
      fuel: 95,
      zone: 'east-sea',
      steps,
      weapons: [weapon],
    };
    flying.report(report);

    await t.test('its steps, phase and telemetry are in status and on the Node', async () => {
      await eventually(async () => {
        const { status } = await fixture.task('strike');
        assert.equal(status?.phase, 'Flying');
        assert.equal(status?.missionPhase, 'transit');
        assert.equal(status?.ready, '1/1');
        assert.equal(status?.steps?.find((it) => it.type === 'WeaponsReady')?.endTime, '2026-01-01T00:00:00.300003Z');
        // The aircraft had 95 % and the mission has burnt 5 %.
        assert.equal(status?.fuelLevel, 90);
        const node = await client.get(NODES, { name: 'j20-01' });
        assert.equal(node.metadata.labels?.['aircraft.mil/fuel.level'], '90');
      });
    });

    await t.test('it is protected from disruption', async () => {
      const budget = await eventually(() =>
        client.get(POD_DISRUPTION_BUDGETS, { namespace: 'default', name: 'strike-0' }),
      );
      assert.equal(budget.spec?.minAvailable, 1);
    });

    await t.test('a refusal becomes an Event within 10 s and marks its authorisation', async () => {
      const created = await client.create(LAUNCH_AUTHORIZATIONS, {
        metadata: { name: 'la', namespace: 'default' },
        spec: { taskRef: { name: 'strike' }, weapon: 'pl15-missile', count: 2 } as LaunchAuthorization['spec'],
      });
      await eventually(async () => {
        const la = await client.get(LAUNCH_AUTHORIZATIONS, { namespace: 'default', name: 'la' });
        assert.equal(la.status?.phase, 'Issued');
      });
      const refusal = {
        weapon: 'pl15-missile',
        reason: 'count',
        jti: created.metadata.uid,
        authorization: 'la',
        key,
        atMicros: 5n,
      };
      flying.report({ ...report, refusals: [refusal], refusedTotal: 1 });
      flying.report({ ...report, refusals: [refusal], refusedTotal: 1, phase: 'strike' });
      const found = await eventually(async () => {
        const { items } = await client.list(EVENTS, { namespace: 'default' });
        const events = items.filter((it) => it.reason === 'LaunchRefused' && it.regarding?.kind === 'FlightTask');
        assert.equal(events.length, 1);
        return events[0];
      });
      assert.match(found?.note ?? '', /武器 pl15-missile 拒绝发射: 授权数量不符 \(count\)，授权 la/);
      await eventually(async () => {
        const la = await client.get(LAUNCH_AUTHORIZATIONS, { namespace: 'default', name: 'la' });
        assert.deepEqual([la.status?.phase, la.status?.refusal], ['Refused', 'count']);
      });
    });

    await t.test('a stream that breaks is opened again', async () => {
      flying.hangUp();
      flying.report({ ...report, phase: 'strike', zone: 'south-sea' });
      await eventually(async () => {
        const node = await client.get(NODES, { name: 'j20-01' });
        assert.equal(node.metadata.labels?.['aircraft.mil/location.zone'], 'south-sea');
      });
    });

    await t.test('a release is in status at once', async () => {
      const release = {
        key,
        phase: 1,
        index: 0,
        weapon: 'pl15-missile',
        count: 1,
        result: sortie.Release_Result.MADE,
        remaining: 1,
        jti: 'j',
        atMicros: 7n,
      };
      flying.report({
        ...report,
        phase: 'strike',
        releases: [release],
        weapons: [{ ...weapon, state: 'LAUNCHED', remaining: 1 }],
      });
      await eventually(async () => {
        const { status } = await fixture.task('strike');
        assert.equal(status?.used, '1/2');
        assert.deepEqual(
          status?.weapons?.map((it) => [it.name, it.released, it.remaining]),
          [['pl15-missile', 1, 1]],
        );
      });
    });

    await t.test('recall is called over SortieService; the task ends Failed, Recalled, and its Pod stays', async () => {
      await client.patch(
        FLIGHT_TASKS,
        { namespace: 'default', name: 'strike' },
        { type: 'merge', body: { spec: { recall: true } } },
      );
      await eventually(() => assert.deepEqual(flying.recalls, ['spec.recall']));
      await fixture.kubelet.end(pod, { outcome: 'Recalled', outcomes: ['', 'M'] });
      await eventually(async () => {
        const { status } = await fixture.task('strike');
        assert.deepEqual([status?.phase, status?.reason, status?.used], ['Failed', 'Recalled', '1/2']);
      });
      await client.get(PODS, { namespace: 'default', name: 'strike-0' });
      await eventually(async () => {
        await assert.rejects(client.get(POD_DISRUPTION_BUDGETS, { namespace: 'default', name: 'strike-0' }));
      });
      assert.deepEqual(flying.refused, []);
    });
  });
});
