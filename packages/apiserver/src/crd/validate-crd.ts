import type { FieldError } from '../schema/field-error.ts';
import { fieldError } from '../schema/field-error.ts';
import type { Json, JsonObject } from '../schema/json.ts';
import { canonicalJson, equalJson, getOwn, isObject, objectAt, setOwn, stringAt } from '../schema/json.ts';
import type { Schema } from '../schema/schema.ts';
import { columnErrors, nameErrors, selectableFieldErrors, subresourceErrors } from './crd-parts.ts';
import { isDnsLabel1035, isSubdomain } from './names.ts';
import { schemaErrors } from './schema-extensions.ts';
import { defaultErrors, structuralErrors } from './structural-schema.ts';

/** Fills what the server fills into a new or changed CRD: singular, listKind, conversion. Changes `crd` in place. */
export function defaultCrd(crd: JsonObject): void {
  const { spec } = crd;
  if (!isObject(spec)) return;
  const { names } = spec;
  if (isObject(names)) {
    const kind = stringAt(names, 'kind') ?? '';
    if ((stringAt(names, 'singular') ?? '') === '') setOwn(names, 'singular', kind.toLowerCase());
    if ((stringAt(names, 'listKind') ?? '') === '' && kind !== '') setOwn(names, 'listKind', `${kind}List`);
  }
  if (!isObject(spec.conversion)) spec.conversion = { strategy: 'None' };
}

/**
 * Everything wrong with a CRD beyond its metadata, in the server's order and words. `oldCrd`: on update; names and scope
 * of an established one do not change. Run after {@link defaultCrd}.
 */
export function validateCrd(options: {
  readonly crd: JsonObject;
  readonly oldCrd?: JsonObject | undefined;
}): readonly FieldError[] {
  const { crd, oldCrd } = options;
  const errors: FieldError[] = [];
  const spec = objectAt(crd, 'spec');
  const names = objectAt(spec, 'names');
  if (oldCrd === undefined) {
    const name = stringAt(objectAt(crd, 'metadata'), 'name') ?? '';
    const wanted = `${stringAt(names, 'plural') ?? ''}.${stringAt(spec, 'group') ?? ''}`;
    if (name !== wanted)
      errors.push(fieldError.invalid('metadata.name', name, 'must be spec.names.plural+"."+spec.group'));
  }
  specErrors(spec, names, errors);
  if (oldCrd !== undefined) immutableErrors(spec, oldCrd, errors);
  storedVersionErrors(crd, errors);
  return errors;
}

function specErrors(spec: JsonObject, names: JsonObject, errors: FieldError[]): void {
  const group = stringAt(spec, 'group') ?? '';
  if (group === '') errors.push(fieldError.required('spec.group'));
  else if (!isSubdomain(group)) errors.push(fieldError.invalid('spec.group', group, subdomainText));
  else if (!group.includes('.'))
    errors.push(fieldError.invalid('spec.group', group, 'should be a domain with at least one dot'));
  const scope = stringAt(spec, 'scope') ?? '';
  if (scope === '') errors.push(fieldError.required('spec.scope'));
  else if (scope !== 'Cluster' && scope !== 'Namespaced') {
    errors.push(fieldError.notSupported('spec.scope', scope, ['Cluster', 'Namespaced']));
  }
  const versions = versionsOf(spec);
  for (const [index, version] of versions.entries()) {
    if (!isObject(getOwn(objectAt(version, 'schema'), 'openAPIV3Schema'))) {
      errors.push(fieldError.required(`spec.versions[${index}].schema.openAPIV3Schema`));
    }
  }
  versionErrors(versions, errors);
  for (const key of ['plural', 'singular', 'kind', 'listKind']) {
    if ((stringAt(names, key) ?? '') === '') errors.push(fieldError.required(`spec.names.${key}`));
  }
  errors.push(...nameErrors(names, 'spec.names'));
  conversionErrors(objectAt(spec, 'conversion'), errors);
}

const subdomainText =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const label1035Text =
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";

function versionsOf(spec: JsonObject): JsonObject[] {
  const versions = getOwn(spec, 'versions');
  return Array.isArray(versions) ? versions.filter(isObject) : [];
}

/** What all versions say alike stands once, at the top, as far as error paths go. */
function shared(versions: readonly JsonObject[], key: string): boolean {
  return versions.every((version) => equalJson(getOwn(version, key) ?? null, getOwn(versions[0] ?? {}, key) ?? null));
}

