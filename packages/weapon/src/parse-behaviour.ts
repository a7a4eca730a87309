import type { Behaviour } from '@hardpoint/api';
import { parseBehaviour, SchemaError } from '@hardpoint/api/schema';
import { parseDocument } from 'yaml';
import { defaultBehaviour } from './behaviour-file.ts';
import { WeaponError } from './weapon-error.ts';

/** A behaviour file's text. Throws WeaponError `usage` naming the file, the field and its value. */
export function parseBehaviourText(text: string, file: string): Behaviour {
  const document = parseDocument(text, { prettyErrors: true });
  const [first] = document.errors;
  if (first !== undefined) throw new WeaponError({ code: 'usage', message: `${file}: ${first.message.trim()}` });
  const value: unknown = document.toJS();
  if (value === null || value === undefined) return defaultBehaviour;
  try {
    return parseBehaviour(value);
  } catch (error) {
    if (!(error instanceof SchemaError)) throw error;
    const problems = error.issues.map(({ path, message }) => {
      const found = valueAt(value, path);
      const shown = found === undefined ? '' : ` (${JSON.stringify(found)})`;
      return path === '' ? message : `${path}${shown}: ${message}`;
    });
    throw new WeaponError({ code: 'usage', message: `${file}: ${problems.join('; ')}`, cause: error });
  }
}

function valueAt(value: unknown, path: string): unknown {
  let at = value;
  for (const name of path.split('.')) {
    if (typeof at !== 'object' || at === null) return undefined;
    at = (at as Readonly<Record<string, unknown>>)[name];
  }
  return at;
}
