import { type Locale, localeOf, PATHS, PORTS } from '@hardpoint/api';
import { resolvePath } from '@hardpoint/machinery';
import { noTrust, parseTrust, type Trust } from '@hardpoint/wip';
import { AircraftError } from './aircraft-error.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** What the operator and the node agent tell aircraft-control by its environment. */
export interface AircraftEnvironment {
  /** namespace/name */
  readonly task: string;
  readonly taskUID: string;
  readonly aircraft: string;
  readonly podUID: string;
  readonly host: string;
  readonly port: number;
  readonly locale: Locale;
  /** MISSION as it stands. */
  readonly mission: string;
  readonly trust: Trust;
  readonly weaponsFolder: string;
  readonly stateFolder: string;
  readonly authorizationsFile: string;
  readonly terminationLog: string;
}

/** Reads the environment. Throws AircraftError `Environment` naming the variable. */
export function readEnvironment(env: Environment): AircraftEnvironment {
  return {
    task: required(env, 'TASK'),
    taskUID: required(env, 'TASK_UID'),
    aircraft: env.NODE_NAME ?? '',
    podUID: env.POD_UID ?? '',
    host: env.POD_IP === undefined || env.POD_IP === '' ? '127.0.0.1' : env.POD_IP,
    port: portOf(env),
    locale: readLocale(env),
    mission: required(env, 'MISSION'),
    trust: readTrust(env),
    weaponsFolder: resolvePath(PATHS.weapons, env),
    stateFolder: resolvePath(PATHS.state, env),
    authorizationsFile: `${resolvePath(PATHS.authorizations, env)}/launch-authorizations`,
    terminationLog: resolvePath(PATHS.terminationLog, env),
  };
}

/** Where an environment says nothing, or a language there are no texts in: zh-CN. */
export function readLocale(env: Environment): Locale {
  return localeOf(env.HARDPOINT_LOCALE) ?? 'zh-CN';
}

export function required(env: Environment, name: string): string {
  const value = env[name];
  if (value !== undefined && value !== '') return value;
  throw new AircraftError({ code: 'Environment', message: `${name} is not set` });
}

function readTrust(env: Environment): Trust {
  const text = env.SORTIE_TRUST;
  if (text === undefined || text === '') return noTrust;
  try {
    return parseTrust(text, 'SORTIE_TRUST');
  } catch (cause) {
    throw new AircraftError({
      code: 'Environment',
      message: cause instanceof Error ? cause.message : String(cause),
      cause,
    });
  }
}

/** 9000, or the port HARDPOINT_PORTS allots where Pods share one address. */
function portOf(env: Environment): number {
  const table = env.HARDPOINT_PORTS;
  if (table === undefined || table === '') return PORTS.sortie;
  let ports: unknown;
  try {
    ports = JSON.parse(table);
  } catch (cause) {
    throw new AircraftError({ code: 'Environment', message: 'HARDPOINT_PORTS is not JSON', cause });
  }
  const port: unknown = (ports as Readonly<Record<string, unknown>> | null)?.[String(PORTS.sortie)];
  return typeof port === 'number' ? port : PORTS.sortie;
}
