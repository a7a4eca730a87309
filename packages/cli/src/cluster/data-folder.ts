import { chmodSync, mkdirSync, readdirSync, statSync } from 'node:fs';
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
    readdirSync(root);
    for (const name of ['parts', 'logs', 'node']) mkdirSync(join(root, name), { recursive: true, mode: 0o700 });
    chmodSync(root, 0o700);
  } catch (error) {
    throw new CliError({
      message: `the data folder ${root} cannot be used: ${error instanceof Error ? error.message : String(error)}`,
      exitCode: EXIT.failed,
      remedy: 'Choose a folder that you may write with --data DIR.',
      cause: error,
    });
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
