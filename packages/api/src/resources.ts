import { resourceType } from '@hardpoint/kubernetes';
import type { FlightTask, LaunchAuthorization, SchedulingRecord, Weapon, WeaponPool } from './kinds.ts';
import { GROUP, VERSION } from './names.ts';

export const WEAPONS = resourceType<Weapon>(GROUP, VERSION, 'weapons', 'Weapon');
export const FLIGHT_TASKS = resourceType<FlightTask>(GROUP, VERSION, 'flighttasks', 'FlightTask');
export const WEAPON_POOLS = resourceType<WeaponPool>(GROUP, VERSION, 'weaponpools', 'WeaponPool');
export const LAUNCH_AUTHORIZATIONS = resourceType<LaunchAuthorization>(
  GROUP,
  VERSION,
  'launchauthorizations',
  'LaunchAuthorization',
);
export const SCHEDULING_RECORDS = resourceType<SchedulingRecord>(
  GROUP,
  VERSION,
  'schedulingrecords',
  'SchedulingRecord',
);
