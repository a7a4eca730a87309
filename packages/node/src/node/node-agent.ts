import { mkdirSync, readFileSync } from 'node:fs';
import { arch, platform, release } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { NODES, type Node, PODS, type Pod } from '@hardpoint/kubernetes';
import {
  type Client,
  type Clock,
  createEventRecorder,
  createInformer,
  type Logger,
  type Random,
} from '@hardpoint/machinery';
import { runAircraftKeeper } from '../aircraft-keeper/index.ts';
import type { ImageTable } from '../image-table.ts';
import { type AddressBook, createAddressBook } from '../pod/address-book.ts';
import type { PodHost } from '../pod/pod-host.ts';
import { isSidecar } from '../pod/restart-rule.ts';
import type { ContainerRuntime, ContainerSpec } from '../runtime/container-runtime.ts';
import { createProcessRuntime } from '../runtime/process-runtime.ts';
import { type ContainerRole, createVirtualRuntime, type VirtualStage } from '../runtime/virtual-runtime.ts';
import { type KubeletServer, startKubeletServer } from '../server/kubelet-server.ts';
import { createObjectSource } from '../volumes/object-source.ts';
import { createNodeKeeper } from './node-keeper.ts';
import type { AgentFacts } from './node-status.ts';
import { createPodKeeper, type PodKeeper } from './pod-keeper.ts';

const HOST_IP = '127.0.0.1';
/** What a container's PATH holds, after the folder of this agent's own Node.js. */
const CONTAINER_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const DRAIN_GRACE_MS = 2000;
const ORPHANED_AFTER_MS = 60_000;
/** A kubelet's CrashLoopBackOff and ImagePullBackOff. */
const BACK_OFF = { baseMs: 10_000, maxMs: 300_000 } as const;

export interface NodeAgentOptions {
  readonly client: Client;
  /** Nodes to register: labels, annotations, taints and, where given, status.capacity and allocatable are taken over. */
  readonly aircraft: readonly Node[];
  /** Everything the agent keeps lies here: volumes, logs, the shim's records. One agent per folder. */
  readonly dataDir: string;
  readonly images: ImageTable;
  readonly runtime: 'process' | 'virtual';
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** Ends the agent and, unless `whenStopped` says otherwise, its containers. */
  readonly signal: AbortSignal;
  /** Ends all containers and then the agent, whatever `whenStopped` says. */
  readonly drain?: AbortSignal | undefined;
  readonly whenStopped?: 'end-containers' | 'leave-containers' | undefined;
  /** PEM of what signs the API server's client certificate. Without it there is no server for logs and exec. */
  readonly clientCa?: string | undefined;
  /** Address of that server; default 127.0.0.1. */
  readonly host?: string | undefined;
  /** Program and first arguments of the shim; default: the one that comes with this package. */
  readonly shim?: readonly string[] | undefined;
  readonly backOff?: { readonly baseMs: number; readonly maxMs: number } | undefined;
  /** Without an agent for so long, the shim ends all containers and itself. Default 60 000 ms. */
  readonly orphanedAfterMs?: number | undefined;
  /** Address of the API server for containers that look for it in their environment. */
  readonly apiServer?: { readonly host: string; readonly port: number } | undefined;
  /** Virtual runtime: what becomes of each container. */
  readonly stage?: ((spec: ContainerSpec, role: ContainerRole) => VirtualStage) | undefined;
  /** Called once, when every given Node is registered. */
  readonly onReady?: ((facts: Readonly<Record<string, unknown>>) => void) | undefined;
}

/**
 * One agent for all embedded aircraft: registers Nodes, renews their Leases, runs their Pods, keeps the aircraft's own
 * labels and serves logs and exec. Resolves when everything has ended; rejects where its data folder or shim cannot be
 * used.
 */
