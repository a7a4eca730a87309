import { objectAnswer } from '../http/answers.ts';
import { decodeBody, type ResourceCall, type SubresourceHandler, writeRequest } from '../http/resource-handler.ts';
import { stringsAt } from '../kinds/fields.ts';
import { metadataOf } from '../registry/registry.ts';
import { rfc3339 } from '../registry/time.ts';
import {
  fieldError,
  getOwn,
  isObject,
  type JsonObject,
  objectAt,
  StatusError,
  stringAt,
  trackUpdate,
} from '../schema/contract.ts';
import type { AccessAttributes, Authorizer } from './authorizer.ts';
import type { Rbac } from './rbac.ts';
import type { ServiceAccountTokens } from './service-account-tokens.ts';
import type { UserTokens } from './tokens.ts';
import { authenticated, type User } from './user.ts';

/** Kinds that are asked and not stored, by storage name. */
export function reviewHandlers(options: {
  readonly authorizer: Authorizer;
  readonly rbac: Rbac;
  readonly serviceAccounts: ServiceAccountTokens;
  readonly users: UserTokens;
}): ReadonlyMap<string, SubresourceHandler> {
  const { authorizer } = options;
  const access =
    (who: (spec: JsonObject, call: ResourceCall) => User): SubresourceHandler =>
    async (call) => {
      if (call.info.verb !== 'create') return undefined;
      const review = await body(call);
      const spec = objectAt(review, 'spec');
      const resource = getOwn(spec, 'resourceAttributes');
      const path = getOwn(spec, 'nonResourceAttributes');
      if (resource === undefined && path === undefined) {
        const nobody =
          call.kind.kind.startsWith('Self') ||
          (stringAt(spec, 'user') ?? '') !== '' ||
          stringsAt(spec, 'groups').length > 0
            ? []
            : [fieldError.invalid('spec.user', '', 'at least one of user or group must be specified')];
        const detail = 'exactly one of nonResourceAttributes or resourceAttributes must be specified';
        throw StatusError.invalid({
          group: call.kind.group,
          kind: '',
          name: '',
          errors: [fieldError.invalid('spec', null, detail), ...nobody],
        });
      }
      if (resource !== undefined && path !== undefined) {
        throw StatusError.invalid({
          group: call.kind.group,
          kind: call.kind.kind,
          name: '',
          errors: [
            fieldError.invalid(
              'spec.resourceAttributes',
              resource,
              'cannot be specified in combination with nonResourceAttributes',
            ),
          ],
        });
      }
      const attributes = attributesOf(isObject(resource) ? resource : undefined, isObject(path) ? path : undefined);
      if (call.kind.namespaced && attributes.namespace !== call.place.namespace) {
        throw StatusError.badRequest(`spec.resourceAttributes.namespace must match namespace: ${call.place.namespace}`);
      }
      const { allowed, reason } = authorizer.authorize(who(spec, call), attributes);
      review.status = { allowed, ...(reason === '' ? {} : { reason }) };
      return objectAnswer(review, { status: 201 });
    };
  const subject = access((spec) => {
    const extra: Record<string, readonly string[]> = {};
    for (const key of Object.keys(objectAt(spec, 'extra'))) extra[key] = stringsAt(objectAt(spec, 'extra'), key);
    const user = stringAt(spec, 'user') ?? '';
    const groups = stringsAt(spec, 'groups');
    if (user === '' && groups.length === 0) {
      throw StatusError.invalid({
        group: 'authorization.k8s.io',
        kind: 'SubjectAccessReview',
        name: '',
        errors: [fieldError.invalid('spec.user', '', 'at least one of user or group must be specified')],
      });
    }
    return { name: user, groups, extra, uid: stringAt(spec, 'uid') ?? '' };
  });

  return new Map<string, SubresourceHandler>([
    ['subjectaccessreviews.authorization.k8s.io', subject],
    ['localsubjectaccessreviews.authorization.k8s.io', subject],
    ['selfsubjectaccessreviews.authorization.k8s.io', access((_spec, call) => call.user)],
    [
      'selfsubjectrulesreviews.authorization.k8s.io',
      async (call) => {
        if (call.info.verb !== 'create') return undefined;
        const review = await body(call);
        const namespace = stringAt(objectAt(review, 'spec'), 'namespace') ?? '';
        if (namespace === '') throw StatusError.badRequest('no namespace on request');
        const rules = options.rbac.rulesFor(call.user, namespace);
        // Kubernetes answers with a review of its own: what was asked is not said again.
        review.metadata = {};
        review.spec = {};
        review.status = {
          resourceRules: rules
            .filter((rule) => rule.resources.length > 0)
            .map((rule) => ({
              verbs: [...rule.verbs],
              apiGroups: [...rule.apiGroups],
              resources: [...rule.resources],
              ...(rule.resourceNames.length === 0 ? {} : { resourceNames: [...rule.resourceNames] }),
            })),
          nonResourceRules: rules
            .filter((rule) => rule.nonResourceURLs.length > 0)
            .map((rule) => ({ verbs: [...rule.verbs], nonResourceURLs: [...rule.nonResourceURLs] })),
          incomplete: false,
        };
        return objectAnswer(review, { status: 201 });
      },
    ],
    [
      'selfsubjectreviews.authentication.k8s.io',
      async (call) => {
        if (call.info.verb !== 'create') return undefined;
        const review = await body(call);
        metadataOf(review).creationTimestamp = rfc3339(call.now);
        review.status = { userInfo: userInfo(call.user) };
        return objectAnswer(review, { status: 201 });
      },
    ],
    [
      'tokenreviews.authentication.k8s.io',
      async (call) => {
        if (call.info.verb !== 'create') return undefined;
        const review = await body(call);
        const spec = objectAt(review, 'spec');
        const token = stringAt(spec, 'token') ?? '';
        if (token === '') throw StatusError.badRequest('token is required for TokenReview in authentication');
        const audiences = stringsAt(spec, 'audiences');
        const account = options.serviceAccounts.verify(token, audiences.length === 0 ? undefined : audiences);
        const user = account?.user ?? (audiences.length === 0 ? options.users.verify(token) : undefined);
        review.status =
          user === undefined
            ? { user: {}, error: 'invalid bearer token' }
            : {
                authenticated: true,
                user: userInfo(authenticated(user)),
                audiences: [...(account?.audiences ?? ['https://kubernetes.default.svc.cluster.local'])],
              };
        return objectAnswer(review, { status: 201 });
      },
    ],
  ]);
}

