export * from './behaviour.ts';
export * from './crd.ts';
export { flightTaskSpec, flightTaskStatus, weaponLoadout } from './flight-task.ts';
export { launchAuthorizationSpec, launchAuthorizationStatus } from './launch-authorization.ts';
export * from './parse.ts';
export { decision } from './scheduling-record.ts';
export { weaponSpec, weaponStatus } from './weapon.ts';
export { weaponPoolSpec, weaponPoolStatus } from './weapon-pool.ts';
