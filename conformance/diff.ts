export interface Difference {
  /** `1.body.metadata.name`: step, then field. */
  readonly path: string;
  readonly expected: unknown;
  readonly actual: unknown;
}

/** Where two values differ, field by field; `undefined` stands for what is not there. */
export function differences(expected: unknown, actual: unknown, path: string): Difference[] {
  if (Object.is(expected, actual)) return [];
  if (isObject(expected) && isObject(actual) && Array.isArray(expected) === Array.isArray(actual)) {
    const keys = new Set([...Object.keys(expected), ...Object.keys(actual)]);
    return [...keys].flatMap((key) => differences(expected[key], actual[key], `${path}.${key}`));
  }
  return [{ path, expected, actual }];
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
