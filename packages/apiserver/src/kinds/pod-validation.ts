import { labelErrors, nameProblems, qualifiedNameProblems } from '../registry/metadata.ts';
import {
  equalJson,
  type FieldError,
  fieldError,
  getOwn,
  isObject,
  type Json,
  type JsonObject,
  objectAt,
  stringAt,
} from '../schema/contract.ts';
import { numberAt, objectsAt } from './fields.ts';

const quantityPattern = /^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+|[numkMGTPE]|[KMGTPE]i)?$/;
const environmentName = /^[ -<>-~]+$/;

/** What kube-apiserver refuses in a Pod spec. */
export function podSpecErrors(spec: JsonObject, path: string): FieldError[] {
  const out: FieldError[] = [];
  const volumes = volumeErrors(spec, `${path}.volumes`, out);
  const names = new Set<string>();
  const containers = objectsAt(spec, 'containers');
  const inits = objectsAt(spec, 'initContainers');
  if (containers.length === 0) out.push(fieldError.required(`${path}.containers`));
  for (const [index, container] of containers.entries()) {
    const at = `${path}.containers[${index}]`;
    out.push(...containerErrors(container, at, volumes, names));
    if (getOwn(container, 'restartPolicy') === undefined) out.push(...probeErrors(container, at));
  }
  for (const [index, container] of inits.entries()) {
    const at = `${path}.initContainers[${index}]`;
    out.push(...containerErrors(container, at, volumes, names));
    const sidecar = stringAt(container, 'restartPolicy') === 'Always';
    if (sidecar) out.push(...probeErrors(container, at));
    else {
      for (const name of ['livenessProbe', 'readinessProbe', 'startupProbe', 'lifecycle']) {
        if (getOwn(container, name) !== undefined) {
          out.push(
            fieldError.forbidden(`${at}.${name}`, `may not be set for init containers without restartPolicy=Always`),
          );
        }
      }
    }
  }
  choice(out, `${path}.restartPolicy`, getOwn(spec, 'restartPolicy'), ['Always', 'OnFailure', 'Never']);
  choice(out, `${path}.dnsPolicy`, getOwn(spec, 'dnsPolicy'), [
    'ClusterFirstWithHostNet',
    'ClusterFirst',
    'Default',
    'None',
  ]);
  out.push(...labelErrors(objectAt(spec, 'nodeSelector'), `${path}.nodeSelector`));
  const grace = numberAt(spec, 'terminationGracePeriodSeconds');
  if (grace !== undefined && grace < 0) {
    out.push(fieldError.invalid(`${path}.terminationGracePeriodSeconds`, grace, 'must be greater than or equal to 0'));
  }
  const deadline = numberAt(spec, 'activeDeadlineSeconds');
  if (deadline !== undefined && (deadline < 1 || deadline > 2147483647)) {
    out.push(
      fieldError.invalid(`${path}.activeDeadlineSeconds`, deadline, 'must be between 1 and 2147483647, inclusive'),
    );
  }
  for (const [field, rule] of [
    ['serviceAccountName', 'dns1123Subdomain'],
    ['nodeName', 'dns1123Subdomain'],
    ['priorityClassName', 'dns1123Subdomain'],
    ['hostname', 'dns1123Label'],
    ['subdomain', 'dns1123Label'],
  ] as const) {
    const value = stringAt(spec, field) ?? '';
    if (value === '') continue;
    for (const text of nameProblems(rule, value)) out.push(fieldError.invalid(`${path}.${field}`, value, text));
  }
  for (const [index, toleration] of objectsAt(spec, 'tolerations').entries()) {
    const at = `${path}.tolerations[${index}]`;
    const operator = stringAt(toleration, 'operator') ?? 'Equal';
    const key = stringAt(toleration, 'key') ?? '';
    if (key !== '') for (const text of qualifiedNameProblems(key)) out.push(fieldError.invalid(`${at}.key`, key, text));
    if (key === '' && operator !== 'Exists' && operator !== '') {
      out.push(
        fieldError.invalid(
          `${at}.operator`,
          operator,
          'operator must be Exists when `key` is empty, which means "match all values and all keys"',
        ),
      );
    }
    if (operator === 'Exists' && (stringAt(toleration, 'value') ?? '') !== '') {
      out.push(
        fieldError.invalid(
          `${at}.operator`,
          stringAt(toleration, 'value') ?? '',
          "value must be empty when `operator` is 'Exists'",
        ),
      );
    }
    const effect = stringAt(toleration, 'effect') ?? '';
    if (effect !== '') choice(out, `${at}.effect`, effect, ['NoSchedule', 'PreferNoSchedule', 'NoExecute']);
  }
  return out;
}

