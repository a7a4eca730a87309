import type { Clock, Logger, Random } from '@hardpoint/machinery';
import type { Admission, Operation } from '../admission/admission.ts';
import { alreadyExists, conflict, modified, notFound } from '../http/failures.ts';
import type { Kind } from '../kinds/kind.ts';
import { apiVersionOfKind } from '../kinds/kind.ts';
import type { FieldError } from '../schema/contract.ts';
import {
  cloneJson,
  convertCustom,
  equalJson,
  fieldError,
  getOwn,
  isObject,
  type JsonObject,
  normalizeCustom,
  objectAt,
  StatusError,
  stringAt,
  trackUpdate,
  validateCustom,
} from '../schema/contract.ts';
import type { Store } from '../store/store.ts';
import { completeCreation, completeUpdate, validateMetadata, validateMetadataUpdate } from './metadata.ts';
import { rfc3339 } from './time.ts';
import type { DeleteRequest, ObjectPlace, WriteRequest } from './write-options.ts';
import { keyOfPlace } from './write-options.ts';

/** Computes the object to store from the current one (undefined: there is none). May run again after a lost race. */
export type Transform = (live: JsonObject | undefined) => JsonObject | Promise<JsonObject>;

export interface UpdateTarget extends ObjectPlace {
  /** `status`, …, or empty for the object itself. */
  readonly subresource: string;
}

export interface UpdateOptions {
  /** Whether the result of the transform already carries its managedFields (server-side apply). */
  readonly tracked?: boolean;
  /** Whether a missing object is created. */
  readonly create?: boolean;
}

/** Reads and writes of objects, for every kind alike: what stands between a decoded request and the store. */
export class Registry {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly admission: Admission;

  constructor(options: {
    readonly store: Store;
    readonly clock: Clock;
    readonly random: Random;
    readonly log: Logger;
    readonly admission: Admission;
  }) {
    this.store = options.store;
    this.clock = options.clock;
    this.random = options.random;
    this.log = options.log;
    this.admission = options.admission;
  }

  /** The stored object in the kind's version. Throws a StatusError 404. */
  get(kind: Kind, place: ObjectPlace): JsonObject {
    const object = this.store.get(kind.storage, keyOfPlace(place));
    if (object === undefined) throw notFound(kind, place.name);
    return fromStorage(kind, object);
  }

