import {
  type Decision,
  FLIGHT_TASKS,
  type FlightTask,
  LAUNCH_AUTHORIZATIONS,
  SCHEDULING_RECORDS,
  type Texts,
} from '@hardpoint/api';
import { PODS, type Pod, type Stored } from '@hardpoint/kubernetes';
import { type Client, type Clock, createInformer, type Logger, type Random } from '@hardpoint/machinery';
import type { Line } from './narrate.ts';
import { narrate } from './narrate.ts';
import { scrapeWeapons, type WeaponSample } from './weapon-metrics.ts';
import type { FlightWords } from './words.ts';

/** Annotation of an example's FlightTask: the phase it is to end in. Succeeded where absent. */
export const expectedPhaseAnnotation = 'airforce.mil/expected-phase';

/** How a run ended, for the summary. */
export interface FlightResult {
  readonly tasks: readonly Stored<FlightTask>[];
  /** The last decision on each task's Pod, by task name. */
  readonly decisions: ReadonlyMap<string, Decision>;
  readonly samples: ReadonlyMap<string, readonly WeaponSample[]>;
  /** The first task that was not at its end in time. */
  readonly late: Stored<FlightTask> | undefined;
}

export interface FlightOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly signal: AbortSignal;
  readonly namespace: string;
  readonly names: readonly string[];
  readonly words: FlightWords;
  readonly texts: Texts;
  /** Creates the authorisations of a task's releases once its weapons are ready. */
  readonly authorise: boolean;
  readonly timeoutMs: number;
  readonly tell: (line: Line) => void;
  readonly tellDecision: (task: string, decision: Decision) => void;
  /** After every change, with all tasks that are there. */
  readonly showing: (tasks: readonly Stored<FlightTask>[]) => void;
}

/** Follows the named tasks of one namespace to their ends, tells what happens, and authorises where asked to. */
export async function follow(options: FlightOptions): Promise<FlightResult> {
  const { client, clock, random, log, namespace, names } = options;
  const done = new AbortController();
  const signal = AbortSignal.any([options.signal, done.signal]);
  const watched = new Set(names);
  const current = new Map<string, Stored<FlightTask>>();
  const decisions = new Map<string, Decision>();
  const samples = new Map<string, readonly WeaponSample[]>();
  /** What was told of each task's decisions: an attempt that is tried again says the same again. */
  const told = new Set<string>();
  const authorised = new Set<string>();
  const writes: Promise<unknown>[] = [];
  let failure: unknown;
  let finish: () => void = () => {};
  const finished = new Promise<void>((resolve) => {
    finish = resolve;
  });

  const common = { client, clock, random, log, signal, namespace };
  const pods = createInformer({ ...common, type: PODS });
  const tasks = createInformer({ ...common, type: FLIGHT_TASKS });
  const records = createInformer({ ...common, type: SCHEDULING_RECORDS });

  const podOf = (task: Stored<FlightTask>): Pod | undefined =>
    task.status?.podRef === undefined ? undefined : pods.get(`${namespace}/${task.status.podRef.name}`);

  const authorise = async (task: Stored<FlightTask>): Promise<void> => {
    for (const release of task.spec.phases.flatMap((phase) => phase.releases ?? [])) {
      const made = await client.create(
        LAUNCH_AUTHORIZATIONS,
        {
          metadata: { generateName: `${task.metadata.name.slice(0, 40)}-`, namespace },
          spec: {
            taskRef: { name: task.metadata.name },
            weapon: release.weapon,
            count: release.count,
            ttlSeconds: 120,
          },
        },
        { signal },
      );
      options.tell({
        atMs: clock.now(),
        task: task.metadata.name,
        mark: 'note',
        text: options.words.authorised({
          person: made.spec.requestedBy ?? '?',
          count: release.count,
          weapon: release.weapon,
          name: made.metadata.name,
        }),
      });
    }
  };

  using _tasks = tasks.subscribe((change) => {
    const { name } = change.object.metadata;
    if (!watched.has(name) || change.type === 'deleted') return;
    const previous = current.get(name);
    current.set(name, change.object);
    for (const line of narrate(previous, change.object, {
      words: options.words,
      texts: options.texts,
      nowMs: clock.now(),
    })) {
      options.tell(line);
    }
    const released = change.object.status?.releases?.length ?? 0;
    if (released > (previous?.status?.releases?.length ?? 0)) {
      const pod = podOf(change.object);
      if (pod !== undefined) {
        writes.push(
          scrapeWeapons(pod, AbortSignal.any([signal, AbortSignal.timeout(2_000)])).then((sample) => {
            if (sample.length > 0) samples.set(name, sample);
          }),
        );
      }
    }
    const ready = change.object.status?.steps?.some(
      (step) => step.type === 'WeaponsReady' && step.endTime !== undefined,
    );
    if (options.authorise && ready === true && !authorised.has(name)) {
      authorised.add(name);
      writes.push(
        authorise(change.object).catch((error: unknown) => {
          failure ??= error;
          finish();
        }),
      );
    }
    options.showing([...current.values()]);
    if (names.every((one) => isOver(current.get(one)))) finish();
  });
  using _records = records.subscribe((change) => {
    if (change.type === 'deleted') return;
    const decision = change.object.decisions.at(-1);
    const owner = change.object.metadata.ownerReferences?.find((one) => one.kind === 'FlightTask')?.name;
    if (decision === undefined || owner === undefined || !watched.has(owner)) return;
    decisions.set(owner, decision);
    const word = `${owner} ${decision.selected ?? ''} ${decision.message ?? ''}`;
    if (told.has(word)) return;
    told.add(word);
    options.tellDecision(owner, decision);
  });
  using _pods = pods.subscribe(() => {});

  using _timeout = clock.timer(options.timeoutMs, finish);
  const abort = (): void => finish();
  options.signal.addEventListener('abort', abort, { once: true });
  await finished;
  options.signal.removeEventListener('abort', abort);
  await Promise.allSettled(writes);
  done.abort(new DOMException('the flight is over', 'AbortError'));
  options.signal.throwIfAborted();
  if (failure !== undefined) throw failure;
  return {
    tasks: names.map((name) => current.get(name)).filter((task) => task !== undefined),
    decisions,
    samples,
    late: names.map((name) => current.get(name)).find((task) => !isOver(task)),
  };
}

/** Whether nothing more is to be told: the end is decided, and where there is a Pod it has terminated. */
function isOver(task: Stored<FlightTask> | undefined): boolean {
  switch (task?.status?.phase) {
    case 'Succeeded':
    case 'Failed':
      return (
        task.status.podRef === undefined ||
        task.status.steps?.some((step) => step.type === 'PodTerminated' && step.endTime !== undefined) === true
      );
    case 'Refused':
    case 'Lost':
      return true;
    default:
      return false;
  }
}

/** The phase a task was to end in. */
export function expectedPhase(task: Pick<FlightTask, 'metadata'>): string {
  return task.metadata?.annotations?.[expectedPhaseAnnotation] ?? 'Succeeded';
}
