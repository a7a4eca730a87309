import type { Random } from '@hardpoint/machinery';
import type { Kind, NameRule } from '../kinds/kind.ts';
import type { FieldError } from '../schema/contract.ts';
import { equalJson, fieldError, getOwn, isObject, type JsonObject, objectAt, stringAt } from '../schema/contract.ts';

const dns1123LabelText =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const dns1123SubdomainText =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const dns1035LabelText =
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";
const qualifiedNameText =
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const labelValueText =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";

const dns1123Label = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const dns1123Subdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const dns1035Label = /^[a-z]([-a-z0-9]*[a-z0-9])?$/;
const namePart = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/;
const labelValuePattern = /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/;

function tooLong(max: number): string {
  return `must be no more than ${max} characters`;
}

/** What is wrong with a name under a rule; empty: nothing. */
export function nameProblems(rule: NameRule, name: string): readonly string[] {
  const out: string[] = [];
  switch (rule) {
    case 'dns1123Subdomain':
      if (Buffer.byteLength(name) > 253) out.push(tooLong(253));
      if (!dns1123Subdomain.test(name)) out.push(dns1123SubdomainText);
      return out;
    case 'dns1123Label':
      if (Buffer.byteLength(name) > 63) out.push(tooLong(63));
      if (name.includes('.')) out.push('must not contain dots');
      else if (!dns1123Label.test(name)) out.push(dns1123LabelText);
      return out;
    case 'dns1035Label':
      if (Buffer.byteLength(name) > 63) out.push(tooLong(63));
      if (!dns1035Label.test(name)) out.push(dns1035LabelText);
      return out;
    case 'pathSegment':
      if (name === '.' || name === '..') return [`may not be '${name}'`];
      if (name.includes('/')) out.push("may not contain '/'");
      if (name.includes('%')) out.push("may not contain '%'");
      return out;
    default:
      return rule satisfies never;
  }
}

/** What is wrong with a label or annotation key. */
export function qualifiedNameProblems(key: string): readonly string[] {
  const parts = key.split('/');
  const out: string[] = [];
  if (parts.length > 2) {
    return [
      "a qualified name must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]') with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')",
    ];
  }
  const name = parts.at(-1) ?? '';
  const prefix = parts.length === 2 ? parts[0] : undefined;
  if (prefix !== undefined) {
    if (prefix === '') out.push('prefix part must be non-empty');
    else out.push(...nameProblems('dns1123Subdomain', prefix).map((text) => `prefix part ${text}`));
  }
  if (name === '') out.push('name part must be non-empty');
  else if (Buffer.byteLength(name) > 63) out.push(`name part ${tooLong(63)}`);
  if (!namePart.test(name)) out.push(qualifiedNameText);
  return out;
}

export function labelValueProblems(value: string): readonly string[] {
  const out: string[] = [];
  if (Buffer.byteLength(value) > 63) out.push(tooLong(63));
  if (!labelValuePattern.test(value)) out.push(labelValueText);
  return out;
}

const standardFinalizers = new Set(['kubernetes', 'orphan', 'foregroundDeletion']);
const annotationsLimit = 256 * 1024;

/** Errors of `labels`, as they stand under `path`. */
export function labelErrors(labels: JsonObject, path: string): FieldError[] {
  const out: FieldError[] = [];
  for (const key of Object.keys(labels)) {
    for (const text of qualifiedNameProblems(key)) out.push(fieldError.invalid(path, key, text));
    const value = stringAt(labels, key) ?? '';
    for (const text of labelValueProblems(value)) out.push(fieldError.invalid(path, value, text));
  }
  return out;
}

/** Errors of an object's metadata, whatever its kind. */
export function validateMetadata(kind: Kind, object: JsonObject): FieldError[] {
  const metadata = objectAt(object, 'metadata');
  const out: FieldError[] = [];
  const generateName = stringAt(metadata, 'generateName') ?? '';
  const rule = kind.strategy.nameRule ?? 'dns1123Subdomain';
  if (generateName !== '') {
    const trimmed = generateName.endsWith('-') ? `${generateName.slice(0, -1)}a` : generateName;
    for (const text of nameProblems(rule, trimmed)) {
      out.push(fieldError.invalid('metadata.generateName', generateName, text));
    }
  }
  const name = stringAt(metadata, 'name') ?? '';
  if (name === '') out.push(fieldError.required('metadata.name', 'name or generateName is required'));
  else for (const text of nameProblems(rule, name)) out.push(fieldError.invalid('metadata.name', name, text));
  out.push(...labelErrors(objectAt(metadata, 'labels'), 'metadata.labels'));
  const annotations = objectAt(metadata, 'annotations');
  let size = 0;
  for (const key of Object.keys(annotations)) {
    for (const text of qualifiedNameProblems(key.toLowerCase())) {
      out.push(fieldError.invalid('metadata.annotations', key, text));
    }
    size += Buffer.byteLength(key) + Buffer.byteLength(stringAt(annotations, key) ?? '');
  }
  if (size > annotationsLimit) out.push(fieldError.tooLong('metadata.annotations', annotationsLimit));
  out.push(...ownerErrors(metadata));
  const finalizers = getOwn(metadata, 'finalizers');
  for (const [index, finalizer] of (Array.isArray(finalizers) ? finalizers : []).entries()) {
    for (const text of qualifiedNameProblems(String(finalizer))) {
      out.push(fieldError.invalid('metadata.finalizers', finalizer, text));
    }
    if (!String(finalizer).includes('/') && !standardFinalizers.has(String(finalizer))) {
      const text = 'name is neither a standard finalizer name nor is it fully qualified';
      out.push(fieldError.invalid(`metadata.finalizers[${index}]`, finalizer, text));
    }
  }
  return out;
}

