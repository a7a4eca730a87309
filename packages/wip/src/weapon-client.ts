import { WeaponService, WeaponTelemetry } from './gen/weapon_interface_pb.ts';
import { createRpcClient, type RpcClient, type RpcClientOptions } from './rpc-client.ts';

/** Calls one weapon: `control.sock`, `status.sock` (GetStatus only) or its TCP port. */
export type WeaponClient = RpcClient<typeof WeaponService>;

/** Reads one weapon's telemetry: `data.sock` or its TCP port. */
export type WeaponTelemetryClient = RpcClient<typeof WeaponTelemetry>;

/** A client of WeaponService; connects at the first call. */
export function createWeaponClient(options: RpcClientOptions): WeaponClient {
  return createRpcClient(WeaponService, options);
}

/** A client of WeaponTelemetry; connects at the first call. */
export function createWeaponTelemetryClient(options: RpcClientOptions): WeaponTelemetryClient {
  return createRpcClient(WeaponTelemetry, options);
}
