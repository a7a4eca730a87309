import { mkdir } from 'node:fs/promises';
import { Server } from '@grpc/grpc-js';
import { type Texts, texts } from '@hardpoint/api';
import { type Clock, type Logger, seededRandom } from '@hardpoint/machinery';
import { addReflection, createHealthRegistry, Health, WeaponService, WeaponTelemetry } from '@hardpoint/wip';
import type { WeaponConfiguration } from './configuration.ts';
import { lockFolder } from './folder-lock.ts';
import { listen, openInterfaceFolder } from './interface-folder.ts';
import { type FileOperations, systemFiles } from './journal/file-operations.ts';
import { openJournal } from './journal/journal.ts';
import { serveMetrics } from './metrics-server.ts';
import { servingStates } from './standing.ts';
import { createWeapon, type Weapon } from './weapon.ts';
import { WeaponError } from './weapon-error.ts';
import { addWeaponService, addWeaponTelemetry, type OpenStreams } from './weapon-service.ts';

export interface RunWeaponOptions {
  readonly configuration: WeaponConfiguration;
  readonly clock: Clock;
  readonly log: Logger;
  /** Ends the process at once, as a simulated crash does. */
  readonly crash: () => void;
  /** Tells sockets being bound apart; the process's own id. */
  readonly processId: number;
  /** Default: the real ones. */
  readonly files?: FileOperations;
}

/** A weapon that serves. Disposing ends it gracefully: calls are answered, sockets removed. */
export interface RunningWeapon extends AsyncDisposable {
  readonly weapon: Weapon;
  /** Ports that were asked for, as bound. */
  readonly ports: {
    readonly wip: number | undefined;
    readonly health: number | undefined;
    readonly metrics: number | undefined;
  };
}

/** How long calls that are under way may take at the end, ms. */
const graceMs = 2000;

const serverOptions = {
  'grpc.max_receive_message_length': 64 * 1024,
  'grpc.enable_channelz': 0,
};

/** Starts a weapon: journal, sockets, ports (W2, W4). Throws WeaponError, nothing being left behind. */
export async function startWeapon(options: RunWeaponOptions): Promise<RunningWeapon> {
  const { configuration: config, clock, log } = options;
  const said: Texts = texts(config.locale);
  await using stack = new AsyncDisposableStack();

  await makeFolder(config.interfaceFolder);
  await makeFolder(config.stateFolder);
  stack.use(await lockFolder(config.interfaceFolder));
  if (config.stateFolder !== config.interfaceFolder) stack.use(await lockStateFolder(config));
  const journal = stack.use(
    await openJournal({
      folder: config.stateFolder,
      files: options.files ?? systemFiles,
      weapon: config.identity.weapon,
      quantity: config.identity.quantity,
      faultText: (file, problem) => `journal ${file}: ${problem}`,
    }),
  );
  if (journal.kept !== undefined)
    log.error('journal is damaged and was kept aside', { file: journal.kept.file, problem: journal.kept.problem });
  const weapon = createWeapon({
    identity: config.identity,
    behaviour: config.behaviour,
    journal,
    clock,
    random: seededRandom(config.behaviour.seed),
    log,
    texts: said,
    crash: options.crash,
  });
  const health = createHealthRegistry();
  const streams: OpenStreams[] = [];
  const servers: Server[] = [];
  stack.defer(async () => {
    // Streams and calls that hang end first: a server waits for them.
    health.close();
    for (const stream of streams) stream.end();
    await Promise.all([weapon[Symbol.asyncDispose](), ...servers.map((server) => shutDown(server, clock))]);
  });
  health.set('', 'SERVING');
  weapon.onState((state) => health.set(WeaponService.typeName, servingStates.has(state) ? 'SERVING' : 'NOT_SERVING'));

  const newServer = (serves: { weapon?: 'all' | 'status'; telemetry?: true; reflection?: true }): Server => {
    const server = new Server(serverOptions);
    health.addTo(server);
    if (serves.weapon !== undefined)
      addWeaponService(server, { weapon, methods: serves.weapon, version: config.version });
    if (serves.telemetry) streams.push(addWeaponTelemetry(server, { weapon }));
    if (serves.reflection)
      addReflection(server, [
        Health,
        ...(serves.weapon === undefined ? [] : [WeaponService]),
        ...(serves.telemetry ? [WeaponTelemetry] : []),
      ]);
    servers.push(server);
    return server;
  };

  const folder = stack.use(await openInterfaceFolder({ folder: config.interfaceFolder, processId: options.processId }));
  const { host } = config;
  const wip =
    config.port === undefined
      ? undefined
      : await listen(newServer({ weapon: 'all', telemetry: true, reflection: true }), `${host}:${config.port}`);
  const healthPort =
    config.healthPort === undefined ? undefined : await listen(newServer({}), `${host}:${config.healthPort}`);
  const metrics =
    config.metricsPort === undefined
      ? undefined
      : stack.use(
          await serveMetrics({
            host,
            port: config.metricsPort,
            // The library is loaded when somebody asks: a start does not pay for it.
            render: async () =>
              (await import('./metrics.ts')).renderMetrics({
                weapon,
                identity: config.identity,
                aircraft: config.aircraft,
                texts: said,
              }),
          }),
        );
  // control.sock last: where it answers, the others do.
  await folder.bind('data.sock', newServer({ telemetry: true, reflection: true }));
  await folder.bind('status.sock', newServer({ weapon: 'status', reflection: true }));
  await folder.bind('control.sock', newServer({ weapon: 'all', reflection: true }));

  log.info(said.weapon.serving(config.identity.weaponType, config.interfaceFolder), {
    state: weapon.ledger.standing.kind,
    remaining: weapon.ledger.remaining,
    ...config.labels,
    ...(wip === undefined ? {} : { wip: `${host}:${wip}` }),
    ...(healthPort === undefined ? {} : { health: `${host}:${healthPort}` }),
    ...(metrics === undefined ? {} : { metrics: `http://${host}:${metrics.port}/metrics` }),
  });
  const held = stack.move();
  return {
    weapon,
    ports: { wip, health: healthPort, metrics: metrics?.port },
    [Symbol.asyncDispose]: () => held[Symbol.asyncDispose](),
  };
}

/** Runs a weapon until `signal` aborts. */
export async function runWeapon(options: RunWeaponOptions & { readonly signal: AbortSignal }): Promise<void> {
  await using _running = await startWeapon(options);
  if (options.signal.aborted) return;
  await new Promise<void>((resolve) => options.signal.addEventListener('abort', () => resolve(), { once: true }));
}

async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
  } catch (error) {
    throw WeaponError.from(error, 'usage');
  }
}

/** The state folder may be the interface folder by another name. */
async function lockStateFolder(config: WeaponConfiguration): Promise<AsyncDisposable> {
  const { stat } = await import('node:fs/promises');
  const [state, sockets] = await Promise.all([stat(config.stateFolder), stat(config.interfaceFolder)]);
  if (state.dev === sockets.dev && state.ino === sockets.ino) return { [Symbol.asyncDispose]: async () => {} };
  return lockFolder(config.stateFolder);
}

function shutDown(server: Server, clock: Clock): Promise<void> {
  return new Promise((resolve) => {
    const timer = clock.timer(graceMs, () => server.forceShutdown());
    server.tryShutdown(() => {
      timer[Symbol.dispose]();
      resolve();
    });
  });
}
