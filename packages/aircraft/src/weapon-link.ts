import type { Target } from './mission.ts';

export type WeaponStateName = 'INITIALIZING' | 'READY' | 'LOCKED' | 'LAUNCHED' | 'FAULT';

export interface WeaponStatus {
  readonly state: WeaponStateName;
  readonly remaining: number;
  /** Degrees Celsius. */
  readonly temperature: number;
  readonly selfCheckPassed: boolean;
  readonly message: string;
}

/** What aircraft-control asks of a weapon. */
export type WeaponCall =
  | { readonly kind: 'selfCheck' }
  | { readonly kind: 'initialize'; readonly mountPoint: string; readonly quantity: number }
  | { readonly kind: 'status' }
  | { readonly kind: 'lock'; readonly place: string; readonly target: Target }
  | {
      readonly kind: 'launch';
      readonly place: string;
      readonly targetId: string;
      readonly count: number;
      readonly idempotencyKey: string;
      readonly authorization: string;
    }
  | { readonly kind: 'abort'; readonly reason: string };

/**
 * What came of a call. `answered`: the weapon did it, or said in so many words that it did not. `error`: a gRPC
 * status; `code` is its name, and with PERMISSION_DENIED of a launch `refusal` is W6's reason.
 */
export type WeaponAnswer =
  | {
      readonly kind: 'answered';
      readonly success: boolean;
      readonly message: string;
      /** With an answered launch: stores left. */
      readonly remaining?: number;
      /** With `status`. */
      readonly status?: WeaponStatus;
    }
  | { readonly kind: 'error'; readonly code: string; readonly message: string; readonly refusal?: string };

/** A refusal as the weapon's telemetry tells it. `run` and `sequence` name it among that weapon's events. */
export interface TelemetryRefusal {
  readonly run: number;
  readonly sequence: bigint;
  readonly key: string;
  readonly reason: string;
  readonly jti: string;
  readonly message: string;
}

/** One weapon as aircraft-control reaches it. */
export interface WeaponLink extends AsyncDisposable {
  /** Never rejects: whatever goes wrong is an `error` answer. */
  call(call: WeaponCall, signal: AbortSignal): Promise<WeaponAnswer>;
  /**
   * Refusals as they happen, those that the weapon still holds first. Ends when the connection does: read it again.
   * Throws only what `signal` was aborted with.
   */
  refusals(signal: AbortSignal): AsyncIterable<TelemetryRefusal>;
}
