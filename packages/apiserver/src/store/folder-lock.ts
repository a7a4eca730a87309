import { closeSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { DataFolderError } from './data-folder.ts';

/**
 * Takes the folder for this process until disposed. A lock whose process has ended (also by kill -9) is taken over. Throws
 * a DataFolderError of code Locked that names the other process.
 */
export function lockFolder(folder: string): Disposable {
  const file = join(folder, 'lock');
  const mine = `${process.pid} ${startOf(process.pid)}\n`;
  for (let attempt = 0; ; attempt++) {
    try {
      const handle = openSync(file, 'wx', 0o600);
      writeSync(handle, mine);
      closeSync(handle);
      break;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const holder = readHolder(file);
    if (holder !== undefined && (holder.alive || attempt > 10)) {
      throw new DataFolderError('Locked', `the data folder ${folder} is in use by process ${holder.pid}`);
    }
    rmSync(file, { force: true });
  }
  return {
    [Symbol.dispose]() {
      if (readText(file) === mine) rmSync(file, { force: true });
    },
  };
}

function readHolder(file: string): { readonly pid: number; readonly alive: boolean } | undefined {
  const found = /^(\d+) (\S*)\n$/.exec(readText(file) ?? '');
  if (found === null) return undefined;
  const pid = Number(found[1]);
  return { pid, alive: isAlive(pid) && startOf(pid) === found[2] };
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** What tells a process from a later one with its number; `-` where the system does not say. */
function startOf(pid: number): string {
  const stat = readText(`/proc/${pid}/stat`);
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '-';
}
