import { constants } from 'node:os';
import { createLogger, systemClock, systemRandom } from '@hardpoint/machinery';
import { CommanderError } from 'commander';
import { CliError } from './cli-error.ts';
import type { CommandContext } from './context.ts';
import { EXIT } from './exit-codes.ts';
import { createProgram } from './program.ts';

const ending = new AbortController();
let endedBy: NodeJS.Signals | undefined;
// A terminal's Ctrl-C arrives twice under npm: from the terminal and relayed by npm. The second is not a wish to hurry.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    endedBy ??= signal;
    ending.abort(new DOMException(`ended by ${signal}`, 'AbortError'));
  });
}
// Whoever reads our output may go (`hardpoint tasks | head`): that is an end, not a fault.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(EXIT.done);
  throw error;
});

const context: CommandContext = {
  env: process.env,
  cwd: process.cwd(),
  stdout: process.stdout,
  stderr: process.stderr,
  clock: systemClock,
  random: systemRandom,
  signal: ending.signal,
  logger: (name) => createLogger({ name }),
  setExitCode: (code) => {
    process.exitCode = code;
  },
};

try {
  await createProgram(context).parseAsync(process.argv);
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? EXIT.done : EXIT.usage;
  } else if (!ending.signal.aborted) {
    const known = CliError.from(error);
    process.stderr.write(`hardpoint: ${known.message}\n`);
    if (known.remedy !== undefined) process.stderr.write(`  ${known.remedy}\n`);
    if (process.env.HARDPOINT_DEBUG !== undefined && error instanceof Error) process.stderr.write(`${error.stack}\n`);
    process.exitCode = known.exitCode;
  }
}
if (endedBy !== undefined) process.exitCode = 128 + constants.signals[endedBy];
// Everything was awaited; what a library still holds open does not keep the process.
process.exit();
