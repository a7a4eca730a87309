import type { RequestInfo } from '../http/request-info.ts';
import type { User } from './user.ts';

/** What an access decision is about. */
export type AccessAttributes = Pick<
  RequestInfo,
  'verb' | 'isResource' | 'group' | 'version' | 'namespace' | 'resource' | 'subresource' | 'name' | 'path'
>;

export interface Decision {
  readonly allowed: boolean;
  readonly reason: string;
}

export interface Authorizer {
  authorize(user: User, attributes: AccessAttributes): Decision;
}

/** The text of a refusal, as the server words it. */
export function refusalText(user: User, attributes: AccessAttributes, reason: string): string {
  const name = JSON.stringify(user.name);
  const tail = reason === '' ? '' : `: ${reason}`;
  if (!attributes.isResource)
    return `User ${name} cannot ${attributes.verb} path ${JSON.stringify(attributes.path)}${tail}`;
  const resource =
    attributes.subresource === '' ? attributes.resource : `${attributes.resource}/${attributes.subresource}`;
  const scope =
    attributes.namespace === '' ? 'at the cluster scope' : `in the namespace ${JSON.stringify(attributes.namespace)}`;
  return `User ${name} cannot ${attributes.verb} resource ${JSON.stringify(resource)} in API group ${JSON.stringify(attributes.group)} ${scope}${tail}`;
}
