import type { Json, JsonObject } from '../schema/json.ts';
import { getOwn, isObject, objectAt, stringAt } from '../schema/json.ts';
import type { KindSchema, ScalePaths, Schema } from '../schema/schema.ts';

/** One version of a CustomResourceDefinition, ready to serve. */
export interface CustomVersion {
  readonly kind: KindSchema;
  readonly resource: string;
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly listKind: string;
  readonly namespaced: boolean;
  readonly served: boolean;
  readonly storage: boolean;
  /** The text of the Warning header where the version is deprecated. */
  readonly deprecationWarning: string | undefined;
  readonly hasStatus: boolean;
  readonly scale: ScalePaths | undefined;
  readonly columns: readonly PrinterColumn[];
  /** JSON paths (`.spec.color`) that field selectors may name. */
  readonly selectableFields: readonly string[];
}

export interface PrinterColumn {
  readonly name: string;
  readonly type: string;
  readonly format: string;
  readonly description: string;
  readonly priority: number;
  readonly jsonPath: string;
}

/** Every version of a CRD, in the order discovery lists them is the caller's business; here as the CRD has them. */
export function customVersions(crd: JsonObject): CustomVersion[] {
  const spec = objectAt(crd, 'spec');
  const names = objectAt(objectAt(crd, 'status'), 'acceptedNames');
  const specNames = objectAt(spec, 'names');
  const group = stringAt(spec, 'group') ?? '';
  const kindName = stringAt(names, 'kind') ?? stringAt(specNames, 'kind') ?? '';
  const resource = stringAt(names, 'plural') ?? stringAt(specNames, 'plural') ?? '';
  const namespaced = stringAt(spec, 'scope') !== 'Cluster';
  const versions = getOwn(spec, 'versions');
  if (!Array.isArray(versions)) return [];
  return versions.filter(isObject).map((version) => {
    const name = stringAt(version, 'name') ?? '';
    const subresources = objectAt(version, 'subresources');
    const hasStatus = isObject(getOwn(subresources, 'status'));
    const schema = objectAt(objectAt(version, 'schema'), 'openAPIV3Schema') as unknown as Schema;
    const scale = readScale(getOwn(subresources, 'scale'));
    const deprecated = getOwn(version, 'deprecated') === true;
    return {
      kind: Object.freeze({
        group,
        version: name,
        kind: kindName,
        origin: 'custom',
        schema,
        resource,
        namespaced,
        hasStatus,
        scale,
      }),
      resource,
      singular: stringAt(names, 'singular') ?? stringAt(specNames, 'singular') ?? kindName.toLowerCase(),
      shortNames: strings(getOwn(names, 'shortNames') ?? getOwn(specNames, 'shortNames')),
      categories: strings(getOwn(names, 'categories') ?? getOwn(specNames, 'categories')),
      listKind: stringAt(names, 'listKind') ?? stringAt(specNames, 'listKind') ?? `${kindName}List`,
      namespaced,
      served: getOwn(version, 'served') === true,
      storage: getOwn(version, 'storage') === true,
      deprecationWarning: deprecated
        ? (stringAt(version, 'deprecationWarning') ?? `${group}/${name} ${kindName} is deprecated`)
        : undefined,
      hasStatus,
      scale,
      columns: readColumns(version),
      selectableFields: readSelectable(version),
    };
  });
}

function readScale(scale: Json | undefined): ScalePaths | undefined {
  if (!isObject(scale)) return undefined;
  return {
    specReplicasPath: stringAt(scale, 'specReplicasPath') ?? '',
    statusReplicasPath: stringAt(scale, 'statusReplicasPath') ?? '',
    labelSelectorPath: stringAt(scale, 'labelSelectorPath'),
  };
}

function strings(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : [];
}

function readColumns(version: JsonObject): PrinterColumn[] {
  const columns = getOwn(version, 'additionalPrinterColumns');
  if (!Array.isArray(columns) || columns.length === 0) {
    return [
      {
        name: 'Age',
        type: 'date',
        format: '',
        description: '',
        priority: 0,
        jsonPath: '.metadata.creationTimestamp',
      },
    ];
  }
  return columns.filter(isObject).map((column) => {
    const priority = getOwn(column, 'priority');
    return {
      name: stringAt(column, 'name') ?? '',
      type: stringAt(column, 'type') ?? '',
      format: stringAt(column, 'format') ?? '',
      description: stringAt(column, 'description') ?? '',
      priority: typeof priority === 'number' ? priority : 0,
      jsonPath: stringAt(column, 'jsonPath') ?? '',
    };
  });
}

function readSelectable(version: JsonObject): string[] {
  const fields = getOwn(version, 'selectableFields');
  return Array.isArray(fields) ? fields.filter(isObject).map((field) => stringAt(field, 'jsonPath') ?? '') : [];
}

/** The object as another served version has it, by conversion None: only `apiVersion` differs. */
export function convertCustom(object: JsonObject, apiVersion: string): JsonObject {
  return object.apiVersion === apiVersion ? object : { ...object, apiVersion };
}
