import { NAMESPACES } from '@hardpoint/api';
import { LEASES, type Lease, type Pod } from '@hardpoint/kubernetes';
import {
  type Client,
  type Clock,
  createController,
  createInformer,
  type Informer,
  keyOf,
  type Logger,
  type Random,
  splitKey,
} from '@hardpoint/machinery';
import { hasEnded } from '../framework/node-info.ts';
import { type AircraftClaims, CLAIM_POD, holderOf } from './aircraft-claims.ts';

/** A claim whose Pod still waits, unchanged for so long as this process has watched it, ms, is taken back. */
const WAITING_LIMIT_MS = 30_000;
/** Every claim is looked at again after so long, ms: a lost Pod event then costs no more than that. */
const LOOK_AGAIN_MS = 60_000;

/** Follows the claims and frees those whose Pod has ended, is gone, or is bound elsewhere. */
export interface ClaimKeeper {
  readonly leases: Informer<Lease>;
  /** Resolves when the informer has ended. */
  readonly done: Promise<void>;
  /** Frees until the signal aborts; only a leader runs it, though two do no harm. */
  run(signal: AbortSignal): Promise<void>;
}

export function createClaimKeeper(options: {
  readonly client: Client;
  readonly claims: AircraftClaims;
  readonly pods: Informer<Pod>;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly signal: AbortSignal;
}): ClaimKeeper {
  const { client, clock, random, log, pods, claims } = options;
  const leases = createInformer({
    client,
    type: LEASES,
    namespace: NAMESPACES.aircraft,
    clock,
    random,
    log,
    signal: options.signal,
    indexers: { holder: (lease) => [holderOf(lease) ?? ''] },
  });
  const keyOfNode = (node: string): string => `${NAMESPACES.aircraft}/${node}`;
  return {
    leases,
    done: leases.done,
    run: async (signal) => {
      /** Since when a claim has stood at this version with its Pod waiting. */
      const waiting = new Map<string, { readonly version: string; readonly sinceMs: number }>();
      const controller = createController({
        name: 'claims',
        clock,
        random,
        log,
        reconcile: async (key, within) => {
          const lease = leases.get(key);
          const holder = holderOf(lease);
          if (lease === undefined || holder === undefined) {
            waiting.delete(key);
            return undefined;
          }
          const podKey = lease.metadata.annotations?.[CLAIM_POD];
          const pod = podKey === undefined ? undefined : pods.get(podKey);
          const node = splitKey(key).name;
          const held =
            pod !== undefined && pod.metadata.uid === holder && !hasEnded(pod) && pod.spec?.nodeName === node;
          if (held) {
            waiting.delete(key);
            return { requeueAfterMs: LOOK_AGAIN_MS };
          }
          const { resourceVersion: version } = lease.metadata;
          let since = waiting.get(key);
          if (since?.version !== version) {
            since = { version, sinceMs: clock.monotonic() };
            waiting.set(key, since);
          }
          const waitedMs = clock.monotonic() - since.sinceMs;
          const mayFence = waitedMs >= WAITING_LIMIT_MS;
          const freed = await claims.free(node, { mayFence, signal: within });
          if (freed) waiting.delete(key);
          return { requeueAfterMs: freed ? LOOK_AGAIN_MS : Math.max(1000, WAITING_LIMIT_MS - waitedMs) };
        },
      });
      controller.watch(leases, (change) => [keyOf(change.object)]);
      controller.watch(pods, (change) => {
        const before = change.type === 'updated' ? change.previous : undefined;
        const nodes = [change.object.spec?.nodeName, before?.spec?.nodeName].filter((node) => node !== undefined);
        const holds = leases.byIndex('holder', change.object.metadata.uid).map((lease) => lease.metadata.name);
        return [...nodes, ...holds].map(keyOfNode);
      });
      await controller.run(signal);
    },
  };
}
