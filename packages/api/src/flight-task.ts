import * as z from 'zod';
import { DEFAULTS } from './defaults.ts';
import { PHASES, STEPS, WEAPON_STATES } from './lifecycle.ts';
import {
  conditions,
  dnsLabel,
  labelValue,
  listMap,
  listSet,
  objectName,
  type Rule,
  tag,
  timestamp,
  weaponName,
  withRules,
} from './structural.ts';

const aircraftRequirement = z.object({
  type: labelValue.min(1).describe('Aircraft type: label aircraft.mil/type of the Node.'),
  minFuelLevel: z.int().min(0).max(100).optional().describe('Least fuel, whole percent. No check where absent.'),
  hardpoints: z
    .int()
    .min(0)
    .max(512)
    .optional()
    .describe('Free mount points it needs. The number of mount points of the loadout where absent.'),
});

const weaponLoadoutEntry = z.object({
  weaponRef: z.object({ name: weaponName.describe('Name of a Weapon in namespace weapons.') }).describe('The weapon.'),
  version: tag.optional().describe('Version to fly. The Weapon’s current one where absent.'),
  quantity: z.int().min(1).max(64).describe('Number of stores.'),
  mountPoints: listSet(z.array(dnsLabel).min(1).max(32)).describe(
    'Where they hang. The name without its number is the type: internal-bay-2 is an internal-bay.',
  ),
});

/** The part of a FlightTask that hand-written Pods carry in an annotation (M4). */
export const weaponLoadout = z.array(weaponLoadoutEntry).max(16);

const target = z.object({
  latitude: z.number().min(-90).max(90).describe('Opaque, passed on.'),
  longitude: z.number().min(-180).max(180).describe('Opaque, passed on.'),
  altitude: z.number().describe('Opaque, passed on.'),
  targetType: z.string().max(63).optional().describe('Opaque, passed on.'),
  velocity: z.number().optional().describe('Opaque, passed on.'),
});

const release = z.object({
  weapon: weaponName.describe('Weapon of the loadout.'),
  count: z.int().min(1).max(64).describe('Number of stores.'),
  targetId: z.string().min(1).max(128).describe('Opaque name.'),
  target: target.describe('Opaque values, checked for range and passed on.'),
});

const phase = z.object({
  name: dnsLabel.describe('Name of the phase.'),
  durationSeconds: z.number().min(0).max(86400).describe('How long it takes, releases aside.'),
  zone: labelValue
    .optional()
    .describe('Zone the aircraft is in. Where absent: targetZone from the first phase with releases on.'),
  releases: z
    .array(release)
    .max(16)
    .optional()
    .describe('Stores to release in this phase, in order, each after its authorisation.'),
});

const authorization = z.object({
  waitSeconds: z
    .int()
    .min(0)
    .max(3600)
    .default(DEFAULTS.authorizationWaitSeconds)
    .describe('How long a release waits for a person’s authorisation.'),
  otherwise: z
    .enum(['Recall', 'Skip'])
    .default(DEFAULTS.authorizationOtherwise)
    .describe('What happens without one: fly home, or leave the release out.'),
});

const spec = z.object({
  aircraftRequirement: aircraftRequirement.describe('What the aircraft must be.'),
  targetZone: labelValue.optional().describe('Zone of the task.'),
  weaponLoadout: weaponLoadout.default([]).describe('Weapons to mount, one entry per Weapon.'),
  phases: listMap(z.array(phase).max(32), 'name').default([]).describe('The mission, in order.'),
  authorization: authorization.prefault({}).describe('How releases are authorised.'),
  priority: z
    .int()
    .min(-1000000000)
    .max(1000000000)
    .default(0)
    .describe('Orders the queue, then creation time. Not the Pod’s priority.'),
  deadlineSeconds: z
    .int()
    .min(1)
    .max(604800)
    .optional()
    .describe('Seconds from creation after which the task is broken off. None where absent.'),
  retryLimit: z.int().min(0).max(10).default(DEFAULTS.retryLimit).describe('Further attempts after a failed one.'),
  lostAfterSeconds: z
    .int()
    .min(1)
    .max(86400)
    .default(DEFAULTS.lostAfterSeconds)
    .describe('Seconds without word from the aircraft until the phase is Lost.'),
  recall: z.boolean().default(false).describe('true calls the sortie back.'),
  ttlSecondsAfterFinished: z
    .int()
    .min(0)
    .max(31536000)
    .default(DEFAULTS.ttlSecondsAfterFinished)
    .describe('How long a finished task keeps its Pod.'),
});

/** Fields that stand still once a Pod was made (M1). Without a default a field may be absent. */
const FROZEN: readonly { readonly field: keyof z.infer<typeof spec>; readonly optional: boolean }[] = [
  { field: 'aircraftRequirement', optional: false },
  { field: 'targetZone', optional: true },
  { field: 'weaponLoadout', optional: false },
  { field: 'phases', optional: false },
  { field: 'authorization', optional: false },
  { field: 'priority', optional: false },
  { field: 'deadlineSeconds', optional: true },
  { field: 'retryLimit', optional: false },
  { field: 'lostAfterSeconds', optional: false },
  { field: 'ttlSecondsAfterFinished', optional: false },
];

