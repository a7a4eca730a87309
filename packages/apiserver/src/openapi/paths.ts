import type { JsonObject } from '../schema/json.ts';
import { setOwn } from '../schema/json.ts';
import { definitionName, type ReferencePrefix } from './component-schemas.ts';
import type { PublishedResource } from './published-resource.ts';

interface Operation {
  readonly method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  /** `x-kubernetes-action`. */
  readonly action: string;
  /** First word of the operation's id. */
  readonly word: string;
  readonly description: string;
}

const collection: Readonly<Record<string, Operation>> = {
  list: { method: 'get', action: 'list', word: 'list', description: 'list objects of kind' },
  create: { method: 'post', action: 'post', word: 'create', description: 'create' },
  deletecollection: {
    method: 'delete',
    action: 'deletecollection',
    word: 'delete',
    description: 'delete collection of',
  },
};

const single: Readonly<Record<string, Operation>> = {
  get: { method: 'get', action: 'get', word: 'read', description: 'read the specified' },
  update: { method: 'put', action: 'put', word: 'replace', description: 'replace the specified' },
  patch: { method: 'patch', action: 'patch', word: 'patch', description: 'partially update the specified' },
  delete: { method: 'delete', action: 'delete', word: 'delete', description: 'delete' },
  create: { method: 'post', action: 'post', word: 'create', description: 'create' },
};

const queries: Readonly<Record<string, string>> = {
  dryRun:
    'When present, indicates that modifications should not be persisted. Valid values are: - All: all dry run stages will be processed',
  fieldManager:
    'The name of the actor that is making these changes: at most 128 printable characters. Required for apply requests.',
  fieldValidation: 'What to do with unknown or duplicate fields: Ignore, Warn (the default) or Strict.',
  labelSelector: 'A selector to restrict the list of returned objects by their labels.',
  fieldSelector: 'A selector to restrict the list of returned objects by their fields.',
  continue: 'Where the next page of a list begins: what the server returned with the page before.',
  resourceVersion: 'What resource versions a request may be served from.',
  resourceVersionMatch: 'How resourceVersion is applied to list calls.',
  propagationPolicy: 'Whether and how garbage collection is performed: Orphan, Background or Foreground.',
};
const numbers: Readonly<Record<string, string>> = {
  limit: 'The most objects to return in one page.',
  timeoutSeconds: 'How long a list or watch call may last.',
  gracePeriodSeconds: 'Seconds before the object is deleted.',
};
const flags: Readonly<Record<string, string>> = {
  watch: 'Watch for changes and return them as a stream.',
  allowWatchBookmarks: 'Ask for watch events of type BOOKMARK.',
  force: 'Whether an apply takes over fields that others own.',
};

const parametersOf: Readonly<Record<string, readonly string[]>> = {
  post: ['dryRun', 'fieldManager', 'fieldValidation'],
  put: ['dryRun', 'fieldManager', 'fieldValidation'],
  patch: ['dryRun', 'fieldManager', 'fieldValidation', 'force'],
  delete: ['dryRun', 'gracePeriodSeconds', 'propagationPolicy'],
  deletecollection: ['dryRun', 'labelSelector', 'fieldSelector', 'gracePeriodSeconds', 'propagationPolicy'],
  list: [
    'allowWatchBookmarks',
    'continue',
    'fieldSelector',
    'labelSelector',
    'limit',
    'resourceVersion',
    'resourceVersionMatch',
    'timeoutSeconds',
    'watch',
  ],
};

const patchTypes = ['application/json-patch+json', 'application/merge-patch+json', 'application/apply-patch+yaml'];

/** The paths of these resources, with the operations that their verbs allow. */
export function resourcePaths(resources: readonly PublishedResource[], prefix: ReferencePrefix): JsonObject {
  const paths: JsonObject = {};
  const add = (path: string, item: JsonObject): void => {
    if (Object.keys(item).some((key) => key !== 'parameters')) setOwn(paths, path, item);
  };
  for (const resource of resources) {
    const base = resource.group === '' ? `/api/${resource.version}` : `/apis/${resource.group}/${resource.version}`;
    const scoped = resource.namespaced
      ? `${base}/namespaces/{namespace}/${resource.resource}`
      : `${base}/${resource.resource}`;
    const writer = new PathWriter(resource, prefix);
    add(scoped, writer.item(collection, resource.verbs, { named: false, suffix: '', namespaced: resource.namespaced }));
    add(
      `${scoped}/{name}`,
      writer.item(single, without(resource.verbs, 'create'), {
        named: true,
        suffix: '',
        namespaced: resource.namespaced,
      }),
    );
    for (const { name, verbs } of resource.subresources) {
      const suffix = name.replace(/(?:^|\/)(\w)/g, (_all, letter: string) => letter.toUpperCase());
      add(
        `${scoped}/{name}/${name}`,
        writer.item(single, verbs, { named: true, suffix, namespaced: resource.namespaced }),
      );
    }
    if (resource.namespaced && resource.verbs.includes('list')) {
      add(
        `${base}/${resource.resource}`,
        writer.item(collection, ['list'], { named: false, suffix: 'ForAllNamespaces', namespaced: false }),
      );
    }
  }
  return paths;
}

function without(verbs: readonly string[], verb: string): string[] {
  return verbs.filter((other) => other !== verb);
}

