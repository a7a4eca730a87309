import {
  ANNOTATIONS,
  DEFAULTS,
  type FlightTask,
  LAUNCH_REFUSALS,
  type LaunchAuthorization,
  type LaunchAuthorizationStatus,
  type LaunchRefusal,
  type Texts,
} from '@hardpoint/api';
import type { Pod, Stored } from '@hardpoint/kubernetes';
import type { SigningKey, Trust } from '@hardpoint/wip';
import { signLaunchToken } from '@hardpoint/wip';
import type { LiveRefusal } from '../sortie-watch/sortie-report.ts';
import { isAdmitted } from './admission-proof.ts';

export interface ObservedAuthorization {
  readonly authorization: Stored<LaunchAuthorization>;
  readonly nowMs: number;
  readonly task: Stored<FlightTask> | undefined;
  /** The Pod of the task's status.podRef, where it lives. */
  readonly pod: Stored<Pod> | undefined;
  /** What the weapons of that sortie refused. */
  readonly refusals: readonly LiveRefusal[];
  readonly key: SigningKey;
  readonly trust: Trust;
  readonly texts: Texts;
}

/** An entry of the Pod's annotation, as aircraft-control reads it. */
export interface Delivery {
  readonly name: string;
  readonly weapon: string;
  readonly count: number;
  readonly token: string;
}

export interface AuthorizationPlan {
  /** Undefined where it stays as it is. */
  readonly status: LaunchAuthorizationStatus | undefined;
  /** To be merged into the Pod's annotation after status has been written. */
  readonly deliver: { readonly podUID: string; readonly podName: string; readonly entry: Delivery } | undefined;
  readonly remove: boolean;
  readonly requeueAfterMs: number | undefined;
}

const RETENTION_MS = DEFAULTS.auditRetentionDays * 24 * 3600 * 1000;

/** When the person's word ends, ms since the epoch. It counts from when it was given, not from when a Pod was there. */
function expiryOf(authorization: Stored<LaunchAuthorization>): number {
  return Date.parse(authorization.metadata.creationTimestamp) + authorization.spec.ttlSeconds * 1000;
}

/**
 * The token of an authorisation. A function of the object, its task and the key alone: whoever signs it again after a
 * crash writes the same bytes, and its `jti` is the object's UID, so that it is spent once.
 */
export function tokenFor(options: {
  readonly authorization: Stored<LaunchAuthorization>;
  readonly task: Stored<FlightTask>;
  readonly key: SigningKey;
}): string {
  const { authorization, task } = options;
  return signLaunchToken({
    key: options.key,
    claims: {
      sub: authorization.spec.requestedBy ?? '',
      task: `${task.metadata.namespace}/${task.metadata.name}`,
      taskUID: task.metadata.uid,
      weapon: authorization.spec.weapon,
      count: authorization.spec.count,
      iat: Date.parse(authorization.metadata.creationTimestamp) / 1000,
      exp: expiryOf(authorization) / 1000,
      jti: authorization.metadata.uid,
    },
  });
}

/** Decides what becomes of an authorisation (W6). Pure. */
export function planAuthorization(observed: ObservedAuthorization): AuthorizationPlan {
  const { authorization, nowMs } = observed;
  const ageMs = nowMs - Date.parse(authorization.metadata.creationTimestamp);
  if (ageMs >= RETENTION_MS) return { status: undefined, deliver: undefined, remove: true, requeueAfterMs: undefined };
  const stay = (requeueAfterMs = RETENTION_MS - ageMs): AuthorizationPlan => ({
    status: undefined,
    deliver: undefined,
    remove: false,
    requeueAfterMs,
  });
  const phase = authorization.status?.phase;
  switch (phase) {
    case 'Spent':
      return stay();
    case 'Refused':
    case 'Expired':
      // A weapon's word may come late: what was spent is spent.
      return spentPlan(observed) ?? stay();
    case 'Issued':
      return spentPlan(observed) ?? planIssued(observed, stay);
    case 'Pending':
    case undefined:
      return planPending(observed, stay);
    default:
      throw phase satisfies never;
  }
}

type Stay = (requeueAfterMs?: number) => AuthorizationPlan;

function end(
  observed: ObservedAuthorization,
  phase: 'Refused' | 'Expired' | 'Spent',
  more: Partial<LaunchAuthorizationStatus> & { reason: string; message: string },
): AuthorizationPlan {
  return {
    status: { ...observed.authorization.status, phase, ...more },
    deliver: undefined,
    remove: false,
    requeueAfterMs: RETENTION_MS,
  };
}

