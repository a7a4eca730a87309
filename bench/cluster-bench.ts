import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { type Client, connectionTransport, createClient, loadKubeconfig, systemClock } from '@hardpoint/machinery';

/** An embedded cluster as a person starts it: `hardpoint up` as a process of its own. */
export interface ClusterBench extends AsyncDisposable {
  /** From the spawn of the command to its line that all is ready, ms. */
  readonly readyMs: number;
  readonly client: Client;
  /** Resident memory of the command and its parts now, by name, MB. */
  residentMb(): Promise<ReadonlyMap<string, number>>;
  /** What the command and its parts have used of the processor so far, ms. */
  cpuMs(): Promise<number>;
}

const tickMs = 10;

/** `aircraft`: as for `hardpoint up --aircraft`; the example's six where absent. */
export async function startClusterBench(options: { readonly aircraft?: string }): Promise<ClusterBench> {
  const folder = await mkdtemp('/tmp/hp-b-');
  const data = `${folder}/d`;
  const more = options.aircraft === undefined ? [] : ['--aircraft', options.aircraft];
  const begun = systemClock.monotonic();
  const command = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', 'dist/hardpoint.mjs', 'up', '--data', data, '--port', '0', ...more],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  await ready(command);
  const readyMs = systemClock.monotonic() - begun;
  command.stdout?.resume();
  const transport = connectionTransport(await loadKubeconfig({ file: `${data}/kubeconfig` }));
  return {
    readyMs,
    client: createClient({ transport }),
    residentMb: async () =>
      new Map((await processes(command.pid)).map(({ name, residentMb }) => [name, residentMb] as const)),
    cpuMs: async () => (await processes(command.pid)).reduce((sum, one) => sum + one.cpuMs, 0),
    async [Symbol.asyncDispose]() {
      await transport[Symbol.asyncDispose]?.();
      const ended = once(command, 'exit');
      command.kill('SIGTERM');
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function ready(command: ChildProcess): Promise<void> {
  const { stdout, stderr } = command;
  if (stdout === null || stderr === null) throw new Error('the command has no output');
  let said = '';
  stderr.on('data', (text: Buffer) => {
    said += String(text);
  });
  const ended = once(command, 'exit').then(() => {
    throw new Error(`hardpoint up ended: ${said}`);
  });
  ended.catch(() => {});
  await Promise.race([once(stdout, 'data'), ended]);
}

interface Process {
  readonly name: string;
  readonly residentMb: number;
  readonly cpuMs: number;
}

/** The command and its children; empty where there is no /proc. */
async function processes(command: number | undefined): Promise<readonly Process[]> {
  if (command === undefined || !existsSync('/proc/self/stat')) return [];
  const found: Process[] = [];
  for (const pid of await readdir('/proc')) {
    if (!/^\d+$/.test(pid)) continue;
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (Number(pid) !== command && Number(fields[1]) !== command) continue;
    const [status, words] = await Promise.all(
      ['status', 'cmdline'].map((file) => readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '')),
    );
    found.push({
      // The word after the bundle: `up`, `apiserver`, …
      name: /hardpoint\.mjs\0([a-z]+)/.exec(words ?? '')?.[1] ?? pid,
      residentMb: Number(/VmRSS:\s+(\d+)/.exec(status ?? '')?.[1] ?? 0) / 1024,
      cpuMs: (Number(fields[11]) + Number(fields[12])) * tickMs,
    });
  }
  return found;
}
