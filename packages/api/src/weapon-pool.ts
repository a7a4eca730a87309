import * as z from 'zod';
import { conditions, dnsLabel, objectName, tag, timestamp, weaponName } from './structural.ts';

export const weaponPoolSpec = z.object({
  weaponRef: z.object({ name: weaponName.describe('Name of a Weapon in namespace weapons.') }).describe('The weapon.'),
  version: tag.optional().describe('Version held. The Weapon’s current one where absent.'),
  replicas: z.int().min(0).max(1000).default(1).describe('Instances held ready, lent ones included.'),
  quantity: z.int().min(1).max(64).default(1).describe('Stores of one instance.'),
  holdSeconds: z
    .int()
    .min(5)
    .max(3600)
    .default(30)
    .describe('A borrower that is not heard of for so long has given back.'),
});

export type WeaponPoolSpec = z.infer<typeof weaponPoolSpec>;
export type WeaponPoolSpecInput = z.input<typeof weaponPoolSpec>;

const instance = z.object({
  name: objectName.describe('The Pod.'),
  version: tag.optional().describe('Its version.'),
  epoch: z.int().min(0).default(0).describe('Raised by every borrow.'),
  holder: z.string().max(253).optional().describe('Task that holds it: namespace/name.'),
  since: timestamp.optional().describe('Since when.'),
  slot: dnsLabel.optional().describe('Container that is live.'),
});

export const weaponPoolStatus = z.object({
  observedGeneration: z.int().min(0).optional().describe('metadata.generation this status was written for.'),
  replicas: z.int().min(0).optional().describe('Instances there are.'),
  ready: z.int().min(0).optional().describe('Instances that are READY and idle.'),
  borrowed: z.int().min(0).optional().describe('Instances lent.'),
  selector: z.string().max(1024).optional().describe('Label selector of its Pods, for scale.'),
  instances: z.array(instance).max(1000).optional().describe('Each instance.'),
  conditions: conditions.optional(),
});

export type WeaponPoolStatus = z.infer<typeof weaponPoolStatus>;
