import * as z from 'zod';
import { timestamp } from './structural.ts';

const pluginScore = z.object({
  raw: z.number().describe('What the plugin gave, 0 to 100.'),
  weight: z.number().describe('Weight of the configuration.'),
  weighted: z.number().describe('raw times weight.'),
});

const nodeVerdict = z.looseObject({
  name: z.string().describe('The Node.'),
  verdict: z.enum(['feasible', 'refused', 'not-evaluated']).describe('What the filters said.'),
  plugin: z.string().optional().describe('Plugin that refused.'),
  reason: z.string().optional().describe('Why it refused, for people.'),
  scores: z.record(z.string(), pluginScore).optional().describe('Score by plugin, in the order of the configuration.'),
  total: z.number().optional().describe('Sum of the weighted scores.'),
});

const verdictGroup = z.looseObject({
  count: z.int().min(0).describe('Nodes in this group.'),
  verdict: z.enum(['feasible', 'refused', 'not-evaluated']).describe('What the filters said.'),
  plugin: z.string().optional().describe('Plugin that refused.'),
  reason: z.string().optional().describe('Why it refused, for people.'),
  nodes: z.array(z.string()).optional().describe('Some of their names.'),
});

export const decision = z.looseObject({
  time: timestamp.optional().describe('When it was taken, microseconds.'),
  pod: z.string().describe('namespace/name.'),
  podUID: z.string().optional().describe('UID of the Pod.'),
  scheduler: z.string().optional().describe('schedulerName of the profile.'),
  attempt: z.int().optional().describe('Number of the attempt, from 1.'),
  selected: z.string().nullable().describe('The Node; null while pending.'),
  message: z.string().optional().describe('The Event’s text.'),
  nodes: z.array(nodeVerdict).describe('Verdict of each Node.'),
  groups: z.array(verdictGroup).optional().describe('Nodes too many to list, by verdict.'),
});

export type Decision = z.infer<typeof decision>;
export type NodeVerdict = z.infer<typeof nodeVerdict>;
export type PluginScore = z.infer<typeof pluginScore>;
export type VerdictGroup = z.infer<typeof verdictGroup>;

export const decisions = z.array(decision).max(10).describe('The last decisions, newest last.');
