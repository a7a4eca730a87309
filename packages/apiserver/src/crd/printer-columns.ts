import type { Json, JsonObject } from '../schema/json.ts';
import { getOwn, isObject } from '../schema/json.ts';
import type { PrinterColumn } from './custom-kinds.ts';

/** One entry of a Table's `columnDefinitions`. */
export interface ColumnDefinition {
  readonly name: string;
  readonly type: string;
  readonly format: string;
  readonly description: string;
  readonly priority: number;
}

/** The Table's columns for a custom kind: Name, then the CRD's. */
export function columnDefinitions(columns: readonly PrinterColumn[]): ColumnDefinition[] {
  return [
    {
      name: 'Name',
      type: 'string',
      format: 'name',
      description:
        'Name must be unique within a namespace. Is required when creating resources, although some resources may allow a client to request the generation of an appropriate name automatically. Name is primarily intended for creation idempotence and configuration definition. Cannot be updated. More info: https://kubernetes.io/docs/concepts/overview/working-with-objects/names#names',
      priority: 0,
    },
    ...columns.map(({ name, type, format, description, priority }) => ({
      name,
      type,
      format,
      description: description || `Custom resource definition column (in JSONPath format): .`,
      priority,
    })),
  ];
}

/** The cells of one object. `nowMs` is what ages are counted from. */
export function tableCells(columns: readonly PrinterColumn[], object: JsonObject, nowMs: number): Json[] {
  void nowMs;
  const name = isObject(object.metadata) ? (object.metadata.name ?? '') : '';
  return [name, ...columns.map((column) => simplePath(object, column.jsonPath))];
}

function simplePath(object: JsonObject, path: string): Json {
  let at: Json = object;
  for (const part of path.split('.').filter((word) => word !== '')) {
    if (!isObject(at)) return null;
    at = getOwn(at, part) ?? null;
  }
  return at;
}
