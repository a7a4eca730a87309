import { StatusError } from '../schema/status-error.ts';

/** Names a collection in messages: `pods`, `deployments.apps`. */
export interface GroupResource {
  readonly group: string;
  readonly resource: string;
}

export function qualified({ group, resource }: GroupResource): string {
  return group === '' ? resource : `${resource}.${group}`;
}

function details(about: GroupResource, name: string): { name?: string; group?: string; kind: string } {
  return {
    ...(name === '' ? {} : { name }),
    ...(about.group === '' ? {} : { group: about.group }),
    kind: about.resource,
  };
}

export function notFound(about: GroupResource, name: string): StatusError {
  const message = `${qualified(about)} ${JSON.stringify(name)} not found`;
  return new StatusError({ code: 404, reason: 'NotFound', message, details: details(about, name) });
}

/** No such path or kind. */
export function noSuchResource(): StatusError {
  const message = 'the server could not find the requested resource';
  return new StatusError({ code: 404, reason: 'NotFound', message, details: {} });
}

export function alreadyExists(about: GroupResource, name: string): StatusError {
  const message = `${qualified(about)} ${JSON.stringify(name)} already exists`;
  return new StatusError({ code: 409, reason: 'AlreadyExists', message, details: details(about, name) });
}

export function conflict(about: GroupResource, name: string, why: string): StatusError {
  const message = `Operation cannot be fulfilled on ${qualified(about)} ${JSON.stringify(name)}: ${why}`;
  return new StatusError({ code: 409, reason: 'Conflict', message, details: details(about, name) });
}

/** A write met another object version than the one it was based on. */
export function modified(about: GroupResource, name: string): StatusError {
  const why = 'the object has been modified; please apply your changes to the latest version and try again';
  return conflict(about, name, why);
}

export function forbidden(about: GroupResource, name: string, why: string): StatusError {
  const quoted = name === '' ? '' : ` ${JSON.stringify(name)}`;
  const message = `${qualified(about)}${quoted} is forbidden: ${why}`;
  return new StatusError({ code: 403, reason: 'Forbidden', message, details: details(about, name) });
}

export function unauthorized(): StatusError {
  return new StatusError({ code: 401, reason: 'Unauthorized', message: 'Unauthorized' });
}

export function methodNotAllowed(): StatusError {
  const message = 'the server does not allow this method on the requested resource';
  return new StatusError({ code: 405, reason: 'MethodNotAllowed', message, details: {} });
}

export function expired(message: string): StatusError {
  return new StatusError({ code: 410, reason: 'Expired', message });
}

export function tooLarge(message: string): StatusError {
  return new StatusError({ code: 413, reason: 'RequestEntityTooLarge', message });
}

export function unsupportedMediaType(message: string): StatusError {
  return new StatusError({ code: 415, reason: 'UnsupportedMediaType', message });
}

export function notAcceptable(allowed: readonly string[]): StatusError {
  const message = `406: Not Acceptable\n\nAvailable representations: ${allowed.join(', ')}`;
  return new StatusError({ code: 406, reason: 'NotAcceptable', message, details: {} });
}

export function internalError(message: string): StatusError {
  const details = { causes: [{ message }] };
  return new StatusError({
    code: 500,
    reason: 'InternalError',
    message: `Internal error occurred: ${message}`,
    details,
  });
}

export function tooManyRequests(message: string, retryAfterSeconds: number): StatusError {
  return new StatusError({ code: 429, reason: 'TooManyRequests', message, details: { retryAfterSeconds } });
}

export function timeout(message: string): StatusError {
  return new StatusError({ code: 504, reason: 'Timeout', message, details: {} });
}

export function failureOf(error: unknown): StatusError {
  if (error instanceof StatusError) return error;
  // Only a body that nests beyond all measure gets this deep.
  if (error instanceof RangeError && error.message.includes('call stack')) {
    return StatusError.badRequest('json: exceeded max depth');
  }
  return internalError(error instanceof Error ? error.message : String(error));
}
