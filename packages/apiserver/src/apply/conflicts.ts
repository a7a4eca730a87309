import { compareBytes } from '../schema/json.ts';
import { StatusError } from '../schema/status-error.ts';
import { type PathElement, showPath } from './field-set.ts';
import type { ManagedEntry } from './managed-fields.ts';

/** A field that another manager owns and an apply would change. */
export interface ManagerConflict {
  readonly entry: ManagedEntry;
  readonly path: readonly PathElement[];
}

/** The 409 answer: one cause per field and manager. */
export function conflictError(conflicts: readonly ManagerConflict[]): StatusError {
  return new StatusError({
    code: 409,
    reason: 'Conflict',
    message: conflictMessage(conflicts),
    details: {
      causes: conflicts.map(({ entry, path }) => ({
        reason: 'FieldManagerConflict',
        message: `conflict with ${showManager(entry)}`,
        field: showPath(path),
      })),
    },
  });
}

function conflictMessage(conflicts: readonly ManagerConflict[]): string {
  const [only] = conflicts;
  if (conflicts.length === 1 && only !== undefined) {
    return `Apply failed with 1 conflict: conflict with ${showManager(only.entry)}: ${showPath(only.path)}`;
  }
  const byManager = new Map<string, string[]>();
  for (const { entry, path } of conflicts) {
    const name = showManager(entry);
    byManager.set(name, [...(byManager.get(name) ?? []), showPath(path)]);
  }
  const lines = [...byManager]
    .sort(([a], [b]) => compareBytes(a, b))
    .flatMap(([name, paths]) => [`conflicts with ${name}:`, ...paths.map((path) => `- ${path}`)]);
  return `Apply failed with ${conflicts.length} conflicts: ${lines.join('\n')}`;
}

function showManager(entry: ManagedEntry): string {
  const name = JSON.stringify(entry.manager);
  const through = entry.subresource === '' ? name : `${name} with subresource ${JSON.stringify(entry.subresource)}`;
  return entry.operation === 'Update' ? `${through} using ${entry.apiVersion}` : through;
}
