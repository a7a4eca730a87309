import { ANNOTATIONS, type FlightTask, LABELS, NAMES, PATHS, PORTS, TAINTS } from '@hardpoint/api';
import type { Container, Pod, Stored, Toleration, Volume } from '@hardpoint/kubernetes';
import { type MountedWeapon, requiredHardpoints } from '../loadout/resolve-loadout.ts';
import { missionJson } from './mission.ts';
import type { ServedTask, SortieSettings } from './settings.ts';
import { CONTAINER_SECURITY, fromField, weaponContainer } from './weapon-container.ts';

/** Name of the Pod of one attempt, the same whoever computes it: a second create meets the first. */
export function sortiePodName(task: string, attempt: number): string {
  return `${task}-${attempt}`;
}

/**
 * The Pod of one attempt of a task (M2): a pure function, so that the same task, weapons and settings give the same Pod
 * at every time and on every replica.
 */
export function buildSortiePod(options: {
  readonly task: Stored<FlightTask>;
  readonly weapons: readonly MountedWeapon[];
  readonly attempt: number;
  /** JWKS JSON of the operator's key. */
  readonly trust: string;
  /** Places (phase/index) that earlier attempts proved made. */
  readonly skipReleases: readonly string[];
  readonly settings: SortieSettings;
}): Pod {
  const { task, weapons, attempt, settings } = options;
  const { namespace = '', name, uid } = task.metadata;
  const { aircraftRequirement } = task.spec;
  const served: ServedTask = { namespace, name, uid, trust: options.trust };
  const mission = missionJson(options);
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: sortiePodName(name, attempt),
      namespace,
      labels: {
        [LABELS.task]: name,
        [LABELS.attempt]: String(attempt),
        [LABELS.managedBy]: 'hardpoint-operator',
        ...requiredWeaponsLabel(weapons),
      },
      annotations: { [ANNOTATIONS.task]: name, ...requirementAnnotations(task, weapons) },
      ownerReferences: [
        { apiVersion: task.apiVersion, kind: task.kind, name, uid, controller: true, blockOwnerDeletion: true },
      ],
    },
    spec: {
      schedulerName: NAMES.scheduler,
      nodeSelector: { [LABELS.aircraftType]: aircraftRequirement.type },
      tolerations: tolerations(task.spec.lostAfterSeconds),
      restartPolicy: 'OnFailure',
      terminationGracePeriodSeconds: 30,
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      securityContext: {
        runAsUser: settings.runAsUser,
        runAsGroup: settings.runAsUser,
        fsGroup: settings.runAsUser,
        runAsNonRoot: true,
        seccompProfile: { type: 'RuntimeDefault' },
      },
      initContainers: [
        ...weapons.map((weapon, index) =>
          weaponContainer({ weapon, index, aircraftType: aircraftRequirement.type, task: served, settings }),
        ),
        preloadContainer(mission, settings),
      ],
      containers: [aircraftControl({ task: served, aircraftType: aircraftRequirement.type, mission, settings })],
      volumes: [
        ...sharedVolumes(),
        { name: NAMES.aircraftStateVolume, emptyDir: {} },
        {
          name: NAMES.authorizationsVolume,
          downwardAPI: {
            items: [
              {
                path: NAMES.authorizationsFile,
                fieldRef: { fieldPath: `metadata.annotations['${ANNOTATIONS.launchAuthorizations}']` },
              },
            ],
          },
        },
      ],
    },
  };
}

/** Volumes that weapons and what calls them share (2.1, M2). */
export function sharedVolumes(): Volume[] {
  return [
    { name: NAMES.interfaceVolume, emptyDir: {} },
    { name: NAMES.stateVolume, emptyDir: {} },
    { name: NAMES.configVolume, configMap: { name: NAMES.weaponConfigs } },
  ];
}