  async create(
    kind: Kind,
    place: ObjectPlace,
    input: JsonObject,
    request: WriteRequest,
    options: Pick<UpdateOptions, 'tracked'> = {},
  ): Promise<JsonObject> {
    const { namespace } = place;
    const metadata = metadataOf(input);
    const ownNamespace = stringAt(metadata, 'namespace') ?? '';
    if (kind.namespaced) {
      if (ownNamespace === '') metadata.namespace = namespace;
      else if (ownNamespace !== namespace) {
        throw StatusError.badRequest(
          'the namespace of the provided object does not match the namespace sent on the request',
        );
      }
    } else if (ownNamespace !== '') {
      throw StatusError.badRequest('namespace specified on a non-namespaced object');
    }
    const givenVersion = stringAt(metadata, 'resourceVersion') ?? '';
    if (givenVersion !== '') {
      const message = 'resourceVersion should not be set on objects to be created';
      throw new StatusError({ code: 500, reason: '', message });
    }
    dropSystemFields(metadata);
    const writer = { manager: request.fieldManager, subresource: '', time: this.time() };
    let object =
      request.fieldManager === '' || options.tracked === true
        ? input
        : trackUpdate({ kind: kind.schema(), live: undefined, object: input, writer });
    object = await this.#mutate(
      kind,
      'CREATE',
      '',
      { namespace, name: stringAt(metadataOf(object), 'name') ?? '' },
      object,
      undefined,
      request,
    );
    completeCreation(kind, object, { random: this.random, time: this.time() });
    kind.strategy.prepareForCreate?.(object, this.#context());
    if (kind.strategy.generation !== 'none' && hasGeneration(kind)) metadataOf(object).generation = 1;
    const name = stringAt(metadataOf(object), 'name') ?? '';
    this.#refuseInvalid(kind, name, [
      ...validateMetadata(kind, object),
      ...(kind.strategy.validate?.(object) ?? []),
      ...this.#validateCustom(kind, object, undefined, request),
    ]);
    request.warnings.push(...(kind.strategy.warnings?.(object, undefined) ?? []));
    const key = keyOfPlace({ namespace, name });
    await this.#validate(kind, 'CREATE', '', { namespace, name }, object, undefined, request);
    if (this.store.latest(kind.storage, key) !== undefined) {
      // What the refusal speaks of is to be readable by whoever was refused.
      await this.store.settled();
      throw alreadyExists(kind, name);
    }
    if (request.dryRun) return object;
    const stored = toStorage(kind, object);
    const revision = this.store.write(kind.storage, key, stored);
    await this.store.durable(revision);
    return fromStorage(kind, stored);
  }

  /** Replaces an object by what `transform` makes of it; retried when another write came between. */
  async update(
    kind: Kind,
    target: UpdateTarget,
    transform: Transform,
    request: WriteRequest,
    options: UpdateOptions = {},
  ): Promise<{ object: JsonObject; created: boolean }> {
    const key = keyOfPlace(target);
    for (let attempt = 0; ; attempt++) {
      const storedLive = this.store.latest(kind.storage, key);
      if (storedLive === undefined) {
        if (options.create !== true) throw notFound(kind, target.name);
        const made = await transform(undefined);
        checkName(made, target.name);
        return { object: await this.create(kind, target, made, request, options), created: true };
      }
      const live = fromStorage(kind, storedLive);
      const warnings = request.warnings.length;
      const prepared = await this.#prepareUpdate(kind, target, live, transform, request, options);
      if (this.store.latest(kind.storage, key) !== storedLive) {
        // Another write came between. A patch is made anew from what is there now; a request that insists on a version
        // finds it gone in the next turn.
        if (attempt < 20) {
          request.warnings.length = warnings;
          continue;
        }
        throw modified(kind, target.name);
      }
      const { object } = prepared;
      if (sameBut(object, live)) {
        await this.store.durable(Number(stringAt(metadataOf(live), 'resourceVersion')));
        return { object: live, created: false };
      }
      if (request.dryRun) return { object, created: false };
      const stored = toStorage(kind, object);
      const gone = isFinished(stored);
      const revision = this.store.write(kind.storage, key, gone ? undefined : stored);
      await this.store.durable(revision);
      return { object: gone ? withVersion(object, revision) : fromStorage(kind, stored), created: false };
    }
  }

  async #prepareUpdate(
    kind: Kind,
    target: UpdateTarget,
    live: JsonObject,
    transform: Transform,
    request: WriteRequest,
    options: UpdateOptions,
  ): Promise<{ object: JsonObject }> {
    const { namespace, name, subresource } = target;
    const place = { namespace, name };
    const transformed = await transform(live);
    let object = transformed === live ? cloneJson(live) : transformed;
    const metadata = metadataOf(object);
    const givenName = stringAt(metadata, 'name') ?? '';
    if (givenName === '') {
      if (subresource === '') throw StatusError.badRequest('name must be provided');
      metadata.name = name;
    } else if (givenName !== name) {
      throw StatusError.badRequest(
        `the name of the object (${givenName}) does not match the name on the URL (${name})`,
      );
    }
    if (kind.namespaced) {
      if ((stringAt(metadata, 'namespace') ?? '') === '') metadata.namespace = namespace;
      else if (metadata.namespace !== namespace) {
        throw StatusError.badRequest(
          'the namespace of the provided object does not match the namespace sent on the request',
        );
      }
    }
    if (options.tracked !== true && request.fieldManager !== '') {
      const writer = { manager: request.fieldManager, subresource, time: this.time() };
      object = trackUpdate({ kind: kind.schema(), live, object, writer });
    }
    object = await this.#mutate(kind, 'UPDATE', subresource, place, object, live, request);
    const given = stringAt(metadataOf(object), 'resourceVersion') ?? '';
    const current = stringAt(metadataOf(live), 'resourceVersion') ?? '';
    if (given === '' && kind.strategy.allowUnconditionalUpdate === false && subresource === '') {
      const errors = [fieldError.invalid('metadata.resourceVersion', 0, 'must be specified for an update')];
      throw StatusError.invalid({ group: kind.group, kind: kind.resource, name, errors });
    }
    if (given !== '' && given !== '0' && given !== current) throw modified(kind, name);
    const givenUid = stringAt(metadataOf(object), 'uid') ?? '';
    const uid = stringAt(metadataOf(live), 'uid') ?? '';
    if (givenUid !== '' && givenUid !== uid) {
      throw conflict(
        kind,
        name,
        `StorageError: invalid object, Code: 4, Key: /registry/${kind.resource}/${keyOfPlace(place)}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: ${givenUid}, UID in object meta: ${uid}`,
      );
    }
    completeUpdate(object, live);
    this.#prepareBySubresource(kind, subresource, object, live);
    const errors = [...validateMetadata(kind, object), ...validateMetadataUpdate(object, live)];
    if (subresource === 'status') errors.push(...(kind.strategy.validateStatusUpdate?.(object, live) ?? []));
    // A binding sets the one field of a Pod's spec that an update may not.
    else if (subresource !== 'binding')
      errors.push(...(kind.strategy.validateUpdate?.(object, live) ?? kind.strategy.validate?.(object) ?? []));
    errors.push(...this.#validateCustom(kind, object, live, request, subresource));
    this.#refuseInvalid(kind, name, errors);
    request.warnings.push(...(kind.strategy.warnings?.(object, live) ?? []));
    await this.#validate(kind, 'UPDATE', subresource, place, object, live, request);
    return { object };
  }

  #prepareBySubresource(kind: Kind, subresource: string, object: JsonObject, live: JsonObject): void {
    const { strategy } = kind;
    const liveMetadata = metadataOf(live);
    const metadata = metadataOf(object);
    if (subresource === 'status') {
      for (const field of Object.keys(object)) {
        if (field !== 'status' && field !== 'metadata' && field !== 'apiVersion' && field !== 'kind')
          delete object[field];
      }
      for (const [field, value] of Object.entries(live)) {
        if (field !== 'status' && field !== 'metadata') object[field] = value;
      }
      if (kind.custom !== undefined) {
        const kept = cloneJson(liveMetadata);
        const managed = getOwn(metadata, 'managedFields');
        if (managed !== undefined) kept.managedFields = managed;
        object.metadata = kept;
      } else {
        for (const field of ['generation', 'ownerReferences', 'finalizers'] as const)
          restore(metadata, liveMetadata, field);
      }
      strategy.prepareForStatusUpdate?.(object, live);
      return;
    }
    if (subresource === '') {
      if (hasStatus(kind)) restore(object, live, 'status');
      strategy.prepareForUpdate?.(object, live, this.#context());
    }
    if (subresource !== 'binding' && hasGeneration(kind)) {
      const generation = Number(getOwn(liveMetadata, 'generation') ?? 1);
      metadata.generation = specChanged(object, live) || becameDeleted(object, live) ? generation + 1 : generation;
    } else restore(metadata, liveMetadata, 'generation');
  }

  /** Deletes, or starts the deletion where grace or finalizers hold the object. Returns the object as it is left. */
  async delete(kind: Kind, place: ObjectPlace, request: DeleteRequest): Promise<{ object: JsonObject; gone: boolean }> {
    const key = keyOfPlace(place);
    for (let attempt = 0; ; attempt++) {
      const storedLive = this.store.latest(kind.storage, key);
      if (storedLive === undefined) throw notFound(kind, place.name);
      const live = fromStorage(kind, storedLive);
      this.#checkPreconditions(kind, place, live, request);
      await this.#validate(kind, 'DELETE', '', place, undefined, live, request);
      if (this.store.latest(kind.storage, key) !== storedLive) {
        if (attempt < 20) continue;
        throw modified(kind, place.name);
      }
      const next = this.#markDeleted(kind, live, request);
      if (request.dryRun) return { object: next ?? live, gone: next === undefined };
      if (next === live) {
        await this.store.durable(Number(stringAt(metadataOf(live), 'resourceVersion')));
        return { object: live, gone: false };
      }
      if (next !== undefined) {
        const stored = toStorage(kind, next);
        await this.store.durable(this.store.write(kind.storage, key, stored));
        return { object: fromStorage(kind, stored), gone: false };
      }
      // A Pod that goes at once is first seen with a grace of 0, then gone.
      const last = kind.strategy.gracePeriodSeconds === undefined ? live : this.#withoutGrace(kind, live);
      if (last !== live) this.store.write(kind.storage, key, toStorage(kind, last));
      const revision = this.store.write(kind.storage, key, undefined);
      await this.store.durable(revision);
      return { object: last === live ? withVersion(live, revision) : last, gone: true };
    }
  }

  #checkPreconditions(kind: Kind, place: ObjectPlace, live: JsonObject, request: DeleteRequest): void {
    const { preconditions } = request;
    if (preconditions === undefined) return;
    const metadata = metadataOf(live);
    const uid = stringAt(metadata, 'uid') ?? '';
    const about = { group: kind.group, resource: kind.kind };
    if (preconditions.uid !== undefined && preconditions.uid !== uid) {
      const why = `the UID in the precondition (${preconditions.uid}) does not match the UID in record (${uid}). The object might have been deleted and then recreated`;
      throw conflict(about, place.name, why);
    }
    const version = stringAt(metadata, 'resourceVersion') ?? '';
    if (preconditions.resourceVersion !== undefined && preconditions.resourceVersion !== version) {
      const why = `the ResourceVersion in the precondition (${preconditions.resourceVersion}) does not match the ResourceVersion in record (${version}). The object might have been modified`;
      throw conflict(about, place.name, why);
    }
  }

  /** Undefined: the object goes at once. The same object: nothing changes. */
  #markDeleted(kind: Kind, live: JsonObject, request: DeleteRequest): JsonObject | undefined {
    const liveMetadata = metadataOf(live);
    const finalizers = finalizersForDeletion(liveMetadata, request.propagation);
    const grace = kind.strategy.gracePeriodSeconds?.(live, request.gracePeriodSeconds);
    const graceful = grace !== undefined && grace > 0;
    if (finalizers.length === 0 && !graceful && !hasSpecFinalizers(kind, live)) return undefined;
    const already = getOwn(liveMetadata, 'deletionTimestamp') !== undefined;
    const oldGrace = Number(getOwn(liveMetadata, 'deletionGracePeriodSeconds') ?? 0);
    const seconds = graceful ? grace : 0;
    const next = cloneJson(live);
    const metadata = metadataOf(next);
    if (finalizers.length === 0) delete metadata.finalizers;
    else metadata.finalizers = [...finalizers];
    if (!already || seconds < oldGrace) {
      const since = already ? Date.parse(String(liveMetadata.deletionTimestamp)) - oldGrace * 1000 : this.clock.now();
      metadata.deletionTimestamp = rfc3339(since + seconds * 1000);
      if (!hasSpecFinalizers(kind, live)) metadata.deletionGracePeriodSeconds = seconds;
      if (!already && hasGeneration(kind)) metadata.generation = Number(getOwn(liveMetadata, 'generation') ?? 0) + 1;
    }
    if (hasSpecFinalizers(kind, live)) next.status = { ...objectAt(live, 'status'), phase: 'Terminating' };
    return equalJson(next, live) ? live : next;
  }

  #withoutGrace(kind: Kind, live: JsonObject): JsonObject {
    const last = cloneJson(live);
    const metadata = metadataOf(last);
    if (getOwn(metadata, 'deletionTimestamp') === undefined) {
      metadata.deletionTimestamp = this.time();
      if (hasGeneration(kind)) metadata.generation = Number(getOwn(metadata, 'generation') ?? 0) + 1;
    }
    metadata.deletionGracePeriodSeconds = 0;
    return last;
  }

  #context() {
    return { clock: this.clock, random: this.random, time: this.time() };
  }

  time(): string {
    return rfc3339(this.clock.now());
  }

  #refuseInvalid(kind: Kind, name: string, errors: readonly FieldError[]): void {
    if (errors.length === 0) return;
    // Events of either shape are judged as core ones.
    const group = kind.convert === undefined ? kind.group : '';
    // A custom object of the wrong kind is refused in the name of the kind it claims to be.
    const claimed = kind.custom === undefined ? undefined : errors.find(({ field }) => field === 'kind')?.value;
    throw StatusError.invalid({ group, kind: typeof claimed === 'string' ? claimed : kind.kind, name, errors });
  }

  #validateCustom(
    kind: Kind,
    object: JsonObject,
    oldObject: JsonObject | undefined,
    request: WriteRequest,
    subresource = '',
  ): readonly FieldError[] {
    if (kind.custom === undefined) return [];
    const { errors, warnings } = validateCustom({ kind: kind.schema(), object, oldObject, subresource });
    request.warnings.push(...warnings);
    return errors;
  }

  async #mutate(
    kind: Kind,
    operation: Operation,
    subresource: string,
    place: ObjectPlace,
    object: JsonObject,
    oldObject: JsonObject | undefined,
    request: WriteRequest,
  ): Promise<JsonObject> {
    const { user, dryRun, options, warnings, signal } = request;
    const result = await this.admission.mutate({
      kind,
      operation,
      subresource,
      ...place,
      object,
      oldObject,
      user,
      dryRun,
      options,
      warnings,
      signal,
    });
    if (result === undefined || result === object) return object;
    if (kind.custom !== undefined) return normalizeCustom(kind.schema(), result).object;
    // What a webhook added has no defaults yet.
    kind.strategy.defaults?.(result);
    return result;
  }

  async #validate(
    kind: Kind,
    operation: Operation,
    subresource: string,
    place: ObjectPlace,
    object: JsonObject | undefined,
    oldObject: JsonObject | undefined,
    request: WriteRequest,
  ): Promise<void> {
    const { user, dryRun, options, warnings, signal } = request;
    await this.admission.validate({
      kind,
      operation,
      subresource,
      ...place,
      object,
      oldObject,
      user,
      dryRun,
      options,
      warnings,
      signal,
    });
  }
}