function choice(out: FieldError[], field: string, value: Json | undefined, allowed: readonly string[]): void {
  if (value === undefined || value === '') out.push(fieldError.required(field));
  else if (!allowed.includes(String(value))) out.push(fieldError.notSupported(field, value, allowed));
}

function volumeErrors(spec: JsonObject, path: string, out: FieldError[]): Set<string> {
  const names = new Set<string>();
  for (const [index, volume] of objectsAt(spec, 'volumes').entries()) {
    const at = `${path}[${index}]`;
    const name = stringAt(volume, 'name') ?? '';
    if (name === '') out.push(fieldError.required(`${at}.name`));
    else {
      for (const text of nameProblems('dns1123Label', name)) out.push(fieldError.invalid(`${at}.name`, name, text));
      if (names.has(name)) out.push(fieldError.duplicate(`${at}.name`, name));
      names.add(name);
    }
    const sources = Object.keys(volume).filter((key) => key !== 'name');
    for (const extra of sources.slice(1)) {
      out.push(fieldError.forbidden(`${at}.${extra}`, 'may not specify more than 1 volume type'));
    }
    const secret = objectAt(volume, 'secret');
    if (getOwn(volume, 'secret') !== undefined && (stringAt(secret, 'secretName') ?? '') === '') {
      out.push(fieldError.required(`${at}.secret.secretName`));
    }
    if (getOwn(volume, 'configMap') !== undefined && (stringAt(objectAt(volume, 'configMap'), 'name') ?? '') === '') {
      out.push(fieldError.required(`${at}.configMap.name`));
    }
    if (getOwn(volume, 'hostPath') !== undefined && (stringAt(objectAt(volume, 'hostPath'), 'path') ?? '') === '') {
      out.push(fieldError.required(`${at}.hostPath.path`));
    }
  }
  return names;
}

