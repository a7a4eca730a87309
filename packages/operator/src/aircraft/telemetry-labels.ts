import { LABELS } from '@hardpoint/api';
import { NODES, type Node } from '@hardpoint/kubernetes';
import { ApiError, type Client, type Clock, type Lister, type Reconcile } from '@hardpoint/machinery';

/** What a sortie in flight says of its aircraft. */
export interface AircraftTelemetry {
  readonly podUID: string;
  /** Whole percent. */
  readonly fuelLevel: number | undefined;
  readonly zone: string | undefined;
}

/** Least time between two writes of one Node (M5). ms. */
const PERIOD_MS = 1000;

/** Labels to change so that a Node says what its sortie says; undefined where it does already. Pure. */
export function telemetryLabels(node: Node, telemetry: AircraftTelemetry): Record<string, string> | undefined {
  const labels = node.metadata?.labels ?? {};
  const changed: Record<string, string> = {};
  const { fuelLevel, zone } = telemetry;
  if (fuelLevel !== undefined && labels[LABELS.fuelLevel] !== String(fuelLevel))
    changed[LABELS.fuelLevel] = String(fuelLevel);
  if (zone !== undefined && zone !== '' && labels[LABELS.locationZone] !== zone) changed[LABELS.locationZone] = zone;
  return Object.keys(changed).length === 0 ? undefined : changed;
}

/** Keeps fuel.level and location.zone of one Node (the key) as its sortie in flight reports them. */
export function createTelemetryReconcile(deps: {
  readonly client: Client;
  readonly clock: Clock;
  readonly nodes: Lister<Node>;
  /** Of the sortie that flies on this aircraft now. */
  readonly telemetry: (node: string) => AircraftTelemetry | undefined;
}): Reconcile {
  const lastMs = new Map<string, number>();
  return async (name, signal) => {
    const node = deps.nodes.get(name);
    const telemetry = deps.telemetry(name);
    if (node === undefined || telemetry === undefined) {
      lastMs.delete(name);
      return undefined;
    }
    const labels = telemetryLabels(node, telemetry);
    if (labels === undefined) return undefined;
    const sinceMs = deps.clock.monotonic() - (lastMs.get(name) ?? Number.NEGATIVE_INFINITY);
    if (sinceMs < PERIOD_MS) return { requeueAfterMs: Math.ceil(PERIOD_MS - sinceMs) };
    lastMs.set(name, deps.clock.monotonic());
    try {
      await deps.client.patch(NODES, { name }, { type: 'merge', body: { metadata: { labels } } }, { signal });
    } catch (error) {
      if (!ApiError.is(error, 'NotFound')) throw error;
    }
    return undefined;
  };
}
