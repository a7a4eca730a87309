import type { Catalog } from '../kinds/catalog.ts';
import { serveDefinition } from '../kinds/custom.ts';
import type { Registry } from '../registry/registry.ts';
import {
  builtinKind,
  cloneJson,
  crdStatus,
  equalJson,
  type JsonObject,
  type KindSchema,
  objectAt,
  stringAt,
  trackUpdate,
} from '../schema/contract.ts';

export const definitionsStorage = 'customresourcedefinitions.apiextensions.k8s.io';

/**
 * Keeps the catalog and the definitions' statuses in step with the stored CustomResourceDefinitions. Serving follows the
 * commit of a definition in the same turn, so a client that has seen Established can use the kind.
 */
export function serveDefinitions(options: { readonly registry: Registry; readonly catalog: Catalog }): Disposable {
  const { registry, catalog } = options;
  const { store } = registry;

  function keepStatus(name: string, crd: JsonObject): void {
    if (store.latest(definitionsStorage, name) !== crd) return;
    const others = store
      .list(definitionsStorage)
      .filter(([key]) => key !== name)
      .map(([, object]) => object);
    const status = crdStatus({ crd, others, time: registry.time() });
    if (status === crd.status || equalJson(status, objectAt(crd, 'status'))) return;
    const next = trackUpdate({
      kind: definitionKind(),
      live: crd,
      object: { ...cloneJson(crd), status: cloneJson(status) },
      writer: { manager: 'kube-apiserver', subresource: 'status', time: registry.time() },
    });
    store.write(definitionsStorage, name, next);
  }

  function follow(name: string, crd: JsonObject | undefined): void {
    serveDefinition(catalog, name, crd);
    if (crd !== undefined) keepStatus(name, crd);
  }

  for (const [name, crd] of store.list(definitionsStorage)) follow(name, crd);
  return store.subscribe(definitionsStorage, ({ key, object, previous }) => {
    // The objects of a kind end with its definition; those of the same name that come later are others.
    if (object === undefined && previous !== undefined) {
      const storage = storageOfDefinition(previous);
      for (const [each] of store.list(storage)) store.write(storage, each, undefined);
    }
    follow(key, object);
  });
}

function definitionKind(): KindSchema {
  const kind = builtinKind({ group: 'apiextensions.k8s.io', version: 'v1', kind: 'CustomResourceDefinition' });
  if (kind === undefined) throw new Error('the built-in schemas lack CustomResourceDefinition');
  return kind;
}

/** The storage of a definition's objects. */
function storageOfDefinition(crd: JsonObject): string {
  const spec = objectAt(crd, 'spec');
  return `${stringAt(objectAt(spec, 'names'), 'plural') ?? ''}.${stringAt(spec, 'group') ?? ''}`;
}
