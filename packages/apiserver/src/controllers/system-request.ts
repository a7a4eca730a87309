import type { WriteRequest } from '../registry/write-options.ts';

/** Makes requests of the server's own controllers. Their writes leave no managedFields. */
export function systemRequest(name: string, signal: AbortSignal): () => WriteRequest {
  return () => ({
    user: { name, groups: ['system:masters', 'system:authenticated'] },
    fieldManager: '',
    fieldValidation: 'Ignore',
    dryRun: false,
    force: false,
    warnings: [],
    options: { kind: 'CreateOptions', apiVersion: 'meta.k8s.io/v1' },
    signal,
  });
}
