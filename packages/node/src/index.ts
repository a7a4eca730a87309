export { planAircraft, runAircraftKeeper, serviceAircraft } from './aircraft-keeper/index.ts';
export type { ImageEntry, ImageTable } from './image-table.ts';
export { runClusterControllers } from './lifecycle/node-lifecycle.ts';
export { type NodeAgentOptions, runNodeAgent } from './node/node-agent.ts';
export { NodeError, type NodeErrorCode } from './node-error.ts';
export { policyRules } from './policy-rules.ts';
export { endContainers } from './runtime/process-runtime.ts';
export type { ContainerRole, VirtualStage } from './runtime/virtual-runtime.ts';
