import type { WebSocket } from 'ws';
import type { ContainerSpec } from '../runtime/container-runtime.ts';
import { type ExecRequest, type ExecSession, startExec } from './exec-session.ts';

/** Subprotocols this server speaks, best first. v5 adds the half-close of stdin. */
export const EXEC_PROTOCOLS: readonly string[] = ['v5.channel.k8s.io', 'v4.channel.k8s.io'];

const STDIN = 0;
const STDOUT = 1;
const STDERR = 2;
const ERROR = 3;
const RESIZE = 4;
const CLOSE = 255;

/** Carries one command over a WebSocket: the first byte of each message is its channel. Resolves when both have ended. */
export async function serveExec(options: {
  readonly socket: WebSocket;
  readonly spec: ContainerSpec;
  readonly request: ExecRequest;
}): Promise<void> {
  const { socket, spec, request } = options;
  const send = (channel: number, data: Buffer): void => {
    if (socket.readyState === socket.OPEN) socket.send(Buffer.concat([Buffer.from([channel]), data]));
  };
  let session: ExecSession | undefined;
  const early: Buffer[] = [];
  socket.on('error', () => {});
  socket.on('close', () => session?.kill());
  socket.on('message', (data: Buffer) => {
    const message = Buffer.from(data);
    if (session === undefined) early.push(message);
    else take(session, message);
  });
  // Tells the client that the connection stands before the command prints anything.
  if (request.stdout || request.stderr) send(request.stdout ? STDOUT : STDERR, Buffer.alloc(0));
  try {
    session = await startExec({
      spec,
      request,
      output: { stdout: (chunk) => send(STDOUT, chunk), stderr: (chunk) => send(STDERR, chunk) },
    });
    if (socket.readyState !== socket.OPEN) session.kill();
    for (const message of early) take(session, message);
    const exitCode = await session.ended;
    send(ERROR, Buffer.from(JSON.stringify(exitStatus(exitCode))));
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const status = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', reason: 'InternalError' };
    const details = { causes: [{ message }] };
    const full = { ...status, message: `Internal error occurred: ${message}`, details, code: 500 };
    send(ERROR, Buffer.from(JSON.stringify(full)));
  }
  socket.close(1000);
}

function take(session: ExecSession, message: Buffer): void {
  const body = message.subarray(1);
  switch (message[0]) {
    case STDIN:
      session.input(body);
      return;
    case RESIZE: {
      const size: unknown = parse(body);
      const { Width, Height } = (size ?? {}) as { Width?: unknown; Height?: unknown };
      if (typeof Width === 'number' && typeof Height === 'number') session.resize({ columns: Width, rows: Height });
      return;
    }
    case CLOSE:
      if (body[0] === STDIN) session.endInput();
      return;
    default:
      return;
  }
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}

function exitStatus(exitCode: number): Record<string, unknown> {
  if (exitCode === 0) return { metadata: {}, status: 'Success' };
  return {
    metadata: {},
    status: 'Failure',
    message: `command terminated with non-zero exit code: exit status ${exitCode}`,
    reason: 'NonZeroExitCode',
    details: { causes: [{ reason: 'ExitCode', message: String(exitCode) }] },
  };
}
