import { readFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { resolve } from 'node:path';
import { parseSigningKey, signLaunchToken } from '@hardpoint/wip';
import { CliError } from './cli-error.ts';
import type { CommandContext } from './context.ts';
import { EXIT } from './exit-codes.ts';

/**
 * A launch token signed with a key at hand, for a weapon that runs without a cluster (`hardpoint weapon --trust FILE
 * --task NS/NAME`).
 *
 * @throws CliError (exit code 2) where the key cannot be read.
 */
export async function signOffline(options: {
  readonly task: string;
  readonly namespace: string;
  readonly weapon: string;
  readonly count: number;
  /** Seconds. */
  readonly ttl: number;
  readonly key: string;
  readonly taskUid?: string;
  readonly subject?: string;
  readonly context: Pick<CommandContext, 'cwd' | 'clock' | 'random'>;
}): Promise<string> {
  const { context } = options;
  const file = resolve(context.cwd, options.key);
  try {
    const key = parseSigningKey(await readFile(file, 'utf8'), file);
    const now = Math.floor(context.clock.now() / 1000);
    return signLaunchToken({
      key,
      claims: {
        sub: options.subject ?? userInfo().username,
        task: options.task.includes('/') ? options.task : `${options.namespace}/${options.task}`,
        taskUID: options.taskUid ?? '',
        weapon: options.weapon,
        count: options.count,
        iat: now,
        exp: now + options.ttl,
        jti: context.random.uuid(),
      },
    });
  } catch (error) {
    throw new CliError({
      message: `--key ${options.key}: ${error instanceof Error ? error.message : String(error)}`,
      exitCode: EXIT.usage,
      remedy: 'An Ed25519 private key as JWK or PEM; `openssl genpkey -algorithm ed25519` makes one.',
      cause: error,
    });
  }
}
