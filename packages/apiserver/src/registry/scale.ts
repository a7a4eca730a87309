import { objectAnswer } from '../http/answers.ts';
import {
  decodeBody,
  type ResourceCall,
  readText,
  type SubresourceHandler,
  writeRequest,
} from '../http/resource-handler.ts';
import type { Catalog } from '../kinds/catalog.ts';
import { numberAt } from '../kinds/fields.ts';
import type { Kind } from '../kinds/kind.ts';
import {
  cloneJson,
  fieldError,
  getOwn,
  isObject,
  type JsonObject,
  objectAt,
  patchObject,
  StatusError,
  stringAt,
} from '../schema/contract.ts';
import { metadataOf, type Registry } from './registry.ts';
import { textAt } from './selection.ts';

/** `…/scale` of workloads and of custom kinds that declare it. */
export function scaleHandler(registry: Registry, catalog: Catalog): SubresourceHandler {
  const scales = catalog.findByKind('autoscaling', 'v1', 'Scale');
  return async (call) => {
    const { kind, info, place } = call;
    if (info.verb === 'get') return objectAnswer(scaleOf(kind, registry.get(kind, place)));
    if (info.verb !== 'update' && info.verb !== 'patch') return undefined;
    const request = writeRequest(call, info.verb === 'patch' ? 'PatchOptions' : 'UpdateOptions');
    const sent = info.verb === 'update' ? await sentScale(call) : undefined;
    const text = info.verb === 'patch' ? await readText(call.exchange) : '';
    const { object } = await registry.update(
      kind,
      { ...place, subresource: 'scale' },
      (live) => {
        const current = live ?? {};
        const scale = sent ?? patched(current);
        const version = stringAt(objectAt(scale, 'metadata'), 'resourceVersion');
        const replicas = numberAt(objectAt(scale, 'spec'), 'replicas') ?? 0;
        if (replicas < 0) {
          throw StatusError.invalid({
            group: 'autoscaling',
            kind: 'Scale',
            name: place.name,
            errors: [fieldError.invalid('spec.replicas', replicas, 'must be greater than or equal to 0')],
          });
        }
        const next = cloneJson(current);
        setReplicas(kind, next, replicas);
        if (version !== undefined && info.verb === 'update') metadataOf(next).resourceVersion = version;
        else delete metadataOf(next).resourceVersion;
        return next;
      },
      request,
    );
    return objectAnswer(scaleOf(kind, object));

    function patched(live: JsonObject): JsonObject {
      const type = (call.exchange.headers['content-type'] ?? '').split(';')[0]?.trim();
      const patchType = type === 'application/json-patch+json' ? 'json' : 'merge';
      const schema = scales?.schema() ?? {
        group: 'autoscaling',
        version: 'v1',
        kind: 'Scale',
        origin: 'custom' as const,
        schema: { 'x-kubernetes-preserve-unknown-fields': true },
      };
      return patchObject({ kind: schema, live: scaleOf(kind, live), patchType, body: text, fieldValidation: 'Ignore' })
        .object;
    }
  };

  async function sentScale(call: ResourceCall): Promise<JsonObject> {
    if (scales !== undefined) return (await decodeBody(scales, call.exchange, 'Ignore')).object;
    const value: unknown = JSON.parse(await readText(call.exchange));
    if (!isObject(value)) throw StatusError.badRequest('the body is no Scale');
    return value;
  }
}

function pathOfReplicas(kind: Kind): readonly string[] {
  return (kind.custom?.version.scale?.specReplicasPath ?? '.spec.replicas').split('.').filter((part) => part !== '');
}

function setReplicas(kind: Kind, object: JsonObject, replicas: number): void {
  const path = pathOfReplicas(kind);
  let at = object;
  for (const part of path.slice(0, -1)) {
    const inner = getOwn(at, part);
    if (isObject(inner)) at = inner;
    else {
      const made: JsonObject = {};
      at[part] = made;
      at = made;
    }
  }
  at[path.at(-1) ?? 'replicas'] = replicas;
}

function scaleOf(kind: Kind, object: JsonObject): JsonObject {
  const metadata = metadataOf(object);
  const scale = kind.custom?.version.scale;
  const read = (path: string | undefined): string =>
    path === undefined
      ? ''
      : textAt(
          object,
          path.split('.').filter((part) => part !== ''),
        );
  const selector =
    scale === undefined ? labelText(objectAt(objectAt(object, 'spec'), 'selector')) : read(scale.labelSelectorPath);
  const wanted = Number(textAt(object, pathOfReplicas(kind)) || 0);
  const actual = Number(
    scale === undefined ? (numberAt(objectAt(object, 'status'), 'replicas') ?? 0) : read(scale.statusReplicasPath) || 0,
  );
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: {
      name: metadata.name ?? '',
      ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }),
      uid: metadata.uid ?? '',
      resourceVersion: metadata.resourceVersion ?? '',
      creationTimestamp: metadata.creationTimestamp ?? null,
    },
    spec: wanted === 0 ? {} : { replicas: wanted },
    status: { replicas: actual, ...(selector === '' ? {} : { selector }) },
  };
}

function labelText(selector: JsonObject): string {
  return Object.entries(objectAt(selector, 'matchLabels'))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}=${String(value)}`)
    .join(',');
}
