import type { Json } from '../schema/json.ts';
import { compareBytes, isObject } from '../schema/json.ts';

/** A value as Go prints it with `%v`: `map[a:1 b:[x y]]`. */
export function goText(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(goText).join(' ')}]`;
  if (isObject(value)) {
    const members = Object.keys(value)
      .sort(compareBytes)
      .map((key) => `${key}:${goText(value[key] as Json)}`);
    return `map[${members.join(' ')}]`;
  }
  return value === null ? '<nil>' : String(value);
}
