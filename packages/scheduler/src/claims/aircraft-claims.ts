import { LABELS, NAMESPACES } from '@hardpoint/api';
import { LEASES, type Lease, PODS, type Pod, type Stored } from '@hardpoint/kubernetes';
import { ApiError, type Client, type Clock, microTime } from '@hardpoint/machinery';
import { hasEnded, podKey } from '../framework/node-info.ts';

/** On a claim: the Pod that holds it, `namespace/name`. Its UID is the Lease's holderIdentity. */
export const CLAIM_POD = 'airforce.mil/pod';
/** On a Pod that waits: changed to make every Binding under way for it fail. */
export const CLAIM_FENCE = 'airforce.mil/claim-fence';

/** How often a claim is tried anew when others write it at the same time or the API does not answer. */
const TRIES = 8;
const RETRY_MS = 100;
const CONTENDED_MS = 5;

/** What has become of the Pod that holds a claim, by the API's own word at this moment. */
export type HolderState =
  /** Ended, gone, or its name belongs to another Pod now. */
  | 'ended'
  /** Bound to another Node; a binding never changes. */
  | 'elsewhere'
  /** On this aircraft. */
  | 'here'
  /** Not bound: a Binding may be under way. */
  | 'waiting';

export type TakeResult = { readonly taken: true } | { readonly taken: false; readonly holder: string };

/** Who holds an aircraft, where anybody does. */
export function holderOf(lease: Lease | undefined): string | undefined {
  const holder = lease?.spec?.holderIdentity;
  return holder === undefined || holder === '' ? undefined : holder;
}

/**
 * The claims on aircraft: one Lease per Node, its holder the UID of the one Pod that may be bound there. Safe with any
 * number of schedulers, see README.md beside this file.
 */
export class AircraftClaims {
  readonly #client: Client;
  readonly #clock: Clock;

  constructor(options: { readonly client: Client; readonly clock: Clock }) {
    this.#client = options.client;
    this.#clock = options.clock;
  }