export async function runNodeAgent(options: NodeAgentOptions): Promise<void> {
  const { client, clock, random, log, images } = options;
  const dataDir = resolve(options.dataDir);
  const stop = options.drain === undefined ? options.signal : AbortSignal.any([options.signal, options.drain]);
  if (stop.aborted) return;
  const inner = new AbortController();
  // However this ends: nothing that was started goes on.
  using _inner = { [Symbol.dispose]: () => inner.abort(new DOMException('the node agent has ended', 'AbortError')) };
  const signal = AbortSignal.any([stop, inner.signal]);

  let pods: PodKeeper | undefined;
  const { runtime, addresses } = await openRuntime({ ...options, dataDir, signal, podsOf: () => pods });
  await using _runtime = runtime;
  await using recorder = createEventRecorder({
    client,
    clock,
    random,
    log,
    reportingController: 'kubelet',
    reportingInstance: 'hardpoint-node-agent',
  });
  const nodes = createInformer<Node>({ client, type: NODES, clock, random, log, signal });
  const podInformer = createInformer<Pod>({ client, type: PODS, clock, random, log, signal });
  const objects = createObjectSource({ client, clock, random, log, signal });
  const host: PodHost = {
    client,
    clock,
    random,
    log,
    recorder,
    runtime,
    images,
    objects,
    addresses,
    dataDir,
    hostIp: HOST_IP,
    allocatable: (name) => nodes.get(name)?.status?.allocatable ?? {},
    nodeLabels: (name) => nodes.get(name)?.metadata.labels,
    baseEnv: baseEnvironment(options.apiServer),
    backOff: options.backOff ?? BACK_OFF,
  };
  let server: KubeletServer | undefined;
  if (options.clientCa !== undefined) {
    server = await startKubeletServer({
      host: options.host ?? HOST_IP,
      clientCa: options.clientCa,
      dataDir,
      clock,
      log,
      runtime,
      workers: () => pods?.workers() ?? [],
      worker: (namespace, name) => pods?.worker(namespace, name),
    });
  }
  await using _server = server ?? { [Symbol.asyncDispose]: async () => {} };
  const facts = agentFacts({ runtime, random, serverPort: server?.port });
  const keeper = createNodeKeeper({ client, aircraft: options.aircraft, nodes, facts, clock, random, log });
  pods = createPodKeeper({ host, pods: podInformer, hosts: keeper.hosts });
  const podKeeper = pods;

  try {
    await nodes.synced(signal);
  } catch (error) {
    if (stop.aborted) return;
    throw error;
  }
  using _look = nodes.subscribe((change) => {
    if (change.type !== 'deleted') podKeeper.look();
  });
  void keeper.registered.then(() => {
    if (!signal.aborted) options.onReady?.({ nodes: options.aircraft.length, port: server?.port });
  });
  try {
    await Promise.all([
      keeper.run(signal),
      podKeeper.run(signal),
      runAircraftKeeper({
        client,
        clock,
        random,
        log,
        signal,
        keeps: ({ metadata }) => keeper.hosts(metadata?.name ?? ''),
        nodes,
        pods: podInformer,
      }),
    ]);
  } finally {
    inner.abort(new DOMException('the node agent is ending', 'AbortError'));
  }
  await Promise.all([nodes.done, podInformer.done]);
}

async function openRuntime(
  options: NodeAgentOptions & { readonly podsOf: () => PodKeeper | undefined },
): Promise<{ runtime: ContainerRuntime; addresses: AddressBook }> {
  const { clock, log, random, signal, dataDir, stage, drain } = options;
  if (options.runtime === 'virtual') {
    const roleOf = (spec: ContainerSpec): ContainerRole => {
      const pod = options.podsOf()?.worker(spec.namespace, spec.pod)?.current();
      const init = pod?.spec?.initContainers?.find(({ name }) => name === spec.container);
      if (init === undefined) return 'main';
      return isSidecar(init) ? 'sidecar' : 'init';
    };
    const runtime = createVirtualRuntime({ clock, roleOf, ...(stage === undefined ? {} : { stage }) });
    return { runtime, addresses: createAddressBook({ random }) };
  }
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const runtime = await createProcessRuntime({
    dataDir,
    clock,
    log,
    signal,
    shim: options.shim,
    orphanedAfterMs: options.orphanedAfterMs ?? ORPHANED_AFTER_MS,
    whenDisposed: () => (drain?.aborted === true ? 'end-containers' : (options.whenStopped ?? 'end-containers')),
    endGraceMs: DRAIN_GRACE_MS,
  });
  return { runtime, addresses: createAddressBook({ random, file: join(dataDir, 'addresses.json') }) };
}

function baseEnvironment(apiServer: NodeAgentOptions['apiServer']): Record<string, string> {
  return {
    PATH: `${dirname(process.execPath)}:${CONTAINER_PATH}`,
    ...(apiServer === undefined
      ? {}
      : { KUBERNETES_SERVICE_HOST: apiServer.host, KUBERNETES_SERVICE_PORT: String(apiServer.port) }),
  };
}

function agentFacts(options: {
  readonly runtime: ContainerRuntime;
  readonly random: Random;
  readonly serverPort: number | undefined;
}): AgentFacts {
  const architectures: Readonly<Record<string, string>> = { x64: 'amd64', ia32: '386' };
  let bootId: string;
  try {
    bootId = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    bootId = options.random.uuid();
  }
  return {
    hostIp: HOST_IP,
    serverPort: options.serverPort,
    runtimeVersion: options.runtime.version,
    kernelVersion: release(),
    architecture: architectures[arch()] ?? arch(),
    operatingSystem: platform(),
    osImage: 'Hardpoint embedded aircraft',
    bootId,
  };
}
