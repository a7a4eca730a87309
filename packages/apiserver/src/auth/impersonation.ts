import type { Exchange } from '../http/exchange.ts';
import { forbidden } from '../http/failures.ts';
import { type Authorizer, refusalText } from './authorizer.ts';
import type { User } from './user.ts';

/** Applies `Impersonate-…` headers. Throws a StatusError 403 where the user may not, 400 where they are wrong. */
export function impersonation(authorizer: Authorizer): (user: User, exchange: Exchange) => User {
  return (user, exchange) => {
    const name = exchange.headers['impersonate-user'];
    const groups = exchange.headerValues('impersonate-group');
    const uid = exchange.headers['impersonate-uid'];
    const extra: Record<string, readonly string[]> = {};
    for (const header of Object.keys(exchange.headers)) {
      if (header.startsWith('impersonate-extra-')) {
        extra[decodeURIComponent(header.slice('impersonate-extra-'.length))] = exchange.headerValues(header);
      }
    }
    if (name === undefined || name === '') {
      if (groups.length > 0 || uid !== undefined || Object.keys(extra).length > 0) {
        throw forbidden({ group: '', resource: 'users' }, '', 'requested impersonation without impersonating a user');
      }
      return user;
    }
    const account = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(name);
    const ask = (group: string, resource: string, target: string, namespace = '', subresource = ''): void => {
      const attributes = {
        isResource: true,
        verb: 'impersonate',
        group,
        version: 'v1',
        resource,
        subresource,
        namespace,
        name: target,
        path: '',
      };
      const { allowed, reason } = authorizer.authorize(user, attributes);
      if (!allowed) throw forbidden({ group, resource }, target, refusalText(user, attributes, reason));
    };
    if (account === null) ask('', 'users', name);
    else ask('', 'serviceaccounts', account[2] ?? '', account[1] ?? '');
    for (const group of groups) ask('', 'groups', group);
    if (uid !== undefined) ask('authentication.k8s.io', 'uids', uid);
    for (const [key, values] of Object.entries(extra)) {
      for (const value of values) ask('authentication.k8s.io', 'userextras', value, '', key);
    }
    const own =
      account !== null && groups.length === 0
        ? ['system:serviceaccounts', `system:serviceaccounts:${account[1] ?? ''}`]
        : groups;
    const authenticated =
      name === 'system:anonymous' || own.includes('system:authenticated') || own.includes('system:unauthenticated');
    return {
      name,
      groups:
        name === 'system:anonymous'
          ? [...own, 'system:unauthenticated']
          : authenticated
            ? own
            : [...own, 'system:authenticated'],
      ...(uid === undefined ? {} : { uid }),
      extra,
    };
  };
}
