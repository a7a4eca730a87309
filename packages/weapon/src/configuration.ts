import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { type Behaviour, type Locale, localeOf } from '@hardpoint/api';
import { resolvePath } from '@hardpoint/machinery';
import { noTrust, parseTrust, type Trust, WipError } from '@hardpoint/wip';
import { readBehaviour } from './behaviour-file.ts';
import type { WeaponIdentity } from './weapon.ts';
import { WeaponError } from './weapon-error.ts';

/** All that a weapon is told (W4). Paths are those of this process. */
export interface WeaponConfiguration {
  readonly identity: WeaponIdentity;
  /** The build, as in the image's tag; empty where unknown. */
  readonly version: string;
  /** The Node's name; empty without a cluster. */
  readonly aircraft: string;
  readonly interfaceFolder: string;
  readonly stateFolder: string;
  /** Where ports are opened: the Pod's address, else loopback. */
  readonly host: string;
  /** The whole protocol over TCP. 0: a free port. */
  readonly port: number | undefined;
  /** grpc.health.v1 only. */
  readonly healthPort: number | undefined;
  readonly metricsPort: number | undefined;
  /** GUIDANCE_MODE, MAX_RANGE and POOL_MODE as they stand: opaque, told in the log. */
  readonly labels: Readonly<Record<string, string>>;
  readonly behaviour: Behaviour;
  readonly locale: Locale;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** The flags, for people. */
export const usage = `Usage: weapon [options]

One weapon simulator: three sockets in a folder.

  --interface DIR     sockets control.sock, status.sock and data.sock (default /interface)
  --state DIR         the journal (default /state; the interface folder where there is no /state)
  --port N            the whole protocol over TCP too (0: a free port)
  --health-port N     grpc.health.v1 only, over TCP
  --metrics-port N    /metrics over HTTP
  --config FILE       behaviour file (YAML); one that does not exist is an empty one
  --trust FILE        public keys of launch authorisations (JWKS); default: variable WEAPON_TRUST
  --task NS/NAME      the task it serves; default: variable TASK
  --help

Environment: WEAPON_TYPE, WEAPON_NAME (default: WEAPON_TYPE), QUANTITY (default 1), MOUNT_POINTS, AIRCRAFT_TYPE,
WEAPON_VERSION, GUIDANCE_MODE, MAX_RANGE, POOL_MODE, WEAPON_TRUST, TASK, TASK_UID, POD_IP, NODE_NAME,
HARDPOINT_LOCALE (zh-CN or en).
`;

const maximumQuantity = 1_000_000;

/** Reads arguments and environment. Gives undefined where help is asked for. Throws WeaponError `usage`. */
export async function readConfiguration(options: {
  readonly args: readonly string[];
  readonly env: Environment;
}): Promise<WeaponConfiguration | undefined> {
  const { env } = options;
  const flags = readFlags(options.args);
  if (flags.help === true) return undefined;
  const said = (name: string): string | undefined => (env[name] === '' ? undefined : env[name]);

  const weaponType = said('WEAPON_TYPE');
  if (weaponType === undefined) throw wrong('WEAPON_TYPE is not set');
  const task = flags.task ?? said('TASK');
  if (task !== undefined && !/^[^/\s]+\/[^/\s]+$/.test(task))
    throw wrong(`${flags.task === undefined ? 'TASK' : '--task'} must be NAMESPACE/NAME, not ${JSON.stringify(task)}`);
  const pool = said('POOL_MODE');
  if (pool !== undefined && pool !== 'true' && pool !== 'false')
    throw wrong(`POOL_MODE must be true or false, not ${JSON.stringify(pool)}`);

  const interfaceFolder = resolvePath(flags.interface ?? '/interface', env);
  const mountPoints = readMountPoints(env.MOUNT_POINTS ?? '');
  return {
    identity: {
      weapon: said('WEAPON_NAME') ?? weaponType,
      weaponType,
      aircraftType: env.AIRCRAFT_TYPE ?? '',
      mountPoints,
      quantity: readQuantity(said('QUANTITY')),
      trust: await readTrust(flags.trust, env),
      task,
      taskUID: said('TASK_UID'),
    },
    version: env.WEAPON_VERSION ?? '',
    aircraft: env.NODE_NAME ?? '',
    interfaceFolder,
    stateFolder: stateFolderOf(flags.state, interfaceFolder, env),
    host: said('POD_IP') ?? '127.0.0.1',
    port: readPort('--port', flags.port, env),
    healthPort: readPort('--health-port', flags['health-port'], env),
    metricsPort: readPort('--metrics-port', flags['metrics-port'], env),
    labels: Object.fromEntries(
      ['GUIDANCE_MODE', 'MAX_RANGE', 'POOL_MODE'].flatMap((name) => {
        const value = said(name);
        return value === undefined ? [] : [[name, value]];
      }),
    ),
    behaviour: await readBehaviour(flags.config === undefined ? undefined : resolvePath(flags.config, env)),
    locale: readLocale(said('HARDPOINT_LOCALE')),
  };
}

function readFlags(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      strict: true,
      allowPositionals: false,
      options: {
        interface: { type: 'string' },
        state: { type: 'string' },
        port: { type: 'string' },
        'health-port': { type: 'string' },
        'metrics-port': { type: 'string' },
        config: { type: 'string' },
        trust: { type: 'string' },
        task: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    }).values;
  } catch (error) {
    throw WeaponError.from(error, 'usage');
  }
}

