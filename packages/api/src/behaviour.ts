import * as z from 'zod';
import { BEHAVIOUR_DEFAULTS as d } from './defaults.ts';

const seconds = z.number().min(0).max(3600);

/** `trigger` and not `on`: YAML 1.1, which kubectl reads, takes a bare `on` for true. */
const fault = z.object({
  trigger: z
    .enum(['SelfCheck', 'Initialize', 'LockTarget', 'Launch', 'time'])
    .describe('The call that triggers it, or `time` for a moment after start.'),
  nth: z.int().min(1).max(1000000).optional().describe('Which call of that kind, from 1. Every one where absent.'),
  afterSeconds: seconds.optional().describe('With `time`: seconds after the process started.'),
  action: z
    .enum(['fault', 'fail', 'crash', 'hang'])
    .describe('fault: go to FAULT; fail: answer success false; crash: end the process; hang: never answer.'),
  message: z.string().max(256).optional().describe('Text given with the failure.'),
});

/** How a simulated weapon behaves in time. Opaque to everything but the simulator (W4). */
export const behaviour = z.object({
  seed: z.int().min(0).default(d.seed).describe('Seed of its randomness: the same seed gives the same run.'),
  initializeSeconds: seconds.default(d.initializeSeconds).describe('How long Initialize takes.'),
  resetSeconds: seconds.default(d.resetSeconds).describe('From LAUNCHED back to READY while stores remain.'),
  selfCheckSeconds: seconds.default(d.selfCheckSeconds).describe('How long SelfCheck takes.'),
  temperature: z
    .object({
      ambient: z.number().default(d.temperature.ambient).describe('Degrees Celsius at rest.'),
      risePerLaunch: z.number().default(d.temperature.risePerLaunch).describe('Degrees each released store adds.'),
      coolingPerSecond: z.number().min(0).default(d.temperature.coolingPerSecond).describe('Degrees lost per second.'),
      noise: z.number().min(0).default(d.temperature.noise).describe('Largest deviation, degrees.'),
    })
    .prefault({})
    .describe('Simulated temperature.'),
  telemetryIntervalSeconds: z
    .number()
    .min(0.01)
    .max(3600)
    .default(d.telemetryIntervalSeconds)
    .describe('Time between telemetry messages.'),
  faults: z.array(fault).max(32).default([]).describe('Failures to be simulated, in order.'),
});

export type Behaviour = z.infer<typeof behaviour>;
export type BehaviourInput = z.input<typeof behaviour>;
export type BehaviourFault = z.infer<typeof fault>;
