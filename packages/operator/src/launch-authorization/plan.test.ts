import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  ANNOTATIONS,
  type FlightTask,
  type LaunchAuthorization,
  type LaunchAuthorizationStatus,
  texts,
} from '@hardpoint/api';
import { parseFlightTask } from '@hardpoint/api/schema';
import type { Pod, Stored } from '@hardpoint/kubernetes';
import { formatTrust, generateSigningKey, parseTrust, verifyLaunchToken } from '@hardpoint/wip';
import fc from 'fast-check';
import { strikeTask } from '../fixtures/operator-fixture.ts';
import { signAdmission } from './admission-proof.ts';
import { mergeDelivery, type ObservedAuthorization, planAuthorization, readDeliveries, tokenFor } from './plan.ts';

const KEY = generateSigningKey();
const TRUST = parseTrust(formatTrust([KEY]), 'test');
const CREATED = Date.parse('2026-01-01T00:00:00Z');
const identity = (name: string, uid: string) => ({
  name,
  namespace: 'default',
  uid,
  resourceVersion: '1',
  creationTimestamp: '2026-01-01T00:00:00Z',
});

function authorization(status?: LaunchAuthorizationStatus, requestedBy = 'alice'): Stored<LaunchAuthorization> {
  const spec = { taskRef: { name: 'strike' }, weapon: 'pl15-missile', count: 1, ttlSeconds: 120, requestedBy };
  const proof = signAdmission({ key: KEY, admitted: { namespace: 'default', spec }, nowMs: CREATED });
  return {
    apiVersion: 'airforce.mil/v1alpha1',
    kind: 'LaunchAuthorization',
    metadata: { ...identity('la', 'la-uid'), annotations: { [ANNOTATIONS.admissionProof]: proof } },
    spec,
    status,
  };
}

function task(status: FlightTask['status'] = {}): Stored<FlightTask> {
  const parsed = parseFlightTask(strikeTask());
  return { ...parsed, apiVersion: 'v1', kind: 'FlightTask', metadata: identity('strike', 'task-uid'), status };
}

const POD: Stored<Pod> = { apiVersion: 'v1', kind: 'Pod', metadata: identity('strike-0', 'pod-uid') };

function observe(more: Partial<ObservedAuthorization> = {}): ObservedAuthorization {
  return {
    authorization: authorization(),
    nowMs: CREATED + 1000,
    task: task(),
    pod: POD,
    refusals: [],
    key: KEY,
    trust: TRUST,
    texts: texts(),
    ...more,
  };
}

