import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** Ends processes and removes a folder even where the process that asked for it was killed. */
export interface ChildGuard {
  /** Ends what it guards at once. */
  end(): Promise<void>;
  /** Leaves what it guards alone. */
  dismiss(): void;
}

/**
 * Starts a shell that waits for its standard input to close, which happens also when this process dies, and then kills
 * `pids` and removes `folder`.
 */
export function guardChildren(options: { readonly pids: readonly number[]; readonly folder: string }): ChildGuard {
  const script = 'cat >/dev/null; folder=$1; shift; kill -9 "$@" 2>/dev/null; rm -rf "$folder"';
  const guard = spawn('/bin/sh', ['-c', script, 'guard', options.folder, ...options.pids.map(String)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  const exited = once(guard, 'exit');
  exited.catch(() => {});
  guard.unref();
  return {
    async end() {
      guard.ref();
      guard.stdin.end();
      await exited;
    },
    dismiss() {
      // The shell's group: the shell and its cat.
      if (guard.pid !== undefined) process.kill(-guard.pid, 'SIGKILL');
    },
  };
}
