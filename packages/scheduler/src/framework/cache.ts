import type { Node, Pod, Stored } from '@hardpoint/kubernetes';
import type { Clock } from '@hardpoint/machinery';
import { hasEnded, type NodeInfo, nodeInfo, type PodInfo, podInfo } from './node-info.ts';
import { createSnapshot, type Snapshot } from './snapshot.ts';

/** How long an assumed Pod stays after its Binding was sent without the watch confirming it, ms. */
const ASSUMED_TTL_MS = 60_000;

type Held =
  | { readonly state: 'bound'; readonly node: string; readonly info: PodInfo }
  | { readonly state: 'assumed'; readonly node: string; readonly info: PodInfo; expiry: Disposable | undefined };

/**
 * Nodes and the Pods on them, as the watch reports them and as this scheduler has assumed them. An assumed Pod counts
 * on its Node from Reserve on; it is confirmed when the watch shows it bound, forgotten when binding failed, and
 * expires where its Binding was answered but never seen.
 */
export class SchedulerCache {
  readonly #clock: Clock;
  readonly #expired: (pod: Stored<Pod>) => void;
  readonly #nodes = new Map<string, NodeInfo>();
  /** By Pod UID. */
  readonly #pods = new Map<string, Held>();
  /** Pods on Nodes that are not (yet, or any more) known, and on those that are. */
  readonly #byNode = new Map<string, Map<string, PodInfo>>();
  #snapshot: Snapshot | undefined;

  constructor(options: { readonly clock: Clock; readonly expired?: (pod: Stored<Pod>) => void }) {
    this.#clock = options.clock;
    this.#expired = options.expired ?? (() => {});
  }

  /** Throws QuantityError where its allocatable resources are malformed; the Node is then left out. */
  setNode(node: Stored<Node>): void {
    this.#snapshot = undefined;
    this.#nodes.delete(node.metadata.name);
    this.#nodes.set(node.metadata.name, nodeInfo(node, this.#podsOn(node.metadata.name)));
  }

  removeNode(name: string): void {
    this.#snapshot = undefined;
    this.#nodes.delete(name);
  }

  /** A Pod as the watch shows it. One that is not bound, or has ended, is on no Node unless it is assumed. */
  setPod(pod: Stored<Pod>): void {
    const node = pod.spec?.nodeName;
    const held = this.#pods.get(pod.metadata.uid);
    if (hasEnded(pod)) {
      this.removePod(pod.metadata.uid);
      return;
    }
    if (node === undefined || node === '') return;
    if (held !== undefined) this.#drop(pod.metadata.uid, held);
    this.#put({ state: 'bound', node, info: podInfo(pod) });
  }

  removePod(uid: string): void {
    const held = this.#pods.get(uid);
    if (held !== undefined) this.#drop(uid, held);
  }

  /** Counts the Pod on the Node from now on. */
  assume(info: PodInfo, node: string): void {
    const held = this.#pods.get(info.pod.metadata.uid);
    if (held !== undefined) this.#drop(info.pod.metadata.uid, held);
    this.#put({ state: 'assumed', node, info, expiry: undefined });
  }

  /** The Binding was accepted: the Pod expires unless the watch shows it. */
  finishBinding(uid: string): void {
    const held = this.#pods.get(uid);
    if (held?.state !== 'assumed') return;
    held.expiry?.[Symbol.dispose]();
    held.expiry = this.#clock.timer(ASSUMED_TTL_MS, () => {
      if (this.#pods.get(uid) !== held) return;
      this.#drop(uid, held);
      this.#expired(held.info.pod);
    });
  }

  /** Binding failed: the Pod is on no Node. Nothing where the watch has shown it bound meanwhile. */
  forget(uid: string): void {
    const held = this.#pods.get(uid);
    if (held?.state === 'assumed') this.#drop(uid, held);
  }

  /** The Node the Pod is assumed on or bound to, as this cache knows it. */
  nodeOf(uid: string): string | undefined {
    return this.#pods.get(uid)?.node;
  }

  isAssumed(uid: string): boolean {
    return this.#pods.get(uid)?.state === 'assumed';
  }

  snapshot(): Snapshot {
    this.#snapshot ??= createSnapshot(
      [...this.#nodes.values()].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0)),
    );
    return this.#snapshot;
  }

  /** Stops every timer. */
  [Symbol.dispose](): void {
    for (const held of this.#pods.values()) if (held.state === 'assumed') held.expiry?.[Symbol.dispose]();
  }

  #podsOn(name: string): readonly PodInfo[] {
    return [...(this.#byNode.get(name)?.values() ?? [])];
  }

  #put(held: Held): void {
    const uid = held.info.pod.metadata.uid;
    this.#pods.set(uid, held);
    let on = this.#byNode.get(held.node);
    if (on === undefined) {
      on = new Map();
      this.#byNode.set(held.node, on);
    }
    on.set(uid, held.info);
    this.#refresh(held.node);
  }

  #drop(uid: string, held: Held): void {
    if (held.state === 'assumed') held.expiry?.[Symbol.dispose]();
    this.#pods.delete(uid);
    const on = this.#byNode.get(held.node);
    on?.delete(uid);
    if (on?.size === 0) this.#byNode.delete(held.node);
    this.#refresh(held.node);
  }

  #refresh(name: string): void {
    const known = this.#nodes.get(name);
    if (known === undefined) return;
    this.#snapshot = undefined;
    this.#nodes.set(name, nodeInfo(known.node, this.#podsOn(name), known.allocatable));
  }
}
