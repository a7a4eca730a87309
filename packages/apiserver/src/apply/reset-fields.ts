import type { KindSchema } from '../schema/schema.ts';
import { FieldSet, fieldSetOf } from './field-set.ts';

const status = fieldSetOf(['status']);
const spec = fieldSetOf(['spec']);
const customStatus = fieldSetOf(['metadata'], ['spec']);
const podStatus = fieldSetOf(['spec'], ['metadata', 'deletionTimestamp'], ['metadata', 'ownerReferences']);
const workloadStatus = fieldSetOf(['spec'], ['metadata', 'labels']);

/**
 * What a write through this place never changes, and so nobody comes to own by it: the status on the main resource, the
 * rest on `/status`.
 */
export function resetFields(kind: KindSchema, subresource: string): FieldSet {
  const hasStatus = kind.origin === 'custom' ? kind.hasStatus === true : kind.schema.properties?.status !== undefined;
  if (subresource === '') return hasStatus && !keepsStatus(kind) ? status : FieldSet.empty;
  if (subresource !== 'status') return FieldSet.empty;
  if (kind.origin === 'custom') return customStatus;
  if (kind.group === '' && kind.kind === 'Pod') return podStatus;
  return kind.group === 'apps' && kind.kind === 'Deployment' ? workloadStatus : spec;
}

/** Kinds whose status is written by the server itself on create: reviews have no stored object. */
function keepsStatus(kind: KindSchema): boolean {
  return kind.kind.endsWith('Review');
}
