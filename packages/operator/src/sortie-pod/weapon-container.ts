import { DEFAULTS, NAMES, PATHS, PORTS } from '@hardpoint/api';
import type { Container, ContainerPort, EnvVar, ResourceRequirements } from '@hardpoint/kubernetes';
import type { MountedWeapon } from '../loadout/resolve-loadout.ts';
import type { ServedTask, SortieSettings } from './settings.ts';

/** A container of a sortie may not gain rights, whatever its image says. */
export const CONTAINER_SECURITY = Object.freeze({
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'] },
  readOnlyRootFilesystem: true,
});

/** An environment variable from the Pod's own object. */
export function fromField(name: string, fieldPath: string): EnvVar {
  return { name, valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath } } };
}

/**
 * The native sidecar of one weapon (M2). `index` is its place in the loadout: it chooses the ports, which all weapons of
 * a Pod share one network for. Without a task it has no trust, and so refuses every launch.
 */
export function weaponContainer(options: {
  readonly weapon: MountedWeapon;
  readonly index: number;
  readonly aircraftType: string;
  readonly task: ServedTask | undefined;
  readonly settings: SortieSettings;
}): Container {
  const { weapon, index, task } = options;
  const health = PORTS.grpc + index;
  const metrics = PORTS.metrics + index;
  return {
    name: weapon.container,
    image: weapon.image,
    imagePullPolicy: weapon.pullPolicy,
    restartPolicy: 'Always',
    args: [
      '--health-port',
      String(health),
      '--metrics-port',
      String(metrics),
      '--config',
      `${PATHS.config}/${weapon.name}.yaml`,
    ],
    env: [
      { name: 'WEAPON_TYPE', value: weapon.weaponType },
      { name: 'QUANTITY', value: String(weapon.quantity) },
      { name: 'MOUNT_POINTS', value: weapon.mountPoints.join(',') },
      { name: 'AIRCRAFT_TYPE', value: options.aircraftType },
      { name: 'WEAPON_NAME', value: weapon.name },
      { name: 'WEAPON_VERSION', value: weapon.version },
      ...(weapon.guidanceMode === undefined ? [] : [{ name: 'GUIDANCE_MODE', value: weapon.guidanceMode }]),
      ...(weapon.maxRange === undefined ? [] : [{ name: 'MAX_RANGE', value: weapon.maxRange }]),
      ...(task === undefined
        ? []
        : [
            { name: 'TASK', value: `${task.namespace}/${task.name}` },
            { name: 'TASK_UID', value: task.uid },
            { name: 'WEAPON_TRUST', value: task.trust },
          ]),
      { name: 'HARDPOINT_LOCALE', value: options.settings.locale },
      fromField('POD_IP', 'status.podIP'),
      fromField('NODE_NAME', 'spec.nodeName'),
    ],
    ports: [port(index, 'grpc', health), port(index, 'metrics', metrics)],
    volumeMounts: [
      { name: NAMES.interfaceVolume, mountPath: PATHS.interface, subPath: weapon.container },
      { name: NAMES.stateVolume, mountPath: PATHS.state, subPath: weapon.container },
      { name: NAMES.configVolume, mountPath: PATHS.config, readOnly: true },
    ],
    resources: weapon.resources ?? defaultResources(),
    livenessProbe: { grpc: { port: health, service: '' }, initialDelaySeconds: 5, periodSeconds: 10 },
    readinessProbe: {
      grpc: { port: health, service: 'weapon.WeaponService' },
      initialDelaySeconds: 3,
      periodSeconds: 5,
    },
    securityContext: { ...CONTAINER_SECURITY },
  };
}

/** The first weapon's port has the bare name, the others a number: `grpc`, `grpc-2`, … (O1). */
function port(index: number, name: string, containerPort: number): ContainerPort {
  return { name: index === 0 ? name : `${name}-${index + 1}`, containerPort, protocol: 'TCP' };
}

function defaultResources(): ResourceRequirements {
  return { requests: { ...DEFAULTS.weaponResources.requests }, limits: { ...DEFAULTS.weaponResources.limits } };
}
