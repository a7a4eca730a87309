import {
  create,
  type DescMethodServerStreaming,
  type DescMethodUnary,
  type DescService,
  type MessageInitShape,
  type MessageShape,
} from '@bufbuild/protobuf';
import { type CallOptions, Client, credentials, Metadata } from '@grpc/grpc-js';
import { serviceDefinition } from './service-definition.ts';
import { WipError } from './wip-error.ts';

/** Options of one call. */
export interface RpcCallOptions {
  /** Cancels the call; it then rejects with code CANCELLED. */
  readonly signal?: AbortSignal | undefined;
  /** After so many ms the call ends with DEADLINE_EXCEEDED. Default: none. */
  readonly timeoutMs?: number | undefined;
  /** Sent as `authorization: Bearer …`. */
  readonly bearer?: string | undefined;
  /** Waits for the server to come up in place of failing at once with UNAVAILABLE. */
  readonly waitForReady?: boolean | undefined;
  /** Told the server's headers, where it sends any before its answer. Unary calls only. */
  readonly onHeaders?: ((headers: Metadata) => void) | undefined;
}

/** How to reach a server. */
export interface RpcClientOptions {
  /** `unix:relative/path.sock`, `unix:/absolute/path.sock` or `host:port`. */
  readonly address: string;
}

/** The methods of a service descriptor, typed; failures are {@link WipError}s. */
export type RpcClient<S extends DescService> = {
  readonly [K in keyof S['method']]: S['method'][K] extends DescMethodUnary<infer I, infer O>
    ? (request?: MessageInitShape<I>, options?: RpcCallOptions) => Promise<MessageShape<O>>
    : S['method'][K] extends DescMethodServerStreaming<infer I, infer O>
      ? (request?: MessageInitShape<I>, options?: RpcCallOptions) => AsyncIterable<MessageShape<O>>
      : never;
} & Disposable & {
    /** Closes the connection; calls that are under way fail. Idempotent. */
    close(): void;
  };

const channelOptions = {
  // A server that is about to come up is found within a blink, not after gRPC's default second.
  'grpc.initial_reconnect_backoff_ms': 50,
  'grpc.min_reconnect_backoff_ms': 50,
  'grpc.max_reconnect_backoff_ms': 1000,
  'grpc.use_local_subchannel_pool': 1,
  'grpc.enable_channelz': 0,
  'grpc.service_config_disable_resolution': 1,
};

function metadataOf(options: RpcCallOptions): Metadata {
  const metadata = new Metadata({ waitForReady: options.waitForReady === true });
  if (options.bearer !== undefined) metadata.set('authorization', `Bearer ${options.bearer}`);
  return metadata;
}

/** A typed client of any service; connects at the first call. Unary and server-streaming methods. */
export function createRpcClient<S extends DescService>(service: S, options: RpcClientOptions): RpcClient<S> {
  const client = new Client(options.address, credentials.createInsecure(), channelOptions);
  const definition = serviceDefinition(service);

  const callOptions = (call: RpcCallOptions): CallOptions =>
    // The library reads the system's clock for deadlines: an absolute Date would need ours to agree with it.
    call.timeoutMs === undefined ? {} : { deadline: deadlineIn(call.timeoutMs) };

  const entries = service.methods.map((method) => {
    const rpc = definition[method.localName];
    if (rpc === undefined) throw new TypeError(`${service.typeName} has no method ${method.localName}`);
    const unary = (init: Record<string, unknown> = {}, call: RpcCallOptions = {}) =>
      new Promise((resolve, reject) => {
        if (call.signal?.aborted) return reject(cancelled(call.signal));
        const request = create(method.input, init);
        const running = client.makeUnaryRequest(
          rpc.path,
          rpc.requestSerialize,
          rpc.responseDeserialize,
          request,
          metadataOf(call),
          callOptions(call),
          (error, response) => {
            call.signal?.removeEventListener('abort', abort);
            if (error === null) resolve(response);
            else reject(call.signal?.aborted ? cancelled(call.signal) : WipError.from(error));
          },
        );
        if (call.onHeaders !== undefined) running.on('metadata', call.onHeaders);
        const abort = () => running.cancel();
        call.signal?.addEventListener('abort', abort, { once: true });
      });
    const streaming = async function* (init: Record<string, unknown> = {}, call: RpcCallOptions = {}) {
      if (call.signal?.aborted) throw cancelled(call.signal);
      const stream = client.makeServerStreamRequest(
        rpc.path,
        rpc.requestSerialize,
        rpc.responseDeserialize,
        create(method.input, init),
        metadataOf(call),
        callOptions(call),
      );
      const abort = () => stream.cancel();
      call.signal?.addEventListener('abort', abort, { once: true });
      try {
        yield* stream;
      } catch (error) {
        throw call.signal?.aborted ? cancelled(call.signal) : WipError.from(error);
      } finally {
        call.signal?.removeEventListener('abort', abort);
        stream.cancel();
      }
    };
    return [method.localName, rpc.responseStream ? streaming : unary] as const;
  });
  const close = () => client.close();
  return { ...Object.fromEntries(entries), close, [Symbol.dispose]: close } as unknown as RpcClient<S>;
}

function cancelled(signal: AbortSignal): WipError {
  const reason: unknown = signal.reason;
  return new WipError({
    code: 'CANCELLED',
    message: reason instanceof Error ? reason.message : 'cancelled',
    cause: reason,
  });
}

/** The deadline `ms` from now on the clock gRPC itself uses; a fake clock would end real calls at random. */
function deadlineIn(ms: number): Date {
  return new Date(performance.timeOrigin + performance.now() + ms);
}