function ownerErrors(metadata: JsonObject): FieldError[] {
  const out: FieldError[] = [];
  const owners = getOwn(metadata, 'ownerReferences');
  let controller: JsonObject | undefined;
  for (const [index, owner] of (Array.isArray(owners) ? owners : []).entries()) {
    if (!isObject(owner)) continue;
    const path = 'metadata.ownerReferences';
    for (const field of ['apiVersion', 'kind', 'name', 'uid']) {
      if ((stringAt(owner, field) ?? '') !== '') continue;
      out.push(
        field === 'apiVersion'
          ? fieldError.invalid(`${path}[${index}].apiVersion`, '', 'version must not be empty')
          : fieldError.required(`${path}[${index}].${field}`, 'must not be empty'),
      );
    }
    if (getOwn(owner, 'controller') === true) {
      if (controller === undefined) controller = owner;
      else {
        out.push(
          fieldError.invalid(
            path,
            owners as JsonObject[],
            `Only one reference can have Controller set to true. Found "true" in references for ${stringAt(controller, 'kind')}/${stringAt(controller, 'name')} and ${stringAt(owner, 'kind')}/${stringAt(owner, 'name')}`,
          ),
        );
      }
    }
  }
  return out;
}

const immutable = 'field is immutable';

export function validateMetadataUpdate(object: JsonObject, live: JsonObject): FieldError[] {
  const out: FieldError[] = [];
  const metadata = objectAt(object, 'metadata');
  const old = objectAt(live, 'metadata');
  const deleting = getOwn(old, 'deletionTimestamp') !== undefined;
  if (deleting) {
    const before = getOwn(old, 'finalizers');
    const after = getOwn(metadata, 'finalizers');
    const had = new Set(Array.isArray(before) ? before.map(String) : []);
    const added = (Array.isArray(after) ? after.map(String) : []).filter((name) => !had.has(name));
    if (added.length > 0) {
      out.push(
        fieldError.forbidden(
          'metadata.finalizers',
          `no new finalizers can be added if the object is being deleted, found new finalizers []string{${added.map((name) => JSON.stringify(name)).join(', ')}}`,
        ),
      );
    }
  }
  for (const field of [
    'name',
    'namespace',
    'uid',
    'creationTimestamp',
    'deletionTimestamp',
    'deletionGracePeriodSeconds',
  ]) {
    const now = getOwn(metadata, field);
    if (!equalJson(now ?? null, getOwn(old, field) ?? null)) {
      out.push(fieldError.invalid(`metadata.${field}`, now ?? null, immutable));
    }
  }
  return out;
}

/** The server's own fields of a new object. */
export function completeCreation(kind: Kind, object: JsonObject, options: { random: Random; time: string }): void {
  const metadata = objectAt(object, 'metadata');
  delete metadata.deletionTimestamp;
  delete metadata.deletionGracePeriodSeconds;
  delete metadata.selfLink;
  const generateName = stringAt(metadata, 'generateName') ?? '';
  if ((stringAt(metadata, 'name') ?? '') === '' && generateName !== '') {
    metadata.name = `${generateName.slice(0, 58)}${options.random.suffix(5)}`;
  }
  metadata.uid = options.random.uuid();
  metadata.creationTimestamp = options.time;
  if (!kind.namespaced) delete metadata.namespace;
}

/** The server's own fields of an updated object: what the client left out or may not change. */
export function completeUpdate(object: JsonObject, live: JsonObject): void {
  const metadata = objectAt(object, 'metadata');
  const old = objectAt(live, 'metadata');
  for (const field of ['uid', 'creationTimestamp', 'deletionTimestamp', 'deletionGracePeriodSeconds', 'generateName']) {
    if (getOwn(metadata, field) === undefined && getOwn(old, field) !== undefined) {
      metadata[field] = getOwn(old, field) ?? null;
    }
  }
  metadata.creationTimestamp = getOwn(old, 'creationTimestamp') ?? null;
  metadata.resourceVersion = getOwn(old, 'resourceVersion') ?? null;
  delete metadata.selfLink;
}
