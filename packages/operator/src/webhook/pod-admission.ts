import { createHash } from 'node:crypto';
import {
  ANNOTATIONS,
  FLIGHT_TASKS,
  LABELS,
  NAMES,
  NAMESPACES,
  type Texts,
  WEAPONS,
  type Weapon,
  type WeaponLoadoutEntry,
} from '@hardpoint/api';
import type { Container, Pod, Volume } from '@hardpoint/kubernetes';
import { ApiError, type Client } from '@hardpoint/machinery';
import { formatTrust, type SigningKey } from '@hardpoint/wip';
import { checkCompatibility, type MountedWeapon, resolveLoadout } from '../loadout/resolve-loadout.ts';
import { preloadContainer, sharedVolumes } from '../sortie-pod/build-pod.ts';
import type { ServedTask, SortieSettings } from '../sortie-pod/settings.ts';
import { weaponContainer } from '../sortie-pod/weapon-container.ts';
import {
  type AdmissionRequest,
  type AdmissionVerdict,
  type JsonPatchOperation,
  pointerToken,
} from './admission-review.ts';

/**
 * Injects weapons into a hand-written Pod with annotation airforce.mil/weapon-loadout (M4). Injecting twice changes
 * nothing. Without annotation airforce.mil/task the weapons get no trust and refuse every launch.
 */
export async function admitPod(options: {
  readonly request: AdmissionRequest;
  readonly client: Client;
  readonly nowMs: number;
  readonly key: SigningKey;
  readonly settings: SortieSettings;
  readonly texts: Texts;
  readonly ensureConfigs: (namespace: string) => Promise<void>;
  readonly signal: AbortSignal;
}): Promise<AdmissionVerdict> {
  const { request, client, texts, signal } = options;
  const pod = request.object as Pod;
  const annotations = pod.metadata?.annotations ?? {};
  const text = annotations[ANNOTATIONS.weaponLoadout];
  if (text === undefined) return { kind: 'allowed' };
  const denied = (message: string): AdmissionVerdict => ({ kind: 'denied', code: 422, reason: 'Invalid', message });

  let loadout: readonly WeaponLoadoutEntry[];
  try {
    // Loaded here and nowhere else: the schemas are slow to load and hand-written Pods are rare.
    const { parseWeaponLoadout } = await import('@hardpoint/api/schema');
    loadout = parseWeaponLoadout(JSON.parse(text));
  } catch (error) {
    return denied(`${ANNOTATIONS.weaponLoadout}: ${error instanceof Error ? error.message : String(error)}`);
  }
  const weapons = new Map<string, Weapon>();
  for (const { weaponRef } of loadout) {
    try {
      weapons.set(
        weaponRef.name,
        await client.get(WEAPONS, { namespace: NAMESPACES.weapons, name: weaponRef.name }, { signal }),
      );
    } catch (error) {
      if (!ApiError.is(error, 'NotFound')) throw error;
    }
  }
  const resolved = resolveLoadout({ loadout, weapon: (name) => weapons.get(name), nowMs: options.nowMs, texts });
  if (resolved.kind === 'refused') return denied(resolved.message);
  const aircraftType = pod.spec?.nodeSelector?.[LABELS.aircraftType];
  if (aircraftType === undefined) return denied(`spec.nodeSelector[${LABELS.aircraftType}]: Required value`);
  const compatible = checkCompatibility({ resolved: resolved.value, aircraftType, texts });
  if (compatible.kind === 'refused') return denied(compatible.message);

  let task: ServedTask | undefined;
  const taskName = annotations[ANNOTATIONS.task];
  if (taskName !== undefined) {
    try {
      const found = await client.get(FLIGHT_TASKS, { namespace: request.namespace, name: taskName }, { signal });
      const trust = formatTrust([options.key]);
      task = { namespace: request.namespace, name: taskName, uid: found.metadata.uid, trust };
    } catch (error) {
      if (!ApiError.is(error, 'NotFound')) throw error;
      return denied(texts.authorization.taskMissing(taskName));
    }
  }
  await options.ensureConfigs(request.namespace);
  return {
    kind: 'allowed',
    patch: injectionPatch({
      pod,
      weapons: compatible.value,
      aircraftType,
      task,
      settings: options.settings,
      loadout: text,
    }),
  };
}

/** What makes a Pod one that carries the weapons. Pure; empty for a Pod that carries them already. */
export function injectionPatch(options: {
  readonly pod: Pod;
  readonly weapons: readonly MountedWeapon[];
  readonly aircraftType: string;
  readonly task: ServedTask | undefined;
  readonly settings: SortieSettings;
  /** The annotation's text, for the digest by which a second injection is known. */
  readonly loadout: string;
}): JsonPatchOperation[] {
  const { pod, weapons, settings } = options;
  const digest = createHash('sha256').update(options.loadout).digest('hex').slice(0, 16);
  if (pod.metadata?.annotations?.[ANNOTATIONS.injected] === digest) return [];
  const init = pod.spec?.initContainers ?? [];
  const volumes = pod.spec?.volumes ?? [];
  const has = (list: readonly { name?: string | undefined }[], name: string) => list.some((it) => it.name === name);
  const mission = JSON.stringify({
    phases: [],
    loadout: weapons.map(({ name, container, version, quantity, mountPoints }) => ({
      weapon: name,
      container,
      version,
      quantity,
      mountPoints,
    })),
  });
  const added: Container[] = [
    ...weapons.map((weapon, index) =>
      weaponContainer({ weapon, index, aircraftType: options.aircraftType, task: options.task, settings }),
    ),
    preloadContainer(mission, settings),
  ].filter((container) => !has(init, container.name));
  const addedVolumes: Volume[] = sharedVolumes().filter((volume) => !has(volumes, volume.name));
  const patch: JsonPatchOperation[] = [
    // The document's order: sidecars start first, then what they are checked by, then the Pod's own.
    { op: 'add', path: '/spec/initContainers', value: [...added, ...init] },
    { op: 'add', path: '/spec/volumes', value: [...volumes, ...addedVolumes] },
    { op: 'add', path: `/metadata/annotations/${pointerToken(ANNOTATIONS.injected)}`, value: digest },
  ];
  for (const [index, container] of (pod.spec?.containers ?? []).entries()) {
    const mounts = container.volumeMounts ?? [];
    if (has(mounts, NAMES.interfaceVolume)) continue;
    patch.push({
      op: 'add',
      path: `/spec/containers/${index}/volumeMounts`,
      value: [...mounts, { name: NAMES.interfaceVolume, mountPath: '/weapons' }],
    });
  }
  return patch;
}
