import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';

/** One entry of the Pod's annotation `airforce.mil/launch-authorizations`, as the operator writes it (W6). */
export interface Authorization {
  /** Name of the LaunchAuthorization. */
  readonly name: string;
  readonly weapon: string;
  readonly count: number;
  /** Handed to the weapon as it stands: the weapon alone judges it. */
  readonly token: string;
  /** Digest of the token: a token is used for one release at most. */
  readonly tokenId: string;
  /** What the token calls itself, unverified, for reports only; empty where it cannot be read. */
  readonly jti: string;
}

/** What the file holds. `problem` names why it could not be read; an absent file is empty and no problem. */
export interface AuthorizationsFile {
  readonly authorizations: readonly Authorization[];
  readonly problem: string | undefined;
}

/**
 * Reads the downward API's file. It is opened by its path each time, so that a kubelet's swap of the symbolic link
 * `..data` is seen whole. Entries that are no authorisations are left out and named.
 */
export async function readAuthorizations(file: string): Promise<AuthorizationsFile> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    const absent = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    return { authorizations: [], problem: absent ? undefined : `${file}: ${String(error)}` };
  }
  return parseAuthorizations(text);
}

/** Reads the annotation's value; empty text is an empty list. */
export function parseAuthorizations(text: string): AuthorizationsFile {
  if (text.trim() === '') return { authorizations: [], problem: undefined };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return { authorizations: [], problem: `not JSON: ${String(error)}` };
  }
  if (!Array.isArray(value)) return { authorizations: [], problem: 'not a list' };
  const authorizations: Authorization[] = [];
  let problem: string | undefined;
  for (const [index, entry] of (value as readonly unknown[]).entries()) {
    const read = readEntry(entry);
    if (read === undefined) problem = `entry ${index} is no authorisation`;
    else authorizations.push(read);
  }
  return { authorizations, problem };
}

/** Where an authorisation for such a release is: the first whose token has not been used yet. */
export function findAuthorization(
  authorizations: readonly Authorization[],
  options: { readonly weapon: string; readonly count: number; readonly used: ReadonlySet<string> },
): Authorization | undefined {
  const { weapon, count, used } = options;
  return authorizations.find((it) => it.weapon === weapon && it.count === count && !used.has(it.tokenId));
}

function readEntry(entry: unknown): Authorization | undefined {
  if (typeof entry !== 'object' || entry === null) return undefined;
  const { name, weapon, count, token } = entry as Readonly<Record<string, unknown>>;
  if (typeof weapon !== 'string' || typeof count !== 'number' || typeof token !== 'string') return undefined;
  const tokenId = createHash('sha256').update(token).digest('base64url').slice(0, 22);
  return { name: typeof name === 'string' ? name : '', weapon, count, token, tokenId, jti: readJti(token) };
}

function readJti(token: string): string {
  try {
    const payload: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'));
    if (typeof payload !== 'object' || payload === null || !('jti' in payload)) return '';
    return typeof payload.jti === 'string' ? payload.jti.slice(0, 128) : '';
  } catch {
    return '';
  }
}
