import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { resolve } from 'node:path';

export interface LivingProcess {
  readonly pid: number;
  readonly command: string;
}

/** The living processes that belong to a cluster: their working folder or an argument lies below its data folder. */
export function processesOf(dataFolder: string): readonly LivingProcess[] {
  const root = resolve(dataFolder);
  const found: LivingProcess[] = [];
  for (const entry of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    const pid = Number(entry);
    if (pid === process.pid) continue;
    try {
      const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
      const state = /^State:\s+(\S)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
      if (state === 'Z') continue;
      if (command.includes(root) || readlinkSync(`/proc/${pid}/cwd`).startsWith(root)) found.push({ pid, command });
    } catch {
      // It ended while we looked.
    }
  }
  return found;
}

/** The pid of the one container process whose bundle is `dist/NAME.mjs`, below `dataFolder`. */
export function containerPid(dataFolder: string, bundle: string, word = ''): number | undefined {
  return processesOf(dataFolder).find(
    (one) => one.command.includes(`/dist/${bundle}.mjs`) && one.command.includes(word),
  )?.pid;
}
