export { defaultBehaviour, readBehaviour } from './behaviour-file.ts';
export { readConfiguration, type WeaponConfiguration } from './configuration.ts';
export { type RunningWeapon, type RunWeaponOptions, runWeapon, startWeapon } from './run-weapon.ts';
export type { Weapon, WeaponIdentity } from './weapon.ts';
export { WeaponError, type WeaponErrorCode } from './weapon-error.ts';
