import { objectAnswer } from '../http/answers.ts';
import { conflict, notFound, tooManyRequests } from '../http/failures.ts';
import { decodeBody, type ResourceCall, type SubresourceHandler, writeRequest } from '../http/resource-handler.ts';
import type { Catalog } from '../kinds/catalog.ts';
import { numberAt, objectsAt } from '../kinds/fields.ts';
import type { Kind } from '../kinds/kind.ts';
import {
  cloneJson,
  describeErrors,
  fieldError,
  getOwn,
  isObject,
  type JsonObject,
  objectAt,
  StatusError,
  stringAt,
} from '../schema/contract.ts';
import { metadataOf, type Registry } from './registry.ts';
import { matchesLabels, requirementsOf } from './selectors.ts';
import type { DeleteRequest } from './write-options.ts';

const success: JsonObject = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 };

function kindOf(catalog: Catalog, group: string, kind: string): Kind {
  const found = catalog.findByKind(group, 'v1', kind);
  if (found === undefined) throw new Error(`no kind ${kind}`);
  return found;
}

/** `pods/binding` and `bindings`: puts a Pod on a Node, once. */
export function bindingHandler(registry: Registry, catalog: Catalog): SubresourceHandler {
  const pods = kindOf(catalog, '', 'Pod');
  const bindings = kindOf(catalog, '', 'Binding');
  return async (call) => {
    if (call.info.verb !== 'create') return undefined;
    const request = writeRequest(call, 'CreateOptions');
    const { object: binding } = await decodeBody(bindings, call.exchange, request.fieldValidation);
    const metadata = metadataOf(binding);
    const name = call.info.resource === 'pods' ? call.place.name : (stringAt(metadata, 'name') ?? '');
    const target = objectAt(binding, 'target');
    const node = stringAt(target, 'name') ?? '';
    const errors = [];
    const targetKind = stringAt(target, 'kind') ?? '';
    if (targetKind !== '' && targetKind !== 'Node') {
      errors.push(fieldError.notSupported('target.kind', targetKind, ['Node', '<empty>']));
    }
    if (node === '') errors.push(fieldError.required('target.name'));
    if (errors.length > 0) throw new StatusError({ code: 500, reason: '', message: describeErrors(errors) });
    await registry.update(
      pods,
      { namespace: call.place.namespace, name, subresource: 'binding' },
      (live) => {
        if (live === undefined) throw notFound(pods, name);
        const old = metadataOf(live);
        const uid = stringAt(metadata, 'uid') ?? '';
        const version = stringAt(metadata, 'resourceVersion') ?? '';
        if (uid !== '' && uid !== old.uid) {
          const why = `StorageError: invalid object, Code: 4, Key: /registry/pods/${call.place.namespace}/${name}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: ${uid}, UID in object meta: ${String(old.uid)}`;
          throw conflict(pods, name, why);
        }
        if (version !== '' && version !== old.resourceVersion) {
          const why = `StorageError: invalid object, Code: 4, Key: /registry/pods/${call.place.namespace}/${name}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: ResourceVersion in precondition: ${version}, ResourceVersion in object meta: ${String(old.resourceVersion)}`;
          throw conflict(pods, name, why);
        }
        const refuse = (why: string): StatusError => conflict({ group: '', resource: 'pods/binding' }, name, why);
        if (getOwn(old, 'deletionTimestamp') !== undefined)
          throw refuse(`pod ${name} is being deleted, cannot be assigned to a host`);
        const spec = objectAt(live, 'spec');
        const current = stringAt(spec, 'nodeName') ?? '';
        if (current !== '') throw refuse(`pod ${name} is already assigned to node ${JSON.stringify(current)}`);
        if (objectsAt(spec, 'schedulingGates').length > 0)
          throw refuse(`pod ${name} has non-empty .spec.schedulingGates`);
        const pod = cloneJson(live);
        const next = objectAt(pod, 'spec');
        next.nodeName = node;
        for (const field of ['annotations', 'labels']) {
          const given = objectAt(metadata, field);
          if (Object.keys(given).length === 0) continue;
          metadataOf(pod)[field] = { ...objectAt(metadataOf(pod), field), ...given };
        }
        const status = objectAt(pod, 'status');
        delete status.nominatedNodeName;
        const conditions = objectsAt(status, 'conditions').filter(({ type }) => type !== 'PodScheduled');
        status.conditions = [
          ...conditions,
          { type: 'PodScheduled', status: 'True', lastProbeTime: null, lastTransitionTime: registry.time() },
        ];
        pod.status = status;
        return pod;
      },
      request,
      { tracked: true },
    );
    return objectAnswer(success, { status: 201 });
  };
}

