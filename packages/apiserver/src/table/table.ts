import type { Cell, Kind } from '../kinds/kind.ts';
import { columnDefinitions, isObject, type JsonObject, tableCells } from '../schema/contract.ts';
import { plainColumns } from './plain-columns.ts';

export interface TableOptions {
  readonly kind: Kind;
  readonly objects: readonly JsonObject[];
  /** What ages count from, ms since the epoch. */
  readonly now: number;
  /** `None`, `Metadata` or `Object`. */
  readonly include: string;
  readonly metadata: JsonObject;
  /** Whether columns are described; in a watch only the first table does. */
  readonly definitions: boolean;
}

/** Objects as a meta.k8s.io/v1 Table. */
export function tableOf(options: TableOptions): JsonObject {
  const { kind, objects, now, include } = options;
  const custom = kind.custom?.version.columns;
  const columns = kind.strategy.columns ?? plainColumns;
  const definitions =
    custom !== undefined
      ? columnDefinitions(custom).map((definition) => ({ ...definition }))
      : columns.map(({ name, type, format, description, priority }) => ({
          name,
          type,
          format: format ?? '',
          description: description ?? '',
          priority: priority ?? 0,
        }));
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata: options.metadata,
    columnDefinitions: options.definitions ? definitions : [],
    rows: objects.map((object) => ({
      cells:
        custom !== undefined
          ? tableCells(custom, object, now)
          : columns.map((column): Cell => column.cell(object, now)),
      ...(include === 'None'
        ? { object: null }
        : { object: include === 'Object' ? object : { ...partialObject(object) } }),
    })),
  };
}

export function partialObject(object: JsonObject): JsonObject {
  const metadata = object.metadata;
  return {
    kind: 'PartialObjectMetadata',
    apiVersion: 'meta.k8s.io/v1',
    metadata: isObject(metadata) ? metadata : {},
  };
}
