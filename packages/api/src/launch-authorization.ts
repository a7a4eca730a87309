import * as z from 'zod';
import { DEFAULTS } from './defaults.ts';
import { AUTHORIZATION_PHASES, LAUNCH_REFUSALS } from './lifecycle.ts';
import { conditions, objectName, timestamp, weaponName, withRules } from './structural.ts';

export const launchAuthorizationSpec = withRules(
  z.object({
    taskRef: z.object({ name: objectName.describe('Name of a FlightTask of this namespace.') }).describe('The task.'),
    weapon: weaponName.describe('Weapon of its loadout.'),
    count: z.int().min(1).max(64).describe('Number of stores; the release must ask for exactly as many.'),
    ttlSeconds: z.int().min(10).max(300).default(DEFAULTS.tokenTtlSeconds).describe('Validity of the token.'),
    requestedBy: z
      .string()
      .max(1024)
      .optional()
      .describe('The person who asked. Written by admission, whatever the request says.'),
  }),
  { rule: 'self == oldSelf', message: 'a LaunchAuthorization cannot be changed', reason: 'FieldValueForbidden' },
);

export type LaunchAuthorizationSpec = z.infer<typeof launchAuthorizationSpec>;
export type LaunchAuthorizationSpecInput = z.input<typeof launchAuthorizationSpec>;

export const launchAuthorizationStatus = z.object({
  phase: z.enum(AUTHORIZATION_PHASES).optional().describe('Where it stands.'),
  reason: z.string().max(128).optional().describe('One word on why.'),
  message: z.string().max(4096).optional().describe('For people.'),
  token: z.string().max(8192).optional().describe('Compact JWS that the weapon verifies.'),
  jti: z.string().max(128).optional().describe('The token’s identity.'),
  podRef: z
    .object({ name: objectName.describe('Its name.'), uid: z.string().max(64).describe('Its UID.') })
    .optional()
    .describe('Pod the token was delivered to.'),
  issuedAt: timestamp.optional().describe('When the token was signed.'),
  expiresAt: timestamp.optional().describe('When it expires.'),
  spentAt: timestamp.optional().describe('When a weapon released on it.'),
  release: z.string().max(512).optional().describe('Key of the release it was spent on.'),
  refusal: z.enum(LAUNCH_REFUSALS).optional().describe('Why a weapon refused it.'),
  conditions: conditions.optional(),
});

export type LaunchAuthorizationStatus = z.infer<typeof launchAuthorizationStatus>;
