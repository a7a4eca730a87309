/** The twelve steps of a weapon's life (2.2 of the document), in its order. Also condition types. */
export const STEPS = Object.freeze([
  'TaskCreated',
  'LoadoutResolved',
  'CompatibilityChecked',
  'SidecarsInjected',
  'PodCreated',
  'WeaponsPreloaded',
  'ContainersStarted',
  'WeaponsInitialized',
  'WeaponsReady',
  'MissionExecuted',
  'TaskCompleted',
  'PodTerminated',
] as const);

export type Step = (typeof STEPS)[number];

/** Conditions of a FlightTask beyond the twelve steps. */
export const EXTRA_CONDITIONS = Object.freeze(['Refused', 'AircraftLost'] as const);

export type FlightTaskConditionType = Step | (typeof EXTRA_CONDITIONS)[number];

export const PHASES = Object.freeze([
  'Pending',
  'Mounting',
  'Ready',
  'Flying',
  'Succeeded',
  'Failed',
  'Refused',
  'Lost',
] as const);

export type FlightTaskPhase = (typeof PHASES)[number];

/** Phases after which nothing more happens to a task by itself. `Refused` is looked at again when what it needs changes. */
export const FINAL_PHASES: ReadonlySet<FlightTaskPhase> = new Set(['Succeeded', 'Failed']);

/** States of the Weapon Interface Protocol, in the order of their numbers. */
export const WEAPON_STATES = Object.freeze(['INITIALIZING', 'READY', 'LOCKED', 'LAUNCHED', 'FAULT'] as const);

export type WeaponState = (typeof WEAPON_STATES)[number];

/** Why a weapon refused a launch (W6). */
export const LAUNCH_REFUSALS = Object.freeze([
  'missing',
  'malformed',
  'key',
  'expired',
  'task',
  'weapon',
  'count',
  'replayed',
] as const);

export type LaunchRefusal = (typeof LAUNCH_REFUSALS)[number];

/** Phases of a LaunchAuthorization. */
export const AUTHORIZATION_PHASES = Object.freeze(['Pending', 'Issued', 'Spent', 'Refused', 'Expired'] as const);

export type AuthorizationPhase = (typeof AUTHORIZATION_PHASES)[number];
