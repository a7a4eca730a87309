import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { PATHS, texts } from '@hardpoint/api';
import { type Clock, resolvePath } from '@hardpoint/machinery';
import { type Environment, readLocale, required } from '../environment.ts';
import { type Loadout, parseMission } from '../mission.ts';
import { checkWeapon } from './weapon-check.ts';

export interface WeaponPreloadOptions {
  /** MISSION, HARDPOINT_LOCALE, HARDPOINT_MOUNTS. */
  readonly env: Environment;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** One line for people. */
  readonly say: (line: string) => void;
  /** How long a weapon's sockets are waited for, ms; default 30 s. */
  readonly waitMs?: number;
}

/** A weapon that is not fit to fly. `message` names it and what failed. */
export class PreloadError extends Error {
  override readonly name = 'PreloadError';
}

/**
 * The init container weapon-preload (M2): verifies every weapon of MISSION, all at once: sockets, interface, version,
 * SelfCheck. It never waits for READY. Throws PreloadError naming each weapon that failed and why, and leaves the same as
 * the container's termination message: the task's status says it.
 */
export async function runWeaponPreload(options: WeaponPreloadOptions): Promise<void> {
  const { env, clock, signal, say } = options;
  const { preload } = texts(readLocale(env));
  const { loadout } = parseMission(required(env, 'MISSION'));
  const folder = resolvePath(PATHS.weapons, env);
  say(preload.begin);
  const problems = await Promise.all(loadout.map(check));
  const failed = problems.filter((problem) => problem !== undefined);
  if (failed.length > 0) {
    await leaveMessage(resolvePath(PATHS.terminationLog, env), failed.join('\n'));
    throw new PreloadError(failed.join('\n'));
  }
  say(preload.done);

  async function check({ weapon, container, version }: Loadout): Promise<string | undefined> {
    const outcome = await checkWeapon({
      folder: join(folder, container),
      version,
      clock,
      signal,
      waitMs: options.waitMs ?? 30_000,
    });
    if (outcome.kind === 'failed') {
      const problem = preload.failed(weapon, outcome.cause);
      say(problem);
      return problem;
    }
    say(preload.checked(weapon, outcome.version ?? version ?? '-'));
    return undefined;
  }
}

/** A kubelet makes the file; where there is none, nobody reads it. */
async function leaveMessage(file: string, message: string): Promise<void> {
  try {
    await using handle = await open(file, 'r+');
    await handle.writeFile(message);
  } catch {
    // The message went to the log too.
  }
}