/** Rules of the whole object: they need status beside spec. */
export const flightTaskRules: readonly Rule[] = FROZEN.map(({ field, optional }) => {
  const same = optional
    ? `has(self.spec.${field}) == has(oldSelf.spec.${field}) && (!has(self.spec.${field}) || self.spec.${field} == oldSelf.spec.${field})`
    : `self.spec.${field} == oldSelf.spec.${field}`;
  return {
    rule: `!has(oldSelf.status) || !has(oldSelf.status.podRef) || (${same})`,
    message: `${field} is immutable once status.podRef is set; only recall may change`,
    fieldPath: `.spec.${field}`,
    reason: 'FieldValueForbidden' as const,
  };
});

export const flightTaskSpec = withRules(
  spec,
  {
    rule: 'self.weaponLoadout.all(l, self.weaponLoadout.exists_one(o, o.weaponRef.name == l.weaponRef.name))',
    message: 'a Weapon may stand in the loadout once',
    fieldPath: '.weaponLoadout',
    reason: 'FieldValueInvalid',
  },
  {
    rule: 'self.weaponLoadout.all(l, l.mountPoints.all(m, self.weaponLoadout.exists_one(o, m in o.mountPoints)))',
    message: 'a mount point may be used once',
    fieldPath: '.weaponLoadout',
    reason: 'FieldValueInvalid',
  },
  {
    rule: 'self.phases.all(p, !has(p.releases) || p.releases.all(r, self.weaponLoadout.exists(l, l.weaponRef.name == r.weapon)))',
    message: 'a release names a Weapon that is not in the loadout',
    fieldPath: '.phases',
    reason: 'FieldValueInvalid',
  },
);

export type FlightTaskSpec = z.infer<typeof flightTaskSpec>;
export type FlightTaskSpecInput = z.input<typeof flightTaskSpec>;
export type WeaponLoadoutEntry = z.infer<typeof weaponLoadoutEntry>;
export type MissionPhase = z.infer<typeof phase>;
export type Release = z.infer<typeof release>;

const step = z.object({
  type: z.enum(STEPS).describe('One of the twelve steps.'),
  startTime: timestamp.optional().describe('When it began, microseconds.'),
  endTime: timestamp.optional().describe('When it was done, microseconds.'),
});

const weaponStatus = z.object({
  name: weaponName.describe('The Weapon.'),
  container: dnsLabel.optional().describe('Its container.'),
  version: tag.optional().describe('Its version.'),
  state: z.enum(WEAPON_STATES).optional().describe('State it last reported.'),
  temperature: z.number().optional().describe('Degrees Celsius it last reported.'),
  quantity: z.int().min(0).describe('Stores mounted.'),
  released: z.int().min(0).default(0).describe('Stores released.'),
  remaining: z.int().min(0).optional().describe('Stores left.'),
  unaccounted: z.int().min(0).optional().describe('Stores of which nobody can say whether they were released.'),
});

const releaseStatus = z.object({
  key: z.string().max(512).describe('Idempotency key: taskUID/phase/index.'),
  weapon: weaponName.describe('The Weapon.'),
  count: z.int().min(0).describe('Stores.'),
  remaining: z.int().min(0).optional().describe('Stores left after it.'),
  outcome: z.enum(['Released', 'Skipped', 'Refused', 'Failed', 'Unknown']).describe('How it ended.'),
  authorization: z.string().max(253).optional().describe('LaunchAuthorization it used.'),
  jti: z.string().max(128).optional().describe('Token it spent.'),
  attempt: z.int().min(0).optional().describe('Attempt it belongs to.'),
  time: timestamp.optional().describe('When, microseconds.'),
  message: z.string().max(1024).optional().describe('What the weapon said.'),
});

export const flightTaskStatus = z.object({
  observedGeneration: z.int().min(0).optional().describe('metadata.generation this status was written for.'),
  phase: z.enum(PHASES).optional().describe('Where the task stands.'),
  reason: z.string().max(128).optional().describe('One word on why.'),
  message: z.string().max(4096).optional().describe('For people.'),
  attempt: z.int().min(0).optional().describe('Number of the current attempt, from 0.'),
  podRef: z
    .object({
      name: objectName.describe('Its name.'),
      uid: z.string().max(64).optional().describe('Its UID.'),
    })
    .optional()
    .describe('The sortie’s Pod.'),
  aircraft: z.string().max(253).optional().describe('Node it flies on.'),
  missionPhase: z.string().max(63).optional().describe('Phase of the mission.'),
  zone: z.string().max(63).optional().describe('Zone it last reported.'),
  fuelLevel: z.int().min(0).max(100).optional().describe('Fuel it last reported, whole percent.'),
  fuelAtStart: z
    .int()
    .min(0)
    .max(100)
    .optional()
    .describe('Fuel the aircraft had before this attempt burnt any, whole percent.'),
  ready: z.string().max(16).optional().describe('Weapons ready of all, 2/2.'),
  used: z.string().max(16).optional().describe('Stores released of all mounted, 1/4.'),
  startTime: timestamp.optional().describe('When the current attempt’s Pod was created.'),
  completionTime: timestamp.optional().describe('When the task came to its end.'),
  steps: listMap(z.array(step).max(12), 'type').optional().describe('The twelve steps with their times.'),
  weapons: listMap(z.array(weaponStatus).max(16), 'name').optional().describe('Weapons and stores.'),
  releases: listMap(z.array(releaseStatus).max(512), 'key').optional().describe('Releases and how they ended.'),
  conditions: conditions.optional(),
});

export type FlightTaskStatus = z.infer<typeof flightTaskStatus>;
export type FlightTaskWeaponStatus = z.infer<typeof weaponStatus>;
export type FlightTaskRelease = z.infer<typeof releaseStatus>;
export type FlightTaskStep = z.infer<typeof step>;
