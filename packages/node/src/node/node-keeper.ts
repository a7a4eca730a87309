import { ANNOTATIONS } from '@hardpoint/api';
import { LEASES, NODES, type Node } from '@hardpoint/kubernetes';
import {
  ApiError,
  type Client,
  type Clock,
  createController,
  type Informer,
  type Logger,
  microTime,
  type Random,
} from '@hardpoint/machinery';
import { type AgentFacts, defaultLabels, healthyStatus, isUpToDate } from './node-status.ts';

/** A kubelet's figures: the Lease lasts 40 s and is renewed every quarter of it. */
const LEASE_SECONDS = 40;
const RENEW_MS = 10_000;
const LEASE_NAMESPACE = 'kube-node-lease';
const RENEWALS_AT_ONCE = 8;
/** The status is posted anew at least so often though nothing changed (nodeStatusReportFrequency). */
const REPORT_MS = 300_000;

/** Which Nodes an agent hosts: those it was given, and those applied with annotation airforce.mil/agent: embedded. */
export interface NodeKeeper {
  hosts(name: string): boolean;
  /** As the API has it, or as it was given. */
  node(name: string): Node | undefined;
  /** Resolves when each given Node is registered and ready for the first time. */
  readonly registered: Promise<void>;
  /** Registers, reports and renews until `signal` aborts. Once only. */
  run(signal: AbortSignal): Promise<void>;
}

export function createNodeKeeper(options: {
  readonly client: Client;
  readonly aircraft: readonly Node[];
  readonly nodes: Informer<Node>;
  readonly facts: AgentFacts;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}): NodeKeeper {
  const { client, nodes, facts, clock, random, log } = options;
  const given = new Map(options.aircraft.map((node) => [node.metadata?.name ?? '', node]));
  const waiting = new Set(given.keys());
  const leased = new Set<string>();
  const registered = Promise.withResolvers<void>();
  if (waiting.size === 0) registered.resolve();

  const isEmbedded = (node: Node) => node.metadata?.annotations?.[ANNOTATIONS.agent] === 'embedded';
  const hosts = (name: string): boolean => {
    const stored = nodes.get(name);
    return stored === undefined ? given.has(name) : isEmbedded(stored) || given.has(name);
  };
  const create = async (node: Node, signal: AbortSignal): Promise<Node> => {
    const name = node.metadata?.name ?? '';
    const object: Node = {
      metadata: {
        name,
        labels: { ...defaultLabels(name, facts), ...node.metadata?.labels },
        annotations: { ...node.metadata?.annotations, [ANNOTATIONS.agent]: 'embedded' },
      },
      spec: node.spec ?? {},
      status: healthyStatus({ node, facts, nowMs: clock.now() }),
    };
    return await client.create(NODES, object, { signal });
  };
  const complete = async (node: Node, signal: AbortSignal): Promise<void> => {
    const name = node.metadata?.name ?? '';
    const labels = Object.entries(defaultLabels(name, facts)).filter(
      ([key]) => !(key in (node.metadata?.labels ?? {})),
    );
    const annotations = isEmbedded(node) ? {} : { annotations: { [ANNOTATIONS.agent]: 'embedded' } };
    if (labels.length === 0 && isEmbedded(node)) return;
    const body = { metadata: { labels: Object.fromEntries(labels), ...annotations } };
    await client.patch(NODES, { name }, { type: 'merge', body }, { signal });
  };
  const report = async (node: Node, signal: AbortSignal): Promise<void> => {
    const status = healthyStatus({ node, facts, nowMs: clock.now() });
    const place = { name: node.metadata?.name ?? '' };
    await client.patch(NODES, place, { type: 'strategic', body: { status } }, { subresource: 'status', signal });
  };
  const renew = async (name: string, signal: AbortSignal): Promise<void> => {
    const place = { namespace: LEASE_NAMESPACE, name };
    const renewTime = microTime(clock.now());
    if (leased.has(name)) {
      try {
        await client.patch(LEASES, place, { type: 'merge', body: { spec: { renewTime } } }, { signal });
        return;
      } catch (error) {
        if (!ApiError.is(error, 'NotFound')) throw error;
      }
    }
    const owner = nodes.get(name)?.metadata;
    const ownerReferences = owner === undefined ? [] : [{ apiVersion: 'v1', kind: 'Node', name, uid: owner.uid }];
    const spec = { holderIdentity: name, leaseDurationSeconds: LEASE_SECONDS, renewTime };
    try {
      await client.create(LEASES, { metadata: { ...place, ownerReferences }, spec }, { signal });
    } catch (error) {
      if (!ApiError.is(error, 'AlreadyExists')) throw error;
      await client.patch(LEASES, place, { type: 'merge', body: { spec } }, { signal });
    }
    leased.add(name);
  };

  const controller = createController({
    name: 'node-agent',
    clock,
    random,
    log,
    concurrency: RENEWALS_AT_ONCE,
    async reconcile(name, signal) {
      if (!hosts(name)) return undefined;
      let node: Node | undefined = nodes.get(name);
      const first = waiting.has(name);
      if (node === undefined) {
        // A Node that was deleted after its registration stays deleted, as with a kubelet.
        const wanted = first ? given.get(name) : undefined;
        if (wanted === undefined) return undefined;
        try {
          node = await create(wanted, signal);
        } catch (error) {
          if (!ApiError.is(error, 'AlreadyExists')) throw error;
          node = await client.get(NODES, { name }, { signal });
        }
      }
      await complete(node, signal);
      if (!isUpToDate(node, facts)) await report(node, signal);
      if (!leased.has(name)) await renew(name, signal);
      if (first && waiting.delete(name) && waiting.size === 0) registered.resolve();
      return { requeueAfterMs: REPORT_MS };
    },
  });
  const renewAll = async (signal: AbortSignal): Promise<void> => {
    while (!signal.aborted) {
      await clock.sleep(RENEW_MS, signal);
      const names = nodes
        .list()
        .map(({ metadata }) => metadata.name)
        .filter(hosts);
      for (let at = 0; at < names.length; at += RENEWALS_AT_ONCE) {
        await Promise.all(
          names.slice(at, at + RENEWALS_AT_ONCE).map((name) =>
            renew(name, signal).catch((error: unknown) => {
              if (!signal.aborted) log.warn('a node Lease could not be renewed', { node: name, error });
            }),
          ),
        );
      }
    }
  };
  return {
    hosts,
    node: (name) => nodes.get(name) ?? given.get(name),
    registered: registered.promise,
    async run(signal) {
      controller.watch(nodes, ({ object }) => [object.metadata.name]);
      for (const name of given.keys()) controller.enqueue(name);
      await Promise.all([
        controller.run(signal),
        renewAll(signal).catch((error: unknown) => {
          if (!signal.aborted) throw error;
        }),
      ]);
    },
  };
}