function versionErrors(versions: readonly JsonObject[], errors: FieldError[]): void {
  const sameSchema = shared(versions, 'schema');
  const sameParts = shared(versions, 'subresources');
  const sameColumns = shared(versions, 'additionalPrinterColumns');
  const top: FieldError[] = [];
  for (const [index, version] of versions.entries()) {
    const path = `spec.versions[${index}]`;
    const name = stringAt(version, 'name') ?? '';
    if (!isDnsLabel1035(name)) errors.push(fieldError.invalid(`${path}.name`, name, label1035Text));
    deprecationErrors(version, path, errors);
    const place = (same: boolean, own: string, topPath: string): [FieldError[], string] | undefined => {
      if (!same) return [errors, `${path}.${own}`];
      return index === 0 ? [top, topPath] : undefined;
    };
    const schema = getOwn(objectAt(version, 'schema'), 'openAPIV3Schema');
    const hasStatus = isObject(getOwn(objectAt(version, 'subresources'), 'status'));
    const schemaPlace = place(sameSchema, 'schema.openAPIV3Schema', 'spec.validation.openAPIV3Schema');
    if (isObject(schema) && schemaPlace !== undefined) {
      schemaPlace[0].push(...versionSchemaErrors(schema as unknown as Schema, schemaPlace[1], hasStatus));
    }
    const partsPlace = place(sameParts, 'subresources', 'spec.subresources');
    if (partsPlace !== undefined)
      partsPlace[0].push(...subresourceErrors(objectAt(version, 'subresources'), partsPlace[1]));
    const columnsPlace = place(sameColumns, 'additionalPrinterColumns', 'spec.additionalPrinterColumns');
    if (columnsPlace !== undefined)
      columnsPlace[0].push(...columnErrors(getOwn(version, 'additionalPrinterColumns'), columnsPlace[1]));
    if (isObject(schema)) {
      const selectablePath = shared(versions, 'selectableFields')
        ? 'spec.selectableFields'
        : `${path}.selectableFields`;
      top.push(
        ...selectableFieldErrors(getOwn(version, 'selectableFields'), schema as unknown as Schema, selectablePath),
      );
    }
  }
  const namesSeen = versions.map((version) => stringAt(version, 'name'));
  if (new Set(namesSeen).size < namesSeen.length) {
    errors.push(invalidVersions(versions, 'must contain unique version names'));
  }
  if (versions.filter((version) => version.storage === true).length !== 1) {
    errors.push(invalidVersions(versions, 'must have exactly one version marked as storage version'));
  }
  errors.push(...top);
}

/** The versions as the server shows them: its internal struct, what all have alike moved to the top. */
function invalidVersions(versions: readonly JsonObject[], reason: string): FieldError {
  const own = (version: JsonObject, key: string): Json =>
    shared(versions, key) ? null : (getOwn(version, key) ?? null);
  const texts = versions.map((version) => {
    const members: readonly (readonly [string, Json])[] = [
      ['Name', version.name ?? ''],
      ['Served', version.served ?? false],
      ['Storage', version.storage ?? false],
      ['Deprecated', version.deprecated ?? false],
      ['DeprecationWarning', version.deprecationWarning ?? null],
      ['Schema', own(version, 'schema')],
      ['Subresources', own(version, 'subresources')],
      ['AdditionalPrinterColumns', own(version, 'additionalPrinterColumns')],
      ['SelectableFields', own(version, 'selectableFields')],
    ];
    return `{${members.map(([name, value]) => `${JSON.stringify(name)}:${canonicalJson(value)}`).join(',')}}`;
  });
  return { ...fieldError.invalid('spec.versions', [...versions], reason), shown: `[${texts.join(',')}]` };
}

function deprecationErrors(version: JsonObject, path: string, errors: FieldError[]): void {
  const warning = getOwn(version, 'deprecationWarning');
  if (typeof warning !== 'string') return;
  const fail = (reason: string): void => {
    errors.push(fieldError.invalid(`${path}.deprecationWarning`, warning, reason));
  };
  if (version.deprecated !== true) fail('can only be set for deprecated versions');
  else if (Buffer.byteLength(warning) > 256) fail('must be <= 256 characters long');
  else if (warning === '') fail('must not be an empty string');
}

const rootKeysWithStatus = new Set([
  'description',
  'type',
  'format',
  'title',
  'maximum',
  'exclusiveMaximum',
  'minimum',
  'exclusiveMinimum',
  'maxLength',
  'minLength',
  'pattern',
  'maxItems',
  'minItems',
  'uniqueItems',
  'multipleOf',
  'required',
  'items',
  'properties',
  'externalDocs',
  'example',
  'x-kubernetes-preserve-unknown-fields',
  'x-kubernetes-validations',
]);

