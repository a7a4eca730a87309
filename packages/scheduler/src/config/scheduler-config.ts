import type { ExtensionPoint } from '../framework/plugin.ts';
import type { PluginFactory } from '../plugins/factory.ts';

/** A plugin of a profile with its checked arguments. */
export interface ConfiguredPlugin {
  readonly factory: PluginFactory;
  readonly args: unknown;
}

/** One schedulerName and what runs for it. */
export interface ProfileConfig {
  readonly schedulerName: string;
  /** Names of plugins by extension point, in the order in which they run; those that are always on are in it. */
  readonly points: Readonly<Record<ExtensionPoint, readonly string[]>>;
  readonly plugins: ReadonlyMap<string, ConfiguredPlugin>;
  /** Of score plugins. */
  readonly weights: ReadonlyMap<string, number>;
  /** `aircraft`: from a file; takes claims and writes records. `stock`: kube-scheduler's plugins for all other Pods. */
  readonly kind: 'aircraft' | 'stock';
}

export interface LeaderElectionConfig {
  readonly leaderElect: boolean;
  readonly resourceNamespace: string;
  readonly resourceName: string;
  readonly leaseDurationMs: number;
  readonly renewDeadlineMs: number;
  readonly retryPeriodMs: number;
}

export interface SchedulerConfig {
  readonly profiles: readonly ProfileConfig[];
  readonly podInitialBackoffMs: number;
  readonly podMaxBackoffMs: number;
  /** Pods being bound at once. */
  readonly parallelism: number;
  readonly leaderElection: LeaderElectionConfig;
}