function planPending(observed: ObservedAuthorization, stay: Stay): AuthorizationPlan {
  const { authorization, task, pod, nowMs, texts } = observed;
  const { spec, metadata } = authorization;
  const admitted = isAdmitted({
    proof: metadata.annotations?.[ANNOTATIONS.admissionProof],
    admitted: { namespace: metadata.namespace ?? '', spec },
    createdMs: Date.parse(metadata.creationTimestamp),
    trust: observed.trust,
  });
  if (!admitted) return end(observed, 'Refused', { reason: 'NotAdmitted', message: texts.authorization.notAdmitted });
  const leftMs = expiryOf(authorization) - nowMs;
  if (leftMs <= 0) return end(observed, 'Expired', { reason: 'Expired', message: texts.authorization.expired });
  const waiting = (reason: string, message: string): AuthorizationPlan => {
    const same = authorization.status?.phase === 'Pending' && authorization.status.reason === reason;
    return { ...stay(leftMs + 1), status: same ? undefined : { phase: 'Pending', reason, message } };
  };
  if (task === undefined) return waiting('TaskNotFound', texts.authorization.taskMissing(spec.taskRef.name));
  if (task.status?.phase === 'Succeeded' || task.status?.phase === 'Failed') {
    return end(observed, 'Refused', { reason: 'TaskOver', message: texts.authorization.taskOver(spec.taskRef.name) });
  }
  if (!task.spec.weaponLoadout.some((entry) => entry.weaponRef.name === spec.weapon)) {
    const message = texts.authorization.weaponNotInTask(spec.weapon, spec.taskRef.name);
    return end(observed, 'Refused', { reason: 'WeaponNotInTask', message });
  }
  if (pod === undefined) return waiting('WaitingForSortie', texts.task.waitingForAircraft);
  const token = tokenFor({ authorization, task, key: observed.key });
  const status: LaunchAuthorizationStatus = {
    phase: 'Issued',
    reason: 'Issued',
    message: texts.authorization.issued(spec.weapon, spec.count, spec.requestedBy ?? ''),
    token,
    jti: metadata.uid,
    podRef: { name: pod.metadata.name, uid: pod.metadata.uid },
    issuedAt: seconds(nowMs),
    expiresAt: seconds(expiryOf(authorization)),
  };
  return { status, deliver: deliveryOf(authorization, status), remove: false, requeueAfterMs: leftMs + 1 };
}

function planIssued(observed: ObservedAuthorization, stay: Stay): AuthorizationPlan {
  const { authorization, pod, nowMs, texts } = observed;
  const status = authorization.status ?? {};
  const refusal = observed.refusals.find(
    (it) => it.jti === status.jti || it.authorization === authorization.metadata.name,
  );
  if (refusal !== undefined) {
    const reason = LAUNCH_REFUSALS.find((it): it is LaunchRefusal => it === refusal.reason);
    if (reason !== undefined) {
      return end(observed, 'Refused', {
        reason: 'LaunchRefused',
        refusal: reason,
        message: texts.authorization.refused(reason),
      });
    }
  }
  const leftMs = expiryOf(authorization) - nowMs;
  // The weapon allows 5 s between two clocks; only after that is it certain that nobody spends it any more.
  if (leftMs <= -6000) return end(observed, 'Expired', { reason: 'Expired', message: texts.authorization.expired });
  if (pod === undefined || pod.metadata.uid !== status.podRef?.uid) return stay(leftMs + 6001);
  const held = readDeliveries(pod.metadata.annotations?.[ANNOTATIONS.launchAuthorizations]);
  const missing = !held.some((it) => it.name === authorization.metadata.name && it.token === status.token);
  return {
    ...stay(leftMs + 6001),
    deliver: missing && leftMs > 0 ? deliveryOf(authorization, status) : undefined,
  };
}

/** Whether a release was made on this token. */
function spentPlan(observed: ObservedAuthorization): AuthorizationPlan | undefined {
  const { authorization, task, texts } = observed;
  const { jti } = authorization.status ?? {};
  if (jti === undefined) return undefined;
  const release = task?.status?.releases?.find((it) => it.outcome === 'Released' && it.jti === jti);
  if (release === undefined) return undefined;
  return end(observed, 'Spent', {
    reason: 'Spent',
    message: texts.authorization.spent(release.key),
    release: release.key,
    ...(release.time === undefined ? {} : { spentAt: release.time }),
  });
}

function deliveryOf(
  authorization: Stored<LaunchAuthorization>,
  status: LaunchAuthorizationStatus,
): AuthorizationPlan['deliver'] {
  if (status.token === undefined || status.podRef === undefined) return undefined;
  const { weapon, count } = authorization.spec;
  return {
    podUID: status.podRef.uid,
    podName: status.podRef.name,
    entry: { name: authorization.metadata.name, weapon, count, token: status.token },
  };
}

/** The annotation's list; what cannot be read is an empty one and will be written anew. */
export function readDeliveries(annotation: string | undefined): readonly Delivery[] {
  if (annotation === undefined || annotation === '') return [];
  try {
    const value: unknown = JSON.parse(annotation);
    return Array.isArray(value) ? value.filter(isDelivery) : [];
  } catch {
    return [];
  }
}

function isDelivery(value: unknown): value is Delivery {
  if (typeof value !== 'object' || value === null) return false;
  const { name, weapon, count, token } = value as Readonly<Record<string, unknown>>;
  return (
    typeof name === 'string' && typeof weapon === 'string' && typeof count === 'number' && typeof token === 'string'
  );
}

/** The annotation with an entry added at its end; an older one of that name is replaced. At most 128 are kept. */
export function mergeDelivery(annotation: string | undefined, entry: Delivery): string {
  const others = readDeliveries(annotation).filter((it) => it.name !== entry.name);
  return JSON.stringify([...others, entry].slice(-128));
}

function seconds(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}
