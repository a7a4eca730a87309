import { objectAnswer } from '../http/answers.ts';
import type { Answer, Exchange } from '../http/exchange.ts';
import { notAcceptable } from '../http/failures.ts';
import { parseAccept } from '../http/negotiate.ts';
import type { Catalog } from '../kinds/catalog.ts';
import { apiVersionOfKind } from '../kinds/kind.ts';
import type { JsonObject } from '../schema/json.ts';
import { stringifyJson } from '../schema/json.ts';

interface Published {
  readonly generation: number;
  readonly hash: string;
  readonly text: string;
}

/** Serves `/openapi/v2` and `/openapi/v3…`; documents are made when first asked for and kept until the kinds change. */
export function openApi(catalog: Catalog): (path: string, exchange: Exchange) => Promise<Answer | undefined> {
  const made = new Map<string, Published>();

  async function publish(key: string, group: string | undefined, version: string): Promise<Published> {
    const custom = group === undefined || catalog.custom().some((kind) => kind.group === group);
    const generation = custom ? catalog.generation : -1;
    const known = made.get(key);
    if (known !== undefined && known.generation === generation) return known;
    const { documentHash, openApiV2Document, openApiV3Document } = await import('../openapi/documents.ts');
    const resources = catalog.all().map((kind) => ({
      group: kind.group,
      version: kind.version,
      resource: kind.resource,
      kind: kind.kind,
      namespaced: kind.namespaced,
      verbs: kind.verbs,
      subresources: kind.subresources,
      ...(kind.custom === undefined ? {} : { custom: kind.custom.version }),
    }));
    const document =
      group === undefined ? openApiV2Document({ resources }) : openApiV3Document({ group, version, resources });
    const published = { generation, hash: documentHash(document), text: stringifyJson(document) };
    made.set(key, published);
    return published;
  }

  return async (path, exchange) => {
    if (path === '/openapi/v2') {
      const types = parseAccept(exchange.headers.accept ?? '*/*').map(({ type }) => type);
      const json = types.some((type) => type === 'application/json' || type === '*/*' || type === 'application/*');
      if (!json) throw notAcceptable(['application/json']);
      const { hash, text } = await publish('v2', undefined, '');
      return {
        status: 200,
        headers: { 'content-type': 'application/json', etag: `"${hash}"`, vary: 'Accept' },
        body: text,
      };
    }
    if (path === '/openapi/v3' || path === '/openapi/v3/') {
      const paths: JsonObject = {};
      const seen = new Set<string>();
      for (const kind of catalog.all()) {
        const groupVersion = apiVersionOfKind(kind);
        if (seen.has(groupVersion)) continue;
        seen.add(groupVersion);
        const key = kind.group === '' ? `api/${kind.version}` : `apis/${groupVersion}`;
        const { hash } = await publish(key, kind.group, kind.version);
        paths[key] = { serverRelativeURL: `/openapi/v3/${key}?hash=${hash}` };
      }
      return objectAnswer({ paths });
    }
    const found = /^\/openapi\/v3\/(?:api\/([^/]+)|apis\/([^/]+)\/([^/]+))$/.exec(path);
    if (found === null) return undefined;
    const [, core, group = '', version = core ?? ''] = found;
    if (!catalog.hasGroupVersion(group, version)) return undefined;
    const { hash, text } = await publish(path.slice('/openapi/v3/'.length), group, version);
    if (exchange.headers['if-none-match'] === `"${hash}"`)
      return { status: 304, headers: { etag: `"${hash}"` }, body: '' };
    return {
      status: 200,
      headers: { 'content-type': 'application/json', etag: `"${hash}"`, vary: 'Accept' },
      body: text,
    };
  };
}
