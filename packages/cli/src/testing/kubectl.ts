import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

export interface Kubectl {
  readonly version: string;
  run(
    args: readonly string[],
    options?: { readonly input?: string; readonly timeoutMs?: number },
  ): {
    readonly code: number;
    readonly stdout: string;
    readonly stderr: string;
  };
  /** Runs until `enough` says so of what it printed, then ends it. Rejects after `timeoutMs`. */
  follow(args: readonly string[], enough: (stdout: string) => boolean, timeoutMs: number): Promise<string>;
}

/** Every kubectl on PATH and in KUBEBUILDER_ASSETS, one per version, bound to a kubeconfig. */
export function kubectls(kubeconfig: () => string): readonly Kubectl[] {
  const folders = [...(process.env.PATH ?? '').split(delimiter), process.env.KUBEBUILDER_ASSETS ?? ''];
  const found = new Map<string, Kubectl>();
  for (const folder of folders) {
    const file = join(folder, 'kubectl');
    if (folder === '' || !existsSync(file)) continue;
    const asked = spawnSync(file, ['version', '--client', '-o', 'json'], { encoding: 'utf8' });
    if (asked.status !== 0) continue;
    const version = (JSON.parse(asked.stdout) as { clientVersion: { gitVersion: string } }).clientVersion.gitVersion;
    if (found.has(version)) continue;
    const env = (): NodeJS.ProcessEnv => ({ ...process.env, KUBECONFIG: kubeconfig(), HOME: '/nonexistent' });
    found.set(version, {
      version,
      run: (args, options = {}) => {
        const done = spawnSync(file, ['--cache-dir=/tmp/hp-kubectl-cache', ...args], {
          encoding: 'utf8',
          env: env(),
          timeout: options.timeoutMs ?? 30_000,
          ...(options.input === undefined ? {} : { input: options.input }),
        });
        return { code: done.status ?? 128, stdout: done.stdout, stderr: done.stderr };
      },
      follow: (args, enough, timeoutMs) =>
        new Promise((resolve, reject) => {
          const child = spawn(file, ['--cache-dir=/tmp/hp-kubectl-cache', ...args], {
            env: env(),
            stdio: ['ignore', 'pipe', 'pipe'],
          });
          let stdout = '';
          let stderr = '';
          const timer = setTimeout(() => {
            child.kill('SIGKILL');
            reject(new Error(`kubectl ${args.join(' ')} did not print what was awaited:\n${stdout}\n${stderr}`));
          }, timeoutMs);
          child.stderr.on('data', (chunk) => {
            stderr += chunk;
          });
          child.stdout.on('data', (chunk) => {
            stdout += chunk;
            if (enough(stdout)) child.kill('SIGTERM');
          });
          child.on('close', () => {
            clearTimeout(timer);
            if (enough(stdout)) resolve(stdout);
            else reject(new Error(`kubectl ${args.join(' ')} ended early:\n${stdout}\n${stderr}`));
          });
        }),
    });
  }
  return [...found.values()];
}
