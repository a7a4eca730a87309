import type { Json, JsonObject } from './json.ts';

/** One CEL rule of `x-kubernetes-validations`. */
export interface ValidationRule {
  readonly rule: string;
  readonly message?: string;
  readonly messageExpression?: string;
  readonly reason?: string;
  readonly fieldPath?: string;
  readonly optionalOldSelf?: boolean;
}

/**
 * The shape of a value: OpenAPI v3 with Kubernetes' extensions. One model for the built-in kinds (references resolved, so
 * it may be cyclic: JSONSchemaProps) and for the structural schemas of CRDs (as they stand in the CRD).
 */
export interface Schema {
  readonly type?: string;
  readonly format?: string;
  readonly description?: string;
  readonly title?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
  readonly items?: Schema;
  readonly required?: readonly string[];
  readonly default?: Json;
  readonly nullable?: boolean;
  readonly enum?: readonly Json[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: boolean;
  readonly exclusiveMaximum?: boolean;
  readonly multipleOf?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly uniqueItems?: boolean;
  readonly minProperties?: number;
  readonly maxProperties?: number;
  readonly allOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly not?: Schema;
  readonly externalDocs?: JsonObject;
  readonly example?: Json;
  readonly 'x-kubernetes-preserve-unknown-fields'?: boolean;
  readonly 'x-kubernetes-embedded-resource'?: boolean;
  readonly 'x-kubernetes-int-or-string'?: boolean;
  readonly 'x-kubernetes-list-type'?: string;
  readonly 'x-kubernetes-list-map-keys'?: readonly string[];
  readonly 'x-kubernetes-map-type'?: string;
  readonly 'x-kubernetes-patch-strategy'?: string;
  readonly 'x-kubernetes-patch-merge-key'?: string;
  readonly 'x-kubernetes-validations'?: readonly ValidationRule[];
  /** Built-ins only: the definition's name, such as `io.k8s.api.core.v1.PodSpec`. */
  readonly definition?: string;
}

export interface GroupVersionKind {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

/** A kind in one version: what decoding, patching, applying and validating need to know about it. */
export interface KindSchema extends GroupVersionKind {
  readonly origin: 'builtin' | 'custom';
  readonly schema: Schema;
  /** Plural and scope where known (custom kinds): used in messages. */
  readonly resource?: string;
  readonly namespaced?: boolean;
  /** Custom kinds: whether the version has the status subresource. */
  readonly hasStatus?: boolean;
  /** Custom kinds: where the scale subresource reads and writes. */
  readonly scale?: ScalePaths | undefined;
}

/** `.spec.replicas`, `.status.replicas`, `.status.selector`: dotted paths. */
export interface ScalePaths {
  readonly specReplicasPath: string;
  readonly statusReplicasPath: string;
  readonly labelSelectorPath: string | undefined;
}

export function apiVersionText(gvk: { readonly group: string; readonly version: string }): string {
  return gvk.group === '' ? gvk.version : `${gvk.group}/${gvk.version}`;
}

/** The schema of one member, by `properties`, then `additionalProperties`; undefined where the schema does not name it. */
export function memberSchema(schema: Schema | undefined, key: string): Schema | undefined {
  if (schema === undefined) return undefined;
  if (schema.properties !== undefined && Object.hasOwn(schema.properties, key)) return schema.properties[key];
  return typeof schema.additionalProperties === 'object' ? schema.additionalProperties : undefined;
}

/** Whether this is a quantity of a built-in kind. */
export function isQuantity(schema: Schema): boolean {
  return schema.definition === 'io.k8s.apimachinery.pkg.api.resource.Quantity';
}

/** Whether the value may be an integer or a string. */
export function isIntOrString(schema: Schema): boolean {
  return schema['x-kubernetes-int-or-string'] === true || schema.format === 'int-or-string';
}
