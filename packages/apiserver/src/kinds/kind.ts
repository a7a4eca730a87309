import type { Clock, Random } from '@hardpoint/machinery';
import type { CustomVersion } from '../crd/custom-kinds.ts';
import type { FieldError } from '../schema/field-error.ts';
import type { JsonObject } from '../schema/json.ts';
import type { KindSchema } from '../schema/schema.ts';

/** One cell of a table row. */
export type Cell = string | number | boolean | null;

/** A column of `kubectl get`. Priority 0 is always shown, 1 with -o wide. */
export interface Column {
  readonly name: string;
  readonly type: 'string' | 'integer' | 'number' | 'boolean' | 'date';
  readonly format?: string;
  readonly description?: string;
  readonly priority?: number;
  readonly cell: (object: JsonObject, now: number) => Cell;
}

export interface Subresource {
  readonly name: string;
  readonly kind: string;
  readonly group?: string;
  readonly version?: string;
  readonly verbs: readonly string[];
}

export interface StrategyContext {
  readonly clock: Clock;
  readonly random: Random;
  /** RFC 3339, whole seconds. */
  readonly time: string;
}

/**
 * What one kind does beyond the generic verbs. Functions that "prepare" and "default" change the object in place; it is
 * the request's own copy.
 */
export interface Strategy {
  /** Fills in what the schema's defaults do not. */
  readonly defaults?: (object: JsonObject) => void;
  /** Clears what a client may not set, before validation and admission. */
  readonly prepareForCreate?: (object: JsonObject, context: StrategyContext) => void;
  readonly prepareForUpdate?: (object: JsonObject, old: JsonObject, context: StrategyContext) => void;
  readonly prepareForStatusUpdate?: (object: JsonObject, old: JsonObject) => void;
  readonly validate?: (object: JsonObject) => readonly FieldError[];
  readonly validateUpdate?: (object: JsonObject, old: JsonObject) => readonly FieldError[];
  readonly validateStatusUpdate?: (object: JsonObject, old: JsonObject) => readonly FieldError[];
  /** Texts for Warning headers. */
  readonly warnings?: (object: JsonObject, old: JsonObject | undefined) => readonly string[];
  /** How names are judged; `dns1123Subdomain` where absent. */
  readonly nameRule?: NameRule;
  /** Whether metadata.generation is kept, and which top-level fields do not count for it. */
  readonly generation?: 'spec' | 'none';
  /** Fields for field selectors beside metadata.name and metadata.namespace. */
  readonly selectableFields?: Readonly<Record<string, (object: JsonObject) => string>>;
  /** How long a deletion may take before the object goes; undefined: it goes at once. */
  readonly gracePeriodSeconds?: (object: JsonObject, requested: number | undefined) => number | undefined;
  /** Whether a deletion answers with the object it removed, not with a Status. */
  readonly returnsDeleted?: boolean;
  /** Whether a PUT may create. */
  readonly allowCreateOnUpdate?: boolean;
  /** Whether an update without resourceVersion is accepted. */
  readonly allowUnconditionalUpdate?: boolean;
  readonly columns?: readonly Column[];
}

export type NameRule = 'dns1123Subdomain' | 'dns1123Label' | 'dns1035Label' | 'pathSegment';

/** A kind in one version, as it is served. */
export interface Kind {
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly singular: string;
  readonly kind: string;
  readonly listKind: string;
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly subresources: readonly Subresource[];
  readonly storageVersionHash: string;
  /** Where objects lie in the store. Two kinds with the same word are two shapes of the same objects. */
  readonly storage: string;
  /** Loaded when first needed. */
  readonly schema: () => KindSchema;
  readonly strategy: Strategy;
  /** From the stored shape to this version's and back; absent: only apiVersion and kind differ. */
  readonly convert?: {
    readonly fromStorage: (object: JsonObject) => JsonObject;
    readonly toStorage: (object: JsonObject) => JsonObject;
  };
  /** Where a CustomResourceDefinition made the kind. */
  readonly custom?: { readonly definition: string; readonly version: CustomVersion; readonly storageVersion: string };
}

export function apiVersionOfKind(kind: { readonly group: string; readonly version: string }): string {
  return kind.group === '' ? kind.version : `${kind.group}/${kind.version}`;
}

/** `deployments.apps`: where a kind's objects lie. */
export function storageOf(group: string, resource: string): string {
  return group === '' ? resource : `${resource}.${group}`;
}
