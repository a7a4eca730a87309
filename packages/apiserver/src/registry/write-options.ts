import type { User } from '../auth/user.ts';
import type { FieldValidation } from '../schema/contract.ts';
import type { JsonObject } from '../schema/json.ts';

/** What a write request says beside its object. */
export interface WriteRequest {
  readonly user: User;
  /** Manager name for managedFields. */
  readonly fieldManager: string;
  readonly fieldValidation: FieldValidation;
  readonly dryRun: boolean;
  readonly force: boolean;
  /** Texts for Warning headers are added here. */
  readonly warnings: string[];
  /** As admission webhooks see the options. */
  readonly options: JsonObject;
  readonly signal: AbortSignal;
}

export interface DeleteRequest extends WriteRequest {
  readonly gracePeriodSeconds: number | undefined;
  readonly propagation: 'Background' | 'Foreground' | 'Orphan' | undefined;
  readonly preconditions: { readonly uid?: string; readonly resourceVersion?: string } | undefined;
}

export interface ObjectPlace {
  /** Empty for cluster-scoped kinds. */
  readonly namespace: string;
  readonly name: string;
}

export function keyOfPlace({ namespace, name }: ObjectPlace): string {
  return namespace === '' ? name : `${namespace}/${name}`;
}
