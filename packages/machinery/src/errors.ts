/**
 * What went wrong with a call to a Kubernetes API. `code` is the `reason` of the server's Status (NotFound,
 * AlreadyExists, Conflict, Invalid, Forbidden, Unauthorized, Gone, Expired, TooManyRequests, …), or `Unreachable` where no answer
 * came, or `Malformed` where the answer could not be read.
 */
export class ApiError extends Error {
  readonly code: string;
  /** HTTP status, 0 where no answer came. */
  readonly status: number;
  /** The server's Status object, where one came. */
  readonly details: unknown;
  /** Seconds to wait before another try, where the server says so (Retry-After). */
  readonly retryAfterSeconds: number | undefined;

  constructor(options: {
    code: string;
    message: string;
    status?: number;
    details?: unknown;
    retryAfterSeconds?: number | undefined;
    cause?: unknown;
  }) {
    super(options.message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'ApiError';
    this.code = options.code;
    this.status = options.status ?? 0;
    this.details = options.details;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }

  /** Any thrown value as an ApiError; what is one already stays as it is. */
  static from(error: unknown): ApiError {
    if (error instanceof ApiError) return error;
    const message = error instanceof Error ? error.message : String(error);
    return new ApiError({ code: 'Unreachable', message, cause: error });
  }

  /** Whether `error` is an ApiError with one of these codes. */
  static is(error: unknown, ...codes: readonly string[]): error is ApiError {
    return error instanceof ApiError && codes.includes(error.code);
  }
}

/** Thrown by a reconcile that must not be retried until its object changes. */
export class TerminalError extends Error {
  override readonly name = 'TerminalError';
}
