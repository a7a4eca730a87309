import { parse as parseYaml } from 'yaml';
import type { User } from '../auth/user.ts';
import type { Catalog } from '../kinds/catalog.ts';
import { apiVersionOfKind, type Kind } from '../kinds/kind.ts';
import { protobufBodyAsJson, protobufMediaType } from '../protobuf/protobuf-body.ts';
import { listPage } from '../registry/list.ts';
import { checkName, metadataOf, type Registry } from '../registry/registry.ts';
import { selectionOf } from '../registry/selection.ts';
import { prepareWatch } from '../registry/watch.ts';
import type { DeleteRequest, ObjectPlace, WriteRequest } from '../registry/write-options.ts';
import {
  applyObject,
  type DecodedObject,
  decodeJson,
  decodeObject,
  type FieldValidation,
  isObject,
  type Json,
  type JsonObject,
  managerOfUserAgent,
  patchObject,
  StatusError,
} from '../schema/contract.ts';
import { partialObject, tableOf } from '../table/table.ts';
import { objectAnswer } from './answers.ts';
import type { Answer, Exchange } from './exchange.ts';
import { methodNotAllowed, noSuchResource, unsupportedMediaType } from './failures.ts';
import type { Representation } from './negotiate.ts';
import { negotiate } from './negotiate.ts';
import type { RequestInfo } from './request-info.ts';

/** Bytes of a request body. */
export const bodyLimit = 3 * 2 ** 20;

/** What a subresource other than `status` does. Undefined answer: not one of its methods. */
export type SubresourceHandler = (call: ResourceCall) => Promise<Answer | undefined>;

export interface ResourceCall {
  readonly kind: Kind;
  readonly info: RequestInfo;
  readonly exchange: Exchange;
  readonly user: User;
  readonly place: ObjectPlace;
  /** When it came, ms since the epoch. */
  readonly now: number;
}

export interface ResourceHandlerOptions {
  readonly registry: Registry;
  readonly catalog: Catalog;
  /** By `storage/subresource`, such as `pods/binding`. */
  readonly subresources: ReadonlyMap<string, SubresourceHandler>;
  /** Kinds that are asked, not stored (reviews), by storage name. */
  readonly reviews: ReadonlyMap<string, SubresourceHandler>;
  readonly onWatch: (ended: Promise<void>) => void;
}

