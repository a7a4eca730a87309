/** What a path and method ask for, in the authorizer's terms. */
export interface RequestInfo {
  readonly path: string;
  readonly query: URLSearchParams;
  /** `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`, `deletecollection`; for other paths the method, lower case. */
  readonly verb: string;
  readonly isResource: boolean;
  readonly group: string;
  readonly version: string;
  readonly namespace: string;
  readonly resource: string;
  readonly subresource: string;
  readonly name: string;
  /** What follows the subresource (proxy paths). */
  readonly rest: readonly string[];
}

const verbs: Readonly<Record<string, string>> = {
  POST: 'create',
  GET: 'get',
  HEAD: 'get',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
};

/** Throws URIError where the path is not percent-encoded UTF-8. */
export function requestInfo(method: string, target: string): RequestInfo {
  const mark = target.indexOf('?');
  const path = mark === -1 ? target : target.slice(0, mark);
  const query = new URLSearchParams(mark === -1 ? '' : target.slice(mark + 1));
  const other: RequestInfo = {
    path,
    query,
    verb: method.toLowerCase(),
    isResource: false,
    group: '',
    version: '',
    namespace: '',
    resource: '',
    subresource: '',
    name: '',
    rest: [],
  };
  const parts = path.split('/').slice(1);
  if (parts.at(-1) === '') parts.pop();
  const words = parts.map(decodeURIComponent);
  const core = words[0] === 'api';
  if (!core && words[0] !== 'apis') return other;
  const group = core ? '' : (words[1] ?? '');
  const version = (core ? words[1] : words[2]) ?? '';
  let rest = words.slice(core ? 2 : 3);
  if (rest.length === 0) return { ...other, group, version };
  let verb = verbs[method] ?? '';
  let legacyWatch = false;
  if (rest[0] === 'watch' && rest.length > 1) {
    legacyWatch = true;
    rest = rest.slice(1);
  }
  let namespace = '';
  if (rest[0] === 'namespaces' && rest.length > 1) {
    namespace = rest[1] ?? '';
    const inner = rest[2];
    if (inner !== undefined && inner !== 'status' && inner !== 'finalize') rest = rest.slice(2);
  }
  const [resource = '', name = '', subresource = '', ...tail] = rest;
  if (name === '' && verb === 'get') verb = isWatch(query) ? 'watch' : 'list';
  else if (name === '' && verb === 'delete') verb = 'deletecollection';
  else if (verb === 'get' && subresource === '' && isWatch(query)) verb = 'watch';
  if (legacyWatch) verb = 'watch';
  return { path, query, verb, isResource: true, group, version, namespace, resource, subresource, name, rest: tail };
}

function isWatch(query: URLSearchParams): boolean {
  const value = query.get('watch');
  return value !== null && value !== 'false' && value !== '0';
}
