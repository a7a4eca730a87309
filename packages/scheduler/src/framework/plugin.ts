import type { Pod, Stored } from '@hardpoint/kubernetes';
import type { Client, Clock, Logger } from '@hardpoint/machinery';
import type { AircraftClaims } from '../claims/aircraft-claims.ts';
import type { SchedulerTexts } from '../texts.ts';
import type { EventRegistration } from './cluster-event.ts';
import type { CycleState } from './cycle-state.ts';
import type { NodeInfo, PodInfo } from './node-info.ts';
import type { Snapshot } from './snapshot.ts';
import type { Refusal, Status } from './status.ts';
import type { WaitingPods } from './waiting-pods.ts';

/** The best a plugin can give a Node. */
export const MAX_NODE_SCORE = 100;

/** The extension points, as KubeSchedulerConfiguration spells them. */
export const EXTENSION_POINTS = [
  'preEnqueue',
  'queueSort',
  'preFilter',
  'filter',
  'postFilter',
  'preScore',
  'score',
  'reserve',
  'permit',
  'preBind',
  'bind',
  'postBind',
] as const;
export type ExtensionPoint = (typeof EXTENSION_POINTS)[number];

/** A Pod in the queue. */
export interface QueuedPod {
  readonly pod: Stored<Pod>;
  readonly info: PodInfo;
  /** Attempts made so far. */
  readonly attempts: number;
  /** When the Pod first came, ms of the wall clock. */
  readonly addedMs: number;
}

/** One Node's score from one plugin. `score` is what Score gave, and what NormalizeScore may replace: 0 to 100 in the end. */
export interface NodeScore {
  readonly node: NodeInfo;
  score: number;
}

/** What PreFilter may narrow a Pod down to. */
export interface PreFilterResult {
  /** Only these Nodes are looked at; all where absent. What is left out is "not evaluated", not refused. */
  readonly nodeNames?: ReadonlySet<string>;
}

/**
 * A plugin. It takes part in each extension point whose method it has and that its profile enables.
 *
 * Everything up to Reserve runs in one synchronous stretch over one snapshot, so these methods return at once and do no
 * I/O; what must be asked of the API belongs into PreBind, Bind and PostBind, which may wait and get a signal. A
 * refusal's first reason is what people read. Nothing here may change a Pod, a Node or a NodeInfo.
 */
export interface Plugin {
  readonly name: string;
  /** Which cluster events may undo this plugin's refusal. None: only a change of the Pod itself, or the five-minute flush. */
  readonly events?: readonly EventRegistration[];
  /** Whether the Pod may be queued at all. */
  preEnqueue?(pod: Stored<Pod>): Status;
  /** Negative where `a` goes first. */
  queueSort?(a: QueuedPod, b: QueuedPod): number;
  /** Once per attempt, before any Node. `SKIP` leaves this plugin's Filter out. */
  preFilter?(state: CycleState, pod: PodInfo, snapshot: Snapshot): PreFilterResult | Refusal | undefined;
  /** Once per Node. The first refusal ends that Node. */
  filter?(state: CycleState, pod: PodInfo, node: NodeInfo): Status;
  /** Only where no Node was left. It may name a Node for later; it must not displace a bound Pod (spec: "Who keeps what"). */
  postFilter?(state: CycleState, pod: PodInfo, refusals: ReadonlyMap<string, Refusal>): Status;
  /** Once per attempt, with the Nodes that are left. `SKIP` leaves this plugin's Score out. */
  preScore?(state: CycleState, pod: PodInfo, nodes: readonly NodeInfo[]): Status;
  /** A whole number, or a refusal of code Error. */
  score?(state: CycleState, pod: PodInfo, node: NodeInfo): number | Refusal;
  /** Brings this plugin's scores into 0 to 100. */
  normalizeScore?(state: CycleState, pod: PodInfo, scores: readonly NodeScore[]): Status;
  reserve?(state: CycleState, pod: PodInfo, node: string): Status;
  /** Undoes `reserve`; also called where reserve was never reached. Never fails. */
  unreserve?(state: CycleState, pod: PodInfo, node: string): void;
  /** Success, a refusal, or `Wait`. */
  permit?(state: CycleState, pod: PodInfo, node: string): Status;
  preBind?(state: CycleState, pod: PodInfo, node: string, signal: AbortSignal): Promise<Status>;
  /** `SKIP` hands the Pod to the next bind plugin. */
  bind?(state: CycleState, pod: PodInfo, node: string, signal: AbortSignal): Promise<Status>;
  postBind?(state: CycleState, pod: PodInfo, node: string, signal: AbortSignal): Promise<void>;
}

/** What the framework hands to a plugin when its profile is built. */
export interface Handle {
  readonly schedulerName: string;
  readonly client: Client;
  readonly clock: Clock;
  readonly log: Logger;
  readonly texts: SchedulerTexts;
  /** Whether the profile enables the plugin anywhere. */
  enables(plugin: string): boolean;
  /** Whether a Pod makes the aircraft it is on busy: it belongs to a scheduler of aircraft and has not ended. */
  isSortie(pod: Pod): boolean;
  /** The weaponType of the Weapon of that name in namespace `weapons`, where it is known. */
  weaponType(name: string): string | undefined;
  /** The Pods that a Permit of this profile has answered with `Wait`: whoever knows better settles them here. */
  readonly waiting: WaitingPods;
  readonly claims: AircraftClaims;
  /** Which Pod holds an aircraft's claim (`namespace/name`, or its UID), as far as the watch shows, where it is not this one. */
  claimedByOther(node: string, podUid: string): string | undefined;
}