/** Serves objects: every verb on every kind. */
export function resourceHandler(options: ResourceHandlerOptions) {
  const { registry, catalog } = options;

  return async (info: RequestInfo, exchange: Exchange, user: User): Promise<Answer> => {
    const kind = catalog.find(info.group, info.version, info.resource);
    if (kind === undefined) throw noSuchResource();
    if (kind.namespaced && info.namespace === '' && !['list', 'watch', 'create'].includes(info.verb))
      throw noSuchResource();
    if (!kind.namespaced && info.namespace !== '' && kind.storage !== 'namespaces') throw noSuchResource();
    const place: ObjectPlace = { namespace: kind.namespaced ? info.namespace : '', name: info.name };
    const call: ResourceCall = { kind, info, exchange, user, place, now: registry.clock.now() };
    const review = options.reviews.get(kind.storage);
    if (review !== undefined && info.subresource === '') return (await review(call)) ?? refuseMethod();
    if (info.subresource !== '') return subresource(call);
    if (info.name === '' ? !collectionVerbs.includes(info.verb) : !objectVerbs.includes(info.verb)) refuseMethod();
    if (!kind.verbs.includes(info.verb)) refuseMethod();
    switch (info.verb) {
      case 'get':
        negotiate(exchange.headers.accept, ['object', 'Table', 'PartialObjectMetadata']);
        return shaped(call, registry.get(kind, place), 200, []);
      case 'list':
        return list(call);
      case 'watch':
        return watch(call);
      case 'create':
        return create(call);
      case 'update':
        return update(call, '');
      case 'patch':
        return patch(call, '');
      case 'delete':
        return remove(call);
      case 'deletecollection':
        return removeAll(call);
      default:
        return refuseMethod();
    }
  };

  async function subresource(call: ResourceCall): Promise<Answer> {
    const { kind, info, place } = call;
    const known = kind.subresources.find(({ name }) => name === info.subresource);
    if (known === undefined) throw noSuchResource();
    const special =
      options.subresources.get(`${kind.storage}/${info.subresource}`) ??
      options.subresources.get(`*/${info.subresource}`);
    if (special !== undefined) return (await special(call)) ?? refuseMethod();
    if (!known.verbs.includes(info.verb)) refuseMethod();
    if (info.verb === 'get') return shaped(call, registry.get(kind, place), 200, []);
    if (info.verb === 'update') return update(call, info.subresource);
    if (info.verb === 'patch') return patch(call, info.subresource);
    return refuseMethod();
  }

  function shaped(call: ResourceCall, object: JsonObject, status: number, warnings: readonly string[]): Answer {
    const as = negotiate(call.exchange.headers.accept, ['object', 'Table', 'PartialObjectMetadata']);
    return objectAnswer(reshape(call, as, object), { status, as, warnings: withDeprecation(call.kind, warnings) });
  }

  function reshape(call: ResourceCall, as: Representation, object: JsonObject): JsonObject {
    if (as.as === 'Table') {
      return tableOf({
        kind: call.kind,
        objects: [object],
        now: registry.clock.now(),
        include: includeOf(call.info.query),
        metadata: { resourceVersion: metadataOf(object).resourceVersion ?? '' },
        definitions: true,
      });
    }
    return as.as === 'PartialObjectMetadata' ? partialObject(object) : object;
  }

  function list(call: ResourceCall): Answer {
    const { kind, info, exchange } = call;
    const as = negotiate(exchange.headers.accept, ['object', 'Table', 'PartialObjectMetadataList']);
    const selection = selectionOf(kind, place(call).namespace, info.name, info.query);
    const page = listPage(registry.store, kind, selection, info.query);
    const metadata: JsonObject = {
      resourceVersion: String(page.revision),
      // A list of custom objects says so where there is no next page.
      ...(page.continueToken !== undefined || (kind.custom !== undefined && as.as === 'object')
        ? { continue: page.continueToken ?? '' }
        : {}),
      ...(page.remaining === undefined ? {} : { remainingItemCount: page.remaining }),
    };
    const warnings = withDeprecation(kind, []);
    if (as.as === 'Table') {
      const include = includeOf(info.query);
      const now = registry.clock.now();
      return objectAnswer(tableOf({ kind, objects: page.items, now, include, metadata, definitions: true }), {
        as,
        warnings,
      });
    }
    if (as.as === 'PartialObjectMetadataList') {
      const items = page.items.map(partialObject);
      const body = { kind: 'PartialObjectMetadataList', apiVersion: 'meta.k8s.io/v1', metadata, items };
      return objectAnswer(body, { as, warnings });
    }
    const items =
      kind.custom === undefined ? page.items.map(({ apiVersion: _version, kind: _kind, ...rest }) => rest) : page.items;
    const body = { kind: kind.listKind, apiVersion: apiVersionOfKind(kind), metadata, items };
    return objectAnswer(body, { as, warnings });
  }

  function watch(call: ResourceCall): Answer {
    const { kind, info, exchange } = call;
    const as = negotiate(exchange.headers.accept, ['object', 'Table', 'PartialObjectMetadata']);
    const selection = selectionOf(kind, place(call).namespace, info.name, info.query);
    const asked = Number(info.query.get('timeoutSeconds') ?? 0);
    const timeoutMs = asked > 0 ? asked * 1000 : (1800 + registry.random.integer(1800)) * 1000;
    const include = includeOf(info.query);
    const shape =
      as.as === 'Table'
        ? (object: JsonObject, first: boolean): JsonObject =>
            tableOf({
              kind,
              objects: [object],
              now: registry.clock.now(),
              include,
              metadata: { resourceVersion: metadataOf(object).resourceVersion ?? '' },
              definitions: first,
            })
        : as.as === 'PartialObjectMetadata'
          ? partialObject
          : undefined;
    const run = prepareWatch({
      store: registry.store,
      clock: registry.clock,
      kind,
      selection,
      query: info.query,
      timeoutMs,
      ...(shape === undefined ? {} : { shape }),
    });
    return {
      status: 200,
      headers: { 'content-type': as.contentType, 'cache-control': 'no-cache, private' },
      body: (sink) => {
        const ended = run(sink);
        options.onWatch(ended);
        return ended;
      },
    };
  }

  async function create(call: ResourceCall): Promise<Answer> {
    const { kind, info, exchange } = call;
    if (kind.namespaced && info.namespace === '')
      throw StatusError.badRequest('an empty namespace may not be set during creation');
    const request = writeRequest(call, 'CreateOptions');
    const { object, warnings } = await decodeBody(kind, exchange, request.fieldValidation);
    request.warnings.push(...warnings);
    kind.strategy.defaults?.(object);
    const made = await registry.create(kind, call.place, object, request);
    return shaped(call, made, 201, request.warnings);
  }

  async function update(call: ResourceCall, subresource: string): Promise<Answer> {
    const { kind, exchange, place } = call;
    const request = writeRequest(call, 'UpdateOptions');
    const { object, warnings } = await decodeBody(kind, exchange, request.fieldValidation);
    request.warnings.push(...warnings);
    kind.strategy.defaults?.(object);
    checkName(object, place.name);
    const { object: stored, created } = await registry.update(
      kind,
      { ...place, subresource },
      () => structuredClone(object),
      request,
      { create: subresource === '' && kind.strategy.allowCreateOnUpdate === true },
    );
    return shaped(call, stored, created ? 201 : 200, request.warnings);
  }

  async function patch(call: ResourceCall, subresource: string): Promise<Answer> {
    const { kind, info, exchange, place } = call;
    const type = (exchange.headers['content-type'] ?? '').split(';')[0]?.trim() ?? '';
    const request = writeRequest(call, 'PatchOptions');
    const target = { ...place, subresource };
    const patchType = patchTypes[type];
    if (type.startsWith('application/apply-patch+')) {
      if (type !== 'application/apply-patch+yaml') throw refusePatchType();
      if ((info.query.get('fieldManager') ?? '') === '') {
        throw StatusError.invalid({
          group: 'meta.k8s.io',
          kind: 'PatchOptions',
          name: '',
          errors: [{ type: 'FieldValueRequired', field: 'fieldManager', detail: 'is required for apply patch' }],
        });
      }
      const text = await readText(exchange);
      const applied = readYaml(text);
      if (applied.duplicates.length > 0 && request.fieldValidation === 'Strict') {
        const list = applied.duplicates.map((path) => `key ${JSON.stringify(path)} already set in map`);
        throw StatusError.badRequest(`error strict decoding YAML: ${list.join(', ')}`);
      }
      checkName(applied.value, place.name);
      const result = await registry.update(
        kind,
        target,
        (live) => {
          const writer = { manager: request.fieldManager, subresource, time: registry.time() };
          const merged = applyObject({
            kind: kind.schema(),
            live,
            applied: structuredClone(applied.value),
            writer,
            force: request.force,
          });
          if (merged === live) return merged;
          const decoded = decodeObject({
            kind: kind.schema(),
            body: { value: structuredClone(merged), duplicates: [] },
            fieldValidation: 'Ignore',
          }).object;
          kind.strategy.defaults?.(decoded);
          return decoded;
        },
        request,
        { tracked: true, create: subresource === '' },
      );
      return shaped(call, result.object, result.created ? 201 : 200, request.warnings);
    }
    if (patchType === undefined) throw refusePatchType();
    if (patchType === 'strategic' && kind.custom !== undefined) throw unsupportedMediaType(customPatchTypes);
    if (request.force) {
      throw StatusError.invalid({
        group: 'meta.k8s.io',
        kind: 'PatchOptions',
        name: '',
        errors: [{ type: 'FieldValueForbidden', field: 'force', detail: 'may not be specified for non-apply patch' }],
      });
    }
    const body = await readText(exchange);
    const { object } = await registry.update(
      kind,
      target,
      (live) => {
        const { object: patched, warnings } = patchObject({
          kind: kind.schema(),
          live: structuredClone(live ?? {}),
          patchType,
          body,
          fieldValidation: request.fieldValidation,
        });
        request.warnings.push(...warnings);
        kind.strategy.defaults?.(patched);
        return patched;
      },
      request,
    );
    return shaped(call, object, 200, request.warnings);
  }

  async function remove(call: ResourceCall): Promise<Answer> {
    const { kind, place } = call;
    const request = await deleteRequest(call);
    const { object, gone } = await registry.delete(kind, place, request);
    const as = negotiate(call.exchange.headers.accept, ['object', 'Table', 'PartialObjectMetadata']);
    const warnings = withDeprecation(kind, request.warnings);
    if (!gone || kind.strategy.returnsDeleted === true)
      return objectAnswer(reshape(call, as, object), { as, warnings });
    const metadata = metadataOf(object);
    const status: JsonObject = {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Success',
      details: {
        name: place.name,
        ...(kind.group === '' ? {} : { group: kind.group }),
        kind: kind.resource,
        uid: metadata.uid ?? '',
      },
    };
    return objectAnswer(status, {
      as: { format: as.format, as: 'object', contentType: `application/${as.format}` },
      warnings,
    });
  }

  async function removeAll(call: ResourceCall): Promise<Answer> {
    const { kind, info } = call;
    const request = await deleteRequest(call);
    const selection = selectionOf(kind, place(call).namespace, '', info.query);
    const page = listPage(registry.store, kind, selection, info.query);
    const items: JsonObject[] = [];
    for (const object of page.items) {
      const metadata = metadataOf(object);
      const target = { namespace: kind.namespaced ? String(metadata.namespace) : '', name: String(metadata.name) };
      try {
        const { apiVersion: _version, kind: _kind, ...rest } = (await registry.delete(kind, target, request)).object;
        items.push(kind.custom === undefined ? rest : { apiVersion: _version ?? '', kind: _kind ?? '', ...rest });
      } catch (error) {
        if (!(error instanceof StatusError && error.reason === 'NotFound')) throw error;
      }
    }
    const metadata = { resourceVersion: String(page.revision) };
    return objectAnswer({ kind: kind.listKind, apiVersion: apiVersionOfKind(kind), metadata, items });
  }

  function place(call: ResourceCall): ObjectPlace {
    return call.place;
  }
}

