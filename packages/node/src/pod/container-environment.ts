import type { ConfigMap, Container, EnvVar, Pod, Secret } from '@hardpoint/kubernetes';
import { NodeError } from '../node-error.ts';
import { type Allocatable, type PodAddresses, podFieldValue, resourceFieldValue } from './field-value.ts';
import { expandVariables } from './variable-expansion.ts';

/** Reads the objects that variables refer to. undefined: there is none of that name. */
export interface ReferencedObjects {
  configMap(name: string): Promise<ConfigMap | undefined>;
  secret(name: string): Promise<Secret | undefined>;
}

const VARIABLE_NAME = /^[^\s=]+$/;

/**
 * A container's own variables, in order, with references resolved and `$(NAME)` expanded against those before. Throws a
 * NodeError with a kubelet's message where a reference that is not optional leads nowhere.
 */
export async function containerEnvironment(options: {
  readonly pod: Pod;
  readonly container: Container;
  readonly addresses: PodAddresses;
  readonly allocatable: Allocatable;
  readonly objects: ReferencedObjects;
}): Promise<Map<string, string>> {
  const { pod, container, addresses, allocatable, objects } = options;
  const namespace = pod.metadata?.namespace ?? '';
  const values = new Map<string, string>();
  for (const source of container.envFrom ?? []) {
    const entries = await entriesOf(source, namespace, objects);
    for (const [key, value] of Object.entries(entries)) {
      if (VARIABLE_NAME.test(key)) values.set(`${source.prefix ?? ''}${key}`, value);
    }
  }
  for (const variable of container.env ?? []) {
    const value = await resolvedValue(variable, values);
    if (value !== undefined) values.set(variable.name, value);
  }
  return values;

  async function resolvedValue(variable: EnvVar, known: ReadonlyMap<string, string>): Promise<string | undefined> {
    const from = variable.valueFrom;
    if (variable.value !== undefined && variable.value !== '') return expandVariables(variable.value, known);
    if (from?.fieldRef !== undefined) return podFieldValue(from.fieldRef, pod, addresses);
    if (from?.resourceFieldRef !== undefined) {
      return resourceFieldValue(from.resourceFieldRef, pod, container, allocatable);
    }
    if (from?.configMapKeyRef !== undefined) {
      const { name = '', key, optional } = from.configMapKeyRef;
      const found = await objects.configMap(name);
      if (found === undefined && optional !== true) throw missing('configmap', name);
      const value = found?.data?.[key];
      if (value === undefined && optional !== true) {
        throw new NodeError('ContainerConfig', `couldn't find key ${key} in ConfigMap ${namespace}/${name}`);
      }
      return value;
    }
    if (from?.secretKeyRef !== undefined) {
      const { name = '', key, optional } = from.secretKeyRef;
      const found = await objects.secret(name);
      if (found === undefined && optional !== true) throw missing('secret', name);
      const value = found?.data?.[key];
      if (value === undefined && optional !== true) {
        throw new NodeError('ContainerConfig', `couldn't find key ${key} in Secret ${namespace}/${name}`);
      }
      return value === undefined ? undefined : Buffer.from(value, 'base64').toString('utf8');
    }
    return '';
  }
}

async function entriesOf(
  source: NonNullable<Container['envFrom']>[number],
  namespace: string,
  objects: ReferencedObjects,
): Promise<Record<string, string>> {
  if (source.configMapRef !== undefined) {
    const { name = '', optional } = source.configMapRef;
    const found = await objects.configMap(name);
    if (found === undefined && optional !== true) throw missing('configmap', name);
    return found?.data ?? {};
  }
  if (source.secretRef !== undefined) {
    const { name = '', optional } = source.secretRef;
    const found = await objects.secret(name);
    if (found === undefined && optional !== true) throw missing('secret', name);
    const data = Object.entries(found?.data ?? {});
    return Object.fromEntries(data.map(([key, value]) => [key, Buffer.from(value, 'base64').toString('utf8')]));
  }
  throw new NodeError('ContainerConfig', `envFrom without a source in namespace ${namespace}`);
}

function missing(kind: 'configmap' | 'secret', name: string): NodeError {
  return new NodeError('ContainerConfig', `${kind} "${name}" not found`);
}
