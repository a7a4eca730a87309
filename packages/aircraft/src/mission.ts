import { AircraftError } from './aircraft-error.ts';

/** A target as opaque numbers: degrees and metres, passed on as they stand. */
export interface Target {
  readonly latitude: number;
  readonly longitude: number;
  readonly altitude: number;
  readonly targetType?: string;
  readonly velocity?: number;
}

/** One release a phase orders. */
export interface ReleaseOrder {
  /** Place in the mission: phase index and index within the phase, joined by a slash. */
  readonly place: string;
  readonly phase: number;
  readonly index: number;
  /** The Weapon's name. */
  readonly weapon: string;
  readonly count: number;
  readonly targetId: string;
  readonly target: Target;
}

export interface Phase {
  readonly name: string;
  readonly durationSeconds: number;
  /** Where this phase is flown; absent: where the phase before was. */
  readonly zone?: string;
  /** Percent of fuel per second in this phase; absent: the mission's. */
  readonly fuelPerSecond?: number;
  readonly releases: readonly ReleaseOrder[];
}

export interface Loadout {
  /** The Weapon's name. */
  readonly weapon: string;
  /** The container's name, and that of its directory below /weapons. */
  readonly container: string;
  /** What weapon-preload expects the weapon to answer; absent: any. */
  readonly version?: string;
  readonly quantity: number;
  /** Sent as Initialize's mount_point, as MOUNT_POINTS stands (W3). */
  readonly mountPoints: string;
}

/** What MISSION says: the operator writes it from the FlightTask (M1). */
export interface Mission {
  readonly phases: readonly Phase[];
  readonly targetZone?: string;
  readonly loadout: readonly Loadout[];
  /** How long a release waits for its authorisation, and what becomes of the mission when none comes. */
  readonly authorization: { readonly waitSeconds: number; readonly otherwise: 'Recall' | 'Skip' };
  /** Wall time in ms since the epoch. */
  readonly deadline?: number;
  /** Places of releases that an earlier attempt made; they are not made again (M6). */
  readonly skipReleases: ReadonlySet<string>;
  readonly fuel: { readonly start: number; readonly perSecond: number };
}

/** Percent of fuel burnt per second where neither mission nor phase says otherwise. An opaque figure of the model. */
export const defaultFuelPerSecond = 0.5;

/** Reads MISSION. Throws AircraftError `Mission` naming the field; what does not parse is never a default. */
export function parseMission(text: string): Mission {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new AircraftError({ code: 'Mission', message: `MISSION is not JSON: ${messageOf(cause)}`, cause });
  }
  const mission = record(value, 'MISSION');
  const loadout = list(mission.loadout ?? [], 'loadout').map((entry, index) =>
    parseLoadout(entry, `loadout[${index}]`),
  );
  const weapons = new Set(loadout.map(({ weapon }) => weapon));
  if (weapons.size !== loadout.length) fail('loadout', 'names a weapon twice');
  const phases = list(mission.phases ?? [], 'phases').map((entry, index) =>
    parsePhase(entry, { path: `phases[${index}]`, phase: index, weapons }),
  );
  const deadline = mission.deadline ?? undefined;
  const targetZone = optional(mission.targetZone, (zone) => string(zone, 'targetZone'));
  return {
    phases,
    loadout,
    authorization: parseAuthorization(mission.authorization),
    skipReleases: parseSkips(mission.skipReleases ?? [], phases),
    fuel: parseFuel(mission.fuel),
    ...(targetZone === undefined || targetZone === '' ? {} : { targetZone }),
    ...(deadline === undefined ? {} : { deadline: time(deadline, 'deadline') }),
  };
}

function parsePhase(value: unknown, options: { path: string; phase: number; weapons: ReadonlySet<string> }): Phase {
  const { path, phase, weapons } = options;
  const entry = record(value, path);
  const zone = optional(entry.zone, (it) => string(it, `${path}.zone`));
  const fuelPerSecond = optional(entry.fuelPerSecond, (it) => number(it, `${path}.fuelPerSecond`, { least: 0 }));
  return {
    name: string(entry.name, `${path}.name`),
    durationSeconds: number(entry.durationSeconds ?? 0, `${path}.durationSeconds`, { least: 0 }),
    ...(zone === undefined || zone === '' ? {} : { zone }),
    ...(fuelPerSecond === undefined ? {} : { fuelPerSecond }),
    releases: list(entry.releases ?? [], `${path}.releases`).map((it, index) => {
      const where = `${path}.releases[${index}]`;
      const release = record(it, where);
      const weapon = string(release.weapon, `${where}.weapon`);
      if (!weapons.has(weapon)) fail(`${where}.weapon`, `names ${JSON.stringify(weapon)}, which is not in the loadout`);
      return {
        place: `${phase}/${index}`,
        phase,
        index,
        weapon,
        count: whole(release.count ?? 1, `${where}.count`, { least: 1 }),
        targetId: string(release.targetId, `${where}.targetId`),
        target: parseTarget(release.target, `${where}.target`),
      };
    }),
  };
}

