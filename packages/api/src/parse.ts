import * as z from 'zod';
import { type Behaviour, behaviour } from './behaviour.ts';
import { flightTaskSpec, type WeaponLoadoutEntry, weaponLoadout } from './flight-task.ts';
import type { FlightTask, LaunchAuthorization, Weapon } from './kinds.ts';
import { launchAuthorizationSpec } from './launch-authorization.ts';
import { weaponSpec } from './weapon.ts';

/** An object that does not fit its schema. The message names every field that is wrong. */
export class SchemaError extends Error {
  override readonly name = 'SchemaError';
  readonly issues: readonly { readonly path: string; readonly message: string }[];

  constructor(what: string, error: z.ZodError) {
    const issues = error.issues.map((issue) => ({ path: issue.path.join('.'), message: issue.message }));
    super(
      `${what}: ${issues.map((issue) => (issue.path === '' ? issue.message : `${issue.path}: ${issue.message}`)).join('; ')}`,
    );
    this.issues = issues;
  }
}

function parse<T extends z.ZodType>(what: string, schema: T, value: unknown): z.infer<T> {
  const result = schema.safeParse(value);
  if (!result.success) throw new SchemaError(what, result.error);
  return result.data;
}

function metadataOf(value: unknown): Pick<Weapon, 'apiVersion' | 'kind' | 'metadata'> {
  const object = value as Weapon;
  return { apiVersion: object.apiVersion, kind: object.kind, metadata: object.metadata };
}

/** A Weapon with its defaults filled in, as the server would store it. Throws SchemaError. CEL rules are not evaluated. */
export function parseWeapon(value: unknown): Weapon {
  const { spec } = parse('Weapon', z.object({ spec: weaponSpec }), value);
  return { ...metadataOf(value), spec };
}

/** A FlightTask with its defaults filled in. Throws SchemaError. CEL rules are not evaluated. */
export function parseFlightTask(value: unknown): FlightTask {
  const { spec } = parse('FlightTask', z.object({ spec: flightTaskSpec }), value);
  return { ...metadataOf(value), spec };
}

/** A LaunchAuthorization with its defaults filled in. Throws SchemaError. CEL rules are not evaluated. */
export function parseLaunchAuthorization(value: unknown): LaunchAuthorization {
  const { spec } = parse('LaunchAuthorization', z.object({ spec: launchAuthorizationSpec }), value);
  return { ...metadataOf(value), spec };
}

/** A behaviour file with its defaults. Unknown fields are errors. Throws SchemaError. */
export function parseBehaviour(value: unknown): Behaviour {
  return parse('behaviour', z.strictObject(behaviour.shape), value ?? {});
}

/** The value of annotation airforce.mil/weapon-loadout (M4). Throws SchemaError. */
export function parseWeaponLoadout(value: unknown): WeaponLoadoutEntry[] {
  return parse('weaponLoadout', weaponLoadout, value);
}
