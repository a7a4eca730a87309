import { create, type MessageInitShape } from '@bufbuild/protobuf';
import type { ServiceDefinition, UntypedServiceImplementation } from '@grpc/grpc-js';
import { type ServerUnaryCall, type ServerWritableStream, type sendUnaryData, status } from '@grpc/grpc-js';
import {
  Health,
  type HealthCheckRequest,
  type HealthCheckResponse,
  HealthCheckResponse_ServingStatus,
  HealthCheckResponseSchema,
  type HealthListRequest,
  type HealthListResponse,
  HealthListResponseSchema,
} from './gen/grpc/health/v1/health_pb.ts';
import { createRpcClient, type RpcCallOptions, type RpcClientOptions } from './rpc-client.ts';
import { serviceDefinition } from './service-definition.ts';
import { WipError } from './wip-error.ts';

/** What a service can be said to be. SERVICE_UNKNOWN is only ever an answer. */
export type ServingStatus = 'SERVING' | 'NOT_SERVING';

/** What a health check can answer. */
export type HealthAnswer = keyof typeof HealthCheckResponse_ServingStatus;

/** The state behind grpc.health.v1; several servers may serve one. */
export interface HealthRegistry {
  /** Says how `service` is from now on ("" is the whole server); watchers are told at once. */
  set(service: string, serving: ServingStatus): void;
  /** Adds grpc.health.v1 to a server. */
  addTo(server: ServiceHost): void;
  /** Ends every Watch that is open, so that a server can shut down. */
  close(): void;
}

/** The part of a grpc-js Server that takes services. */
export interface ServiceHost {
  addService(definition: ServiceDefinition, implementation: UntypedServiceImplementation): void;
}

type Watcher = ServerWritableStream<HealthCheckRequest, HealthCheckResponse>;

/** An empty registry: every service, "" too, is unknown until set. */
export function createHealthRegistry(): HealthRegistry {
  const statuses = new Map<string, ServingStatus>();
  const watchers = new Map<Watcher, string>();

  const answer = (service: string): MessageInitShape<typeof HealthCheckResponseSchema> => ({
    status: HealthCheckResponse_ServingStatus[statuses.get(service) ?? 'SERVICE_UNKNOWN'],
  });

  const implementation = {
    check(call: ServerUnaryCall<HealthCheckRequest, HealthCheckResponse>, respond: sendUnaryData<HealthCheckResponse>) {
      const { service } = call.request;
      if (!statuses.has(service))
        return respond({ code: status.NOT_FOUND, details: `unknown service ${JSON.stringify(service)}` });
      respond(null, create(HealthCheckResponseSchema, answer(service)));
    },
    watch(call: Watcher) {
      watchers.set(call, call.request.service);
      call.on('cancelled', () => watchers.delete(call));
      call.on('error', () => watchers.delete(call));
      call.write(create(HealthCheckResponseSchema, answer(call.request.service)));
    },
    list(_call: ServerUnaryCall<HealthListRequest, HealthListResponse>, respond: sendUnaryData<HealthListResponse>) {
      const entries = [...statuses.keys()].map((service) => [service, answer(service)] as const);
      respond(null, create(HealthListResponseSchema, { statuses: Object.fromEntries(entries) }));
    },
  };

  return {
    set(service, serving) {
      if (statuses.get(service) === serving) return;
      statuses.set(service, serving);
      for (const [watcher, watched] of watchers)
        if (watched === service) watcher.write(create(HealthCheckResponseSchema, answer(service)));
    },
    addTo(server) {
      server.addService(serviceDefinition(Health), implementation as unknown as UntypedServiceImplementation);
    },
    close() {
      for (const watcher of watchers.keys()) watcher.end();
      watchers.clear();
    },
  };
}

/**
 * Asks a server how `service` is ("" is the whole server). A service that the server does not know is SERVICE_UNKNOWN;
 * a server that does not answer is a WipError.
 */
export async function checkHealth(
  options: RpcClientOptions & RpcCallOptions & { readonly service?: string },
): Promise<HealthAnswer> {
  const { address, service = '', ...call } = options;
  using client = createRpcClient(Health, { address });
  try {
    const response = await client.check({ service }, call);
    return nameOf(response.status);
  } catch (error) {
    if (WipError.from(error).code === 'NOT_FOUND') return 'SERVICE_UNKNOWN';
    throw error;
  }
}

function nameOf(value: number): HealthAnswer {
  for (const [name, number] of Object.entries(HealthCheckResponse_ServingStatus))
    if (number === value) return name as HealthAnswer;
  return 'UNKNOWN';
}
