import { LEASES, type Lease, type Stored } from '@hardpoint/kubernetes';
import type { Client } from './client.ts';
import type { Clock } from './clock.ts';
import { ApiError } from './errors.ts';
import type { Logger } from './log.ts';
import { microTime } from './micro-time.ts';
import type { Random } from './random.ts';
import { waitFor } from './wait-for.ts';

export interface LeaderElectionOptions {
  readonly client: Client;
  readonly lease: { readonly namespace: string; readonly name: string };
  /** Unique to this candidate. */
  readonly identity: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly signal: AbortSignal;
  /** What the leader does. Its signal aborts when leadership is lost or the candidate is stopped. */
  readonly run: (signal: AbortSignal) => Promise<void>;
  /** How long others wait after the last renewal they saw; default 15 000. */
  readonly leaseDurationMs?: number;
  /** How long the leader goes on without a renewal; less than the former; default 10 000. */
  readonly renewDeadlineMs?: number;
  /** Between tries; default 2 000. */
  readonly retryPeriodMs?: number;
}

/**
 * Stands for leadership by a Lease until `signal` aborts. While it leads, `run` runs; when it cannot renew within
 * `renewDeadlineMs` of the last renewal it sent, `run`'s signal aborts, and it stands again once `run` has ended. Nobody
 * else takes over before `leaseDurationMs` after having seen that renewal: whatever the clocks show, each side measures a
 * span of its own. When stopped it gives the Lease back after `run` has ended. Resolves too when `run` ends by itself;
 * rejects with what `run` rejects with.
 */
export async function runLeaderElected(options: LeaderElectionOptions): Promise<void> {
  const { signal, log } = options;
  const candidate = createCandidate(options);
  while (!signal.aborted) {
    try {
      await candidate.acquire();
    } catch (error) {
      if (signal.aborted) return;
      throw error;
    }
    log.info('leading', { identity: options.identity, lease: options.lease.name });
    const lost = new AbortController();
    const renewing = candidate.renewUntilLost(lost);
    let ended = false;
    try {
      await options.run(AbortSignal.any([signal, lost.signal]));
      ended = !lost.signal.aborted;
    } catch (error) {
      if (!signal.aborted && !lost.signal.aborted) throw error;
    } finally {
      const stillHeld = !lost.signal.aborted;
      lost.abort(new Error('the leader has ended'));
      await renewing;
      if (stillHeld) await candidate.release();
    }
    if (ended) return;
  }
}

interface Candidate {
  acquire(): Promise<void>;
  /** Renews until `lost` is aborted from outside, or aborts it when leadership is lost. Never rejects. */
  renewUntilLost(lost: AbortController): Promise<void>;
  release(): Promise<void>;
}

