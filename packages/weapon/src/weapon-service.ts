import { create, type DescMessage, type MessageInitShape } from '@bufbuild/protobuf';
import {
  Metadata,
  type ServerUnaryCall,
  type ServerWritableStream,
  type sendUnaryData,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import {
  type AbortRequest,
  AbortResponseSchema,
  type InitRequest,
  InitResponseSchema,
  type LaunchRequest,
  LaunchResponseSchema,
  type LockRequest,
  LockResponseSchema,
  SelfCheckResponseSchema,
  type ServiceHost,
  StatusResponseSchema,
  serviceDefinition,
  StatusResponse_WeaponState as stateNumber,
  type Telemetry,
  type WatchRequest,
  WeaponService,
  WeaponTelemetry,
  WipError,
} from '@hardpoint/wip';
import type { Weapon, WeaponStatus } from './weapon.ts';

type Unary<Request> = (call: ServerUnaryCall<Request, unknown>, respond: sendUnaryData<unknown>) => void;

/** A handler out of a method: what it throws goes out as its gRPC status. */
function unary<Request, Schema extends DescMessage>(
  schema: Schema,
  act: (request: Request) => Promise<MessageInitShape<Schema>>,
): Unary<Request> {
  return (call, respond) => {
    act(call.request).then(
      (answer) => respond(null, create(schema, answer)),
      (error: unknown) => respond(WipError.from(error).toStatus()),
    );
  };
}

/**
 * GetStatus is what everything polls: it answers without a turn of the event loop, and builds and serialises its message
 * only where the status has changed.
 */
function statusMethod(weapon: Weapon) {
  let told: WeaponStatus | undefined;
  let message = create(StatusResponseSchema);
  let bytes: Buffer | undefined;
  const handler: Unary<unknown> = (_call, respond) => {
    const status = weapon.status();
    if (status !== told) {
      told = status;
      message = create(StatusResponseSchema, { ...status, state: stateNumber[status.state] });
      bytes = undefined;
    }
    respond(null, message);
  };
  const definition = serviceDefinition(WeaponService);
  const { getStatus } = definition;
  if (getStatus === undefined) throw new TypeError('WeaponService has no GetStatus');
  const responseSerialize: typeof getStatus.responseSerialize = (answer) => {
    if (answer !== message) return getStatus.responseSerialize(answer);
    bytes ??= getStatus.responseSerialize(answer);
    return bytes;
  };
  return { handler, definition: { ...definition, getStatus: { ...getStatus, responseSerialize } } };
}

/** Adds WeaponService to a server, whole or (`status.sock`) GetStatus only; the rest is then UNIMPLEMENTED. */
export function addWeaponService(
  server: ServiceHost,
  options: { readonly weapon: Weapon; readonly methods: 'all' | 'status'; readonly version: string },
): void {
  const { weapon } = options;
  const { handler: getStatus, definition } = statusMethod(weapon);
  const selfCheck: Unary<unknown> = (call, respond) => {
    // Which build answers: weapon-preload compares it with what the task asks for.
    const headers = new Metadata();
    headers.set('weapon-version', options.version);
    call.sendMetadata(headers);
    unary(SelfCheckResponseSchema, () => weapon.selfCheck())(call, respond);
  };
  const all = {
    initialize: unary(InitResponseSchema, (request: InitRequest) => weapon.initialize(request)),
    getStatus,
    lockTarget: unary(LockResponseSchema, (request: LockRequest) => weapon.lockTarget(request)),
    launch: unary(LaunchResponseSchema, (request: LaunchRequest) => weapon.launch(request)),
    abort: unary(AbortResponseSchema, (request: AbortRequest) => weapon.abort(request)),
    selfCheck,
  };
  const implementation: UntypedServiceImplementation = options.methods === 'all' ? all : { getStatus };
  server.addService(definition, implementation);
}

/** Streams that are open, so that a server can end them. */
export interface OpenStreams {
  end(): void;
}

/** Adds WeaponTelemetry to a server. */
export function addWeaponTelemetry(server: ServiceHost, options: { readonly weapon: Weapon }): OpenStreams {
  const open = new Set<ServerWritableStream<WatchRequest, Telemetry>>();
  const watch = (call: ServerWritableStream<WatchRequest, Telemetry>) => {
    open.add(call);
    const seat = options.weapon.telemetry.join(
      {
        write: (message) => call.write(message),
        overrun: () =>
          call.destroy(
            Object.assign(
              new Error('too slow'),
              new WipError({ code: 'RESOURCE_EXHAUSTED', message: 'this reader is too slow' }).toStatus(),
            ),
          ),
      },
      call.request,
    );
    const leave = () => {
      open.delete(call);
      seat[Symbol.dispose]();
    };
    call.on('drain', () => seat.drained());
    call.on('cancelled', leave);
    call.on('error', leave);
    call.on('close', leave);
  };
  server.addService(serviceDefinition(WeaponTelemetry), { watch });
  return {
    end() {
      for (const call of open) call.end();
    },
  };
}
