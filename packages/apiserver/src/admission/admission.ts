import type { User } from '../auth/user.ts';
import type { Kind } from '../kinds/kind.ts';
import type { JsonObject } from '../schema/json.ts';

export type Operation = 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT';

/** One write as admission sees it. */
export interface AdmissionRequest {
  readonly kind: Kind;
  readonly operation: Operation;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
  /** In the shape of `kind`; undefined for DELETE. Mutating plugins may change it in place. */
  readonly object: JsonObject | undefined;
  readonly oldObject: JsonObject | undefined;
  readonly user: User;
  readonly dryRun: boolean;
  /** CreateOptions, UpdateOptions, PatchOptions or DeleteOptions. */
  readonly options: JsonObject;
  /** Texts for Warning headers are added here. */
  readonly warnings: string[];
  readonly signal: AbortSignal;
}

/** What stands between a decoded write and the store. Refusals are thrown as StatusError. */
export interface Admission {
  /** Returns the object as the plugins left it. */
  mutate(request: AdmissionRequest): Promise<JsonObject | undefined>;
  validate(request: AdmissionRequest): Promise<void>;
}