  /**
   * Takes the aircraft for the Pod, by create or compare-and-swap. A claim that is already this Pod's is written again:
   * that is what makes a taker that has read it before fail. Rejects with an ApiError where the API does not answer.
   */
  async take(pod: Stored<Pod>, node: string, signal: AbortSignal): Promise<TakeResult> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        const result = await this.#tryTake(pod, node, signal);
        if (result !== undefined) return result;
      } catch (error) {
        if (!ApiError.is(error, 'Unreachable', 'Conflict', 'AlreadyExists', 'ServerTimeout', 'TooManyRequests'))
          throw error;
        if (attempt === TRIES) throw error;
        // Another's write may be refused against before it can be read.
        const delayMs = ApiError.is(error, 'Conflict', 'AlreadyExists') ? CONTENDED_MS * attempt : RETRY_MS;
        await this.#clock.sleep(delayMs, signal);
      }
      if (attempt === TRIES)
        throw new ApiError({ code: 'Conflict', message: `the claim on ${node} is written by others all the time` });
    }
  }

  /**
   * Frees a claim whose holder has ended or is bound elsewhere. Where the holder still waits and `mayFence`, the Pod is
   * fenced first, so that no Binding under way for it can succeed any more. True where the claim is free now.
   */
  async free(node: string, options: { readonly mayFence: boolean; readonly signal: AbortSignal }): Promise<boolean> {
    const { signal } = options;
    const lease = await this.#read(node, signal);
    const holder = holderOf(lease);
    if (lease === undefined || holder === undefined) return true;
    let state = await this.holderState(lease, signal);
    if (state === 'waiting' && options.mayFence) state = await this.#fence(lease, signal);
    else if (state === 'waiting') return false;
    if (state === 'here') return false;
    await this.#client.update(LEASES, { ...lease, spec: { ...lease.spec, holderIdentity: '' } }, { signal });
    return true;
  }

  /** Asks the API, never a cache. */
  async holderState(lease: Stored<Lease>, signal: AbortSignal): Promise<HolderState> {
    const holder = holderOf(lease);
    const key = lease.metadata.annotations?.[CLAIM_POD];
    const pod = key === undefined ? await this.#find(holder, signal) : await this.#pod(key, signal);
    return stateOf(pod, holder, lease.metadata.name);
  }

  async #tryTake(pod: Stored<Pod>, node: string, signal: AbortSignal): Promise<TakeResult | undefined> {
    const lease = await this.#read(node, signal);
    const now = microTime(this.#clock.now());
    const { uid } = pod.metadata;
    if (lease === undefined) {
      await this.#client.create(
        LEASES,
        {
          metadata: {
            namespace: NAMESPACES.aircraft,
            name: node,
            labels: { [LABELS.managedBy]: 'hardpoint-scheduler' },
            annotations: { [CLAIM_POD]: podKey(pod) },
          },
          spec: { holderIdentity: uid, acquireTime: now, renewTime: now, leaseTransitions: 0 },
        },
        { signal },
      );
      return { taken: true };
    }
    const holder = holderOf(lease);
    if (holder !== undefined && holder !== uid) {
      const state = await this.holderState(lease, signal);
      if (state === 'here' || state === 'waiting')
        return { taken: false, holder: lease.metadata.annotations?.[CLAIM_POD] ?? holder };
    }
    const renewed = holder === uid;
    await this.#client.update(
      LEASES,
      {
        ...lease,
        metadata: { ...lease.metadata, annotations: { ...lease.metadata.annotations, [CLAIM_POD]: podKey(pod) } },
        spec: {
          ...lease.spec,
          holderIdentity: uid,
          acquireTime: renewed ? (lease.spec?.acquireTime ?? now) : now,
          renewTime: now,
          leaseTransitions: (lease.spec?.leaseTransitions ?? 0) + 1,
        },
      },
      { signal },
    );
    return { taken: true };
  }

  /** Changes the waiting Pod's resourceVersion; the answer says whether it was still waiting then. */
  async #fence(lease: Stored<Lease>, signal: AbortSignal): Promise<HolderState> {
    const holder = holderOf(lease);
    const pod =
      lease.metadata.annotations?.[CLAIM_POD] === undefined
        ? await this.#find(holder, signal)
        : await this.#pod(lease.metadata.annotations[CLAIM_POD], signal);
    if (pod === undefined || stateOf(pod, holder, lease.metadata.name) !== 'waiting')
      return stateOf(pod, holder, lease.metadata.name);
    try {
      const fenced = await this.#client.patch(
        PODS,
        { namespace: pod.metadata.namespace, name: pod.metadata.name },
        {
          type: 'merge',
          body: {
            metadata: {
              uid: pod.metadata.uid,
              annotations: { [CLAIM_FENCE]: `${lease.metadata.name}/${lease.metadata.resourceVersion}` },
            },
          },
        },
        { signal },
      );
      const state = stateOf(fenced, holder, lease.metadata.name);
      return state === 'waiting' ? 'ended' : state;
    } catch (error) {
      if (ApiError.is(error, 'NotFound')) return 'ended';
      throw error;
    }
  }

  async #read(node: string, signal: AbortSignal): Promise<Stored<Lease> | undefined> {
    try {
      return await this.#client.get(LEASES, { namespace: NAMESPACES.aircraft, name: node }, { signal });
    } catch (error) {
      if (ApiError.is(error, 'NotFound')) return undefined;
      throw error;
    }
  }

  async #pod(key: string, signal: AbortSignal): Promise<Stored<Pod> | undefined> {
    const slash = key.indexOf('/');
    try {
      return await this.#client.get(PODS, { namespace: key.slice(0, slash), name: key.slice(slash + 1) }, { signal });
    } catch (error) {
      if (ApiError.is(error, 'NotFound')) return undefined;
      throw error;
    }
  }

  /** For a claim that does not name its Pod. */
  async #find(uid: string | undefined, signal: AbortSignal): Promise<Stored<Pod> | undefined> {
    const { items } = await this.#client.list(PODS, { signal });
    return items.find((pod) => pod.metadata.uid === uid);
  }
}

function stateOf(pod: Stored<Pod> | undefined, holder: string | undefined, node: string): HolderState {
  if (pod === undefined || pod.metadata.uid !== holder || hasEnded(pod)) return 'ended';
  const on = pod.spec?.nodeName;
  if (on === undefined || on === '') return 'waiting';
  return on === node ? 'here' : 'elsewhere';
}
