import type { FlightTask, FlightTaskStatus, Texts } from '@hardpoint/api';
import type { Pod, Stored } from '@hardpoint/kubernetes';
import {
  checkCompatibility,
  type LoadoutVerdict,
  resolveLoadout,
  type WeaponLookup,
} from '../loadout/resolve-loadout.ts';
import { buildSortiePod, sortiePodName } from '../sortie-pod/build-pod.ts';
import type { SortieSettings } from '../sortie-pod/settings.ts';
import { type Micros, readPreciseTime } from './precise-time.ts';
import { draftStatus, madePlaces } from './status-draft.ts';

export type LaunchOutcome =
  | { readonly kind: 'refused'; readonly status: FlightTaskStatus }
  | {
      readonly kind: 'ready';
      /** To be written before the Pod is created: it names the Pod. */
      readonly status: FlightTaskStatus;
      readonly pod: Pod;
      /** The status where the API would not take the Pod. */
      readonly refuse: (reason: string, message: string) => FlightTaskStatus;
    };

/**
 * From a task to its Pod: resolves the loadout, checks it and injects the weapons. Pure but for `micros`, which is asked
 * for the time of each step.
 */
export function planLaunch(options: {
  readonly task: Stored<FlightTask>;
  readonly status: FlightTaskStatus;
  readonly attempt: number;
  readonly weapon: WeaponLookup;
  /** JWKS JSON. */
  readonly trust: string;
  readonly settings: SortieSettings;
  readonly micros: () => Micros;
  readonly texts: Texts;
}): LaunchOutcome {
  const { task, attempt, texts, micros } = options;
  const begun = micros();
  const draft = draftStatus(options.status, begun, task.metadata.generation);
  const refused = (
    step: 'LoadoutResolved' | 'CompatibilityChecked',
    verdict: LoadoutVerdict<unknown> & { kind: 'refused' },
  ): LaunchOutcome => {
    draft.set(step, { status: 'False', reason: verdict.reason, message: verdict.message });
    draft.set('Refused', { status: 'True', reason: verdict.reason, message: verdict.message });
    draft.say('Refused', verdict.reason, verdict.message);
    delete draft.fields.podRef;
    return { kind: 'refused', status: draft.done() };
  };
  const resolved = resolveLoadout({
    loadout: task.spec.weaponLoadout,
    weapon: options.weapon,
    nowMs: begun / 1000,
    texts,
  });
  if (resolved.kind === 'refused') return refused('LoadoutResolved', resolved);
  draft.begin('LoadoutResolved', begun);
  draft.finish('LoadoutResolved', micros(), texts.task.step.LoadoutResolved);

  const compatible = checkCompatibility({
    resolved: resolved.value,
    aircraftType: task.spec.aircraftRequirement.type,
    texts,
  });
  if (compatible.kind === 'refused') return refused('CompatibilityChecked', compatible);
  draft.begin('CompatibilityChecked', readPreciseTime(endOf(draft.done(), 'LoadoutResolved')) ?? begun);
  draft.finish('CompatibilityChecked', micros(), texts.task.step.CompatibilityChecked);
  draft.begin('SidecarsInjected', readPreciseTime(endOf(draft.done(), 'CompatibilityChecked')) ?? begun);

  const weapons = compatible.value;
  const pod = buildSortiePod({
    task,
    weapons,
    attempt,
    trust: options.trust,
    skipReleases: madePlaces(options.status.releases),
    settings: options.settings,
  });
  draft.finish('SidecarsInjected', micros(), texts.task.step.SidecarsInjected);
  draft.begin('PodCreated', micros());
  if (draft.isTrue('Refused')) draft.set('Refused', { status: 'False', reason: 'Accepted', message: '' });
  draft.fields.attempt = attempt;
  draft.fields.podRef = { name: sortiePodName(task.metadata.name, attempt) };
  draft.fields.weapons = weapons.map((weapon) => ({
    name: weapon.name,
    container: weapon.container,
    version: weapon.version,
    quantity: weapon.quantity,
    released: options.status.weapons?.find((it) => it.name === weapon.name)?.released ?? 0,
  }));
  draft.fields.ready = `0/${weapons.length}`;
  draft.say('Pending', 'CreatingPod', texts.task.step.SidecarsInjected);
  const status = draft.done();
  return {
    kind: 'ready',
    status,
    pod,
    refuse(reason, message) {
      const denied = draftStatus(status, micros(), task.metadata.generation);
      denied.set('PodCreated', { status: 'False', reason, message });
      denied.set('Refused', { status: 'True', reason, message });
      denied.say('Refused', reason, message);
      delete denied.fields.podRef;
      return denied.done();
    },
  };
}

function endOf(status: FlightTaskStatus, step: string): string | undefined {
  return status.steps?.find((it) => it.type === step)?.endTime;
}