/** Throws a StatusError 400 where an object names itself otherwise than its URL. */
export function checkName(object: JsonObject, name: string): void {
  const given = stringAt(metadataOf(object), 'name') ?? '';
  if (given === '' || given === name) return;
  throw StatusError.badRequest(`the name of the object (${given}) does not match the name on the URL (${name})`);
}

/** What only the server sets: gone before ownership of fields is told. */
function dropSystemFields(metadata: JsonObject): void {
  for (const field of ['deletionTimestamp', 'deletionGracePeriodSeconds', 'selfLink', 'uid', 'creationTimestamp']) {
    delete metadata[field];
  }
}

export function metadataOf(object: JsonObject): JsonObject {
  const found = getOwn(object, 'metadata');
  if (isObject(found)) return found;
  const made: JsonObject = {};
  object.metadata = made;
  return made;
}

export function fromStorage(kind: Kind, object: JsonObject): JsonObject {
  if (kind.convert !== undefined) return kind.convert.fromStorage(object);
  return kind.custom === undefined ? object : convertCustom(object, apiVersionOfKind(kind));
}

function toStorage(kind: Kind, object: JsonObject): JsonObject {
  if (kind.convert !== undefined) return kind.convert.toStorage(object);
  return kind.custom === undefined
    ? object
    : convertCustom(object, apiVersionOfKind({ group: kind.group, version: kind.custom.storageVersion }));
}

