import { type JsonObject, StatusError } from '../schema/contract.ts';

/** Where a Pod's kubelet answers, and which container is meant. */
export interface KubeletTarget {
  readonly host: string;
  readonly port: number;
  readonly container: string;
}

type Record_ = Readonly<Record<string, unknown>>;

/**
 * Finds container and kubelet the way kube-apiserver does, with its texts.
 *
 * @param node The Pod's Node, or undefined where there is none of that name.
 * @throws StatusError 400 where no container, or none of that name, is meant; 404 where the Node is gone.
 */
export function kubeletTarget(pod: JsonObject, node: JsonObject | undefined, container: string): KubeletTarget {
  const name = String(record(pod.metadata).name);
  const chosen = chooseContainer(pod, name, container);
  const nodeName = String(record(pod.spec).nodeName ?? '');
  if (nodeName === '') throw StatusError.badRequest(`pod ${name} does not have a host assigned`);
  if (node === undefined) {
    throw new StatusError({
      code: 404,
      reason: 'NotFound',
      message: `nodes "${nodeName}" not found`,
      details: { name: nodeName, kind: 'nodes' },
    });
  }
  const status = record(node.status);
  const port = record(record(status.daemonEndpoints).kubeletEndpoint).Port;
  const addresses = list(status.addresses).map(record);
  const host = ['InternalIP', 'ExternalIP', 'Hostname']
    .map((type) => addresses.find((one) => one.type === type)?.address)
    .find((address) => typeof address === 'string');
  if (typeof host !== 'string') throw internal(`no preferred addresses found; known addresses: []`);
  return { host, port: typeof port === 'number' && port > 0 ? port : 10250, container: chosen };
}

/** The container that is meant. Throws a StatusError 400 where none is, or none of that name. */
export function chooseContainer(pod: JsonObject, name: string, container: string): string {
  const spec = record(pod.spec);
  const names = (of: string): string[] => list(spec[of]).map((one) => String(record(one).name));
  const main = names('containers');
  const init = names('initContainers');
  const ephemeral = names('ephemeralContainers');
  if (container !== '') {
    if ([...main, ...init, ...ephemeral].includes(container)) return container;
    throw StatusError.badRequest(`container ${container} is not valid for pod ${name}`);
  }
  const [only] = main;
  if (main.length === 1 && init.length === 0 && ephemeral.length === 0 && only !== undefined) return only;
  if (main.length === 0) throw StatusError.badRequest(`a container name must be specified for pod ${name}`);
  let message = `a container name must be specified for pod ${name}, choose one of: [${main.join(' ')}]`;
  if (init.length > 0) message += ` or one of the init containers: [${init.join(' ')}]`;
  if (ephemeral.length > 0) message += ` or one of the ephemeral containers: [${ephemeral.join(' ')}]`;
  throw StatusError.badRequest(message);
}

export function internal(message: string): StatusError {
  return new StatusError({
    code: 500,
    reason: 'InternalError',
    message: `Internal error occurred: ${message}`,
    details: { causes: [{ message }] },
  });
}

function record(value: unknown): Record_ {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record_) : {};
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