/** `pods/eviction`: a deletion that asks the PodDisruptionBudgets first. */
export function evictionHandler(registry: Registry, catalog: Catalog): SubresourceHandler {
  const pods = kindOf(catalog, '', 'Pod');
  const evictions = catalog.findByKind('policy', 'v1', 'Eviction');
  const budgets = kindOf(catalog, 'policy', 'PodDisruptionBudget');
  return async (call) => {
    if (call.info.verb !== 'create') return undefined;
    const request = writeRequest(call, 'CreateOptions');
    const { object } =
      evictions === undefined ? await plainBody(call, pods) : await decodeBody(evictions, call.exchange, 'Ignore');
    const name = call.place.name;
    const pod = registry.get(pods, call.place);
    const options = objectAt(object, 'deleteOptions');
    const deletion: DeleteRequest = {
      ...request,
      dryRun: request.dryRun || (Array.isArray(options.dryRun) && options.dryRun.includes('All')),
      gracePeriodSeconds: numberAt(options, 'gracePeriodSeconds'),
      propagation: undefined,
      preconditions: undefined,
    };
    const phase = stringAt(objectAt(pod, 'status'), 'phase');
    const ending = getOwn(metadataOf(pod), 'deletionTimestamp') !== undefined;
    if (phase !== 'Succeeded' && phase !== 'Failed' && phase !== 'Pending' && !ending) {
      const labels = objectAt(metadataOf(pod), 'labels');
      const holding = registry.store
        .list(budgets.storage, `${call.place.namespace}/`)
        .map(([, budget]) => budget)
        .filter((budget) => {
          const selector = getOwn(objectAt(budget, 'spec'), 'selector');
          return isObject(selector) && matchesLabels(requirementsOf(selector), labels);
        });
      if (holding.length > 1) {
        throw new StatusError({
          code: 500,
          reason: 'InternalError',
          message: 'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.',
        });
      }
      const budget = holding[0];
      if (budget !== undefined) await spend(budget, deletion);
    }
    await registry.delete(pods, call.place, deletion);
    return objectAnswer(success, { status: 201 });

    async function spend(budget: JsonObject, deletionRequest: DeleteRequest): Promise<void> {
      const metadata = metadataOf(budget);
      const budgetName = String(metadata.name);
      await registry.update(
        budgets,
        { namespace: call.place.namespace, name: budgetName, subresource: 'status' },
        (live) => {
          const next = cloneJson(live ?? budget);
          const status = objectAt(next, 'status');
          const observed = numberAt(status, 'observedGeneration') ?? 0;
          const refuse = (cause: string): StatusError => {
            const text = "Cannot evict pod as it would violate the pod's disruption budget.";
            const failure = tooManyRequests(text, 0);
            return new StatusError({
              code: 429,
              reason: 'TooManyRequests',
              message: failure.message,
              details: { causes: [{ reason: 'DisruptionBudget', message: cause }] },
            });
          };
          if (observed < (numberAt(metadataOf(next), 'generation') ?? 0)) {
            throw refuse(`The disruption budget ${budgetName} is still being processed by the server.`);
          }
          const allowed = numberAt(status, 'disruptionsAllowed') ?? 0;
          if (allowed <= 0) {
            throw refuse(
              `The disruption budget ${budgetName} needs ${numberAt(status, 'desiredHealthy') ?? 0} healthy pods and has ${numberAt(status, 'currentHealthy') ?? 0} currently`,
            );
          }
          status.disruptionsAllowed = allowed - 1;
          status.disruptedPods = { ...objectAt(status, 'disruptedPods'), [name]: registry.time() };
          next.status = status;
          return next;
        },
        { ...deletionRequest, warnings: [] },
      );
    }
  };
}

async function plainBody(call: ResourceCall, kind: Kind): Promise<{ readonly object: JsonObject }> {
  const text = (await call.exchange.body(3 * 2 ** 20)).toString('utf8');
  const value = text === '' ? {} : (JSON.parse(text) as JsonObject);
  void kind;
  return { object: value };
}
