import type { Node, NodeCondition, NodeStatus } from '@hardpoint/kubernetes';
import { secondTime } from '@hardpoint/machinery';

/** What a Node that brings no figures of its own has to give. */
const DEFAULT_CAPACITY: Readonly<Record<string, string>> = {
  cpu: '8',
  memory: '16Gi',
  'ephemeral-storage': '64Gi',
  pods: '110',
};

const HEALTHY: readonly Pick<NodeCondition, 'type' | 'status' | 'reason' | 'message'>[] = [
  {
    type: 'MemoryPressure',
    status: 'False',
    reason: 'KubeletHasSufficientMemory',
    message: 'kubelet has sufficient memory available',
  },
  {
    type: 'DiskPressure',
    status: 'False',
    reason: 'KubeletHasNoDiskPressure',
    message: 'kubelet has no disk pressure',
  },
  {
    type: 'PIDPressure',
    status: 'False',
    reason: 'KubeletHasSufficientPID',
    message: 'kubelet has sufficient PID available',
  },
  { type: 'Ready', status: 'True', reason: 'KubeletReady', message: 'kubelet is posting ready status' },
];

/** What the machine and the agent are, as every Node of one agent reports it. */
export interface AgentFacts {
  readonly hostIp: string;
  /** Port of the kubelet-like server; undefined where there is none. */
  readonly serverPort: number | undefined;
  readonly runtimeVersion: string;
  readonly kernelVersion: string;
  readonly architecture: string;
  readonly operatingSystem: string;
  readonly osImage: string;
  readonly bootId: string;
}

/** The labels that a kubelet gives its Node. */
export function defaultLabels(name: string, facts: AgentFacts): Record<string, string> {
  return {
    'kubernetes.io/hostname': name,
    'kubernetes.io/os': facts.operatingSystem,
    'kubernetes.io/arch': facts.architecture,
    'beta.kubernetes.io/os': facts.operatingSystem,
    'beta.kubernetes.io/arch': facts.architecture,
  };
}

/** The status a healthy Node is to have. Capacity is the Node's own where it brings one. */
export function healthyStatus(options: {
  readonly node: Node;
  readonly facts: AgentFacts;
  readonly nowMs: number;
}): NodeStatus {
  const { node, facts, nowMs } = options;
  const name = node.metadata?.name ?? '';
  const own = node.status ?? {};
  const capacity = { ...DEFAULT_CAPACITY, ...own.allocatable, ...own.capacity };
  const now = secondTime(nowMs);
  return {
    capacity,
    allocatable: { ...capacity, ...own.allocatable },
    addresses: [
      { type: 'InternalIP', address: facts.hostIp },
      { type: 'Hostname', address: name },
    ],
    conditions: HEALTHY.map((condition) => {
      const before = own.conditions?.find(({ type }) => type === condition.type);
      return {
        ...condition,
        lastHeartbeatTime: now,
        lastTransitionTime: before?.status === condition.status ? (before.lastTransitionTime ?? now) : now,
      };
    }),
    ...(facts.serverPort === undefined ? {} : { daemonEndpoints: { kubeletEndpoint: { Port: facts.serverPort } } }),
    nodeInfo: {
      architecture: facts.architecture,
      bootID: facts.bootId,
      containerRuntimeVersion: facts.runtimeVersion,
      kernelVersion: facts.kernelVersion,
      kubeProxyVersion: '',
      kubeletVersion: 'v1.37.2-hardpoint',
      machineID: name,
      operatingSystem: facts.operatingSystem,
      osImage: facts.osImage,
      systemUUID: name,
    },
  };
}

/** Whether a Node's status says what the healthy one would, times apart. */
export function isUpToDate(node: Node, facts: AgentFacts): boolean {
  const wanted = healthyStatus({ node, facts, nowMs: 0 });
  const has = node.status;
  const healthy = (wanted.conditions ?? []).every(
    ({ type, status, reason }) =>
      has?.conditions?.some((each) => each.type === type && each.status === status && each.reason === reason) === true,
  );
  return (
    healthy &&
    has?.daemonEndpoints?.kubeletEndpoint?.Port === facts.serverPort &&
    has?.nodeInfo?.bootID === facts.bootId &&
    has?.nodeInfo.containerRuntimeVersion === facts.runtimeVersion &&
    has?.addresses?.some(({ type, address }) => type === 'InternalIP' && address === facts.hostIp) === true
  );
}