/** Only the shape is judged here: whether the numbers are in range is the weapon's word (W5). */
function parseTarget(value: unknown, path: string): Target {
  const target = record(value, path);
  const targetType = optional(target.targetType, (it) => string(it, `${path}.targetType`));
  const velocity = optional(target.velocity, (it) => number(it, `${path}.velocity`));
  return {
    latitude: number(target.latitude ?? 0, `${path}.latitude`),
    longitude: number(target.longitude ?? 0, `${path}.longitude`),
    altitude: number(target.altitude ?? 0, `${path}.altitude`),
    ...(targetType === undefined ? {} : { targetType }),
    ...(velocity === undefined ? {} : { velocity }),
  };
}

function parseLoadout(value: unknown, path: string): Loadout {
  const entry = record(value, path);
  const weapon = string(entry.weapon, `${path}.weapon`);
  const mountPoints = entry.mountPoints ?? [];
  const version = optional(entry.version, (it) => string(it, `${path}.version`));
  return {
    weapon,
    container: string(entry.container ?? `weapon-${weapon}`, `${path}.container`),
    quantity: whole(entry.quantity, `${path}.quantity`, { least: 1 }),
    mountPoints:
      typeof mountPoints === 'string'
        ? mountPoints
        : list(mountPoints, `${path}.mountPoints`)
            .map((it, index) => string(it, `${path}.mountPoints[${index}]`))
            .join(','),
    ...(version === undefined || version === '' ? {} : { version }),
  };
}

function parseAuthorization(value: unknown): Mission['authorization'] {
  const authorization = record(value ?? {}, 'authorization');
  const otherwise = authorization.otherwise ?? 'Recall';
  if (otherwise !== 'Recall' && otherwise !== 'Skip') {
    return fail('authorization.otherwise', `is ${JSON.stringify(otherwise)}; allowed: Recall, Skip`);
  }
  return {
    waitSeconds: number(authorization.waitSeconds ?? 120, 'authorization.waitSeconds', { least: 0 }),
    otherwise,
  };
}

function parseFuel(value: unknown): Mission['fuel'] {
  const fuel = record(value ?? {}, 'fuel');
  const start = number(fuel.start ?? 100, 'fuel.start', { least: 0 });
  if (start > 100) fail('fuel.start', `is ${start}; at most 100`);
  return { start, perSecond: number(fuel.perSecond ?? defaultFuelPerSecond, 'fuel.perSecond', { least: 0 }) };
}

/** A place (`1/0`), a whole key (`taskUID/1/0`), or the release's number in the mission's order. */
function parseSkips(value: unknown, phases: readonly Phase[]): ReadonlySet<string> {
  const places = phases.flatMap(({ releases }) => releases.map(({ place }) => place));
  return new Set(
    list(value, 'skipReleases').map((entry, index) => {
      const place =
        typeof entry === 'number'
          ? places[entry]
          : string(entry, `skipReleases[${index}]`).split('/').slice(-2).join('/');
      if (place === undefined || !places.includes(place)) {
        return fail(`skipReleases[${index}]`, `is ${JSON.stringify(entry)}, which names no release of the mission`);
      }
      return place;
    }),
  );
}

function fail(path: string, message: string): never {
  throw new AircraftError({ code: 'Mission', message: `MISSION: ${path} ${message}` });
}

function record(value: unknown, path: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return fail(path, 'is not an object');
  return value as Readonly<Record<string, unknown>>;
}

function list(value: unknown, path: string): readonly unknown[] {
  return Array.isArray(value) ? value : fail(path, 'is not a list');
}

function string(value: unknown, path: string): string {
  return typeof value === 'string' ? value : fail(path, 'is not text');
}

function number(value: unknown, path: string, range: { readonly least?: number } = {}): number {
  if (typeof value !== 'number' || !Number.isFinite(value)) return fail(path, 'is not a number');
  if (range.least !== undefined && value < range.least) return fail(path, `is ${value}; at least ${range.least}`);
  return value;
}

function whole(value: unknown, path: string, range: { readonly least: number }): number {
  const it = number(value, path, range);
  return Number.isSafeInteger(it) ? it : fail(path, `is ${it}; whole numbers only`);
}

function time(value: unknown, path: string): number {
  const at = Date.parse(string(value, path));
  return Number.isNaN(at) ? fail(path, `is ${JSON.stringify(value)}; an RFC 3339 time is wanted`) : at;
}

function optional<T>(value: unknown, read: (value: unknown) => T): T | undefined {
  return value === undefined || value === null ? undefined : read(value);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
