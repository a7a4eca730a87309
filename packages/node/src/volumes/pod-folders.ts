import { join } from 'node:path';

/** Where a Pod's files lie. Names are short: a socket's path ends at 107 bytes. */
export interface PodFolders {
  readonly root: string;
  volume(name: string): string;
  /** The scratch root of a container's attempt. */
  scratch(container: string, attempt: number): string;
  /** The termination message file, below the scratch root. */
  terminationLog(container: string, attempt: number): string;
  log(container: string, attempt: number): string;
}

/** Name of the termination message's file in a scratch root. */
export const TERMINATION_LOG = 'termination-log';

export function podFolders(options: {
  readonly dataDir: string;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}): PodFolders {
  const { dataDir, namespace, name, uid } = options;
  const root = join(dataDir, 'p', uid.replaceAll('-', '').slice(0, 12));
  const scratch = (container: string, attempt: number) => join(root, 'c', container, String(attempt));
  return {
    root,
    volume: (volume) => join(root, 'v', volume),
    scratch,
    terminationLog: (container, attempt) => join(scratch(container, attempt), TERMINATION_LOG),
    log: (container, attempt) => join(dataDir, 'logs', `${namespace}_${name}_${uid}`, container, `${attempt}.log`),
  };
}
