import * as z from 'zod';
import { behaviour } from './behaviour.ts';
import { DEFAULTS } from './defaults.ts';
import { conditions, day, dnsLabel, labelValue, listMap, listSet, tag, timestamp, withRules } from './structural.ts';

const quantity = z
  .union([z.int(), z.string()])
  .meta({ 'x-kubernetes-int-or-string': true, pattern: String.raw`^[0-9]+(\.[0-9]+)?(m|k|Ki|M|Mi|G|Gi|T|Ti)?$` });

const resourceList = z.record(z.string(), quantity);

const image = z.object({
  repository: z
    .string()
    .min(1)
    .max(255)
    .regex(/^[a-z0-9][a-zA-Z0-9._:/-]*$/)
    .describe('Image without its tag, for example registry.mil/weapons/pl15-missile.'),
  tag: tag.describe('The current version. Changing it starts an update by updateStrategy.'),
  pullPolicy: z
    .enum(['Always', 'IfNotPresent', 'Never'])
    .default('IfNotPresent')
    .describe('As a container’s imagePullPolicy.'),
});

const versionEntry = z.object({
  version: tag.describe('An image tag.'),
  releaseDate: day.optional().describe('YYYY-MM-DD.'),
  changelog: z.string().max(16384).optional().describe('What changed.'),
  deprecated: z
    .boolean()
    .default(false)
    .describe('A deprecated version warns; from deprecationDate new tasks are refused.'),
  deprecationDate: day.optional().describe('YYYY-MM-DD: from 00:00 UTC of this day new tasks are refused.'),
});

const intOrPercent = z
  .union([z.int().min(0), z.string()])
  .meta({ 'x-kubernetes-int-or-string': true, pattern: '^(100|[1-9]?[0-9])%$', minimum: 0, maximum: 10000 });

const updateStrategy = z.object({
  type: z
    .enum(['RollingUpdate', 'Recreate', 'HotReload'])
    .default('RollingUpdate')
    .describe('How instances on the ground get a new version. One in flight is never touched.'),
  paused: z.boolean().default(false).describe('Holds the update where it stands.'),
  rollingUpdate: withRules(
    z.object({
      maxUnavailable: intOrPercent.default(1).describe('Instances on the ground the update may take out at once.'),
      maxSurge: intOrPercent.default(1).describe('Instances beyond the pool’s size the update may add.'),
    }),
    {
      rule: "!((self.maxUnavailable == 0 || self.maxUnavailable == '0%') && (self.maxSurge == 0 || self.maxSurge == '0%'))",
      message: 'maxUnavailable and maxSurge must not both be 0',
      reason: 'FieldValueInvalid',
    },
  )
    .default({ maxUnavailable: 1, maxSurge: 1 })
    .describe('Bounds of a RollingUpdate.'),
});

const compatibility = z.object({
  aircraftTypes: listSet(z.array(labelValue).max(64)).default([]).describe('Aircraft types that can carry it.'),
  hardpointTypes: listSet(z.array(dnsLabel).max(64)).default([]).describe('Types of mount points it fits.'),
});

export const weaponSpec = withRules(
  z.object({
    weaponType: labelValue
      .min(1)
      .optional()
      .describe('Type name in metrics and protocol. The Weapon’s name where absent.'),
    image: image.describe('Image of the simulator.'),
    versionHistory: listMap(z.array(versionEntry).max(128), 'version')
      .optional()
      .describe('Versions that may be flown. Where given, it contains the current tag.'),
    updateStrategy: updateStrategy.prefault({}).describe('How a change of image.tag reaches instances.'),
    compatibility: compatibility.prefault({}).describe('What it fits. Nothing where absent.'),
    storesPerMountPoint: z
      .int()
      .min(1)
      .max(64)
      .default(DEFAULTS.storesPerMountPoint)
      .describe('How many stores one mount point holds.'),
    resources: z
      .object({
        requests: resourceList.optional().describe('Least it needs.'),
        limits: resourceList.optional().describe('Most it may use.'),
      })
      .optional()
      .describe('Resources of its container. Absent: 100m and 128Mi, at most 500m and 512Mi. {}: none.'),
    guidanceMode: z.string().max(63).optional().describe('Opaque label, handed on as GUIDANCE_MODE.'),
    maxRange: z
      .union([z.int(), z.string()])
      .meta({ 'x-kubernetes-int-or-string': true })
      .optional()
      .describe('Opaque label, handed on as MAX_RANGE.'),
    behaviour: behaviour.optional().describe('How the simulator behaves in time. Its defaults where absent.'),
  }),
  {
    rule: '!has(self.versionHistory) || self.versionHistory.size() == 0 || self.versionHistory.exists(v, v.version == self.image.tag)',
    message: 'image.tag must be a version of versionHistory',
    fieldPath: '.image.tag',
    reason: 'FieldValueInvalid',
  },
);

export type WeaponSpec = z.infer<typeof weaponSpec>;
export type WeaponSpecInput = z.input<typeof weaponSpec>;

const versionCount = z.object({
  version: tag.describe('An image tag.'),
  ready: z.int().min(0).describe('Instances on the ground that are READY.'),
  flying: z.int().min(0).describe('Instances in flight.'),
  total: z.int().min(0).describe('All instances.'),
});

export const weaponStatus = z.object({
  observedGeneration: z.int().min(0).optional().describe('metadata.generation this status was written for.'),
  currentVersion: tag.optional().describe('The version that new tasks get.'),
  lastUpdateTime: timestamp.optional().describe('When currentVersion last changed.'),
  instances: z.int().min(0).optional().describe('Instances of all versions.'),
  waitingForLanding: z.int().min(0).optional().describe('Instances in flight that wait for an update until they land.'),
  versions: listMap(z.array(versionCount).max(128), 'version').optional().describe('Instances per version.'),
  conditions: conditions.optional(),
});

export type WeaponStatus = z.infer<typeof weaponStatus>;
