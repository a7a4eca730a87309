import { Metadata, status } from '@grpc/grpc-js';
import { type RefusalReason, refusalReasons } from './launch-token.ts';

const refusalKey = 'hardpoint-refusal';

/** The closed set of codes: gRPC's own names. */
export type WipErrorCode = Exclude<keyof typeof status, 'OK'>;

/**
 * What went wrong with a call of the Weapon Interface Protocol, on either side. A server throws one to answer with its
 * code; a client gets one with the code it was answered.
 */
export class WipError extends Error {
  override readonly name = 'WipError';
  readonly code: WipErrorCode;
  /** Of a Launch answered PERMISSION_DENIED: W6's reason. Travels as trailing metadata, whatever the locale. */
  readonly refusal: RefusalReason | undefined;

  constructor(options: {
    readonly code: WipErrorCode;
    readonly message: string;
    readonly refusal?: RefusalReason | undefined;
    readonly cause?: unknown;
  }) {
    super(options.message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = options.code;
    this.refusal = options.refusal;
  }

  /** As grpc-js takes an error from a handler. */
  toStatus(): { readonly code: number; readonly details: string; readonly metadata: Metadata } {
    const metadata = new Metadata();
    if (this.refusal !== undefined) metadata.set(refusalKey, this.refusal);
    return { code: this.status, details: this.message, metadata };
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
      const { code, details, metadata } = error as Error & Readonly<Record<'code' | 'details' | 'metadata', unknown>>;
      const name = typeof code === 'number' ? status[code] : undefined;
      if (name !== undefined && name !== 'OK')
        return new WipError({
          code: name as WipErrorCode,
          message: typeof details === 'string' ? details : error.message,
          refusal: metadata instanceof Metadata ? readRefusal(metadata) : undefined,
          cause: error,
        });
      if (error.name === 'AbortError') return new WipError({ code: 'CANCELLED', message: error.message, cause: error });
      return new WipError({ code: 'INTERNAL', message: error.message, cause: error });
    }
    return new WipError({ code: 'INTERNAL', message: String(error), cause: error });
  }
}

function readRefusal(metadata: Metadata): RefusalReason | undefined {
  const [said] = metadata.get(refusalKey);
  return refusalReasons.find((reason) => reason === said);
}