function containerErrors(container: JsonObject, at: string, volumes: Set<string>, names: Set<string>): FieldError[] {
  const out: FieldError[] = [];
  const name = stringAt(container, 'name') ?? '';
  if (name === '') out.push(fieldError.required(`${at}.name`));
  else {
    for (const text of nameProblems('dns1123Label', name)) out.push(fieldError.invalid(`${at}.name`, name, text));
    if (names.has(name)) out.push(fieldError.duplicate(`${at}.name`, name));
    names.add(name);
  }
  const image = stringAt(container, 'image') ?? '';
  if (image === '') out.push(fieldError.required(`${at}.image`));
  else if (image.trim() !== image) {
    out.push(fieldError.invalid(`${at}.image`, image, 'must not have leading or trailing whitespace'));
  }
  const portNames = new Set<string>();
  for (const [index, port] of objectsAt(container, 'ports').entries()) {
    const here = `${at}.ports[${index}]`;
    const portName = stringAt(port, 'name') ?? '';
    if (portName !== '') {
      for (const text of portNameProblems(portName)) out.push(fieldError.invalid(`${here}.name`, portName, text));
      if (portNames.has(portName)) out.push(fieldError.duplicate(`${here}.name`, portName));
      portNames.add(portName);
    }
    const number = numberAt(port, 'containerPort') ?? 0;
    if (number === 0) out.push(fieldError.required(`${here}.containerPort`));
    else out.push(...portErrors(`${here}.containerPort`, number));
    const host = numberAt(port, 'hostPort') ?? 0;
    if (host !== 0) out.push(...portErrors(`${here}.hostPort`, host));
    choice(out, `${here}.protocol`, getOwn(port, 'protocol'), ['SCTP', 'TCP', 'UDP']);
  }
  for (const [index, variable] of objectsAt(container, 'env').entries()) {
    const here = `${at}.env[${index}]`;
    const variableName = stringAt(variable, 'name') ?? '';
    if (variableName === '') out.push(fieldError.required(`${here}.name`));
    else if (!environmentName.test(variableName)) {
      out.push(
        fieldError.invalid(
          `${here}.name`,
          variableName,
          "a valid environment variable name must consist only of printable ASCII characters other than '='",
        ),
      );
    }
    const from = getOwn(variable, 'valueFrom');
    if (isObject(from)) {
      const sources = Object.keys(from);
      if ((stringAt(variable, 'value') ?? '') !== '' && sources.length > 0) {
        out.push(fieldError.invalid(`${here}.valueFrom`, '', 'may not be specified when `value` is not empty'));
      }
      if (sources.length === 0) {
        out.push(
          fieldError.invalid(
            `${here}.valueFrom`,
            '',
            'must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`',
          ),
        );
      } else if (sources.length > 1) {
        out.push(fieldError.invalid(`${here}.valueFrom`, '', 'may not have more than one field specified at a time'));
      }
    }
  }
  const paths = new Set<string>();
  for (const [index, mount] of objectsAt(container, 'volumeMounts').entries()) {
    const here = `${at}.volumeMounts[${index}]`;
    const volume = stringAt(mount, 'name') ?? '';
    if (volume === '') out.push(fieldError.required(`${here}.name`));
    if (!volumes.has(volume)) out.push(fieldError.notFound(`${here}.name`, volume));
    const mountPath = stringAt(mount, 'mountPath') ?? '';
    if (mountPath === '') out.push(fieldError.required(`${here}.mountPath`));
    if (paths.has(mountPath)) out.push(fieldError.invalid(`${here}.mountPath`, mountPath, 'must be unique'));
    paths.add(mountPath);
    const sub = stringAt(mount, 'subPath') ?? '';
    if (sub.startsWith('/')) out.push(fieldError.invalid(`${here}.subPath`, sub, 'must be a relative path'));
    if (sub.split('/').includes('..')) out.push(fieldError.invalid(`${here}.subPath`, sub, "must not contain '..'"));
  }
  out.push(...resourceErrors(objectAt(container, 'resources'), `${at}.resources`));
  choice(out, `${at}.terminationMessagePolicy`, getOwn(container, 'terminationMessagePolicy'), [
    'FallbackToLogsOnError',
    'File',
  ]);
  choice(out, `${at}.imagePullPolicy`, getOwn(container, 'imagePullPolicy'), ['Always', 'IfNotPresent', 'Never']);
  return out;
}

function portErrors(field: string, value: number): FieldError[] {
  return value >= 1 && value <= 65535
    ? []
    : [fieldError.invalid(field, value, 'must be between 1 and 65535, inclusive')];
}

function portNameProblems(name: string): string[] {
  const out: string[] = [];
  if (name.length > 15) out.push('must be no more than 15 characters');
  if (!/^[-a-z0-9]+$/.test(name)) out.push('must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)');
  if (!/[a-z]/.test(name)) out.push('must contain at least one letter (a-z)');
  if (name.includes('--')) out.push('must not contain consecutive hyphens');
  if (name.startsWith('-') || name.endsWith('-')) out.push('must not begin or end with a hyphen');
  return out;
}

function resourceErrors(resources: JsonObject, at: string): FieldError[] {
  const out: FieldError[] = [];
  const limits = objectAt(resources, 'limits');
  const requests = objectAt(resources, 'requests');
  for (const [where, values] of [
    ['limits', limits],
    ['requests', requests],
  ] as const) {
    for (const [name, value] of Object.entries(values)) {
      if (String(value).startsWith('-')) {
        out.push(fieldError.invalid(`${at}.${where}[${name}]`, String(value), 'must be greater than or equal to 0'));
      }
    }
  }
  for (const [name, value] of Object.entries(requests)) {
    const limit = getOwn(limits, name);
    if (limit !== undefined && quantity(value) > quantity(limit)) {
      out.push(
        fieldError.invalid(
          `${at}.requests`,
          String(value),
          `must be less than or equal to ${name} limit of ${String(limit)}`,
        ),
      );
    }
  }
  return out;
}

