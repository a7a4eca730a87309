import { expired } from '../http/failures.ts';
import type { Kind } from '../kinds/kind.ts';
import { fieldError, type JsonObject, StatusError } from '../schema/contract.ts';
import type { Store } from '../store/store.ts';
import { fromStorage } from './registry.ts';
import type { Selection } from './selection.ts';

export interface ListPage {
  readonly items: readonly JsonObject[];
  readonly revision: number;
  readonly continueToken: string | undefined;
  readonly remaining: number | undefined;
}

const expiredText =
  'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter.';

/** Reads `limit`, `continue`, `resourceVersion`, `resourceVersionMatch`. Throws StatusErrors 400, 410 and 504. */
export function listPage(store: Store, kind: Kind, selection: Selection, query: URLSearchParams): ListPage {
  const limit = Number(query.get('limit') ?? 0);
  if (!Number.isInteger(limit) || limit < 0)
    throw StatusError.badRequest(`strconv.ParseInt: parsing ${JSON.stringify(query.get('limit'))}: invalid syntax`);
  const token = query.get('continue') ?? '';
  const version = query.get('resourceVersion') ?? '';
  const match = query.get('resourceVersionMatch') ?? '';
  if (query.has('sendInitialEvents')) {
    const errors = [fieldError.forbidden('sendInitialEvents', 'sendInitialEvents is forbidden for list')];
    throw StatusError.invalid({ group: 'meta.k8s.io', kind: 'ListOptions', name: '', errors });
  }
  checkVersionMatch(match, version, token);
  let revision = store.revision;
  let start = '';
  let entries: ReturnType<Store['list']>;
  if (token !== '') {
    if (version !== '' && version !== '0') {
      throw StatusError.badRequest('specifying resource version is not allowed when using continue');
    }
    const decoded = decodeToken(token);
    start = decoded.start;
    if (decoded.revision > 0) revision = decoded.revision;
    const found = store.listAt(kind.storage, selection.prefix, revision);
    if (found === undefined) {
      throw expired(expiredText);
    }
    entries = found;
  } else if (match === 'Exact' || (version !== '' && version !== '0' && limit > 0 && match === '')) {
    const wanted = readVersion(version);
    refuseFuture(wanted, store.revision);
    const found = store.listAt(kind.storage, selection.prefix, wanted);
    if (found === undefined) throw expired(`The resourceVersion for the provided list is too old.`);
    entries = found;
    revision = wanted;
  } else {
    if (version !== '' && version !== '0') refuseFuture(readVersion(version), store.revision);
    entries = store.list(kind.storage, selection.prefix);
  }
  const matching: JsonObject[] = [];
  let last = '';
  let remaining = 0;
  let more = false;
  for (const [key, object] of entries) {
    if (start !== '' && key < start) continue;
    const shaped = fromStorage(kind, object);
    if (!selection.matches(key, shaped)) continue;
    if (limit > 0 && matching.length >= limit) {
      more = true;
      remaining++;
      continue;
    }
    matching.push(shaped);
    last = key;
  }
  return {
    items: matching,
    revision,
    continueToken: more ? encodeToken(revision, `${last}\u0000`) : undefined,
    remaining: more && selection.everything ? remaining : undefined,
  };
}

export function checkVersionMatch(match: string, version: string, token: string): void {
  if (match === '') return;
  const fail = (text: string): never => {
    throw new StatusError({
      code: 422,
      reason: 'Invalid',
      message: `ListOptions.meta.k8s.io "" is invalid: ${text}`,
      details: {
        group: 'meta.k8s.io',
        kind: 'ListOptions',
        causes: [
          {
            reason: text.includes('Unsupported') ? 'FieldValueNotSupported' : 'FieldValueForbidden',
            message: text.slice(text.indexOf(': ') + 2),
            field: 'resourceVersionMatch',
          },
        ],
      },
    });
  };
  if (version === '')
    fail('resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided');
  if (token !== '')
    fail('resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden when continue is provided');
  if (match !== 'Exact' && match !== 'NotOlderThan') {
    fail(
      `resourceVersionMatch: Unsupported value: ${JSON.stringify(match)}: supported values: "Exact", "NotOlderThan", ""`,
    );
  }
  if (match === 'Exact' && version === '0') {
    fail('resourceVersionMatch: Forbidden: resourceVersionMatch "exact" is forbidden for resourceVersion "0"');
  }
}

/** A resourceVersion as a number. Throws a StatusError 400. */
export function readVersion(text: string): number {
  if (!/^\d+$/.test(text)) {
    throw StatusError.badRequest(
      `invalid resource version: resourceVersion: Invalid value: ${JSON.stringify(text)}: strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`,
    );
  }
  return Number(text);
}

function refuseFuture(wanted: number, current: number): void {
  if (wanted <= current) return;
  throw new StatusError({
    code: 504,
    reason: 'Timeout',
    message: `Timeout: Too large resource version: ${wanted}, current: ${current}`,
    details: {
      causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
      retryAfterSeconds: 1,
    },
  });
}

function encodeToken(revision: number, start: string): string {
  return Buffer.from(JSON.stringify({ v: 'meta.k8s.io/v1', rv: revision, start })).toString('base64url');
}

function decodeToken(token: string): { revision: number; start: string } {
  try {
    const decoded: unknown = JSON.parse(Buffer.from(token, 'base64url').toString('utf8'));
    if (typeof decoded === 'object' && decoded !== null && 'v' in decoded && 'rv' in decoded && 'start' in decoded) {
      const { v, rv, start } = decoded;
      if (v === 'meta.k8s.io/v1' && typeof rv === 'number' && typeof start === 'string') return { revision: rv, start };
    }
  } catch {
    // Falls through: whatever it is, it is no token of ours.
  }
  throw StatusError.badRequest(
    'invalid continue token: continue key is not valid: illegal base64 data at input byte 0',
  );
}