const collectionVerbs = ['list', 'watch', 'create', 'deletecollection'];
const objectVerbs = ['get', 'watch', 'update', 'patch', 'delete'];

const patchTypes: Readonly<Record<string, 'json' | 'merge' | 'strategic'>> = {
  'application/json-patch+json': 'json',
  'application/merge-patch+json': 'merge',
  'application/strategic-merge-patch+json': 'strategic',
};

const customPatchTypes =
  'the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml';

function refusePatchType(): StatusError {
  return new StatusError({
    code: 415,
    reason: 'UnsupportedMediaType',
    message: '415: Unsupported Media Type',
    details: {},
  });
}

/** What rows of a Table carry. Throws a StatusError 400. */
function includeOf(query: URLSearchParams): string {
  const value = query.get('includeObject') ?? '';
  if (value === '') return 'Metadata';
  if (value === 'Metadata' || value === 'Object' || value === 'None') return value;
  throw StatusError.badRequest(
    `Unable to convert to Table as requested: includeObject: Invalid value: ${JSON.stringify(value)}: must be 'Metadata', 'Object', 'None', or empty`,
  );
}

function refuseMethod(): never {
  throw methodNotAllowed();
}

function withDeprecation(kind: Kind, warnings: readonly string[]): readonly string[] {
  const text = kind.custom?.version.deprecationWarning;
  return text === undefined ? warnings : [text, ...warnings];
}

