export { type ConfigProblem, SchedulerConfigError } from './config/config-error.ts';
export { parseSchedulerConfig } from './config/parse-scheduler-config.ts';
export { stockProfile } from './config/profile-config.ts';
export type { LeaderElectionConfig, ProfileConfig, SchedulerConfig } from './config/scheduler-config.ts';
export { policyRules } from './policy.ts';
export type { SchedulerDecision } from './records/decision.ts';
export { type RunSchedulerOptions, runScheduler } from './run-scheduler.ts';
