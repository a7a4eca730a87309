export { type AircraftControlOptions, runAircraftControl } from './aircraft-control.ts';
export { AircraftError, type AircraftErrorCode } from './aircraft-error.ts';
export {
  type FinalReport,
  formatFinalReport,
  type OutcomeLetter,
  type ReportedRelease,
  type ReportedStores,
} from './final-report.ts';
export { lineWriter } from './line-writer.ts';
export { type Loadout, type Mission, type Phase, parseMission, type ReleaseOrder, type Target } from './mission.ts';
export { PreloadError, runWeaponPreload, type WeaponPreloadOptions } from './preload/weapon-preload.ts';
export type { Outcome } from './sortie-record.ts';
