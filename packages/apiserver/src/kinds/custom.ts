import { createHash } from 'node:crypto';
import { customVersions, getOwn, isObject, type JsonObject, objectAt, stringAt } from '../schema/contract.ts';
import type { Catalog } from './catalog.ts';
import { type Kind, type Strategy, type Subresource, storageOf } from './kind.ts';

const verbs = ['delete', 'deletecollection', 'get', 'list', 'patch', 'create', 'update', 'watch'];
const subresourceVerbs = ['get', 'patch', 'update'];

/** Makes the catalog serve what a CustomResourceDefinition says; an absent or unestablished one serves nothing. */
export function serveDefinition(catalog: Catalog, name: string, definition: JsonObject | undefined): void {
  catalog.setCustom(name, definition === undefined || !isEstablished(definition) ? [] : kindsOf(name, definition));
}

function isEstablished(definition: JsonObject): boolean {
  const conditions = getOwn(objectAt(definition, 'status'), 'conditions');
  return (
    Array.isArray(conditions) &&
    conditions.filter(isObject).some(({ type, status }) => type === 'Established' && status === 'True')
  );
}

const plain: Strategy = { allowUnconditionalUpdate: false };

/** Where the status has a place of its own, a create does not set it. */
function dropStatus(object: JsonObject): void {
  delete object.status;
}

/** Tells a kind's stored form, as discovery shows it. */
function storageHash(kind: string): string {
  return createHash('sha256').update(kind).digest().subarray(0, 8).toString('base64');
}

function kindsOf(definition: string, object: JsonObject): Kind[] {
  const versions = customVersions(object);
  const group = stringAt(objectAt(object, 'spec'), 'group') ?? '';
  const storageVersion = versions.find(({ storage }) => storage)?.kind.version ?? '';
  return versions
    .filter(({ served }) => served)
    .map((version): Kind => {
      const subresources: Subresource[] = [];
      if (version.hasStatus) subresources.push({ name: 'status', kind: version.kind.kind, verbs: subresourceVerbs });
      if (version.scale !== undefined) {
        subresources.push({
          name: 'scale',
          group: 'autoscaling',
          version: 'v1',
          kind: 'Scale',
          verbs: subresourceVerbs,
        });
      }
      return {
        group,
        version: version.kind.version,
        resource: version.resource,
        singular: version.singular,
        kind: version.kind.kind,
        listKind: version.listKind,
        namespaced: version.namespaced,
        verbs,
        shortNames: version.shortNames,
        categories: version.categories,
        subresources,
        storageVersionHash: storageHash(`${group}/${storageVersion}/${version.kind.kind}`),
        storage: storageOf(group, version.resource),
        schema: () => version.kind,
        strategy: version.hasStatus ? { ...plain, prepareForCreate: dropStatus } : plain,
        custom: { definition, version, storageVersion },
      };
    });
}
