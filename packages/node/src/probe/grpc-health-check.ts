import { connect, constants } from 'node:http2';
import type { ProbeAnswer } from './probe-check.ts';

const SERVING = 1;
const STATUS_NAMES = ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN'];
/** gRPC's codes that a probe tells apart. */
const UNIMPLEMENTED = '12';
const OK = '0';

/**
 * Asks grpc.health.v1.Health/Check over bare HTTP/2: one question of two fields does not need a gRPC library, and a
 * probe per container and second should cost little. Rejects with the signal's reason when it aborts.
 */
export function checkGrpcHealth(options: {
  readonly host: string;
  readonly port: number;
  readonly service: string;
  readonly signal: AbortSignal;
}): Promise<ProbeAnswer> {
  const { host, port, service, signal } = options;
  const address = `${host}:${port}`;
  const { promise, resolve, reject } = Promise.withResolvers<ProbeAnswer>();
  const session = connect(`http://${address}`);
  const abort = () => reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  const refused = (raised: NodeJS.ErrnoException) => {
    // A stream that never got its connection says so, and why beneath.
    const error = raised.cause instanceof Error ? (raised.cause as NodeJS.ErrnoException) : raised;
    const reason = error.code === 'ECONNREFUSED' ? 'connection refused' : error.message;
    resolve({
      ok: false,
      output: `timeout: failed to connect service "${address}" within 1s: dial tcp ${address}: connect: ${reason}`,
    });
  };
  session.on('error', refused);
  const stream = session.request({
    [constants.HTTP2_HEADER_METHOD]: 'POST',
    [constants.HTTP2_HEADER_PATH]: '/grpc.health.v1.Health/Check',
    [constants.HTTP2_HEADER_CONTENT_TYPE]: 'application/grpc',
    [constants.HTTP2_HEADER_USER_AGENT]: 'kube-probe/1.37',
    te: 'trailers',
  });
  const chunks: Buffer[] = [];
  let grpcStatus: string | undefined;
  let grpcMessage = '';
  const note = (headers: Record<string, unknown>) => {
    if (headers['grpc-status'] !== undefined) grpcStatus = String(headers['grpc-status']);
    if (headers['grpc-message'] !== undefined) grpcMessage = String(headers['grpc-message']);
  };
  stream.on('response', note);
  stream.on('trailers', note);
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  stream.on('error', refused);
  stream.on('end', () => resolve(judge(Buffer.concat(chunks), grpcStatus, grpcMessage, address)));
  stream.end(frame(service));
  return promise.finally(() => {
    signal.removeEventListener('abort', abort);
    stream.on('error', () => {});
    session.destroy();
  });
}

/** HealthCheckRequest {string service = 1} in gRPC's length-prefixed framing. */
function frame(service: string): Buffer {
  const name = Buffer.from(service);
  const message = name.length === 0 ? Buffer.alloc(0) : Buffer.concat([Buffer.from([10, name.length]), name]);
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

function judge(body: Buffer, grpcStatus: string | undefined, message: string, address: string): ProbeAnswer {
  if (grpcStatus === UNIMPLEMENTED) {
    const output = `error: this server does not implement the grpc health protocol (grpc.health.v1.Health): ${message}`;
    return { ok: false, output };
  }
  if (grpcStatus !== OK) {
    return {
      ok: false,
      output: `error: health rpc probe failed: rpc error: code ${grpcStatus ?? '?'} desc = ${message}`,
    };
  }
  // HealthCheckResponse {ServingStatus status = 1}; absent means 0.
  const status = body.length >= 7 && body[5] === 8 ? (body[6] ?? 0) : 0;
  if (status === SERVING) return { ok: true };
  const name = STATUS_NAMES[status] ?? String(status);
  return { ok: false, output: `service unhealthy (responded with "${name}") at ${address}` };
}