const scale: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/** A quantity as a number, good enough to compare. */
function quantity(value: Json): number {
  const found = /^([+-]?[\d.]+(?:[eE][+-]?\d+)?)([numkMGTPE]|[KMGTPE]i)?$/.exec(String(value));
  return found === null ? 0 : Number(found[1]) * (scale[found[2] ?? ''] ?? 1);
}

function probeErrors(container: JsonObject, at: string): FieldError[] {
  const out: FieldError[] = [];
  for (const name of ['livenessProbe', 'readinessProbe', 'startupProbe']) {
    const probe = getOwn(container, name);
    if (!isObject(probe)) continue;
    const here = `${at}.${name}`;
    const handlers = ['exec', 'httpGet', 'tcpSocket', 'grpc'].filter((key) => getOwn(probe, key) !== undefined);
    if (handlers.length === 0) out.push(fieldError.required(here, 'must specify a handler type'));
    for (const extra of handlers.slice(1)) {
      out.push(fieldError.forbidden(`${here}.${extra}`, 'may not specify more than 1 handler type'));
    }
    for (const field of [
      'initialDelaySeconds',
      'timeoutSeconds',
      'periodSeconds',
      'successThreshold',
      'failureThreshold',
    ]) {
      const value = numberAt(probe, field) ?? 0;
      if (value < 0) out.push(fieldError.invalid(`${here}.${field}`, value, 'must be greater than or equal to 0'));
    }
    if (name !== 'readinessProbe' && (numberAt(probe, 'successThreshold') ?? 1) !== 1) {
      out.push(fieldError.invalid(`${here}.successThreshold`, numberAt(probe, 'successThreshold') ?? 0, 'must be 1'));
    }
    const grpc = getOwn(probe, 'grpc');
    if (isObject(grpc)) out.push(...portErrors(`${here}.grpc.port`, numberAt(grpc, 'port') ?? 0));
  }
  return out;
}

/** Whether text is a resource quantity. */
export function isQuantityText(text: string): boolean {
  return quantityPattern.test(text);
}

const immutableText =
  'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)';

/** What may not change in the spec of a Pod that exists. */
export function podUpdateErrors(object: JsonObject, live: JsonObject): FieldError[] {
  const spec = objectAt(object, 'spec');
  const old = objectAt(live, 'spec');
  for (const field of ['containers', 'initContainers']) {
    if (objectsAt(spec, field).length !== objectsAt(old, field).length) {
      return [fieldError.forbidden(`spec.${field}`, 'pod updates may not add or remove containers')];
    }
  }
  const out: FieldError[] = [];
  const before = objectsAt(old, 'tolerations');
  const after = objectsAt(spec, 'tolerations');
  const additionsOnly = before.every((toleration) => after.some((other) => equalJson(toleration, other)));
  const gated = objectsAt(old, 'schedulingGates').length > 0;
  const neutral = structuredClone(spec);
  for (const field of ['containers', 'initContainers']) {
    const oldContainers = objectsAt(old, field);
    for (const [index, container] of objectsAt(neutral, field).entries()) {
      const image = oldContainers[index] === undefined ? undefined : getOwn(oldContainers[index], 'image');
      if (image !== undefined) container.image = image;
    }
  }
  for (const field of [
    'activeDeadlineSeconds',
    ...(additionsOnly ? ['tolerations'] : []),
    ...(gated ? ['schedulingGates', 'nodeSelector', 'affinity'] : []),
  ]) {
    const value = getOwn(old, field);
    if (value === undefined) delete neutral[field];
    else neutral[field] = value;
  }
  if (objectsAt(neutral, 'schedulingGates').length === 0 && objectsAt(old, 'schedulingGates').length === 0)
    delete neutral.schedulingGates;
  if (!equalJson(neutral, old)) out.push(fieldError.forbidden('spec', immutableText));
  return out;
}
