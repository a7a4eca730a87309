/**
 * What went wrong in aircraft-control or weapon-preload, beyond what a mission decides by itself.
 *
 * - `Environment`: a variable is missing or malformed; `message` names it.
 * - `Mission`: MISSION does not describe a mission; `message` names the field.
 * - `JournalCorrupt`: a record before the last one cannot be read; nothing that follows it may be believed.
 * - `JournalForeign`: the journal belongs to another task.
 */
export type AircraftErrorCode = 'Environment' | 'Mission' | 'JournalCorrupt' | 'JournalForeign';

export class AircraftError extends Error {
  readonly code: AircraftErrorCode;

  constructor(options: { code: AircraftErrorCode; message: string; cause?: unknown }) {
    super(options.message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'AircraftError';
    this.code = options.code;
  }
}