function createCandidate(options: LeaderElectionOptions): Candidate {
  const { client, clock, random, identity, signal } = options;
  const log = options.log.with({ lease: `${options.lease.namespace}/${options.lease.name}` });
  const leaseDurationMs = options.leaseDurationMs ?? 15_000;
  const renewDeadlineMs = options.renewDeadlineMs ?? (leaseDurationMs * 2) / 3;
  const retryPeriodMs = options.retryPeriodMs ?? Math.min(2000, renewDeadlineMs / 5);
  if (!(retryPeriodMs < renewDeadlineMs && renewDeadlineMs < leaseDurationMs)) {
    throw new RangeError('leader election needs retryPeriodMs < renewDeadlineMs < leaseDurationMs');
  }
  /** The Lease as last seen, and when that form of it was first seen. */
  let seen: { readonly lease: Stored<Lease>; readonly atMs: number } | undefined;
  /** When the newest renewal that succeeded was sent. */
  let renewedMs = 0;

  const note = (lease: Stored<Lease>): void => {
    if (seen?.lease.metadata.resourceVersion !== lease.metadata.resourceVersion)
      seen = { lease, atMs: clock.monotonic() };
  };
  const spec = (previous: Lease | undefined): Lease['spec'] => {
    const now = microTime(clock.now());
    const before = previous?.spec;
    const mine = before?.holderIdentity === identity;
    return {
      holderIdentity: identity,
      leaseDurationSeconds: Math.max(1, Math.ceil(leaseDurationMs / 1000)),
      acquireTime: mine ? (before.acquireTime ?? now) : now,
      renewTime: now,
      leaseTransitions: (before?.leaseTransitions ?? 0) + (mine || before === undefined ? 0 : 1),
    };
  };
  const heldByOther = (): boolean => {
    const holder = seen?.lease.spec?.holderIdentity ?? '';
    if (seen === undefined || holder === '' || holder === identity) return false;
    const theirMs = (seen.lease.spec?.leaseDurationSeconds ?? 0) * 1000;
    return clock.monotonic() - seen.atMs < Math.max(theirMs, leaseDurationMs);
  };
  /** One try to take or renew the Lease. */
  const attempt = async (during: AbortSignal): Promise<boolean> => {
    const sentMs = clock.monotonic();
    try {
      note(await client.get(LEASES, options.lease, { signal: during }));
    } catch (error) {
      if (!ApiError.is(error, 'NotFound')) throw error;
      seen = undefined;
    }
    if (heldByOther()) return false;
    const held = seen?.lease;
    const written =
      held === undefined
        ? await client.create(LEASES, { metadata: { ...options.lease }, spec: spec(undefined) }, { signal: during })
        : await client.update(LEASES, { ...held, spec: spec(held) }, { signal: during });
    note(written);
    renewedMs = sentMs;
    return true;
  };
  const tryOnce = async (during: AbortSignal): Promise<boolean> => {
    try {
      return await attempt(during);
    } catch (error) {
      if (during.aborted) return false;
      const level = ApiError.is(error, 'Conflict', 'AlreadyExists') ? log.debug : log.warn;
      level('the lease could not be written', { error });
      return false;
    }
  };

  return {
    async acquire() {
      while (!(await tryOnce(signal))) {
        await clock.sleep(retryPeriodMs * (1 + random.next() / 5), signal);
      }
    },
    async renewUntilLost(lost) {
      // Renewed too while a stopped `run` winds down: until it has ended, nobody else may lead.
      const stop = lost.signal;
      const lose = (message: string): void => {
        if (stop.aborted) return;
        log.warn(message, { identity });
        lost.abort(new ApiError({ code: 'Conflict', message }));
      };
      while (!stop.aborted) {
        const leftMs = renewedMs + renewDeadlineMs - clock.monotonic();
        if (leftMs <= 0) return lose('leadership is lost: the lease was not renewed in time');
        try {
          await clock.sleep(Math.min(retryPeriodMs, leftMs), stop);
        } catch {
          return;
        }
        // The deadline holds for a request under way too.
        const late = new AbortController();
        const remainingMs = renewedMs + renewDeadlineMs - clock.monotonic();
        const timer = clock.timer(Math.max(0, remainingMs), () => late.abort(new Error('too late to renew')));
        const during = AbortSignal.any([stop, late.signal]);
        await waitFor(tryOnce(during), during).catch(() => false);
        timer[Symbol.dispose]();
        const holder = seen?.lease.spec?.holderIdentity;
        if (!stop.aborted && holder !== undefined && holder !== identity)
          return lose('leadership is lost: another holds the lease');
      }
    },
    async release() {
      const held = seen?.lease;
      if (held === undefined || held.spec?.holderIdentity !== identity) return;
      const limit = new AbortController();
      const timer = clock.timer(renewDeadlineMs, () => limit.abort(new Error('too late to give the lease back')));
      try {
        const given = { ...held.spec, holderIdentity: '', leaseDurationSeconds: 1, renewTime: microTime(clock.now()) };
        note(await client.update(LEASES, { ...held, spec: given }, { signal: limit.signal }));
      } catch (error) {
        log.debug('the lease could not be given back', { error });
      } finally {
        timer[Symbol.dispose]();
      }
    },
  };
}
