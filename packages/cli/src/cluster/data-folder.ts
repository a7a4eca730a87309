import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { CliError } from '../cli-error.ts';
import { EXIT } from '../exit-codes.ts';

/** The places in a cluster's data folder. Everything a cluster writes lies below `root`. */
export interface DataFolder {
  readonly root: string;
  readonly kubeconfig: string;
  readonly authority: string;
  partKubeconfig(part: string): string;
  log(part: string): string;
  readonly node: string;
}

const marker = 'hardpoint-data';
const holderFile = 'supervisor';

/**
 * Makes the folder (mode 0700) where it is missing.
 *
 * @throws CliError (exit code 1) that names the folder and what cannot be done with it.
 */
export function openDataFolder(folder: string, cwd: string): DataFolder {
  const root = resolve(cwd, folder);
  try {
    mkdirSync(root, { recursive: true, mode: 0o700 });
    if (!statSync(root).isDirectory()) throw new Error('it is not a folder');
    for (const name of ['parts', 'logs', 'node']) mkdirSync(join(root, name), { recursive: true, mode: 0o700 });
    chmodSync(root, 0o700);
    writeFileSync(join(root, marker), 'Written by hardpoint. This folder may be emptied by `hardpoint start`.\n', {
      mode: 0o600,
    });
  } catch (error) {
    throw unusable(root, error);
  }
  return {
    root,
    kubeconfig: join(root, 'kubeconfig'),
    authority: join(root, 'pki', 'ca.crt'),
    partKubeconfig: (part) => join(root, 'parts', `${part}.kubeconfig`),
    log: (part) => join(root, 'logs', `${part}.log`),
    node: join(root, 'node'),
  };
}

/**
 * Empties a folder that an earlier cluster wrote. What is not one stays as it is.
 *
 * @throws CliError (exit code 1) where the folder holds anything else, or a living cluster uses it.
 */
export function emptyDataFolder(folder: string, cwd: string): void {
  const root = resolve(cwd, folder);
  if (!existsSync(root)) return;
  refuseWhereHeld(root);
  try {
    const names = readdirSync(root);
    if (names.length > 0 && !names.includes(marker)) {
      throw new CliError({
        message: `${root} is not empty and was not written by hardpoint, so it is not emptied`,
        exitCode: EXIT.failed,
        remedy: 'Choose another folder with --data DIR.',
      });
    }
    for (const name of names) rmSync(join(root, name), { recursive: true, force: true });
  } catch (error) {
    throw error instanceof CliError ? error : unusable(root, error);
  }
}

/**
 * Takes the folder for this process until disposed. A holder that has ended without letting go is passed over.
 *
 * @throws CliError (exit code 1) naming the process that holds it.
 */
export function holdDataFolder(data: DataFolder): Disposable {
  refuseWhereHeld(data.root);
  const file = join(data.root, holderFile);
  const mine = `${process.pid} ${startOf(process.pid) ?? ''}\n`;
  writeFileSync(file, mine, { mode: 0o600 });
  return {
    [Symbol.dispose]: () => {
      if (existsSync(file) && readFileSync(file, 'utf8') === mine) rmSync(file, { force: true });
    },
  };
}

function refuseWhereHeld(root: string): void {
  const file = join(root, holderFile);
  if (!existsSync(file)) return;
  const [pid = '', start = ''] = readFileSync(file, 'utf8').trim().split(' ');
  if (Number(pid) === process.pid || startOf(Number(pid)) !== (start === '' ? undefined : start)) return;
  throw new CliError({
    message: `the data folder ${root} is in use by another process (${pid})`,
    exitCode: EXIT.failed,
    remedy: 'End that one first, or choose another folder with --data DIR.',
  });
}

/** When a living process started, in the system's ticks: with it a number used again is not mistaken for its earlier owner. */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}

function unusable(root: string, error: unknown): CliError {
  return new CliError({
    message: `the data folder ${root} cannot be used: ${error instanceof Error ? error.message : String(error)}`,
    exitCode: EXIT.failed,
    remedy: 'Choose a folder that you may write with --data DIR.',
    cause: error,
  });
}
