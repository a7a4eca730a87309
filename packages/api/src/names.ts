/** API group of every kind of this project. */
export const GROUP = 'airforce.mil';
export const VERSION = 'v1alpha1';
export const API_VERSION = `${GROUP}/${VERSION}`;

export const LABELS = Object.freeze({
  /** Node: aircraft type, `j20`. Makes a Node an aircraft. */
  aircraftType: 'aircraft.mil/type',
  /** Node: `ready`, `busy`, `turnaround`, or any word a person sets. */
  aircraftStatus: 'aircraft.mil/status',
  /** Node: whole percent, 0 to 100, digits only. */
  fuelLevel: 'aircraft.mil/fuel.level',
  /** Node: mount points that are free. */
  hardpointAvailable: 'aircraft.mil/hardpoint.available',
  /** Node: zone the aircraft is in. */
  locationZone: 'aircraft.mil/location.zone',
  /** Pod: the one weapon it needs. A list is the annotation of the same name. */
  requiredWeapons: 'required-weapons',
  /** Pod: name of the FlightTask it flies. */
  task: 'airforce.mil/task',
  /** Pod: number of the attempt, from 0. */
  attempt: 'airforce.mil/attempt',
  /** Pod, LaunchAuthorization: name of a Weapon. */
  weapon: 'airforce.mil/weapon',
  /** Objects that Hardpoint made. Value: the part's name. */
  managedBy: 'app.kubernetes.io/managed-by',
});

export const ANNOTATIONS = Object.freeze({
  /** Node: days until maintenance (`45`, `45d`, `45天`) or its date. */
  maintenance: 'aircraft.mil/maintenance',
  /** Node: names of weapons it can carry, separated by commas. */
  compatibleWeapons: 'aircraft.mil/compatible-weapons',
  /** Node: hardpoints by type, `internal-bay=6,wing=4`. */
  hardpoints: 'aircraft.mil/hardpoints',
  /** Node: turn-around after landing, `10s`. */
  turnaround: 'aircraft.mil/turnaround',
  /** Node: `embedded` where a node agent of this project is to host it. */
  agent: 'airforce.mil/agent',
  /** Pod: whole percent. */
  requiredFuelLevel: 'required-fuel-level',
  /** Pod: number of mount points. */
  requiredHardpoints: 'required-hardpoints',
  /** Pod: list of weapons, separated by commas. */
  requiredWeapons: 'required-weapons',
  /** Pod: zone of the task. */
  targetZone: 'target-zone',
  /** Pod: name of its FlightTask. */
  task: 'airforce.mil/task',
  /** Pod: spec.priority of its FlightTask, a whole number. Orders the scheduler's queue, the higher first. */
  taskPriority: 'airforce.mil/task-priority',
  /** Pod: JSON `[{name, weapon, count, token}]`, newest last. */
  launchAuthorizations: 'airforce.mil/launch-authorizations',
  /** Hand-written Pod: JSON of a weaponLoadout to be injected. */
  weaponLoadout: 'airforce.mil/weapon-loadout',
  /** Pod: set once the loadout has been injected; its value is a digest of it. */
  injected: 'airforce.mil/injected',
  /** Pod: digest of the weapon-configs content; changed to make a kubelet sync the volume at once. */
  configDigest: 'airforce.mil/config-digest',
  /** LaunchAuthorization: signature by which admission shows that it wrote spec.requestedBy. */
  admissionProof: 'airforce.mil/admission-proof',
});

export const TAINTS = Object.freeze({
  /** On aircraft of a real cluster: only sorties land there. */
  sortieOnly: 'aircraft.mil/sortie-only',
  notReady: 'node.kubernetes.io/not-ready',
  unreachable: 'node.kubernetes.io/unreachable',
  outOfService: 'node.kubernetes.io/out-of-service',
});

export const NAMESPACES = Object.freeze({
  /** Where Weapons are looked up, always. */
  weapons: 'weapons',
  /** The project's own parts, the launch key among them. */
  system: 'hardpoint-system',
  /** Leases, one per aircraft: the scheduler's claims. */
  aircraft: 'hardpoint-aircraft',
});

/** Names inside a sortie Pod and around it that more than one part relies on. */
export const NAMES = Object.freeze({
  scheduler: 'aircraft-scheduler',
  aircraftControl: 'aircraft-control',
  weaponPreload: 'weapon-preload',
  /** Container of Weapon NAME: `weapon-NAME`. */
  weaponContainerPrefix: 'weapon-',
  interfaceVolume: 'weapon-interface',
  stateVolume: 'weapon-state',
  configVolume: 'weapon-config',
  aircraftStateVolume: 'aircraft-state',
  authorizationsVolume: 'launch-authorizations',
  /** File in that volume. */
  authorizationsFile: 'launch-authorizations',
  /** ConfigMap, one per namespace that has tasks. Key: `<weapon>.yaml`. */
  weaponConfigs: 'weapon-configs',
  /** Secret in hardpoint-system: the operator's Ed25519 key. */
  launchKeySecret: 'hardpoint-launch-key',
  /** Secret in hardpoint-system: the webhook's CA and certificate. */
  webhookSecret: 'hardpoint-webhook-tls',
  /** Mutating and validating webhook configuration. */
  webhookConfiguration: 'hardpoint-operator',
});

export const PATHS = Object.freeze({
  /** In aircraft-control and weapon-preload: one folder per weapon container. */
  weapons: '/weapons',
  /** In a weapon: the folder of its three sockets. */
  interface: '/interface',
  state: '/state',
  config: '/config',
  authorizations: '/authorizations',
  terminationLog: '/dev/termination-log',
});

export const PORTS = Object.freeze({
  /** SortieService of aircraft-control. */
  sortie: 9000,
  /** First gRPC port of a sidecar; the next weapon has the next one. */
  grpc: 9001,
  /** First metrics port of a sidecar. */
  metrics: 9101,
});

/** Name of the container that carries a Weapon. */
export function weaponContainerName(weapon: string): string {
  return `${NAMES.weaponContainerPrefix}${weapon}`;
}

/** Type of a mount point: its name without the trailing number (`internal-bay-2` is of type `internal-bay`). */
export function mountPointType(mountPoint: string): string {
  return mountPoint.replace(/-?\d+$/, '');
}