/** The init container that verifies the weapons once their sidecars run. It never waits for READY. */
export function preloadContainer(mission: string, settings: SortieSettings): Container {
  return {
    name: NAMES.weaponPreload,
    image: settings.weaponPreloadImage,
    imagePullPolicy: 'IfNotPresent',
    env: [
      { name: 'MISSION', value: mission },
      { name: 'HARDPOINT_LOCALE', value: settings.locale },
    ],
    volumeMounts: [{ name: NAMES.interfaceVolume, mountPath: PATHS.weapons }],
    ...(settings.aircraftControlResources === undefined ? {} : { resources: settings.aircraftControlResources }),
    securityContext: { ...CONTAINER_SECURITY },
  };
}

function aircraftControl(options: {
  readonly task: ServedTask;
  readonly aircraftType: string;
  readonly mission: string;
  readonly settings: SortieSettings;
}): Container {
  const { task, settings } = options;
  return {
    name: NAMES.aircraftControl,
    image: settings.aircraftControlImage,
    imagePullPolicy: 'IfNotPresent',
    env: [
      { name: 'TASK', value: `${task.namespace}/${task.name}` },
      { name: 'TASK_UID', value: task.uid },
      { name: 'AIRCRAFT_TYPE', value: options.aircraftType },
      { name: 'MISSION', value: options.mission },
      { name: 'SORTIE_TRUST', value: task.trust },
      { name: 'HARDPOINT_LOCALE', value: settings.locale },
      fromField('POD_IP', 'status.podIP'),
      fromField('POD_UID', 'metadata.uid'),
      fromField('NODE_NAME', 'spec.nodeName'),
    ],
    ports: [{ name: 'sortie', containerPort: PORTS.sortie, protocol: 'TCP' }],
    volumeMounts: [
      { name: NAMES.interfaceVolume, mountPath: PATHS.weapons },
      { name: NAMES.aircraftStateVolume, mountPath: PATHS.state },
      { name: NAMES.authorizationsVolume, mountPath: PATHS.authorizations, readOnly: true },
    ],
    terminationMessagePath: PATHS.terminationLog,
    terminationMessagePolicy: 'File',
    ...(settings.aircraftControlResources === undefined ? {} : { resources: settings.aircraftControlResources }),
    securityContext: { ...CONTAINER_SECURITY },
  };
}

/** One weapon is a label; a list cannot be one (no comma in a label's value) and is an annotation. */
function requiredWeaponsLabel(weapons: readonly MountedWeapon[]): Record<string, string> {
  const [only, second] = weapons;
  return only === undefined || second !== undefined ? {} : { [LABELS.requiredWeapons]: only.name };
}

function requirementAnnotations(task: FlightTask, weapons: readonly MountedWeapon[]): Record<string, string> {
  const { aircraftRequirement, targetZone, priority } = task.spec;
  const hardpoints = requiredHardpoints(task.spec);
  return {
    ...(aircraftRequirement.minFuelLevel === undefined
      ? {}
      : { [ANNOTATIONS.requiredFuelLevel]: String(aircraftRequirement.minFuelLevel) }),
    ...(hardpoints === 0 ? {} : { [ANNOTATIONS.requiredHardpoints]: String(hardpoints) }),
    ...(targetZone === undefined || targetZone === '' ? {} : { [ANNOTATIONS.targetZone]: targetZone }),
    ...(priority === undefined || priority === 0 ? {} : { [ANNOTATIONS.taskPriority]: String(priority) }),
    ...(weapons.length < 2 ? {} : { [ANNOTATIONS.requiredWeapons]: weapons.map(({ name }) => name).join(',') }),
  };
}

/** A sortie stays on an aircraft that is not heard of for as long as it may come back (M6). */
function tolerations(lostAfterSeconds: number): Toleration[] {
  const patient = { operator: 'Exists', effect: 'NoExecute', tolerationSeconds: lostAfterSeconds };
  return [
    { key: TAINTS.sortieOnly, operator: 'Exists', effect: 'NoSchedule' },
    { key: TAINTS.notReady, ...patient },
    { key: TAINTS.unreachable, ...patient },
  ];
}
