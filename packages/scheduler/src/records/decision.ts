import type { Decision, NodeVerdict, VerdictGroup } from '@hardpoint/api';
import { microTime } from '@hardpoint/machinery';
import type { Attempt } from '../framework/attempt.ts';
import { type PodInfo, podKey } from '../framework/node-info.ts';

/** Nodes of one verdict that a decision lists one by one; the rest are counted in groups. */
const MOST_LISTED = 100;
/** Groups of one decision; what is beyond shares one group per verdict. */
const MOST_GROUPS = 100;
const NAMES_PER_GROUP = 5;

/** How far a decision has come: `binding` until the API has accepted the Binding. */
export type Outcome = 'pending' | 'binding' | 'bound' | 'not-bound';

/** A Decision of the kinds' package with what the scheduler itself keeps in it. */
export interface SchedulerDecision extends Decision {
  outcome: Outcome;
  /** Where the Pod as a whole was refused: by whom and why. */
  plugin?: string;
  reason?: string;
  /** Of a repeated refusal: when it was last the same. */
  lastTime?: string;
}

/** An attempt as it is recorded: the shape that DESIGN and `hardpoint explain -o json` have. */
export function decisionOf(options: {
  readonly pod: PodInfo;
  readonly schedulerName: string;
  readonly attemptNumber: number;
  readonly nowMs: number;
  readonly attempt: Attempt;
  readonly selected: string | undefined;
  readonly message: string;
}): SchedulerDecision {
  const { attempt, pod, selected } = options;
  const feasible: NodeVerdict[] = attempt.feasible.map(({ node, scores, total }) => ({
    name: node.name,
    verdict: 'feasible',
    scores: Object.fromEntries(scores.map(({ plugin, raw, weight, weighted }) => [plugin, { raw, weight, weighted }])),
    total,
  }));
  const refused: NodeVerdict[] = [...attempt.refused].map(([name, refusal]) => ({
    name,
    verdict: 'refused',
    ...(refusal.plugin === undefined ? {} : { plugin: refusal.plugin }),
    reason: refusal.reasons.join(', '),
  }));
  const others: NodeVerdict[] = attempt.notEvaluated.map((name) => ({ name, verdict: 'not-evaluated' }));
  const listed = [feasible, refused, others].flatMap((verdicts) => verdicts.slice(0, MOST_LISTED));
  const groups = groupsOf([feasible, refused, others].flatMap((verdicts) => verdicts.slice(MOST_LISTED)));
  return {
    time: microTime(options.nowMs),
    pod: podKey(pod.pod),
    podUID: pod.pod.metadata.uid,
    scheduler: options.schedulerName,
    attempt: options.attemptNumber,
    outcome: selected === undefined ? 'pending' : 'binding',
    selected: selected ?? null,
    message: options.message,
    ...(attempt.refusal === undefined
      ? {}
      : {
          ...(attempt.refusal.plugin === undefined ? {} : { plugin: attempt.refusal.plugin }),
          reason: attempt.refusal.reasons.join(', '),
        }),
    nodes: listed,
    ...(groups.length === 0 ? {} : { groups }),
  };
}

/** Counts by verdict, plugin and reason, the largest first. */
export function groupsOf(verdicts: readonly NodeVerdict[]): VerdictGroup[] {
  const groups = new Map<string, VerdictGroup & { nodes: string[] }>();
  for (const { name, verdict, plugin, reason } of verdicts) {
    let key = JSON.stringify([verdict, plugin, reason]);
    const whole = groups.has(key) || groups.size < MOST_GROUPS;
    if (!whole) key = JSON.stringify([verdict]);
    let group = groups.get(key);
    if (group === undefined) {
      group = { count: 0, verdict, nodes: [] };
      if (whole && plugin !== undefined) group.plugin = plugin;
      if (whole && reason !== undefined) group.reason = reason;
      groups.set(key, group);
    }
    group.count += 1;
    if (group.nodes.length < NAMES_PER_GROUP) group.nodes.push(name);
  }
  return [...groups.values()].sort((a, b) => b.count - a.count);
}

/** The decision with its nodes listed no further than the first few of each verdict. */
export function condensed(decision: SchedulerDecision, keep: number): SchedulerDecision {
  const byVerdict = Map.groupBy(decision.nodes, ({ verdict }) => verdict);
  const nodes = [...byVerdict.values()].flatMap((verdicts) => verdicts.slice(0, keep));
  const left = [...byVerdict.values()].flatMap((verdicts) => verdicts.slice(keep));
  if (left.length === 0) return decision;
  return { ...decision, nodes, groups: [...groupsOf(left), ...(decision.groups ?? [])] };
}
