import type { Clock } from '@hardpoint/machinery';
import {
  createWeaponClient,
  createWeaponTelemetryClient,
  methodNames,
  WeaponService,
  WeaponTelemetry,
  WipError,
} from '@hardpoint/wip';

export interface WeaponCheckOptions {
  /** Where the weapon's three sockets lie. */
  readonly folder: string;
  /** What its version must be; undefined: any. */
  readonly version: string | undefined;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** How long sockets are waited for, ms. */
  readonly waitMs: number;
}

export type WeaponCheck =
  | { readonly kind: 'passed'; readonly version: string | undefined }
  | { readonly kind: 'failed'; readonly cause: string };

/** The part of gRPC's metadata that is read here. */
interface Headers {
  get(name: string): readonly (string | Buffer)[];
}

/** How long one question may take once a socket answers, ms. A self-check may be slow by its behaviour file. */
const askMs = 60_000;

/** Verifies one weapon: its sockets, its interface, its self-check, its version, in this order. */
export async function checkWeapon(options: WeaponCheckOptions): Promise<WeaponCheck> {
  const { folder, clock } = options;
  const address = (name: string) => `unix:${folder}/${name}.sock`;
  using control = createWeaponClient({ address: address('control') });
  using statusClient = createWeaponClient({ address: address('status') });
  using telemetry = createWeaponTelemetryClient({ address: address('data') });
  const controller = new AbortController();
  const stop = () => controller.abort(options.signal.reason);
  if (options.signal.aborted) stop();
  options.signal.addEventListener('abort', stop, { once: true });
  using _ = clock.timer(options.waitMs + askMs, () => controller.abort());
  const { signal } = controller;
  const step = async (name: string, work: () => Promise<void>): Promise<string | undefined> => {
    try {
      await work();
      return undefined;
    } catch (error) {
      return `${name}: ${WipError.from(error).message}`;
    }
  };
  let version: string | undefined;
  const onHeaders = (headers: Headers) => {
    const [said] = headers.get('weapon-version');
    if (typeof said === 'string' && said !== '') version = said;
  };
  const serves = async (name: string, service: typeof WeaponService | typeof WeaponTelemetry) => {
    const present = new Set(await methodNames({ address: address(name), service: service.typeName, signal }));
    const absent = service.methods.filter((method) => !present.has(method.name)).map((method) => method.name);
    if (absent.length > 0) throw new Error(`${service.typeName} lacks ${absent.join(', ')}`);
  };
  try {
    const steps: readonly (readonly [string, () => Promise<void>])[] = [
      ['control.sock', () => connected(() => control.getStatus({}, { signal }).then(nothing), options, signal)],
      ['status.sock', () => connected(() => statusClient.getStatus({}, { signal }).then(nothing), options, signal)],
      ['data.sock', () => connected(() => firstOf(telemetry.watch({}, { signal })), options, signal)],
      ['control.sock', () => serves('control', WeaponService)],
      ['data.sock', () => serves('data', WeaponTelemetry)],
      [
        'SelfCheck',
        async () => {
          const { success, message } = await control.selfCheck({}, { signal, onHeaders });
          if (!success) throw new Error(message);
        },
      ],
      [
        'version',
        async () => {
          // A weapon built without one says nothing, and nothing is all that can be compared.
          if (options.version === undefined || version === undefined || version === options.version) return;
          throw new Error(`${version} != ${options.version}`);
        },
      ],
    ];
    for (const [name, work] of steps) {
      const cause = await step(name, work);
      if (cause !== undefined) return { kind: 'failed', cause };
    }
    return { kind: 'passed', version };
  } finally {
    options.signal.removeEventListener('abort', stop);
  }
}

/** Asks until the socket answers: a sidecar that has started need not be listening yet. */
async function connected(
  ask: () => Promise<void>,
  { clock, waitMs }: WeaponCheckOptions,
  signal: AbortSignal,
): Promise<void> {
  const until = clock.monotonic() + waitMs;
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      const { retryable } = WipError.from(error);
      if (!retryable || signal.aborted || clock.monotonic() >= until) throw error;
    }
    await clock.sleep(50, signal);
  }
}

async function firstOf(stream: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of stream) return;
  throw new Error('the telemetry stream ended without a word');
}

function nothing(): void {}