export async function readText(exchange: Exchange): Promise<string> {
  const bytes = await exchange.body(bodyLimit);
  const type = (exchange.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase();
  if (type === protobufMediaType && bytes.length > 0) return protobufBodyAsJson(bytes);
  return bytes.toString('utf8');
}

function readYaml(text: string): { readonly value: JsonObject; readonly duplicates: readonly string[] } {
  let value: Json;
  try {
    if (/^\s*\{/.test(text)) {
      const decoded = decodeJson(text);
      if (isObject(decoded.value)) return { value: decoded.value, duplicates: decoded.duplicates };
    }
    value = parseYaml(text, { maxAliasCount: 100, schema: 'yaml-1.1', version: '1.1' }) as Json;
  } catch (error) {
    throw StatusError.badRequest(`error decoding YAML: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (!isObject(value)) throw StatusError.badRequest('error decoding YAML: the configuration is no object');
  return { value, duplicates: [] };
}

/** The body as an object of `kind`, by its content type. */
export async function decodeBody(
  kind: Kind,
  exchange: Exchange,
  fieldValidation: FieldValidation,
): Promise<DecodedObject> {
  const type = (exchange.headers['content-type'] ?? 'application/json').split(';')[0]?.trim().toLowerCase() ?? '';
  const protobuf = type === protobufMediaType && kind.custom === undefined;
  if (type !== 'application/json' && type !== 'application/yaml' && type !== '' && !protobuf) {
    throw unsupportedMediaType(
      'the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf',
    );
  }
  const text = await readText(exchange);
  const schema = kind.schema();
  if (type === 'application/yaml') return decodeObject({ kind: schema, body: readYaml(text), fieldValidation });
  if (text === '') {
    throw StatusError.badRequest(
      `the object provided is unrecognized (must be of type ${schema.kind}): couldn't get version/kind; json parse error: unexpected end of JSON input (<empty>)`,
    );
  }
  return decodeObject({ kind: schema, body: text, fieldValidation });
}

export function writeRequest(call: ResourceCall, optionsKind: string): WriteRequest {
  const { info, exchange, user } = call;
  const { query } = info;
  const validation = query.get('fieldValidation') ?? '';
  if (validation !== '' && validation !== 'Strict' && validation !== 'Warn' && validation !== 'Ignore') {
    throw StatusError.invalid({
      group: 'meta.k8s.io',
      kind: optionsKind,
      name: '',
      errors: [
        {
          type: 'FieldValueNotSupported',
          field: 'fieldValidation',
          value: validation,
          detail: 'supported values: "", "Ignore", "Strict", "Warn"',
        },
      ],
    });
  }
  const dryRun = query.getAll('dryRun');
  const wrong = dryRun.find((value) => value !== 'All' && value !== '');
  if (wrong !== undefined) {
    throw StatusError.invalid({
      group: 'meta.k8s.io',
      kind: optionsKind,
      name: '',
      errors: [{ type: 'FieldValueNotSupported', field: 'dryRun', value: dryRun, detail: 'supported values: "All"' }],
    });
  }
  const manager = query.get('fieldManager') ?? '';
  if (Buffer.byteLength(manager) > 128) {
    throw StatusError.invalid({
      group: 'meta.k8s.io',
      kind: optionsKind,
      name: '',
      errors: [{ type: 'FieldValueTooLong', field: 'fieldManager', detail: 'may not be more than 128 bytes' }],
    });
  }
  return {
    user,
    fieldManager: manager === '' ? managerOfUserAgent(exchange.headers['user-agent'] ?? '') : manager,
    fieldValidation: validation === '' ? 'Warn' : validation,
    dryRun: dryRun.includes('All'),
    force: query.get('force') === 'true' || query.get('force') === '1',
    warnings: [],
    options: {
      kind: optionsKind,
      apiVersion: 'meta.k8s.io/v1',
      ...(dryRun.includes('All') ? { dryRun: ['All'] } : {}),
      ...(manager === '' ? {} : { fieldManager: manager }),
      ...(validation === '' ? {} : { fieldValidation: validation }),
    },
    signal: exchange.signal,
  };
}

async function deleteRequest(call: ResourceCall): Promise<DeleteRequest> {
  const request = writeRequest(call, 'DeleteOptions');
  const { query } = call.info;
  const text = await readText(call.exchange);
  let body: JsonObject = {};
  if (text.trim() !== '') {
    const { value } = /^\s*\{/.test(text) ? decodeJson(text) : readYaml(text);
    if (isObject(value)) body = value;
  }
  const given = body.kind ?? '';
  if (given !== '' && given !== 'DeleteOptions') {
    throw StatusError.badRequest(
      `no kind ${JSON.stringify(given)} is registered for version ${JSON.stringify(body.apiVersion ?? '')} in scheme "pkg/runtime/scheme.go:111"`,
    );
  }
  const grace = body.gracePeriodSeconds ?? query.get('gracePeriodSeconds') ?? undefined;
  const policy = body.propagationPolicy ?? query.get('propagationPolicy') ?? undefined;
  const orphan = body.orphanDependents ?? query.get('orphanDependents') ?? undefined;
  if (policy !== undefined && policy !== 'Background' && policy !== 'Foreground' && policy !== 'Orphan') {
    throw StatusError.invalid({
      group: 'meta.k8s.io',
      kind: 'DeleteOptions',
      name: '',
      errors: [
        {
          type: 'FieldValueNotSupported',
          field: 'propagationPolicy',
          value: policy,
          detail: 'supported values: "Foreground", "Background", "Orphan", "nil"',
        },
      ],
    });
  }
  if (policy !== undefined && orphan !== undefined) {
    throw StatusError.invalid({
      group: 'meta.k8s.io',
      kind: 'DeleteOptions',
      name: '',
      errors: [
        {
          type: 'FieldValueInvalid',
          field: 'propagationPolicy',
          value: policy,
          detail: 'orphanDependents and deletionPropagation cannot be both set',
        },
      ],
    });
  }
  const orphaning = orphan === undefined ? undefined : String(orphan) === 'true' ? 'Orphan' : 'Background';
  const preconditions = isObject(body.preconditions) ? body.preconditions : undefined;
  const uid = preconditions?.uid;
  const version = preconditions?.resourceVersion;
  const dry = Array.isArray(body.dryRun) && body.dryRun.includes('All');
  return {
    ...request,
    dryRun: request.dryRun || dry,
    options: { ...body, kind: 'DeleteOptions', apiVersion: 'meta.k8s.io/v1' },
    gracePeriodSeconds: grace === undefined || grace === null ? undefined : Number(grace),
    propagation: policy ?? orphaning,
    preconditions:
      preconditions === undefined
        ? undefined
        : {
            ...(typeof uid === 'string' ? { uid } : {}),
            ...(typeof version === 'string' ? { resourceVersion: version } : {}),
          },
  };
}