function restore(target: JsonObject, source: JsonObject, field: string): void {
  const value = getOwn(source, field);
  if (value === undefined) delete target[field];
  else target[field] = value;
}

function hasStatus(kind: Kind): boolean {
  return kind.subresources.some(({ name }) => name === 'status');
}

/** Kinds whose metadata.generation the server keeps. */
export function hasGeneration(kind: Kind): boolean {
  return kind.custom !== undefined || kind.strategy.generation === 'spec';
}

/** Whether anything but metadata and status differs. */
function specChanged(object: JsonObject, live: JsonObject): boolean {
  const bare = ({ metadata: _metadata, status: _status, ...rest }: JsonObject): JsonObject => rest;
  return !equalJson(bare(object), bare(live));
}

function becameDeleted(object: JsonObject, live: JsonObject): boolean {
  return (
    getOwn(metadataOf(object), 'deletionTimestamp') !== undefined &&
    getOwn(metadataOf(live), 'deletionTimestamp') === undefined
  );
}

function sameBut(object: JsonObject, live: JsonObject): boolean {
  if (object === live) return true;
  const bare = ({ resourceVersion: _version, ...rest }: JsonObject): JsonObject => rest;
  return equalJson({ ...object, metadata: bare(metadataOf(object)) }, { ...live, metadata: bare(metadataOf(live)) });
}

