import { create, type MessageInitShape } from '@bufbuild/protobuf';
import type { Clock } from '@hardpoint/machinery';
import { type Telemetry, TelemetrySchema } from '@hardpoint/wip';

/** What can be told: a sample, or an event (everything else). */
export type TelemetryEvent = NonNullable<MessageInitShape<typeof TelemetrySchema>['event']>;

/** One who reads telemetry. */
export interface TelemetryReader {
  /** Takes a message; false where it can take no more until `drained` is called. */
  readonly write: (message: Telemetry) => boolean;
  /** Too many events wait: the reader is let go, and may come back for them by run and sequence. */
  readonly overrun: () => void;
}

/** The stream behind WeaponTelemetry: what is told goes to every reader, in one order. A new one gets the last sample too. */
export interface TelemetryHub {
  tell(event: TelemetryEvent): void;
  /** Lets a reader in; held events that it has not seen come first. */
  join(
    reader: TelemetryReader,
    seen: { readonly run: number; readonly afterSequence: bigint },
  ): Disposable & {
    /** The reader can take more. */
    drained(): void;
  };
}

interface Seat {
  readonly reader: TelemetryReader;
  readonly waiting: Telemetry[];
  blocked: boolean;
  dropped: bigint;
}

/** Events that are kept for readers to come, and messages that may wait for a slow one. */
const heldEvents = 256;
const waitingSamples = 16;
const waitingMessages = 512;

/**
 * A slow reader costs at most `waitingMessages`: beyond 16 waiting messages, samples pass it by (it is told how many);
 * beyond 512, it is let go.
 */
export function createTelemetryHub(options: { readonly clock: Clock; readonly run: number }): TelemetryHub {
  const { clock, run } = options;
  const held: Telemetry[] = [];
  const seats = new Set<Seat>();
  let sequence = 0n;
  let lastSample: Telemetry | undefined;

  const give = (seat: Seat, message: Telemetry): void => {
    seat.blocked = !seat.reader.write(seat.dropped === 0n ? message : { ...message, dropped: seat.dropped });
  };
  const offer = (seat: Seat, message: Telemetry): void => {
    if (!seat.blocked) give(seat, message);
    else if (message.event.case === 'sample' && seat.waiting.length >= waitingSamples) seat.dropped += 1n;
    else if (seat.waiting.length < waitingMessages) seat.waiting.push(message);
    else {
      seats.delete(seat);
      seat.waiting.length = 0;
      seat.reader.overrun();
    }
  };

  return {
    tell(event) {
      sequence += 1n;
      const message = create(TelemetrySchema, { run, sequence, timeUnixMs: BigInt(clock.now()), event });
      if (message.event.case === 'sample') lastSample = message;
      else {
        held.push(message);
        if (held.length > heldEvents) held.shift();
      }
      for (const seat of seats) offer(seat, message);
    },
    join(reader, seen) {
      const seat: Seat = { reader, waiting: [], blocked: false, dropped: 0n };
      seats.add(seat);
      const missed = held.filter((message) => seen.run !== run || message.sequence > seen.afterSequence);
      if (lastSample !== undefined) missed.push(lastSample);
      for (const message of missed.sort((a, b) => Number(a.sequence - b.sequence))) offer(seat, message);
      return {
        drained() {
          seat.blocked = false;
          while (!seat.blocked) {
            const next = seat.waiting.shift();
            if (next === undefined) return;
            give(seat, next);
          }
        },
        [Symbol.dispose]: () => void seats.delete(seat),
      };
    },
  };
}
