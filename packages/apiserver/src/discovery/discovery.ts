import { objectAnswer } from '../http/answers.ts';
import type { Answer, Exchange } from '../http/exchange.ts';
import { noSuchResource } from '../http/failures.ts';
import { negotiate, parseAccept } from '../http/negotiate.ts';
import type { Catalog } from '../kinds/catalog.ts';
import { apiVersionOfKind, type Kind } from '../kinds/kind.ts';
import type { JsonObject } from '../schema/contract.ts';
import { compareVersions } from './version-order.ts';

/** Serves `/api`, `/apis`, `/api/v1`, `/apis/GROUP` and `/apis/GROUP/VERSION`; undefined: another path. */
export function discovery(catalog: Catalog, path: string, exchange: Exchange): Answer | undefined {
  const words = path.split('/').filter((word) => word !== '');
  const [root, group, version] = words;
  if (root === 'api') {
    if (words.length === 1) {
      const aggregated = aggregatedAs(exchange);
      if (aggregated !== undefined) return aggregatedAnswer(catalog, aggregated, true);
      return answer(exchange, {
        kind: 'APIVersions',
        versions: ['v1'],
        serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress: exchange.headers.host ?? 'localhost' }],
      });
    }
    if (words.length === 2 && group === 'v1') return answer(exchange, resourceList(catalog, '', 'v1'));
    return undefined;
  }
  if (root !== 'apis') return undefined;
  if (group === undefined) {
    const aggregated = aggregatedAs(exchange);
    if (aggregated !== undefined) return aggregatedAnswer(catalog, aggregated, false);
    return answer(exchange, {
      kind: 'APIGroupList',
      apiVersion: 'v1',
      groups: groupsOf(catalog).map((name) => groupObject(catalog, name)),
    });
  }
  if (version === undefined) {
    if (!groupsOf(catalog).includes(group)) return undefined;
    return answer(exchange, { kind: 'APIGroup', apiVersion: 'v1', ...groupObject(catalog, group) });
  }
  if (words.length > 3) return undefined;
  if (!groupsOf(catalog).includes(group)) return undefined;
  if (!catalog.hasGroupVersion(group, version)) throw noSuchResource();
  return answer(exchange, resourceList(catalog, group, version));
}

function answer(exchange: Exchange, object: JsonObject): Answer {
  return objectAnswer(object, { as: negotiate(exchange.headers.accept) });
}

function groupsOf(catalog: Catalog): string[] {
  return [...new Set(catalog.all().map(({ group }) => group))].filter((group) => group !== '');
}

function versionsOf(catalog: Catalog, group: string): string[] {
  const versions = new Set(
    catalog
      .all()
      .filter((kind) => kind.group === group)
      .map(({ version }) => version),
  );
  return [...versions].sort(compareVersions);
}

function groupObject(catalog: Catalog, name: string): JsonObject {
  const versions = versionsOf(catalog, name).map((version) => ({ groupVersion: `${name}/${version}`, version }));
  return { name, versions, preferredVersion: versions[0] ?? {} };
}

function resourceList(catalog: Catalog, group: string, version: string): JsonObject {
  const kinds = catalog.all().filter((kind) => kind.group === group && kind.version === version);
  return {
    kind: 'APIResourceList',
    ...(group === '' ? {} : { apiVersion: 'v1' }),
    groupVersion: apiVersionOfKind({ group, version }),
    resources: kinds.flatMap(resourceEntries),
  };
}

function resourceEntries(kind: Kind): JsonObject[] {
  return [
    {
      name: kind.resource,
      singularName: kind.singular,
      namespaced: kind.namespaced,
      kind: kind.kind,
      verbs: [...kind.verbs],
      ...(kind.shortNames.length === 0 ? {} : { shortNames: [...kind.shortNames] }),
      ...(kind.categories.length === 0 ? {} : { categories: [...kind.categories] }),
      ...(kind.storageVersionHash === '' ? {} : { storageVersionHash: kind.storageVersionHash }),
    },
    ...kind.subresources.map(({ name, group, version, kind: subKind, verbs }) => ({
      name: `${kind.resource}/${name}`,
      singularName: '',
      namespaced: kind.namespaced,
      ...(group === undefined ? {} : { group }),
      ...(version === undefined ? {} : { version }),
      kind: subKind,
      verbs: [...verbs],
    })),
  ];
}

function aggregatedAs(exchange: Exchange): 'v2' | 'v2beta1' | undefined {
  for (const { type, parameters } of parseAccept(exchange.headers.accept ?? '')) {
    if (type !== 'application/json') continue;
    if (parameters.get('g') !== 'apidiscovery.k8s.io' || parameters.get('as') !== 'APIGroupDiscoveryList') {
      if (parameters.get('as') === undefined) return undefined;
      continue;
    }
    const version = parameters.get('v');
    if (version === 'v2' || version === 'v2beta1') return version;
  }
  return undefined;
}

function aggregatedAnswer(catalog: Catalog, version: 'v2' | 'v2beta1', core: boolean): Answer {
  const groups = core ? [''] : groupsOf(catalog);
  const items = groups.map((group) => ({
    metadata: group === '' ? {} : { name: group },
    versions: versionsOf(catalog, group).map((each) => ({
      version: each,
      resources: catalog
        .all()
        .filter((kind) => kind.group === group && kind.version === each)
        .map(aggregatedResource),
      freshness: 'Current',
    })),
  }));
  const body = { kind: 'APIGroupDiscoveryList', apiVersion: `apidiscovery.k8s.io/${version}`, metadata: {}, items };
  const contentType = `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`;
  const made = objectAnswer(body, { as: { format: 'json', as: 'object', contentType } });
  return {
    ...made,
    headers: { ...made.headers, etag: `"${core ? 'core' : 'groups'}-${catalog.generation}"`, vary: 'Accept' },
  };
}

function aggregatedResource(kind: Kind): JsonObject {
  const scope = kind.namespaced ? 'Namespaced' : 'Cluster';
  const custom = kind.custom !== undefined;
  const responseKind = (name: string, group?: string, version?: string): JsonObject => ({
    group: group ?? (custom ? kind.group : ''),
    version: version ?? (custom ? kind.version : ''),
    kind: name,
  });
  return {
    resource: kind.resource,
    responseKind: responseKind(kind.kind),
    scope,
    singularResource: kind.singular,
    verbs: [...kind.verbs],
    ...(kind.shortNames.length === 0 ? {} : { shortNames: [...kind.shortNames] }),
    ...(kind.categories.length === 0 ? {} : { categories: [...kind.categories] }),
    ...(kind.subresources.length === 0
      ? {}
      : {
          subresources: kind.subresources.map(({ name, group, version, kind: subKind, verbs }) => ({
            subresource: name,
            responseKind: responseKind(subKind, group, version),
            verbs: [...verbs],
          })),
        }),
  };
}
