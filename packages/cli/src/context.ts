import type { Clock, Logger, Random } from '@hardpoint/machinery';

/** What a command is given; nothing in it is read from the process by the command itself. */
export interface CommandContext {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  readonly clock: Clock;
  readonly random: Random;
  /** Aborted by the first SIGINT or SIGTERM. */
  readonly signal: AbortSignal;
  readonly logger: (name: string) => Logger;
  /** Set by a command that ends without throwing but not with 0. */
  setExitCode(code: number): void;
}
