import { getOwn, type JsonObject, stringAt } from '../schema/contract.ts';
import { booleanAt, ensureObject, numberAt, objectsAt, setDefault } from './fields.ts';

/** Every container of a Pod spec: init, main and ephemeral. */
export function containersOf(spec: JsonObject): JsonObject[] {
  return [
    ...objectsAt(spec, 'initContainers'),
    ...objectsAt(spec, 'containers'),
    ...objectsAt(spec, 'ephemeralContainers'),
  ];
}

/** Fills in what kube-apiserver fills into a Pod spec, of a Pod or of a template. */
export function defaultPodSpec(spec: JsonObject): void {
  setDefault(spec, 'restartPolicy', 'Always');
  setDefault(spec, 'terminationGracePeriodSeconds', 30);
  setDefault(spec, 'dnsPolicy', 'ClusterFirst');
  setDefault(spec, 'schedulerName', 'default-scheduler');
  setDefault(spec, 'securityContext', {});
  if (booleanAt(spec, 'hostNetwork')) {
    for (const container of [...objectsAt(spec, 'containers'), ...objectsAt(spec, 'initContainers')]) {
      for (const port of objectsAt(container, 'ports')) {
        if ((numberAt(port, 'hostPort') ?? 0) === 0) port.hostPort = numberAt(port, 'containerPort') ?? 0;
      }
    }
  }
  for (const container of containersOf(spec)) defaultContainer(container);
  for (const volume of objectsAt(spec, 'volumes')) defaultVolume(volume);
  const account = stringAt(spec, 'serviceAccountName') ?? '';
  const old = stringAt(spec, 'serviceAccount') ?? '';
  if (account !== '') spec.serviceAccount = account;
  else if (old !== '') spec.serviceAccountName = old;
  for (const constraint of objectsAt(spec, 'topologySpreadConstraints')) void constraint;
}

function defaultContainer(container: JsonObject): void {
  if (getOwn(container, 'imagePullPolicy') === undefined) {
    const image = stringAt(container, 'image') ?? '';
    const afterSlash = image.slice(image.lastIndexOf('/') + 1);
    const digest = image.includes('@');
    const tag = afterSlash.includes(':') ? afterSlash.slice(afterSlash.indexOf(':') + 1) : digest ? 'digest' : 'latest';
    container.imagePullPolicy = tag === 'latest' ? 'Always' : 'IfNotPresent';
  }
  setDefault(container, 'terminationMessagePath', '/dev/termination-log');
  setDefault(container, 'terminationMessagePolicy', 'File');
  for (const port of objectsAt(container, 'ports')) setDefault(port, 'protocol', 'TCP');
  for (const variable of objectsAt(container, 'env')) {
    const from = getOwn(variable, 'valueFrom');
    const field = from === undefined ? undefined : getOwn(from as JsonObject, 'fieldRef');
    if (field !== undefined) setDefault(field as JsonObject, 'apiVersion', 'v1');
    const resource = from === undefined ? undefined : getOwn(from as JsonObject, 'resourceFieldRef');
    if (resource !== undefined) setDefault(resource as JsonObject, 'divisor', '0');
  }
  const resources = ensureObject(container, 'resources');
  const limits = getOwn(resources, 'limits');
  if (limits !== undefined) {
    const requests = ensureObject(resources, 'requests');
    for (const [name, value] of Object.entries(limits as JsonObject)) setDefault(requests, name, value);
    if (Object.keys(requests).length === 0) delete resources.requests;
  }
  for (const name of ['livenessProbe', 'readinessProbe', 'startupProbe']) {
    const probe = getOwn(container, name);
    if (probe !== undefined) defaultProbe(probe as JsonObject);
  }
  const lifecycle = getOwn(container, 'lifecycle') as JsonObject | undefined;
  for (const name of ['postStart', 'preStop']) {
    const hook = lifecycle === undefined ? undefined : (getOwn(lifecycle, name) as JsonObject | undefined);
    const http = hook === undefined ? undefined : getOwn(hook, 'httpGet');
    if (http !== undefined) defaultHttpGet(http as JsonObject);
  }
}

function defaultProbe(probe: JsonObject): void {
  setDefault(probe, 'timeoutSeconds', 1);
  setDefault(probe, 'periodSeconds', 10);
  setDefault(probe, 'successThreshold', 1);
  setDefault(probe, 'failureThreshold', 3);
  const http = getOwn(probe, 'httpGet');
  if (http !== undefined) defaultHttpGet(http as JsonObject);
  const grpc = getOwn(probe, 'grpc');
  if (grpc !== undefined) setDefault(grpc as JsonObject, 'service', '');
}

function defaultHttpGet(http: JsonObject): void {
  setDefault(http, 'path', '/');
  setDefault(http, 'scheme', 'HTTP');
}

function defaultVolume(volume: JsonObject): void {
  const sources = Object.keys(volume).filter((key) => key !== 'name');
  if (sources.length === 0) volume.emptyDir = {};
  for (const name of ['secret', 'configMap', 'downwardAPI', 'projected']) {
    const source = getOwn(volume, name) as JsonObject | undefined;
    if (source === undefined) continue;
    setDefault(source, 'defaultMode', 420);
    for (const item of objectsAt(source, 'items')) defaultFieldRef(item);
    for (const projection of objectsAt(source, 'sources')) {
      const token = getOwn(projection, 'serviceAccountToken') as JsonObject | undefined;
      if (token !== undefined) setDefault(token, 'expirationSeconds', 3600);
      const downward = getOwn(projection, 'downwardAPI') as JsonObject | undefined;
      for (const item of objectsAt(downward, 'items')) defaultFieldRef(item);
    }
  }
  const host = getOwn(volume, 'hostPath') as JsonObject | undefined;
  if (host !== undefined) setDefault(host, 'type', '');
}

function defaultFieldRef(item: JsonObject): void {
  const field = getOwn(item, 'fieldRef');
  if (field !== undefined) setDefault(field as JsonObject, 'apiVersion', 'v1');
  const resource = getOwn(item, 'resourceFieldRef');
  if (resource !== undefined) setDefault(resource as JsonObject, 'divisor', '0');
}

/** `Guaranteed`, `Burstable` or `BestEffort`, by requests and limits of cpu and memory. */
export function qosClass(spec: JsonObject): string {
  let any = false;
  let guaranteed = true;
  for (const container of [...objectsAt(spec, 'containers'), ...objectsAt(spec, 'initContainers')]) {
    const resources = (getOwn(container, 'resources') ?? {}) as JsonObject;
    const requests = (getOwn(resources, 'requests') ?? {}) as JsonObject;
    const limits = (getOwn(resources, 'limits') ?? {}) as JsonObject;
    for (const name of ['cpu', 'memory']) {
      const request = getOwn(requests, name);
      const limit = getOwn(limits, name);
      if (request !== undefined || limit !== undefined) any = true;
      if (limit === undefined || (request !== undefined && request !== limit)) guaranteed = false;
    }
  }
  if (!any) return 'BestEffort';
  return guaranteed ? 'Guaranteed' : 'Burstable';
}