function readQuantity(text: string | undefined): number {
  if (text === undefined) return 1;
  const value = /^[0-9]{1,9}$/.test(text) ? Number(text) : 0;
  if (value < 1 || value > maximumQuantity)
    throw wrong(`QUANTITY must be a whole number from 1 to ${maximumQuantity}, not ${JSON.stringify(text)}`);
  return value;
}

function readMountPoints(text: string): string {
  if (text === '') return text;
  const names = text.split(',').map((name) => name.trim());
  for (const [index, name] of names.entries()) {
    if (name === '') throw wrong(`MOUNT_POINTS has an empty name: ${JSON.stringify(text)}`);
    if (names.indexOf(name) !== index) throw wrong(`MOUNT_POINTS names ${JSON.stringify(name)} twice`);
  }
  return text;
}

/** A port; where the system has but one address, the agent's table says which port stands for it. */
function readPort(flag: string, text: string | undefined, env: Environment): number | undefined {
  if (text === undefined) return undefined;
  const port = /^[0-9]{1,5}$/.test(text) ? Number(text) : -1;
  if (port < 0 || port > 65535) throw wrong(`${flag} must be a port from 0 to 65535, not ${JSON.stringify(text)}`);
  if (env.HARDPOINT_PORTS === undefined || env.HARDPOINT_PORTS === '') return port;
  try {
    const table = JSON.parse(env.HARDPOINT_PORTS) as Readonly<Record<string, unknown>>;
    const mapped = table[String(port)];
    return typeof mapped === 'number' ? mapped : port;
  } catch (error) {
    throw new WeaponError({ code: 'usage', message: 'HARDPOINT_PORTS is not JSON', cause: error });
  }
}

async function readTrust(file: string | undefined, env: Environment): Promise<Trust> {
  const variable = env.WEAPON_TRUST;
  try {
    if (file !== undefined) return parseTrust(await readFile(resolvePath(file, env), 'utf8'), file);
    return variable === undefined || variable === '' ? noTrust : parseTrust(variable, 'WEAPON_TRUST');
  } catch (error) {
    if (error instanceof WipError) throw WeaponError.from(error, 'usage');
    throw new WeaponError({ code: 'usage', message: `--trust: ${messageOf(error)}`, cause: error });
  }
}

/** On a Pod /state is a mount. A weapon started by hand keeps its journal beside its sockets. */
function stateFolderOf(flag: string | undefined, interfaceFolder: string, env: Environment): string {
  if (flag !== undefined) return resolvePath(flag, env);
  const mounted = resolvePath('/state', env);
  return existsSync(mounted) ? mounted : interfaceFolder;
}

function readLocale(text: string | undefined): Locale {
  if (text === undefined) return 'zh-CN';
  const locale = localeOf(text);
  if (locale === undefined) throw wrong(`HARDPOINT_LOCALE must be zh-CN or en, not ${JSON.stringify(text)}`);
  return locale;
}

function wrong(message: string): WeaponError {
  return new WeaponError({ code: 'usage', message });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
