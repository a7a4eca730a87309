import schemas from './generated/schemas.json' with { type: 'json' };

/**
 * The built-in kinds' OpenAPI v3 definitions by name (`io.k8s.api.core.v1.Pod`), without descriptions. Imported on its
 * own (`@hardpoint/kubernetes/schemas`), so that who needs only types does not load 200 KB.
 */
export const DEFINITIONS: Readonly<Record<string, unknown>> = schemas;
