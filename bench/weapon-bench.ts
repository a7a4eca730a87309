import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { Client, credentials } from '@grpc/grpc-js';
import { systemClock } from '@hardpoint/machinery';
import {
  createWeaponClient,
  formatTrust,
  generateSigningKey,
  signLaunchToken,
  type WeaponClient,
} from '@hardpoint/wip';
import { quantile } from './bench.ts';

/** A weapon and an echo server side by side, each a process of its own, each on a Unix socket. */
export interface WeaponBench extends AsyncDisposable {
  readonly weapon: WeaponClient;
  /** Calls `/bench.Echo/NAME` with bytes; no message is read or built on this side. */
  echo(name: 'Echo' | 'Durable', bytes: Buffer): Promise<Buffer>;
  /** A fresh token for one store. */
  token(): string;
}

export const mountPoint = 'bay-1';
export const quantity = 1_000_000;

export async function startWeaponBench(): Promise<WeaponBench> {
  const folder = await mkdtemp('/tmp/hp-b-');
  const key = generateSigningKey();
  await writeFile(`${folder}/trust.json`, formatTrust([key]));
  await writeFile(`${folder}/b.yaml`, '{initializeSeconds: 0, selfCheckSeconds: 0, resetSeconds: 0}');
  const args = ['--interface', `${folder}/i`, '--config', `${folder}/b.yaml`];
  const weapon = spawn(
    process.execPath,
    ['dist/weapon.mjs', ...args, '--trust', `${folder}/trust.json`, '--task', 'default/bench'],
    {
      env: { ...process.env, WEAPON_TYPE: 'pl15-missile', QUANTITY: String(quantity), MOUNT_POINTS: mountPoint },
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  const echo = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', 'bench/echo-server.ts', `${folder}/e.sock`, `${folder}/echo`],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
  await Promise.all([once(weapon.stderr, 'data'), once(echo.stdout, 'data')]);
  // What they go on to say is read, so that a full pipe does not hold them up.
  weapon.stderr.resume();
  const weaponClient = createWeaponClient({ address: `unix:${folder}/i/control.sock` });
  const echoClient = new Client(`unix:${folder}/e.sock`, credentials.createInsecure());
  const bytes = (value: Buffer) => value;
  let tokens = 0;
  return {
    weapon: weaponClient,
    echo: (name, request) =>
      new Promise((resolve, reject) => {
        echoClient.makeUnaryRequest(`/bench.Echo/${name}`, bytes, bytes, request, (error, answer) => {
          if (error !== null) reject(error);
          else resolve(answer ?? Buffer.alloc(0));
        });
      }),
    token() {
      tokens += 1;
      const iat = Math.floor(systemClock.now() / 1000);
      const claims = { task: 'default/bench', taskUID: '', weapon: 'pl15-missile', count: 1 };
      return signLaunchToken({ key, claims: { ...claims, sub: 'bench', iat, exp: iat + 300, jti: `jti-${tokens}` } });
    },
    async [Symbol.asyncDispose]() {
      weaponClient.close();
      echoClient.close();
      const ended = [once(weapon, 'exit'), once(echo, 'exit')];
      weapon.kill('SIGTERM');
      echo.stdin.end();
      await Promise.all(ended);
      await rm(folder, { recursive: true });
    },
  };
}

/** Times one call after another, the two kinds in turn; ms of each. */
export async function interleave(options: {
  readonly rounds: number;
  readonly ours: () => Promise<unknown>;
  readonly theirs: () => Promise<unknown>;
  /** Done after `ours`, not timed. */
  readonly between?: () => Promise<unknown>;
}): Promise<{ readonly ours: readonly number[]; readonly theirs: readonly number[] }> {
  const samples = { ours: [] as number[], theirs: [] as number[] };
  const timed = async (call: () => Promise<unknown>, into: number[]) => {
    const begin = systemClock.monotonic();
    await call();
    into.push(systemClock.monotonic() - begin);
  };
  for (let round = 0; round < options.rounds; round += 1) {
    // Who goes first changes, so that neither always follows the other's garbage.
    const oursFirst = round % 2 === 0;
    if (!oursFirst) await timed(options.theirs, samples.theirs);
    await timed(options.ours, samples.ours);
    await options.between?.();
    if (oursFirst) await timed(options.theirs, samples.theirs);
  }
  return samples;
}

/** Blocks of interleaved calls: each block's ratio of medians, so that another process's burst spoils one block only. */
export async function compareInBlocks(
  options: Parameters<typeof interleave>[0] & { readonly blocks: number },
): Promise<{ readonly ratio: number; readonly ours: readonly number[]; readonly theirs: readonly number[] }> {
  const ratios: number[] = [];
  const all = { ours: [] as number[], theirs: [] as number[] };
  for (let block = 0; block < options.blocks; block += 1) {
    const { ours, theirs } = await interleave(options);
    ratios.push(quantile(ours, 0.5) / quantile(theirs, 0.5));
    all.ours.push(...ours);
    all.theirs.push(...theirs);
  }
  return { ratio: quantile(ratios, 0.5), ...all };
}
