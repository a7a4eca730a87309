import type { KubernetesObject } from '@hardpoint/kubernetes';
import type * as flightTask from './flight-task.ts';
import type * as authorization from './launch-authorization.ts';
import type * as record from './scheduling-record.ts';
import type * as weapon from './weapon.ts';
import type * as pool from './weapon-pool.ts';

/** A weapon's definition: image, versions, what it fits, how its simulator behaves. */
export interface Weapon extends KubernetesObject {
  spec: weapon.WeaponSpec;
  status?: weapon.WeaponStatus | undefined;
}

/** One mission of one aircraft with its stores. */
export interface FlightTask extends KubernetesObject {
  spec: flightTask.FlightTaskSpec;
  status?: flightTask.FlightTaskStatus | undefined;
}

/** A person's word that `count` stores of `weapon` may be released by one task. */
export interface LaunchAuthorization extends KubernetesObject {
  spec: authorization.LaunchAuthorizationSpec;
  status?: authorization.LaunchAuthorizationStatus | undefined;
}

/** The scheduler's last decisions on one Pod. */
export interface SchedulingRecord extends KubernetesObject {
  decisions: record.Decision[];
}

/** Weapons held ready in standby. */
export interface WeaponPool extends KubernetesObject {
  spec: pool.WeaponPoolSpec;
  status?: pool.WeaponPoolStatus | undefined;
}
