import { stringify as stringifyYaml } from 'yaml';
import { type JsonObject, stringifyJson } from '../schema/contract.ts';
import type { Answer } from './exchange.ts';
import { failureOf } from './failures.ts';
import type { Representation } from './negotiate.ts';

const plainJson: Representation = { format: 'json', as: 'object', contentType: 'application/json' };

/** An object as the answer. */
export function objectAnswer(
  object: object,
  options: { readonly status?: number; readonly as?: Representation; readonly warnings?: readonly string[] } = {},
): Answer {
  const { contentType, format } = options.as ?? plainJson;
  return {
    status: options.status ?? 200,
    headers: {
      'content-type': contentType,
      'cache-control': 'no-cache, private',
      ...warningHeaders(options.warnings ?? []),
    },
    body: format === 'yaml' ? stringifyYaml(object) : stringifyJson(object as JsonObject),
  };
}

export function textAnswer(text: string, status = 200): Answer {
  return {
    status,
    headers: {
      'content-type': 'text/plain; charset=utf-8',
      'cache-control': 'no-cache, private',
      'x-content-type-options': 'nosniff',
    },
    body: text,
  };
}

/** Any thrown value as a Status answer. */
export function failureAnswer(error: unknown, options: { readonly warnings?: readonly string[] } = {}): Answer {
  const failure = failureOf(error);
  const retry = failure.details?.retryAfterSeconds;
  const { reason, ...rest } = failure.toStatus();
  const answer = objectAnswer(reason === '' ? rest : { ...rest, reason }, {
    status: failure.code,
    ...(options.warnings === undefined ? {} : { warnings: options.warnings }),
  });
  return retry === undefined ? answer : { ...answer, headers: { ...answer.headers, 'retry-after': String(retry) } };
}

function warningHeaders(warnings: readonly string[]): { warning?: readonly string[] } {
  if (warnings.length === 0) return {};
  return { warning: [...new Set(warnings)].map((text) => `299 - ${quote(text)}`) };
}

/** A quoted-string of a Warning header; control characters and what is not Latin-1 are left out, as a header cannot carry them. */
function quote(text: string): string {
  const safe = [...text].filter((char) => char >= ' ' && char !== '\u007f').join('');
  return `"${Buffer.from(safe.replace(/["\\]/g, '\\$&'), 'utf8').toString('latin1')}"`;
}
