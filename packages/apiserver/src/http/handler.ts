import type { Logger } from '@hardpoint/machinery';
import { type Authorizer, refusalText } from '../auth/authorizer.ts';
import { anonymousUser, authenticated, type User } from '../auth/user.ts';
import { discovery } from '../discovery/discovery.ts';
import type { Catalog } from '../kinds/catalog.ts';
import { StatusError } from '../schema/contract.ts';
import { failureAnswer, objectAnswer, textAnswer } from './answers.ts';
import type { Answer, Exchange, Handler } from './exchange.ts';
import { forbidden, unauthorized } from './failures.ts';
import { type RequestInfo, requestInfo } from './request-info.ts';

export interface HandlerOptions {
  readonly catalog: Catalog;
  readonly authorizer: Authorizer;
  /** Undefined: no credentials in the request. Throws a StatusError 401 where they are wrong. */
  readonly authenticate: (exchange: Exchange) => User | undefined;
  /** Replaces the user where the request impersonates; throws a StatusError 403. */
  readonly impersonate: (user: User, exchange: Exchange) => User;
  readonly resources: (info: RequestInfo, exchange: Exchange, user: User) => Promise<Answer>;
  /** Other paths: OpenAPI, metrics. Undefined: not one of them. */
  readonly extra: (info: RequestInfo, exchange: Exchange) => Promise<Answer | undefined>;
  readonly health: (path: string, query: URLSearchParams) => Answer | undefined;
  readonly version: object;
  /** Aborts when the server closes. */
  readonly log: Logger;
}

const openPaths = new Set(['/healthz', '/livez', '/readyz', '/version']);

/** What happens to every request: who asks, may they, what is it, the answer. Never rejects. */
export function createHandler(options: HandlerOptions): Handler {
  const { catalog, authorizer } = options;

  async function answer(exchange: Exchange): Promise<Answer> {
    let info: RequestInfo;
    try {
      info = requestInfo(exchange.method, exchange.target);
    } catch {
      throw StatusError.badRequest('the path is not percent-encoded UTF-8');
    }
    const asked = options.authenticate(exchange);
    const open = [...openPaths].some((path) => info.path === path || info.path.startsWith(`${path}/`));
    if (asked === undefined && !open) throw unauthorized();
    const user = asked === undefined ? anonymousUser : options.impersonate(authenticated(asked), exchange);
    if (!open || asked !== undefined) {
      const { allowed, reason } = authorizer.authorize(user, info);
      if (!allowed) {
        const text = refusalText(user, info, reason);
        throw info.isResource
          ? forbidden(info, info.name, text)
          : new StatusError({ code: 403, reason: 'Forbidden', message: `forbidden: ${text}`, details: {} });
      }
    }
    if (info.isResource && !catalog.all().some(({ group }) => group === info.group)) return missingPage();
    if (info.isResource) return options.resources(info, exchange, user);
    if (info.path === '/version' || info.path === '/version/') return objectAnswer(options.version);
    const found =
      options.health(info.path, info.query) ??
      discovery(catalog, info.path, exchange) ??
      (await options.extra(info, exchange));
    if (found !== undefined) return found;
    if (info.path === '/') return objectAnswer({ paths: rootPaths(catalog) });
    return missingPage();
  }

  return async (exchange) => {
    try {
      return await answer(exchange);
    } catch (error) {
      if (!(error instanceof StatusError)) {
        options.log.error('a request failed', {
          method: exchange.method,
          path: exchange.target,
          error: error instanceof Error ? (error.stack ?? error.message) : String(error),
        });
      }
      return failureAnswer(error);
    }
  };
}

function missingPage(): Answer {
  return textAnswer('404 page not found\n', 404);
}

function rootPaths(catalog: Catalog): string[] {
  const groups = new Set<string>();
  for (const { group, version } of catalog.all()) {
    if (group === '') continue;
    groups.add(`/apis/${group}`);
    groups.add(`/apis/${group}/${version}`);
  }
  return [
    '/api',
    '/api/v1',
    '/apis',
    ...groups,
    '/healthz',
    '/livez',
    '/metrics',
    '/openapi/v2',
    '/openapi/v3',
    '/readyz',
    '/version',
  ].sort();
}
