import type { FieldError } from './field-error.ts';
import { describeErrors, errorBody } from './field-error.ts';

/** One entry of `Status.details.causes`. */
export interface StatusCause {
  readonly reason?: string;
  readonly message?: string;
  readonly field?: string;
}

export interface StatusDetails {
  readonly name?: string;
  readonly group?: string;
  readonly kind?: string;
  readonly uid?: string;
  readonly causes?: readonly StatusCause[];
  readonly retryAfterSeconds?: number;
}

/** A refusal as the server answers it: thrown where a request cannot be served, written out as a `v1` Status. */
export class StatusError extends Error {
  override readonly name = 'StatusError';
  /** HTTP status code. */
  readonly code: number;
  /** `BadRequest`, `Invalid`, `Conflict`, … */
  readonly reason: string;
  readonly details: StatusDetails | undefined;

  constructor(options: { code: number; reason: string; message: string; details?: StatusDetails | undefined }) {
    super(options.message);
    this.code = options.code;
    this.reason = options.reason;
    this.details = options.details;
  }

  static badRequest(message: string): StatusError {
    return new StatusError({ code: 400, reason: 'BadRequest', message });
  }

  /** 422 with one cause per error, in order. */
  static invalid(options: { group: string; kind: string; name: string; errors: readonly FieldError[] }): StatusError {
    const { group, kind, name, errors } = options;
    const qualified = group === '' ? kind : `${kind}.${group}`;
    const text = describeErrors(errors);
    return new StatusError({
      code: 422,
      reason: 'Invalid',
      message: `${qualified} ${JSON.stringify(name)} is invalid${text === '' ? '' : `: ${text}`}`,
      details: {
        ...(name === '' ? {} : { name }),
        ...(group === '' ? {} : { group }),
        ...(kind === '' ? {} : { kind }),
        causes: errors.map((error) => ({ reason: error.type, message: errorBody(error), field: error.field })),
      },
    });
  }

  /** The answer body. */
  toStatus(): {
    kind: 'Status';
    apiVersion: 'v1';
    metadata: object;
    status: 'Failure';
    message: string;
    reason: string;
    details?: StatusDetails;
    code: number;
  } {
    return {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: this.message,
      reason: this.reason,
      ...(this.details === undefined ? {} : { details: this.details }),
      code: this.code,
    };
  }
}
