import type { LaunchRefusal, WeaponState } from './lifecycle.ts';
import { EN } from './texts-en.ts';
import { ZH_CN } from './texts-zh-cn.ts';

/** Wording of the texts. */
export type Locale = 'zh-CN' | 'en';

/** One line of a decision's Event: a candidate with its total and its shares in the file's order. */
export interface ScoreLine {
  readonly node: string;
  readonly total: number;
  readonly shares: readonly { readonly plugin: string; readonly raw: number }[];
}

/**
 * Every text the founding document gives, and those beside them in the same tone: zh-CN is the document's to the
 * letter, en says the same. A value is text, or a function of what the document prints into it.
 */
export interface Texts {
  readonly locale: Locale;
  /** 2.1, the controller's refusals. */
  readonly refusal: {
    readonly weaponNotFound: (cause: string) => string;
    readonly aircraftType: (weapon: string, aircraftType: string) => string;
    readonly mountPointType: (weapon: string, mountPointType: string) => string;
    readonly tooManyStores: (weapon: string, quantity: number, most: number) => string;
    readonly versionUnknown: (weapon: string, version: string) => string;
    readonly versionDeprecated: (weapon: string, version: string, date: string) => string;
    readonly podExists: (pod: string) => string;
    readonly podRejected: (cause: string) => string;
  };
  /** 2.1, lines of weapon-preload. */
  readonly preload: {
    readonly begin: string;
    readonly done: string;
    readonly failed: (weapon: string, cause: string) => string;
    readonly checked: (weapon: string, version: string) => string;
  };
  /** 2.3, what a weapon answers and logs. */
  readonly weapon: {
    readonly initialized: string;
    readonly normal: string;
    readonly locked: string;
    readonly tooFew: (needed: number, left: number) => string;
    readonly launched: (count: number) => string;
    readonly initializing: (weapon: string, mountPoint: string, quantity: number) => string;
    readonly locking: (latitude: number, longitude: number, altitude: number) => string;
    readonly launching: (target: string, count: number) => string;
    readonly listenFailed: (cause: string) => string;
    readonly serving: (weapon: string, address: string) => string;
    readonly serveFailed: (cause: string) => string;
    readonly aborted: string;
    readonly selfCheckPassed: string;
    readonly selfCheckFailed: (cause: string) => string;
    readonly wrongState: (call: string, state: WeaponState) => string;
    readonly launchRefused: (reason: LaunchRefusal) => string;
  };
  /** 3.2 and S2 to S4, the scheduler's refusals. */
  readonly scheduler: {
    readonly aircraftType: (needed: string) => string;
    readonly status: (status: string) => string;
    readonly busy: string;
    readonly fuel: (current: number, needed: number) => string;
    readonly fuelUnknown: string;
    readonly hardpoints: (available: number, needed: number) => string;
    readonly weapons: (needed: string) => string;
    readonly nodeUnreadable: (cause: string) => string;
    readonly nodeNotFound: string;
    readonly noAircraft: string;
    readonly annotationInvalid: (annotation: string, value: string) => string;
    readonly labelInvalid: (label: string, value: string) => string;
    readonly unsupportedField: (field: string) => string;
    readonly claimed: (holder: string) => string;
  };
  /** 6.2, the block of a decision's Event, and S6's line for a Pod that was not placed. */
  readonly decision: {
    /** Name of a plugin's share: 燃料, 位置, 维护, 均衡, or the plugin's own name. */
    readonly share: (plugin: string) => string;
    readonly placed: (node: string) => string;
    readonly analysis: string;
    readonly candidates: (nodes: readonly string[]) => string;
    readonly score: (line: ScoreLine) => string;
    readonly others: (count: number) => string;
    readonly chosen: (node: string) => string;
    readonly notPlaced: (of: number, reasons: readonly { readonly count: number; readonly text: string }[]) => string;
  };
  /** 6.1, help texts of the metrics. */
  readonly metric: {
    readonly launchTotal: string;
    readonly launchSuccess: string;
    readonly temperature: string;
    readonly remaining: string;
    readonly launchRefused: string;
  };
  /** 5.1, lines of the preloader. */
  readonly imagePreload: {
    readonly pulling: (image: string) => string;
    readonly done: string;
  };
  /** Notes of the operator's Events and messages of its conditions. */
  readonly task: {
    readonly step: Readonly<Record<import('./lifecycle.ts').Step, string>>;
    readonly phase: (phase: import('./lifecycle.ts').FlightTaskPhase) => string;
    readonly released: (weapon: string, count: number, remaining: number) => string;
    readonly launchRefused: (weapon: string, reason: LaunchRefusal, authorization: string) => string;
    readonly recalled: (reason: string) => string;
    readonly deadline: (seconds: number) => string;
    readonly aircraftSilent: (aircraft: string) => string;
    readonly aircraftLost: (aircraft: string, seconds: number) => string;
    readonly aircraftBack: (aircraft: string) => string;
    readonly releaseUnknown: string;
    readonly podFailed: (cause: string) => string;
    readonly podGone: string;
    readonly retry: (attempt: number, limit: number) => string;
    readonly succeeded: (released: number, mounted: number) => string;
    readonly waitingForAircraft: string;
    readonly waitingForAuthorization: (weapon: string, count: number) => string;
    readonly imageMissing: (container: string, cause: string) => string;
    readonly weaponRestarted: (weapon: string, restarts: number) => string;
  };
  readonly authorization: {
    readonly issued: (weapon: string, count: number, by: string) => string;
    readonly notAdmitted: string;
    readonly forbidden: (user: string, task: string) => string;
    readonly taskMissing: (task: string) => string;
    readonly taskOver: (task: string) => string;
    readonly weaponNotInTask: (weapon: string, task: string) => string;
    readonly noTrust: (task: string) => string;
    readonly expired: string;
    readonly spent: (release: string) => string;
    readonly refused: (reason: LaunchRefusal) => string;
    readonly admissionFailed: (cause: string) => string;
  };
  readonly weaponKind: {
    readonly ignored: (namespace: string) => string;
    readonly deprecatedWarning: (weapon: string, version: string) => string;
    readonly unknownWarning: (weapon: string) => string;
  };
}

const TEXTS: Readonly<Record<Locale, Texts>> = { 'zh-CN': ZH_CN, en: EN };

/** The texts of a locale. */
export function texts(locale: Locale = 'zh-CN'): Texts {
  return TEXTS[locale];
}

/** A locale by what a person or a variable says (`en_US.UTF-8`, `zh`); undefined where it is neither language. */
export function localeOf(value: string | undefined): Locale | undefined {
  if (value === undefined) return undefined;
  if (/^zh/i.test(value)) return 'zh-CN';
  if (/^en/i.test(value)) return 'en';
  return undefined;
}
