import { NAMES, NAMESPACES } from '@hardpoint/api';
import { LineCounter, parseAllDocuments } from 'yaml';
import { ArgsReader } from './args-reader.ts';
import { type ConfigProblem, SchedulerConfigError } from './config-error.ts';
import { everyNode, readProfile } from './profile-config.ts';
import type { LeaderElectionConfig, ProfileConfig, SchedulerConfig } from './scheduler-config.ts';

const API_VERSION = 'kubescheduler.config.k8s.io/v1';
const KIND = 'KubeSchedulerConfiguration';
const MOST_BACKOFF_SECONDS = 86_400;

/** Two leaders at once do no harm here (claims/README.md), so that a dead one is soon replaced. */
const ELECTION: LeaderElectionConfig = {
  leaderElect: true,
  resourceNamespace: NAMESPACES.system,
  resourceName: NAMES.scheduler,
  leaseDurationMs: 6000,
  renewDeadlineMs: 4000,
  retryPeriodMs: 1000,
};

/**
 * Reads a KubeSchedulerConfiguration as S3 has it: only what it lists is enabled, in its order. Throws a
 * SchedulerConfigError that names, for each thing wrong, the file, the line, the value and what is allowed.
 */
export function parseSchedulerConfig(text: string, options: { readonly file: string }): SchedulerConfig {
  const { file } = options;
  const problems: ConfigProblem[] = [];
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, { lineCounter: lines, uniqueKeys: true, prettyErrors: false });
  const list = Array.isArray(documents) ? documents : [];
  for (const document of list)
    for (const error of document.errors) {
      const { line, col } = lines.linePos(error.pos[0]);
      problems.push({
        file,
        line,
        column: col,
        path: '',
        value: undefined,
        message: error.message,
        allowed: undefined,
      });
    }
  if (problems.length > 0) throw new SchedulerConfigError(problems);
  const [document] = list;
  const root = new ArgsReader({ source: { file, lines, problems }, node: document?.contents ?? null, path: '' });
  if (list.length !== 1 || root.empty)
    throw new SchedulerConfigError([
      {
        file,
        line: 0,
        column: 0,
        path: '',
        value: undefined,
        message: `${list.length > 1 ? list.length : 'no'} YAML documents`,
        allowed: `one ${KIND}`,
      },
    ]);
  const config = readConfig(root);
  if (problems.length > 0) throw new SchedulerConfigError(problems);
  return config;
}

function readConfig(root: ArgsReader): SchedulerConfig {
  let profiles: ProfileConfig[] = [];
  let podInitialBackoffMs = 1000;
  let podMaxBackoffMs = 10_000;
  let parallelism = 16;
  let leaderElection = ELECTION;
  const present = new Set(root.entries().map(([key]) => key));
  for (const key of ['apiVersion', 'kind'])
    if (!present.has(key)) root.problem(`${key} is missing`, key === 'kind' ? KIND : API_VERSION);
  root.keys({
    apiVersion: (key) => void key.oneOf([API_VERSION]),
    kind: (key) => void key.oneOf([KIND]),
    metadata: (key) => key.keys({ name: (name) => void name.text() }),
    parallelism: (key) => {
      parallelism = key.integer({ min: 1, max: 1024 }) ?? parallelism;
    },
    percentageOfNodesToScore: everyNode,
    podInitialBackoffSeconds: (key) => {
      podInitialBackoffMs = (key.integer({ min: 1, max: MOST_BACKOFF_SECONDS }) ?? 1) * 1000;
    },
    podMaxBackoffSeconds: (key) => {
      podMaxBackoffMs = (key.integer({ min: 1, max: MOST_BACKOFF_SECONDS }) ?? 10) * 1000;
    },
    leaderElection: (key) => {
      leaderElection = readElection(key);
    },
    clientConnection: readConnection,
    enableProfiling: notServed,
    enableContentionProfiling: notServed,
    delayCacheUntilActive: notServed,
    extenders: (key) => {
      if (key.list().length > 0) key.problem('extenders are not supported', 'an empty list');
    },
    profiles: (key) => {
      profiles = key.list().map((item) => {
        const profile = readProfile(item);
        return profile;
      });
      const seen = new Set<string>();
      for (const [index, { schedulerName }] of profiles.entries()) {
        if (seen.has(schedulerName))
          key.list()[index]?.problem(`schedulerName ${schedulerName} is there twice`, 'each schedulerName once');
        seen.add(schedulerName);
      }
      if (profiles.length === 0) key.problem('no profile', 'a list with at least one profile');
    },
  });
  if (!present.has('profiles')) root.problem('profiles is missing', 'a list with at least one profile');
  if (podMaxBackoffMs < podInitialBackoffMs)
    root.problem(
      'podMaxBackoffSeconds is less than podInitialBackoffSeconds',
      `at least ${podInitialBackoffMs / 1000}`,
    );
  return { profiles, podInitialBackoffMs, podMaxBackoffMs, parallelism, leaderElection };
}

function readElection(reader: ArgsReader): LeaderElectionConfig {
  const read = { ...ELECTION };
  reader.keys({
    leaderElect: (key) => {
      read.leaderElect = key.boolean() ?? read.leaderElect;
    },
    leaseDuration: (key) => {
      read.leaseDurationMs = key.duration() ?? read.leaseDurationMs;
    },
    renewDeadline: (key) => {
      read.renewDeadlineMs = key.duration() ?? read.renewDeadlineMs;
    },
    retryPeriod: (key) => {
      read.retryPeriodMs = key.duration() ?? read.retryPeriodMs;
    },
    resourceLock: (key) => void key.oneOf(['leases']),
    resourceName: (key) => {
      read.resourceName = key.string('a name') ?? read.resourceName;
    },
    resourceNamespace: (key) => {
      read.resourceNamespace = key.string('a namespace') ?? read.resourceNamespace;
    },
  });
  if (read.renewDeadlineMs >= read.leaseDurationMs)
    reader.problem(
      `renewDeadline (${read.renewDeadlineMs} ms) is not below leaseDuration (${read.leaseDurationMs} ms)`,
      'retryPeriod < renewDeadline < leaseDuration',
    );
  if (read.retryPeriodMs <= 0 || read.retryPeriodMs >= read.renewDeadlineMs)
    reader.problem(
      `retryPeriod (${read.retryPeriodMs} ms) is not between 0 and renewDeadline (${read.renewDeadlineMs} ms)`,
      'retryPeriod < renewDeadline < leaseDuration',
    );
  return read;
}

/** The connection is chosen on the command line; what does not contradict that is taken note of. */
function readConnection(reader: ArgsReader): void {
  reader.keys({
    kubeconfig: (key) => {
      if (key.text() !== '')
        key.problem('the connection is not chosen here', '"", and --kubeconfig FILE on the command line');
    },
    acceptContentTypes: (key) => void key.text(),
    contentType: (key) => void key.oneOf(['', 'application/json', 'application/vnd.kubernetes.protobuf']),
    qps: (key) => void key.number({ min: -1, max: 1e9 }),
    burst: (key) => void key.integer({ min: 0, max: 1_000_000_000 }),
  });
}

function notServed(reader: ArgsReader): void {
  if (reader.boolean() === true) reader.problem('true is not allowed: this is not supported', 'false');
}
