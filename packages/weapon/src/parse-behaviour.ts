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
    const behaviour = parseBehaviour(value);
    const [unknown] = unknownFields(value, behaviour, '');
    if (unknown === undefined) return behaviour;
    throw new WeaponError({ code: 'usage', message: `${file}: ${unknown}: unknown field` });
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

/** Paths of what the schema dropped: a misspelt field must not pass for a default. */
function unknownFields(value: unknown, read: unknown, path: string): readonly string[] {
  if (typeof value !== 'object' || value === null || typeof read !== 'object' || read === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => {
    const at = path === '' ? name : `${path}.${name}`;
    return name in read ? unknownFields(inner, (read as Readonly<Record<string, unknown>>)[name], at) : [at];
  });
}

function valueAt(value: unknown, path: string): unknown {
  let at = value;
  for (const name of path.split('.')) {
    if (typeof at !== 'object' || at === null) return undefined;
    at = (at as Readonly<Record<string, unknown>>)[name];
  }
  return at;
}
