import type { BoundObject, ServiceAccountTokens } from '../auth/service-account-tokens.ts';
import { objectAnswer } from '../http/answers.ts';
import { conflict, notFound } from '../http/failures.ts';
import { decodeBody, type SubresourceHandler } from '../http/resource-handler.ts';
import type { Catalog } from '../kinds/catalog.ts';
import { numberAt, stringsAt } from '../kinds/fields.ts';
import {
  builtinKind,
  fieldError,
  getOwn,
  isObject,
  type JsonObject,
  objectAt,
  StatusError,
  stringAt,
} from '../schema/contract.ts';
import { metadataOf, type Registry } from './registry.ts';
import { rfc3339 } from './time.ts';

/** `serviceaccounts/token`: TokenRequest. */
export function tokenRequestHandler(
  registry: Registry,
  catalog: Catalog,
  tokens: ServiceAccountTokens,
): SubresourceHandler {
  const schema = builtinKind({ group: 'authentication.k8s.io', version: 'v1', kind: 'TokenRequest' });
  const accounts = catalog.findByKind('', 'v1', 'ServiceAccount');
  if (schema === undefined || accounts === undefined) throw new Error('TokenRequest has no schema');
  return async (call) => {
    if (call.info.verb !== 'create') return undefined;
    const account = registry.get(accounts, call.place);
    const { object: request } = await decodeBody({ ...accounts, schema: () => schema }, call.exchange, 'Ignore');
    const spec = objectAt(request, 'spec');
    const seconds = numberAt(spec, 'expirationSeconds') ?? 3600;
    if (seconds < 600) {
      throw StatusError.invalid({
        group: 'authentication.k8s.io',
        kind: 'TokenRequest',
        name: '',
        errors: [
          fieldError.invalid('spec.expirationSeconds', seconds, 'may not specify a duration less than 10 minutes'),
        ],
      });
    }
    const reference = getOwn(spec, 'boundObjectRef');
    const bound = isObject(reference) ? boundTo(reference, call.place.namespace) : undefined;
    const audiences = stringsAt(spec, 'audiences');
    const { token, expiresAtMs } = tokens.issue({
      namespace: call.place.namespace,
      name: call.place.name,
      uid: String(metadataOf(account).uid),
      audiences,
      seconds,
      bound,
    });
    const answer: JsonObject = {
      kind: 'TokenRequest',
      apiVersion: 'authentication.k8s.io/v1',
      metadata: { name: call.place.name, namespace: call.place.namespace, creationTimestamp: registry.time() },
      spec: {
        audiences: audiences.length === 0 ? ['https://kubernetes.default.svc.cluster.local'] : audiences,
        expirationSeconds: seconds,
        boundObjectRef: isObject(reference) ? reference : null,
      },
      status: { token, expirationTimestamp: rfc3339(expiresAtMs) },
    };
    return objectAnswer(answer, { status: 201 });
  };

  function boundTo(reference: JsonObject, namespace: string): BoundObject {
    const kind = stringAt(reference, 'kind');
    const name = stringAt(reference, 'name') ?? '';
    if (kind !== 'Pod' && kind !== 'Secret' && kind !== 'Node') {
      throw StatusError.badRequest(
        `cannot bind token for serviceaccount to object of type ${String(reference.apiVersion)}, Kind=${String(kind)}`,
      );
    }
    const resource = `${kind.toLowerCase()}s`;
    const object = registry.store.get(resource, kind === 'Node' ? name : `${namespace}/${name}`);
    if (object === undefined) throw notFound({ group: '', resource }, name);
    const uid = String(metadataOf(object).uid);
    const wanted = stringAt(reference, 'uid') ?? '';
    if (wanted !== '' && wanted !== uid) {
      const why = `the UID in the bound object reference (${wanted}) does not match the UID in record. The object might have been deleted and then recreated`;
      throw conflict({ group: '', resource }, name, why);
    }
    const nodeName = kind === 'Pod' ? (stringAt(objectAt(object, 'spec'), 'nodeName') ?? '') : '';
    const node = nodeName === '' ? undefined : registry.store.get('nodes', nodeName);
    return {
      kind,
      name,
      uid,
      ...(node === undefined ? {} : { node: { name: nodeName, uid: String(metadataOf(node).uid) } }),
    };
  }
}
