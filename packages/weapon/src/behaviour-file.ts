import { readFile } from 'node:fs/promises';
import { BEHAVIOUR_DEFAULTS, type Behaviour } from '@hardpoint/api';
import { systemCode, WeaponError } from './weapon-error.ts';

/** How a weapon behaves where nothing is said. */
export const defaultBehaviour: Behaviour = { ...BEHAVIOUR_DEFAULTS, faults: [] };

/**
 * Reads a behaviour file (YAML; `Weapon.spec.behaviour` has the same fields). No file, an empty one, or a field that is
 * not there: the default. Throws WeaponError `usage` naming file, field and value. YAML and the schema are loaded only
 * where there is a file.
 */
export async function readBehaviour(file: string | undefined): Promise<Behaviour> {
  if (file === undefined) return defaultBehaviour;
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return defaultBehaviour;
    const problem = error instanceof Error ? error.message : String(error);
    throw new WeaponError({ code: 'usage', message: `--config: ${problem}`, cause: error });
  }
  return text.trim() === '' ? defaultBehaviour : (await import('./parse-behaviour.ts')).parseBehaviourText(text, file);
}
