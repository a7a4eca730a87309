import type { Json, JsonObject } from '../schema/json.ts';
import { canonicalJson, isObject, objectAt, stringAt } from '../schema/json.ts';
import { age } from '../table/age.ts';
import type { PrinterColumn } from './custom-kinds.ts';
import { findValues, type JsonPath, JsonPathError, parseJsonPath } from './json-path.ts';

/** One entry of a Table's `columnDefinitions`. */
export interface ColumnDefinition {
  readonly name: string;
  readonly type: string;
  readonly format: string;
  readonly description: string;
  readonly priority: number;
}

const nameDescription = 'Name must be unique within a namespace.';

/** The Table's columns for a custom kind: Name, then the CRD's. */
export function columnDefinitions(columns: readonly PrinterColumn[]): ColumnDefinition[] {
  return [
    { name: 'Name', type: 'string', format: 'name', description: nameDescription, priority: 0 },
    ...columns.map(({ name, type, format, description, priority, jsonPath }) => ({
      name,
      type,
      format,
      description: description || `Custom resource definition column (in JSONPath format): ${jsonPath}`,
      priority,
    })),
  ];
}

const parsed = new Map<string, JsonPath | undefined>();

function pathOf(text: string): JsonPath | undefined {
  if (!parsed.has(text)) {
    if (parsed.size > 2000) parsed.clear();
    let path: JsonPath | undefined;
    try {
      path = parseJsonPath(text);
    } catch (error) {
      if (!(error instanceof JsonPathError)) throw error;
    }
    parsed.set(text, path);
  }
  return parsed.get(text);
}

/** The cells of one object. `nowMs`: milliseconds since 1970, what ages are counted from. */
export function tableCells(columns: readonly PrinterColumn[], object: JsonObject, nowMs: number): Json[] {
  const name = stringAt(objectAt(object, 'metadata'), 'name') ?? '';
  return [name, ...columns.map((column) => cell(column, object, nowMs))];
}

function cell(column: PrinterColumn, object: JsonObject, nowMs: number): Json {
  const path = pathOf(column.jsonPath);
  const [value] = path === undefined ? [] : findValues(path, object);
  if (value === undefined || value === null) return null;
  switch (column.type) {
    case 'string':
      return typeof value === 'string'
        ? value
        : Array.isArray(value) || isObject(value)
          ? canonicalJson(value)
          : String(value);
    case 'integer':
      return typeof value === 'number' ? Math.trunc(value) : typeof value === 'bigint' ? value : null;
    case 'number':
      return typeof value === 'number' || typeof value === 'bigint' ? value : null;
    case 'boolean':
      return typeof value === 'boolean' ? value : null;
    case 'date':
      return typeof value === 'string' ? age(value, nowMs) : null;
    default:
      return null;
  }
}
