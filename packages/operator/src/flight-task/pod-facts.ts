import { NAMES, TAINTS } from '@hardpoint/api';
import type { ContainerStatus, Node, Pod } from '@hardpoint/kubernetes';
import { type FinalReport, parseFinalReport } from './final-report.ts';
import { type Micros, readPreciseTime } from './precise-time.ts';

/** A moment the kubelet writes in whole seconds; undefined where it has not come. */
type Moment = Micros | undefined;

/** What a Pod's status says about the steps of its sortie. */
export interface PodFacts {
  readonly name: string;
  readonly uid: string;
  readonly node: string | undefined;
  readonly address: string | undefined;
  readonly deleting: boolean;
  /** Pod phase Succeeded or Failed. */
  readonly ended: boolean;
  /** Reason and message of a Pod that failed as a whole (Evicted, NodeAffinity, …). */
  readonly failure: string | undefined;
  readonly createdAt: Moment;
  readonly preloadStartedAt: Moment;
  readonly preloadedAt: Moment;
  readonly containersStartedAt: Moment;
  /** aircraft-control runs now. */
  readonly running: boolean;
  /** aircraft-control has ended for good. */
  readonly mainEndedAt: Moment;
  readonly mainExitCode: number | undefined;
  readonly report: FinalReport | undefined;
  /** Weapon containers that are ready, and all of them. */
  readonly readyWeapons: number;
  readonly weapons: number;
  /** Containers that cannot pull their image. */
  readonly missingImages: readonly { readonly container: string; readonly cause: string }[];
  readonly restarts: ReadonlyMap<string, number>;
  /** Failed weapon-preload, in its own words. */
  readonly preloadFailure: string | undefined;
}

export function podFacts(pod: Pod, taskUID: string): PodFacts {
  const status = pod.status ?? {};
  const init = status.initContainerStatuses ?? [];
  const weapons = init.filter(
    (it) => it.name.startsWith(NAMES.weaponContainerPrefix) && it.name !== NAMES.weaponPreload,
  );
  const preload = init.find((it) => it.name === NAMES.weaponPreload);
  const main = status.containerStatuses?.find((it) => it.name === NAMES.aircraftControl);
  const ended = status.phase === 'Succeeded' || status.phase === 'Failed';
  const terminated = main?.state?.terminated;
  // A crash that will be restarted leaves no decided end; a report that was left does, whatever comes after it.
  const message = terminated?.message ?? (ended ? main?.lastState?.terminated?.message : undefined);
  const over = terminated !== undefined && (terminated.exitCode === 0 || ended);
  const preloaded = preload?.state?.terminated;
  const preloadFailed =
    preloaded !== undefined && preloaded.exitCode !== 0 ? preloaded : preload?.lastState?.terminated;
  const wanted = pod.spec?.initContainers?.filter((it) => it.restartPolicy === 'Always').length ?? weapons.length;
  return {
    name: pod.metadata?.name ?? '',
    uid: pod.metadata?.uid ?? '',
    node: pod.spec?.nodeName === '' ? undefined : pod.spec?.nodeName,
    address: status.podIP === '' ? undefined : status.podIP,
    deleting: pod.metadata?.deletionTimestamp !== undefined,
    ended,
    failure: status.phase === 'Failed' ? [status.reason, status.message].filter(Boolean).join(': ') : undefined,
    createdAt: readPreciseTime(pod.metadata?.creationTimestamp),
    preloadStartedAt: readPreciseTime(preload?.state?.running?.startedAt ?? preloaded?.startedAt),
    preloadedAt: preloaded?.exitCode === 0 ? readPreciseTime(preloaded.finishedAt) : undefined,
    containersStartedAt: readPreciseTime(
      main?.state?.running?.startedAt ?? terminated?.startedAt ?? main?.lastState?.terminated?.startedAt,
    ),
    running: main?.state?.running !== undefined,
    mainEndedAt: over ? readPreciseTime(terminated.finishedAt) : undefined,
    mainExitCode: over ? terminated.exitCode : undefined,
    report: over || ended ? parseFinalReport(message, taskUID) : undefined,
    readyWeapons: weapons.filter((it) => it.ready).length,
    weapons: wanted,
    missingImages: [...init, ...(status.containerStatuses ?? [])].flatMap(missingImage),
    restarts: new Map(weapons.map((it) => [it.name.slice(NAMES.weaponContainerPrefix.length), it.restartCount])),
    preloadFailure:
      preloadFailed === undefined || preloadFailed.exitCode === 0
        ? undefined
        : (preloadFailed.message ?? preloadFailed.reason ?? `exit code ${preloadFailed.exitCode}`),
  };
}

const PULL_TROUBLE: readonly string[] = ['ImagePullBackOff', 'ErrImagePull', 'InvalidImageName', 'ErrImageNeverPull'];

function missingImage(status: ContainerStatus): { container: string; cause: string }[] {
  const waiting = status.state?.waiting;
  if (waiting?.reason === undefined || !PULL_TROUBLE.includes(waiting.reason)) return [];
  return [{ container: status.name, cause: waiting.message ?? waiting.reason }];
}

/** What is known of the aircraft that a Pod is bound to. */
export type AircraftFact =
  | { readonly kind: 'unassigned' }
  | { readonly kind: 'heard'; readonly name: string; readonly fuelLevel: number | undefined }
  /** Its Node is not Ready: nobody can say what happens there. */
  | { readonly kind: 'silent'; readonly name: string }
  /** Its Node was deleted or is tainted out-of-service: what ran there has ended (M6). */
  | { readonly kind: 'gone'; readonly name: string };

export function aircraftFact(name: string | undefined, node: Node | undefined): AircraftFact {
  if (name === undefined) return { kind: 'unassigned' };
  if (node === undefined) return { kind: 'gone', name };
  const taints = node.spec?.taints ?? [];
  if (taints.some((taint) => taint.key === TAINTS.outOfService)) return { kind: 'gone', name };
  const ready = node.status?.conditions?.find((condition) => condition.type === 'Ready');
  const cutOff = taints.some(
    (taint) => (taint.key === TAINTS.unreachable || taint.key === TAINTS.notReady) && taint.effect === 'NoExecute',
  );
  if (cutOff || (ready !== undefined && ready.status !== 'True')) return { kind: 'silent', name };
  const fuel = node.metadata?.labels?.['aircraft.mil/fuel.level'];
  const level = fuel !== undefined && /^\d{1,3}$/.test(fuel) ? Number(fuel) : undefined;
  return { kind: 'heard', name, fuelLevel: level !== undefined && level <= 100 ? level : undefined };
}