async function body(call: ResourceCall): Promise<JsonObject> {
  const { object } = await decodeBody(call.kind, call.exchange, 'Ignore');
  if (!isObject(object.metadata)) object.metadata = {};
  const { fieldManager } = writeRequest(call, 'CreateOptions');
  if (fieldManager === '') return object;
  const writer = { manager: fieldManager, subresource: '', time: rfc3339(call.now) };
  return trackUpdate({ kind: call.kind.schema(), live: undefined, object, writer });
}

export function userInfo(user: User): JsonObject {
  return {
    username: user.name,
    ...(user.uid === undefined || user.uid === '' ? {} : { uid: user.uid }),
    groups: [...user.groups],
    ...(user.extra === undefined || Object.keys(user.extra).length === 0
      ? {}
      : { extra: Object.fromEntries(Object.entries(user.extra).map(([key, values]) => [key, [...values]])) }),
  };
}

function attributesOf(resource: JsonObject | undefined, path: JsonObject | undefined): AccessAttributes {
  const text = (key: string): string => stringAt(resource, key) ?? '';
  return {
    isResource: resource !== undefined,
    verb: resource === undefined ? (stringAt(path, 'verb') ?? '') : text('verb'),
    path: stringAt(path, 'path') ?? '',
    group: text('group'),
    version: text('version'),
    namespace: text('namespace'),
    resource: text('resource'),
    subresource: text('subresource'),
    name: text('name'),
  };
}