/** Whether a deletion that was waiting has nothing left to wait for. */
function isFinished(object: JsonObject): boolean {
  const metadata = metadataOf(object);
  if (getOwn(metadata, 'deletionTimestamp') === undefined) return false;
  const finalizers = getOwn(metadata, 'finalizers');
  if (Array.isArray(finalizers) && finalizers.length > 0) return false;
  const specFinalizers = object.kind === 'Namespace' ? getOwn(objectAt(object, 'spec'), 'finalizers') : undefined;
  if (Array.isArray(specFinalizers) && specFinalizers.length > 0) return false;
  return Number(getOwn(metadata, 'deletionGracePeriodSeconds') ?? 0) === 0;
}

function hasSpecFinalizers(kind: Kind, object: JsonObject): boolean {
  if (kind.storage !== 'namespaces') return false;
  const finalizers = getOwn(objectAt(object, 'spec'), 'finalizers');
  return Array.isArray(finalizers) && finalizers.length > 0;
}

function finalizersForDeletion(metadata: JsonObject, propagation: DeleteRequest['propagation']): readonly string[] {
  const found = getOwn(metadata, 'finalizers');
  const finalizers = Array.isArray(found) ? found.map(String) : [];
  const others = finalizers.filter((name) => name !== 'orphan' && name !== 'foregroundDeletion');
  if (propagation === 'Orphan') return [...others, 'orphan'];
  if (propagation === 'Foreground') return [...others, 'foregroundDeletion'];
  if (propagation === 'Background') return others;
  return finalizers;
}

/** A copy with another resourceVersion: an object as its deletion left it. */
export function withVersion(object: JsonObject, revision: number): JsonObject {
  return { ...object, metadata: { ...metadataOf(object), resourceVersion: String(revision) } };
}
