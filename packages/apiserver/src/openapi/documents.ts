import { createHash } from 'node:crypto';
import type { JsonObject } from '../schema/json.ts';
import { canonicalJson } from '../schema/json.ts';
import { componentSchemas } from './component-schemas.ts';
import { resourcePaths } from './paths.ts';
import type { PublishedResource } from './published-resource.ts';

export type { PublishedResource } from './published-resource.ts';

const info = { title: 'Kubernetes', version: 'v1.37.2' };
const bearer = {
  BearerToken: { type: 'apiKey', description: 'Bearer Token authentication', name: 'authorization', in: 'header' },
};

/** The OpenAPI v3 document of one group and version (`/openapi/v3/apis/apps/v1`). Resources of others are left out. */
export function openApiV3Document(options: {
  readonly group: string;
  readonly version: string;
  readonly resources: readonly PublishedResource[];
}): JsonObject {
  const resources = options.resources.filter(
    ({ group, version }) => group === options.group && version === options.version,
  );
  return {
    openapi: '3.0.0',
    info,
    paths: resourcePaths(resources, '#/components/schemas/'),
    components: { schemas: componentSchemas(resources, '#/components/schemas/'), securitySchemes: bearer },
  };
}

/** The OpenAPI v2 document of everything (`/openapi/v2`). */
export function openApiV2Document(options: { readonly resources: readonly PublishedResource[] }): JsonObject {
  return {
    swagger: '2.0',
    info,
    paths: resourcePaths(options.resources, '#/definitions/'),
    definitions: componentSchemas(options.resources, '#/definitions/'),
    securityDefinitions: bearer,
    security: [{ BearerToken: [] }],
  };
}

/** The hash in `/openapi/v3` (`?hash=…`) and in the documents' ETag. */
export function documentHash(document: JsonObject): string {
  return createHash('sha512').update(canonicalJson(document)).digest('hex').toUpperCase();
}
