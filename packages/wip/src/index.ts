export { type JwsVerdict, signJws, verifyJws } from './compact-jws.ts';
export { Health } from './gen/grpc/health/v1/health_pb.ts';
export * as sortie from './gen/sortie_pb.ts';
export {
  type AbortRequest,
  AbortRequestSchema,
  type AbortResponse,
  AbortResponseSchema,
  type InitRequest,
  InitRequestSchema,
  type InitResponse,
  InitResponseSchema,
  type LaunchRequest,
  LaunchRequestSchema,
  type LaunchResponse,
  LaunchResponseSchema,
  type LockRequest,
  LockRequestSchema,
  type LockResponse,
  LockResponseSchema,
  type MountPointTemperature,
  MountPointTemperatureSchema,
  type Refusal,
  RefusalSchema,
  type Release,
  ReleaseSchema,
  type Sample,
  SampleSchema,
  type SelfCheckRequest,
  SelfCheckRequestSchema,
  type SelfCheckResponse,
  SelfCheckResponseSchema,
  type StateChange,
  StateChangeSchema,
  type StatusRequest,
  StatusRequestSchema,
  type StatusResponse,
  StatusResponse_WeaponState,
  StatusResponseSchema,
  type Target,
  TargetSchema,
  type Telemetry,
  TelemetrySchema,
  type WatchRequest,
  WatchRequestSchema,
  WeaponService,
  WeaponTelemetry,
} from './gen/weapon_interface_pb.ts';
export {
  checkHealth,
  createHealthRegistry,
  type HealthAnswer,
  type HealthRegistry,
  type ServiceHost,
  type ServingStatus,
} from './health.ts';
export {
  type LaunchClaims,
  type LaunchExpectation,
  type LaunchVerdict,
  type RefusalReason,
  refusalReasons,
  signLaunchToken,
  verifyLaunchToken,
} from './launch-token.ts';
export { methodNames } from './method-names.ts';
export { addReflection } from './reflection.ts';
export { createRpcClient, type RpcCallOptions, type RpcClient, type RpcClientOptions } from './rpc-client.ts';
export { serviceDefinition } from './service-definition.ts';
export { formatSigningKey, formatTrust, generateSigningKey, parseSigningKey, type SigningKey } from './signing-key.ts';
export { createSortieClient, type SortieClient } from './sortie-client.ts';
export { refuseSortieToken, signSortieToken } from './sortie-token.ts';
export { noTrust, parseTrust, type Trust } from './trust.ts';
export {
  createWeaponClient,
  createWeaponTelemetryClient,
  type WeaponClient,
  type WeaponTelemetryClient,
} from './weapon-client.ts';
export { WipError, type WipErrorCode } from './wip-error.ts';
