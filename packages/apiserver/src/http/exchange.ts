import type { User } from '../auth/user.ts';

/** One request as the server sees it, whatever carried it. */
export interface Exchange {
  readonly method: string;
  /** Path and query, percent-encoded. */
  readonly target: string;
  /** Lower-case names; repeated headers joined by `, `. */
  readonly headers: Readonly<Record<string, string>>;
  /** Values of headers that may be repeated, such as `impersonate-group`. */
  readonly headerValues: (name: string) => readonly string[];
  /** The whole body. Rejects with a StatusError 413 where it is longer than `limit` bytes. */
  readonly body: (limit: number) => Promise<Buffer>;
  /** Aborts when the client has gone or the server closes. */
  readonly signal: AbortSignal;
  /** Who asks, where the carrier already knows: a client certificate that verified, or the in-memory transport. */
  readonly user: User | undefined;
}

/** Where a streamed answer goes. Writes after the signal has aborted are dropped. */
export interface Sink {
  write(chunk: Buffer | string): void;
  /** Bytes written but not yet taken by the client. */
  buffered(): number;
  readonly signal: AbortSignal;
}

export interface Answer {
  readonly status: number;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  /** The body, or what writes it; the answer ends when that resolves. */
  readonly body: Buffer | string | ((sink: Sink) => Promise<void>);
}

export type Handler = (exchange: Exchange) => Promise<Answer>;
