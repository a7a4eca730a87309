import type { ApiResponse, Transport } from '@hardpoint/machinery';
import { ApiError } from '@hardpoint/machinery';
import type { User } from '../auth/user.ts';
import type { Handler, Sink } from './exchange.ts';
import { tooLarge } from './failures.ts';

/** A Transport that calls the server's handler in this process, as `user`: the same handlers, no sockets. */
export function memoryTransport(options: {
  readonly handler: Handler;
  readonly user: User;
  /** Aborts when the server closes. */
  readonly closed: AbortSignal;
}): Transport {
  const ended = new AbortController();
  return {
    async request({ method, path, headers = {}, body, signal }): Promise<ApiResponse> {
      if (options.closed.aborted || ended.signal.aborted) {
        throw new ApiError({ code: 'Unreachable', message: 'the server is closed' });
      }
      signal?.throwIfAborted();
      const gone = new AbortController();
      const signals = [gone.signal, options.closed, ended.signal, ...(signal === undefined ? [] : [signal])];
      const any = AbortSignal.any(signals);
      const bytes = body === undefined ? Buffer.alloc(0) : Buffer.from(body as string);
      const answering = options.handler({
        method,
        target: path,
        headers,
        headerValues: (name) => {
          const value = headers[name];
          return value === undefined ? [] : [value];
        },
        body: (limit) =>
          bytes.length > limit
            ? Promise.reject(tooLarge(`Request entity too large: limit is ${limit}`))
            : Promise.resolve(bytes),
        signal: any,
        user: options.user,
      });
      const answer = await untilAborted(answering, any, signal);
      const flat: Record<string, string> = {};
      for (const [name, value] of Object.entries(answer.headers)) {
        flat[name] = typeof value === 'string' ? value : value.join(', ');
      }
      if (typeof answer.body !== 'function') {
        const whole = Buffer.from(answer.body as string);
        return { status: answer.status, headers: flat, body: once(whole) };
      }
      const queue = new ChunkQueue();
      const sink: Sink = {
        write: (chunk) => {
          if (!any.aborted) queue.push(Buffer.from(chunk as string));
        },
        buffered: () => queue.bytes,
        signal: any,
      };
      const write = answer.body;
      void write(sink).then(
        () => queue.end(undefined),
        (error: unknown) => queue.end(ApiError.from(error)),
      );
      const breaking = (): void => {
        if (signal?.aborted) queue.end(signal.reason as Error);
        else queue.end(new ApiError({ code: 'Unreachable', message: 'the connection broke' }));
      };
      any.addEventListener('abort', breaking, { once: true });
      return { status: answer.status, headers: flat, body: drain(queue, gone) };
    },
    [Symbol.asyncDispose]() {
      ended.abort();
      return Promise.resolve();
    },
  };
}

async function untilAborted<T>(work: Promise<T>, any: AbortSignal, asked: AbortSignal | undefined): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const stop = (): void =>
    reject(asked?.aborted ? asked.reason : new ApiError({ code: 'Unreachable', message: 'the server is closed' }));
  any.addEventListener('abort', stop, { once: true });
  try {
    return await Promise.race([work, promise]);
  } finally {
    any.removeEventListener('abort', stop);
  }
}

async function* once(chunk: Buffer): AsyncGenerator<Uint8Array> {
  yield chunk;
}

async function* drain(queue: ChunkQueue, gone: AbortController): AsyncGenerator<Uint8Array> {
  try {
    for (;;) {
      const chunk = await queue.next();
      if (chunk === undefined) return;
      yield chunk;
    }
  } finally {
    gone.abort();
  }
}

/** Chunks between the writer of an answer and its reader. */
class ChunkQueue {
  readonly #chunks: Buffer[] = [];
  #bytes = 0;
  #end: { error: Error | undefined } | undefined;
  #wake: (() => void) | undefined;

  get bytes(): number {
    return this.#bytes;
  }

  push(chunk: Buffer): void {
    if (this.#end !== undefined) return;
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    this.#wake?.();
  }

  /** The first call counts. What was pushed before is still read. */
  end(error: Error | undefined): void {
    this.#end ??= { error };
    this.#wake?.();
  }

  async next(): Promise<Buffer | undefined> {
    for (;;) {
      const chunk = this.#chunks.shift();
      if (chunk !== undefined) {
        this.#bytes -= chunk.length;
        return chunk;
      }
      if (this.#end !== undefined) {
        if (this.#end.error !== undefined) throw this.#end.error;
        return undefined;
      }
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      await promise;
      this.#wake = undefined;
    }
  }
}