interface Place {
  readonly named: boolean;
  readonly namespaced: boolean;
  readonly suffix: string;
}

class PathWriter {
  readonly #resource: PublishedResource;
  readonly #prefix: ReferencePrefix;
  readonly #tag: string;
  readonly #group: string;

  constructor(resource: PublishedResource, prefix: ReferencePrefix) {
    this.#resource = resource;
    this.#prefix = prefix;
    const words = (resource.group === '' ? 'core' : resource.group.replace(/\.k8s\.io$/, '')).split(/[.-]/);
    this.#group = words.map(capital).join('');
    this.#tag = `${this.#group.charAt(0).toLowerCase()}${this.#group.slice(1)}_${resource.version}`;
  }

  item(operations: Readonly<Record<string, Operation>>, verbs: readonly string[], place: Place): JsonObject {
    const item: JsonObject = {};
    for (const verb of verbs) {
      const operation = operations[verb];
      if (operation !== undefined) item[operation.method] = this.#operation(operation, place);
    }
    const parameters: JsonObject[] = [];
    if (place.named) parameters.push(this.#parameter('name', 'path', `name of the ${this.#resource.kind}`, 'string'));
    if (place.namespaced) {
      parameters.push(
        this.#parameter('namespace', 'path', 'object name and auth scope, such as for teams and projects', 'string'),
      );
    }
    parameters.push(this.#parameter('pretty', 'query', "If 'true', then the output is pretty printed.", 'string'));
    item.parameters = parameters;
    return item;
  }

  #parameter(name: string, where: 'path' | 'query', description: string, type: string): JsonObject {
    const required = where === 'path' ? { required: true } : {};
    return this.#prefix === '#/definitions/'
      ? { uniqueItems: true, type, description, name, in: where, ...required }
      : { name, in: where, description, ...required, schema: { type, uniqueItems: true } };
  }

  #operation(operation: Operation, place: Place): JsonObject {
    const { kind, version } = this.#resource;
    const scope = place.namespaced ? 'Namespaced' : '';
    const many = operation.action === 'deletecollection' ? 'Collection' : '';
    const part = place.named && place.suffix !== '' ? `${place.suffix.toLowerCase()} of ` : '';
    const words = operation.description.replace('the specified', `${part}the specified`);
    const parameters = (parametersOf[operation.action] ?? []).map((name) => {
      if (name in flags) return this.#parameter(name, 'query', flags[name] ?? '', 'boolean');
      if (name in numbers) return this.#parameter(name, 'query', numbers[name] ?? '', 'integer');
      return this.#parameter(name, 'query', queries[name] ?? '', 'string');
    });
    return {
      tags: [this.#tag],
      description: `${words} ${operation.action === 'post' || operation.action === 'delete' ? article(kind) : ''}${kind}`,
      operationId: `${operation.word}${this.#group}${capital(version)}${many}${scope}${kind}${place.suffix}`,
      ...this.#body(operation, parameters),
      'x-kubernetes-action': operation.action,
      'x-kubernetes-group-version-kind': { group: this.#resource.group, version, kind },
    };
  }

  #body(operation: Operation, parameters: JsonObject[]): JsonObject {
    const own = definitionName(this.#resource) ?? 'io.k8s.apimachinery.pkg.apis.meta.v1.Status';
    const meta = 'io.k8s.apimachinery.pkg.apis.meta.v1.';
    const list =
      this.#resource.custom === undefined
        ? (definitionName({ ...this.#resource, kind: `${this.#resource.kind}List` }) ?? own)
        : `${own}List`;
    const answer = operation.action === 'list' ? list : operation.method === 'delete' ? `${meta}Status` : own;
    const sent =
      operation.method === 'patch' ? `${meta}Patch` : operation.method === 'delete' ? `${meta}DeleteOptions` : own;
    const withBody = operation.method !== 'get';
    const types = operation.method === 'patch' ? this.#patchTypes() : ['*/*'];
    if (this.#prefix === '#/definitions/') {
      const body: JsonObject = {
        name: 'body',
        in: 'body',
        required: operation.method !== 'delete',
        schema: { $ref: this.#prefix + sent },
      };
      return {
        consumes: types,
        produces: ['application/json', 'application/yaml'],
        schemes: ['https'],
        parameters: withBody ? [body, ...parameters] : parameters,
        responses: {
          200: { description: 'OK', schema: { $ref: this.#prefix + answer } },
          401: { description: 'Unauthorized' },
        },
      };
    }
    const content = Object.fromEntries(types.map((type) => [type, { schema: { $ref: this.#prefix + sent } }]));
    const schema = { schema: { $ref: this.#prefix + answer } };
    return {
      parameters,
      ...(withBody ? { requestBody: { content, ...(operation.method === 'delete' ? {} : { required: true }) } } : {}),
      responses: {
        200: { description: 'OK', content: { 'application/json': schema, 'application/yaml': schema } },
        401: { description: 'Unauthorized' },
      },
    };
  }

  #patchTypes(): string[] {
    return this.#resource.custom === undefined ? [...patchTypes, 'application/strategic-merge-patch+json'] : patchTypes;
  }
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

function article(kind: string): string {
  return /^[AEIOU]/.test(kind) ? 'an ' : 'a ';
}
