import { status } from '@grpc/grpc-js';

/** The closed set of codes: gRPC's own names. */
export type WipErrorCode = Exclude<keyof typeof status, 'OK'>;

/**
 * What went wrong with a call of the Weapon Interface Protocol, on either side. A server throws one to answer with its
 * code; a client gets one with the code it was answered.
 */
export class WipError extends Error {
  override readonly name = 'WipError';
  readonly code: WipErrorCode;

  constructor(options: { readonly code: WipErrorCode; readonly message: string; readonly cause?: unknown }) {
    super(options.message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = options.code;
  }

  /** The numeric gRPC status. */
  get status(): number {
    return status[this.code];
  }

  /** Whether the same call may be sent again, the server being unable to answer for the moment. */
  get retryable(): boolean {
    return this.code === 'UNAVAILABLE' || this.code === 'DEADLINE_EXCEEDED' || this.code === 'RESOURCE_EXHAUSTED';
  }

  /** Any thrown value as a WipError; what is one already stays as it is. A gRPC ServiceError keeps code and details. */
  static from(error: unknown): WipError {
    if (error instanceof WipError) return error;
    if (error instanceof Error) {
      const { code, details } = error as Error & { readonly code?: unknown; readonly details?: unknown };
      const name = typeof code === 'number' ? status[code] : undefined;
      if (name !== undefined && name !== 'OK')
        return new WipError({
          code: name as WipErrorCode,
          message: typeof details === 'string' ? details : error.message,
          cause: error,
        });
      if (error.name === 'AbortError') return new WipError({ code: 'CANCELLED', message: error.message, cause: error });
      return new WipError({ code: 'INTERNAL', message: error.message, cause: error });
    }
    return new WipError({ code: 'INTERNAL', message: String(error), cause: error });
  }
}
