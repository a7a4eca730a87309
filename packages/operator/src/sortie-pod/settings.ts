import { DEFAULTS } from '@hardpoint/api';
import type { ResourceRequirements } from '@hardpoint/kubernetes';

/** What an operator's owner may choose about the Pods it builds. */
export interface SortieSettings {
  readonly aircraftControlImage: string;
  readonly weaponPreloadImage: string;
  /** Absent: aircraft-control and weapon-preload ask for nothing. */
  readonly aircraftControlResources?: ResourceRequirements;
  /** The one user and group of all containers of a sortie. */
  readonly runAsUser: number;
  readonly locale: 'zh-CN' | 'en';
}

export const DEFAULT_SETTINGS: SortieSettings = Object.freeze({
  aircraftControlImage: DEFAULTS.aircraftControlImage,
  weaponPreloadImage: DEFAULTS.weaponPreloadImage,
  runAsUser: DEFAULTS.runAsUser,
  locale: 'zh-CN',
});

/** The task a Pod's weapons serve, and whose tokens they believe (W6). */
export interface ServedTask {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  /** JWKS JSON. */
  readonly trust: string;
}
