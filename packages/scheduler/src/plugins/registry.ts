import { aircraftAvailability } from './aircraft-availability/index.ts';
import { aircraftCapability } from './aircraft-capability/index.ts';
import { aircraftClaim } from './aircraft-claim/index.ts';
import { decidedFields } from './decided-fields/index.ts';
import { defaultBinder } from './default-binder/index.ts';
import type { PluginFactory } from './factory.ts';
import { fuelCheck } from './fuel-check/index.ts';
import { fuelLevelScore } from './fuel-level-score/index.ts';
import { locationScore } from './location-score/index.ts';
import { maintenanceScore } from './maintenance-score/index.ts';
import { nodeAffinity } from './node-affinity/index.ts';
import { nodeName } from './node-name/index.ts';
import { nodePorts } from './node-ports/index.ts';
import { nodeResourcesBalancedAllocation } from './node-resources-balanced-allocation/index.ts';
import { nodeResourcesFit } from './node-resources-fit/index.ts';
import { nodeUnschedulable } from './node-unschedulable/index.ts';
import { prioritySort } from './priority-sort/index.ts';
import { schedulingGates } from './scheduling-gates/index.ts';
import { taintToleration } from './taint-toleration/index.ts';
import { weaponCompatibility } from './weapon-compatibility/index.ts';

/** Plugins that run in every profile, in the order in which they come after what a file lists (S3). */
export const ALWAYS_ON: readonly PluginFactory[] = [
  prioritySort,
  schedulingGates,
  decidedFields,
  nodeName,
  nodeUnschedulable,
  nodePorts,
];

/** On in every profile that comes from a configuration file. */
export const AIRCRAFT_GUARD: PluginFactory = aircraftClaim;

export const DEFAULT_BIND: PluginFactory = defaultBinder;

/** The plugins of the stock profile (`default-scheduler`), in kube-scheduler's order and with its weights. */
export const STOCK: readonly { readonly factory: PluginFactory; readonly weight: number }[] = [
  { factory: nodeUnschedulable, weight: 0 },
  { factory: nodeName, weight: 0 },
  { factory: taintToleration, weight: 3 },
  { factory: nodeAffinity, weight: 2 },
  { factory: nodePorts, weight: 0 },
  { factory: nodeResourcesFit, weight: 1 },
  { factory: nodeResourcesBalancedAllocation, weight: 1 },
];

/** Every plugin there is, by name. */
export const PLUGINS: ReadonlyMap<string, PluginFactory> = new Map(
  [
    ...ALWAYS_ON,
    nodeAffinity,
    nodeResourcesFit,
    nodeResourcesBalancedAllocation,
    taintToleration,
    aircraftAvailability,
    aircraftCapability,
    fuelCheck,
    weaponCompatibility,
    fuelLevelScore,
    locationScore,
    maintenanceScore,
    aircraftClaim,
    defaultBinder,
  ].map((factory) => [factory.name, factory]),
);