function versionSchemaErrors(schema: Schema, path: string, hasStatus: boolean): FieldError[] {
  const errors: FieldError[] = [];
  if (hasStatus) {
    if (schema.type !== undefined && schema.type !== 'object') {
      errors.push(
        fieldError.invalid(
          `${path}.type`,
          schema.type,
          'only "object" is allowed as the type at the root of the schema if the status subresource is enabled',
        ),
      );
    } else if (!Object.keys(schema).every((key) => rootKeysWithStatus.has(key))) {
      const allowed = [...rootKeysWithStatus].map((key) => key.charAt(0).toUpperCase() + key.slice(1)).join(' ');
      errors.push(
        fieldError.invalid(
          path,
          schema as unknown as Json,
          `only [${allowed}] fields are allowed at the root of the schema if the status subresource is enabled`,
        ),
      );
    }
  }
  if (schema.nullable === true)
    errors.push(fieldError.forbidden(`${path}.nullable`, 'nullable cannot be true at the root'));
  const found = schemaErrors(schema, path);
  const structural = structuralErrors(schema, path);
  errors.push(...found.errors, ...structural);
  if (found.errors.length === 0 && structural.length === 0) errors.push(...found.ruleErrors);
  if (structural.length === 0) errors.push(...defaultErrors(schema, path));
  return errors;
}

function conversionErrors(conversion: JsonObject, errors: FieldError[]): void {
  const strategy = stringAt(conversion, 'strategy') ?? '';
  const webhook = getOwn(conversion, 'webhook');
  if (strategy === '') errors.push(fieldError.required('spec.conversion.strategy'));
  else if (strategy !== 'None' && strategy !== 'Webhook') {
    errors.push(fieldError.notSupported('spec.conversion.strategy', strategy, ['None', 'Webhook']));
  } else if (strategy === 'Webhook' && !isObject(getOwn(isObject(webhook) ? webhook : {}, 'clientConfig'))) {
    errors.push(fieldError.required('spec.conversion.webhookClientConfig', 'required when strategy is set to Webhook'));
    if (getOwn(isObject(webhook) ? webhook : {}, 'conversionReviewVersions') === undefined) {
      errors.push(fieldError.required('spec.conversion.conversionReviewVersions'));
    }
  } else if (strategy === 'None' && webhook !== undefined) {
    errors.push(
      fieldError.forbidden(
        'spec.conversion.webhookClientConfig',
        'should not be set when strategy is not set to Webhook',
      ),
    );
  }
}

function immutableErrors(spec: JsonObject, oldCrd: JsonObject, errors: FieldError[]): void {
  const oldSpec = objectAt(oldCrd, 'spec');
  const immutable = (path: string, now: Json | undefined, before: Json | undefined): void => {
    if (!equalJson(now ?? null, before ?? null))
      errors.push(fieldError.invalid(path, now ?? null, 'field is immutable'));
  };
  if (isEstablished(oldCrd)) {
    immutable('spec.scope', getOwn(spec, 'scope'), getOwn(oldSpec, 'scope'));
    immutable('spec.names.kind', getOwn(objectAt(spec, 'names'), 'kind'), getOwn(objectAt(oldSpec, 'names'), 'kind'));
  }
  immutable('spec.group', getOwn(spec, 'group'), getOwn(oldSpec, 'group'));
  immutable(
    'spec.names.plural',
    getOwn(objectAt(spec, 'names'), 'plural'),
    getOwn(objectAt(oldSpec, 'names'), 'plural'),
  );
}

function isEstablished(crd: JsonObject): boolean {
  const conditions = getOwn(objectAt(crd, 'status'), 'conditions');
  return (
    Array.isArray(conditions) &&
    conditions.filter(isObject).some(({ type, status }) => type === 'Established' && status === 'True')
  );
}

function storedVersionErrors(crd: JsonObject, errors: FieldError[]): void {
  const stored = getOwn(objectAt(crd, 'status'), 'storedVersions');
  const versions = versionsOf(objectAt(crd, 'spec'));
  if (!Array.isArray(stored) || stored.length === 0) {
    // A new CRD is given its storage version; without one nothing is stored.
    if (!versions.some((version) => version.storage === true)) {
      errors.push(fieldError.invalid('status.storedVersions', null, 'must have at least one stored version'));
    }
    return;
  }
  for (const version of versions) {
    const name = stringAt(version, 'name') ?? '';
    if (version.storage === true && !stored.includes(name)) {
      errors.push(fieldError.invalid('status.storedVersions', stored, `must have the storage version ${name}`));
    }
  }
  for (const [index, name] of stored.entries()) {
    if (typeof name !== 'string' || versions.some((version) => version.name === name)) continue;
    errors.push(
      fieldError.invalid(
        `status.storedVersions[${index}]`,
        name,
        `missing from spec.versions; ${name} was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in ${name} and removes ${name} from status.storedVersions`,
      ),
    );
  }
}
