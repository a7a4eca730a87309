import * as z from 'zod';

/** One CEL rule as a CRD carries it. */
export interface Rule {
  readonly rule: string;
  readonly message: string;
  readonly fieldPath?: string;
  readonly reason?: 'FieldValueInvalid' | 'FieldValueForbidden' | 'FieldValueRequired' | 'FieldValueDuplicate';
}

/** `schema` with CEL rules that the API server evaluates. zod itself does not. */
export function withRules<T extends z.ZodType>(schema: T, ...rules: Rule[]): T {
  return schema.meta({ ...schema.meta(), 'x-kubernetes-validations': rules });
}

/** A list that is merged by `keys`. */
export function listMap<T extends z.ZodType>(schema: T, ...keys: string[]): T {
  return schema.meta({ ...schema.meta(), 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': keys });
}

/** A list without duplicates. */
export function listSet<T extends z.ZodType>(schema: T): T {
  return schema.meta({ ...schema.meta(), 'x-kubernetes-list-type': 'set' });
}

/** RFC 3339, with up to nine fractional digits. */
export const timestamp = z.string().meta({ format: 'date-time' });

/** `YYYY-MM-DD`, UTC. */
export const day = z
  .string()
  .regex(/^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$/)
  .max(10);

/** A DNS label: what a container or mount point may be called. */
export const dnsLabel = z
  .string()
  .min(1)
  .max(63)
  .regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/);

/** Name of a Weapon: with `weapon-` before it, still a container's name. */
export const weaponName = dnsLabel.max(56);

/** An image tag. */
export const tag = z
  .string()
  .min(1)
  .max(128)
  .regex(/^[A-Za-z0-9_][A-Za-z0-9_.-]*$/);

/** A value that may stand in a label. */
export const labelValue = z
  .string()
  .max(63)
  .regex(/^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$/);

/** Name of an object. */
export const objectName = z
  .string()
  .min(1)
  .max(253)
  .regex(/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/);

export const condition = z.object({
  type: z
    .string()
    .max(316)
    .regex(/^[A-Za-z][A-Za-z0-9./-]*$/)
    .describe('What the condition says something about.'),
  status: z.enum(['True', 'False', 'Unknown']).describe('Whether it holds.'),
  observedGeneration: z.int().min(0).optional().describe('metadata.generation this condition was written for.'),
  lastTransitionTime: timestamp.describe('When status last changed. Whole seconds.'),
  reason: z
    .string()
    .min(1)
    .max(1024)
    .regex(/^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$/)
    .describe('One word for machines.'),
  message: z.string().max(32768).describe('For people, in the operator’s locale.'),
});

export type Condition = z.infer<typeof condition>;

export const conditions = listMap(z.array(condition).max(32), 'type').describe(
  'What is known about this object, one entry per type.',
);
