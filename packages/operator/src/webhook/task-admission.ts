import { type FlightTask, NAMESPACES, type Texts, WEAPONS } from '@hardpoint/api';
import { ApiError, type Client } from '@hardpoint/machinery';
import { deprecatedSince, isDeprecated } from '../loadout/weapon-version.ts';
import type { AdmissionRequest, AdmissionVerdict } from './admission-review.ts';

/**
 * Warnings about a FlightTask; it is never refused here, for `kubectl apply -f DIR` may send the task before its Weapon
 * (M4). A deprecated version warns (V1).
 */
export async function admitTask(options: {
  readonly request: AdmissionRequest;
  readonly client: Client;
  readonly nowMs: number;
  readonly texts: Texts;
  readonly signal: AbortSignal;
}): Promise<AdmissionVerdict> {
  const { client, texts, signal } = options;
  const task = options.request.object as FlightTask;
  const warnings: string[] = [];
  for (const entry of task.spec?.weaponLoadout ?? []) {
    const { name } = entry.weaponRef;
    try {
      const { spec } = await client.get(WEAPONS, { namespace: NAMESPACES.weapons, name }, { signal });
      const version = entry.version ?? spec.image.tag;
      const since = deprecatedSince(spec, version, options.nowMs);
      if (since !== undefined) warnings.push(texts.refusal.versionDeprecated(name, version, since));
      else if (isDeprecated(spec, version)) warnings.push(texts.weaponKind.deprecatedWarning(name, version));
    } catch (error) {
      if (!ApiError.is(error, 'NotFound')) throw error;
      warnings.push(texts.weaponKind.unknownWarning(name));
    }
  }
  return { kind: 'allowed', warnings };
}