describe('planAuthorization', () => {
  it('issues a token that the weapon accepts, and delivers it to the task’s Pod', () => {
    const plan = planAuthorization(observe());
    assert.equal(plan.status?.phase, 'Issued');
    assert.equal(plan.deliver?.podUID, 'pod-uid');
    const verdict = verifyLaunchToken(plan.status?.token ?? '', {
      trust: TRUST,
      nowMs: CREATED + 2000,
      task: 'default/strike',
      taskUID: 'task-uid',
      weapon: 'pl15-missile',
      count: 1,
      spent: () => false,
    });
    assert.equal(verdict.kind, 'authorised');
    assert.ok(
      verdict.kind === 'authorised' && verdict.claims.sub === 'alice' && verdict.claims.exp === CREATED / 1000 + 120,
    );
  });

  it('signs the same bytes whenever it signs: two tokens for one authorisation cannot be', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 119_000 }), (afterMs) => {
        const plan = planAuthorization(observe({ nowMs: CREATED + afterMs }));
        assert.equal(plan.status?.token, tokenFor({ authorization: authorization(), task: task(), key: KEY }));
      }),
    );
  });

  it('issues nothing that admission did not let pass', () => {
    const forged = authorization();
    forged.spec = { ...forged.spec, requestedBy: 'mallory' };
    const bare = authorization();
    delete bare.metadata.annotations;
    const other = authorization();
    const proof = signAdmission({
      key: generateSigningKey(),
      admitted: { namespace: 'default', spec: other.spec },
      nowMs: CREATED,
    });
    other.metadata.annotations = { [ANNOTATIONS.admissionProof]: proof };
    const stale = authorization();
    stale.metadata.creationTimestamp = '2026-01-01T00:05:00Z';
    for (const it of [forged, bare, other, stale]) {
      const plan = planAuthorization(observe({ authorization: it }));
      assert.deepEqual(
        [plan.status?.phase, plan.status?.reason, plan.status?.token],
        ['Refused', 'NotAdmitted', undefined],
      );
    }
  });

  it('waits for the sortie, and expires with the person’s word', () => {
    assert.equal(planAuthorization(observe({ pod: undefined })).status?.reason, 'WaitingForSortie');
    assert.equal(planAuthorization(observe({ task: undefined })).status?.reason, 'TaskNotFound');
    assert.equal(planAuthorization(observe({ pod: undefined, nowMs: CREATED + 120_000 })).status?.phase, 'Expired');
  });

  it('refuses a weapon that the task does not carry, and a task that is over', () => {
    const wrong = authorization();
    wrong.spec = { ...wrong.spec, weapon: 'pl10-missile' };
    const proof = signAdmission({ key: KEY, admitted: { namespace: 'default', spec: wrong.spec }, nowMs: CREATED });
    wrong.metadata.annotations = { [ANNOTATIONS.admissionProof]: proof };
    assert.equal(planAuthorization(observe({ authorization: wrong })).status?.reason, 'WeaponNotInTask');
    assert.equal(planAuthorization(observe({ task: task({ phase: 'Failed' }) })).status?.reason, 'TaskOver');
  });

  it('delivers an issued token again where the Pod lacks it, and to no other Pod', () => {
    const issued = planAuthorization(observe()).status;
    assert.ok(issued !== undefined);
    const again = observe({ authorization: authorization(issued) });
    assert.equal(planAuthorization(again).deliver?.entry.token, issued.token);
    const other: Stored<Pod> = { ...POD, metadata: { ...POD.metadata, uid: 'another' } };
    assert.equal(planAuthorization({ ...again, pod: other }).deliver, undefined);
  });

  it('ends as spent, refused or expired, and what was spent stays spent', () => {
    const issued = planAuthorization(observe()).status;
    assert.ok(issued !== undefined);
    const made = { key: 'task-uid/1/0', weapon: 'pl15-missile', count: 1, outcome: 'Released' as const, jti: 'la-uid' };
    const spent = planAuthorization(
      observe({ authorization: authorization(issued), task: task({ releases: [made] }) }),
    );
    assert.deepEqual([spent.status?.phase, spent.status?.release], ['Spent', 'task-uid/1/0']);
    const refusal = {
      weapon: 'pl15-missile',
      reason: 'count',
      jti: 'la-uid',
      authorization: 'la',
      message: '',
      key: '',
      at: 1,
    };
    const refused = planAuthorization(observe({ authorization: authorization(issued), refusals: [refusal] }));
    assert.deepEqual([refused.status?.phase, refused.status?.refusal], ['Refused', 'count']);
    const late = observe({ authorization: authorization(issued), nowMs: CREATED + 126_001 });
    const expired = planAuthorization(late).status;
    assert.equal(expired?.phase, 'Expired');
    const afterAll = observe({ authorization: authorization(expired), task: task({ releases: [made] }) });
    assert.equal(planAuthorization(afterAll).status?.phase, 'Spent');
  });

  it('keeps every one for 30 days and no longer', () => {
    const day = 24 * 3600 * 1000;
    assert.equal(planAuthorization(observe({ nowMs: CREATED + 30 * day - 1 })).remove, false);
    assert.equal(planAuthorization(observe({ nowMs: CREATED + 30 * day })).remove, true);
  });
});

describe('the annotation', () => {
  it('holds each authorisation once, the newest last', () => {
    const entry = fc.record(
      { name: fc.constantFrom('a', 'b', 'c'), weapon: fc.string(), count: fc.nat(), token: fc.string() },
      { noNullPrototype: true },
    );
    fc.assert(
      fc.property(fc.array(entry, { minLength: 1 }), (entries) => {
        let text: string | undefined;
        for (const it of entries) text = mergeDelivery(text, it);
        const names = readDeliveries(text).map((it) => it.name);
        assert.equal(new Set(names).size, names.length);
        assert.deepEqual(readDeliveries(text).at(-1), entries.at(-1));
      }),
    );
  });

  it('is written anew where it cannot be read', () => {
    const entry = { name: 'a', weapon: 'w', count: 1, token: 't' };
    for (const text of ['', '{', '{}', '[1]']) assert.deepEqual(readDeliveries(mergeDelivery(text, entry)), [entry]);
  });
});
