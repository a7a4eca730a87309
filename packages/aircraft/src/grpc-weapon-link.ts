import {
  createWeaponClient,
  createWeaponTelemetryClient,
  StatusResponse_WeaponState,
  type WeaponClient,
  type WeaponTelemetryClient,
  WipError,
} from '@hardpoint/wip';
import type {
  TelemetryRefusal,
  WeaponAnswer,
  WeaponCall,
  WeaponLink,
  WeaponStateName,
  WeaponStatus,
} from './weapon-link.ts';

/**
 * A weapon behind the sockets in `folder` (W2): `control.sock` for calls, `data.sock` for telemetry. Connects at the
 * first call and again after every loss. `folder` may be relative to the working folder.
 */
export function createGrpcWeaponLink(options: { readonly folder: string }): WeaponLink {
  return new GrpcWeaponLink(options.folder);
}

class GrpcWeaponLink implements WeaponLink {
  readonly #control: WeaponClient;
  readonly #telemetry: WeaponTelemetryClient;
  /** The last event read, so that a new connection begins after it. */
  #run = 0;
  #sequence = 0n;

  constructor(folder: string) {
    this.#control = createWeaponClient({ address: `unix:${folder}/control.sock` });
    this.#telemetry = createWeaponTelemetryClient({ address: `unix:${folder}/data.sock` });
  }

  async call(call: WeaponCall, signal: AbortSignal): Promise<WeaponAnswer> {
    try {
      return await this.#ask(call, signal);
    } catch (error) {
      const { code, message, refusal } = WipError.from(error);
      return { kind: 'error', code, message, ...(refusal === undefined ? {} : { refusal }) };
    }
  }

  async #ask(call: WeaponCall, signal: AbortSignal): Promise<WeaponAnswer> {
    switch (call.kind) {
      case 'selfCheck': {
        const { success, message } = await this.#control.selfCheck({}, { signal });
        return { kind: 'answered', success, message };
      }
      case 'initialize': {
        const { mountPoint, quantity } = call;
        const { success, message } = await this.#control.initialize({ mountPoint, quantity }, { signal });
        return { kind: 'answered', success, message };
      }
      case 'status': {
        const { state, remainingCount, temperature, selfCheckPassed, message } = await this.#control.getStatus(
          {},
          { signal },
        );
        const status: WeaponStatus = {
          state: stateName(state),
          remaining: remainingCount,
          temperature,
          selfCheckPassed,
          message,
        };
        return { kind: 'answered', success: true, message, status };
      }
      case 'lock': {
        const { success, message } = await this.#control.lockTarget({ target: call.target }, { signal });
        return { kind: 'answered', success, message };
      }
      case 'launch': {
        const { targetId, count, idempotencyKey, authorization } = call;
        const answer = await this.#control.launch({ targetId, count, idempotencyKey, authorization }, { signal });
        const { success, message, remainingCount } = answer;
        return { kind: 'answered', success, message, remaining: remainingCount };
      }
      case 'abort': {
        const { success, message } = await this.#control.abort({ reason: call.reason }, { signal });
        return { kind: 'answered', success, message };
      }
      default:
        throw call satisfies never;
    }
  }

  async *refusals(signal: AbortSignal): AsyncGenerator<TelemetryRefusal> {
    try {
      const request = { run: this.#run, afterSequence: this.#sequence };
      for await (const { run, sequence, event } of this.#telemetry.watch(request, { signal })) {
        if (event.case === 'sample') continue;
        this.#run = run;
        this.#sequence = sequence;
        if (event.case !== 'refusal') continue;
        const { idempotencyKey, reason, jti, message } = event.value;
        yield { run, sequence, key: idempotencyKey, reason, jti, message };
      }
    } catch (error) {
      if (signal.aborted) throw error;
      // The connection is gone; whoever reads comes back.
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#control.close();
    this.#telemetry.close();
  }
}

/** A number that the protocol does not know is no state to act upon. */
function stateName(state: StatusResponse_WeaponState | number): WeaponStateName {
  switch (state) {
    case StatusResponse_WeaponState.INITIALIZING:
      return 'INITIALIZING';
    case StatusResponse_WeaponState.READY:
      return 'READY';
    case StatusResponse_WeaponState.LOCKED:
      return 'LOCKED';
    case StatusResponse_WeaponState.LAUNCHED:
      return 'LAUNCHED';
    default:
      return 'FAULT';
  }
}
