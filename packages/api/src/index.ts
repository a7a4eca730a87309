export type { Behaviour, BehaviourFault, BehaviourInput } from './behaviour.ts';
export * from './defaults.ts';
export type {
  FlightTaskRelease,
  FlightTaskSpec,
  FlightTaskSpecInput,
  FlightTaskStatus,
  FlightTaskStep,
  FlightTaskWeaponStatus,
  MissionPhase,
  Release,
  WeaponLoadoutEntry,
} from './flight-task.ts';
export type * from './kinds.ts';
export type {
  LaunchAuthorizationSpec,
  LaunchAuthorizationSpecInput,
  LaunchAuthorizationStatus,
} from './launch-authorization.ts';
export * from './lifecycle.ts';
export * from './names.ts';
export * from './resources.ts';
export type { Decision, NodeVerdict, PluginScore, VerdictGroup } from './scheduling-record.ts';
export type { Condition } from './structural.ts';
export * from './texts.ts';
export type { WeaponSpec, WeaponSpecInput, WeaponStatus } from './weapon.ts';
export type { WeaponPoolSpec, WeaponPoolSpecInput, WeaponPoolStatus } from './weapon-pool.ts';
