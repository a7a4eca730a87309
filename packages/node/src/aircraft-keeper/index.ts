export { hardpointSum, turnaroundMs } from './aircraft-annotations.ts';
export { mountedHardpoints, runAircraftKeeper, serviceAircraft } from './aircraft-keeper.ts';
export { type AircraftPlan, type KeeperMemory, type LivingSortie, planAircraft } from './aircraft-plan.ts';
