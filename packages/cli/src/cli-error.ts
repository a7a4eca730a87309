import { ApiError } from '@hardpoint/machinery';
import { EXIT, type ExitCode } from './exit-codes.ts';

/** An end of a command that a person is told about in one or two lines: what was wrong, and the remedy. */
export class CliError extends Error {
  override readonly name = 'CliError';
  readonly exitCode: ExitCode;
  readonly remedy: string | undefined;

  constructor(options: { message: string; exitCode?: ExitCode; remedy?: string; cause?: unknown }) {
    super(options.message, options.cause === undefined ? undefined : { cause: options.cause });
    this.exitCode = options.exitCode ?? EXIT.failed;
    this.remedy = options.remedy;
  }

  /** Any thrown value as a CliError; an ApiError's code decides the exit code. */
  static from(error: unknown): CliError {
    if (error instanceof CliError) return error;
    if (error instanceof ApiError) {
      switch (error.code) {
        case 'Unreachable':
          return new CliError({
            message: `the API server did not answer: ${error.message}`,
            exitCode: EXIT.unreachable,
            remedy: 'Is it running? `hardpoint up` starts one; --kubeconfig FILE names another.',
            cause: error,
          });
        case 'NotFound':
          return new CliError({ message: error.message, exitCode: EXIT.notFound, cause: error });
        case 'Forbidden':
        case 'Unauthorized':
        case 'Invalid':
        case 'BadRequest':
          return new CliError({ message: error.message, exitCode: EXIT.refused, cause: error });
        default:
          return new CliError({ message: error.message, cause: error });
      }
    }
    if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') {
      const { address = '', port = '' } = error as { readonly address?: string; readonly port?: number };
      return new CliError({
        message: `port ${port} on ${address} is in use by another process`,
        remedy: 'End that one first, or choose another port; 0 is a free one.',
        cause: error,
      });
    }
    const message = error instanceof Error ? error.message : String(error);
    return new CliError({ message, cause: error });
  }
}
