import { objectsAt, stringsAt } from '../kinds/fields.ts';
import { matchesLabels, requirementsOf } from '../registry/selectors.ts';
import { type JsonObject, objectAt, stringAt } from '../schema/contract.ts';
import type { Store } from '../store/store.ts';
import type { AccessAttributes, Authorizer } from './authorizer.ts';
import type { User } from './user.ts';

/** One PolicyRule, read. */
export interface Rule {
  readonly verbs: readonly string[];
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames: readonly string[];
  readonly nonResourceURLs: readonly string[];
}

const roles = 'roles.rbac.authorization.k8s.io';
const clusterRoles = 'clusterroles.rbac.authorization.k8s.io';
const roleBindings = 'rolebindings.rbac.authorization.k8s.io';
const clusterRoleBindings = 'clusterrolebindings.rbac.authorization.k8s.io';

export function rulesOf(role: JsonObject | undefined): Rule[] {
  return objectsAt(role, 'rules').map((rule) => ({
    verbs: stringsAt(rule, 'verbs'),
    apiGroups: stringsAt(rule, 'apiGroups'),
    resources: stringsAt(rule, 'resources'),
    resourceNames: stringsAt(rule, 'resourceNames'),
    nonResourceURLs: stringsAt(rule, 'nonResourceURLs'),
  }));
}

/** What RBAC knows about a user, and what it decides. */
export interface Rbac extends Authorizer {
  /** The rules that hold for a user: the cluster's, and those of `namespace` where one is given. */
  rulesFor(user: User, namespace: string): Rule[];
  /** The rules of a Role or ClusterRole that a binding in `namespace` refers to; undefined: no such role. */
  referred(roleRef: JsonObject, namespace: string): Rule[] | undefined;
}

/** Role-based access control by the stored roles and bindings; members of system:masters may do everything. */
export function rbac(store: Store): Rbac {
  function referred(roleRef: JsonObject, namespace: string): Rule[] | undefined {
    const name = stringAt(roleRef, 'name') ?? '';
    const role = roleRef.kind === 'Role' ? store.get(roles, `${namespace}/${name}`) : store.get(clusterRoles, name);
    return role === undefined ? undefined : aggregated(role, new Set([name]));
  }

  /** A ClusterRole's own rules, and those of the ClusterRoles that its aggregationRule takes in, at this moment. */
  function aggregated(role: JsonObject, seen: Set<string>): Rule[] {
    const rules = rulesOf(role);
    for (const selector of objectsAt(objectAt(role, 'aggregationRule'), 'clusterRoleSelectors')) {
      const requirements = requirementsOf(selector);
      for (const [name, other] of store.list(clusterRoles)) {
        if (seen.has(name) || !matchesLabels(requirements, objectAt(objectAt(other, 'metadata'), 'labels'))) continue;
        seen.add(name);
        rules.push(...aggregated(other, seen));
      }
    }
    return rules;
  }

  function* bindingsOf(
    user: User,
    namespace: string,
  ): Generator<{ binding: JsonObject; namespace: string; text: string }> {
    for (const [name, binding] of store.list(clusterRoleBindings)) {
      const subject = objectsAt(binding, 'subjects').find((each) => names(each, user, ''));
      if (subject !== undefined) {
        yield { binding, namespace: '', text: `ClusterRoleBinding ${JSON.stringify(name)}${of(binding, subject)}` };
      }
    }
    if (namespace === '') return;
    for (const [key, binding] of store.list(roleBindings, `${namespace}/`)) {
      const subject = objectsAt(binding, 'subjects').find((each) => names(each, user, namespace));
      if (subject !== undefined) {
        const name = `${key.slice(namespace.length + 1)}/${namespace}`;
        yield { binding, namespace, text: `RoleBinding ${JSON.stringify(name)}${of(binding, subject)}` };
      }
    }
  }

  return {
    referred,
    rulesFor(user, namespace) {
      const out: Rule[] = [];
      for (const { binding, namespace: where } of bindingsOf(user, namespace)) {
        out.push(...(referred(objectAt(binding, 'roleRef'), where) ?? []));
      }
      return out;
    },
    authorize(user, attributes) {
      if (user.groups.includes('system:masters')) return { allowed: true, reason: '' };
      const missing: string[] = [];
      for (const { binding, namespace, text } of bindingsOf(user, attributes.isResource ? attributes.namespace : '')) {
        const roleRef = objectAt(binding, 'roleRef');
        const rules = referred(roleRef, namespace);
        if (rules === undefined) {
          const kind = roleRef.kind === 'Role' ? 'role' : 'clusterrole';
          missing.push(`${kind}.rbac.authorization.k8s.io ${JSON.stringify(roleRef.name)} not found`);
          continue;
        }
        if (rules.some((rule) => ruleAllows(rule, attributes))) {
          return { allowed: true, reason: `RBAC: allowed by ${text}` };
        }
      }
      if (missing.length === 0) return { allowed: false, reason: '' };
      return { allowed: false, reason: `RBAC: ${missing.length === 1 ? missing[0] : `[${missing.join(', ')}]`}` };
    },
  };
}

function of(binding: JsonObject, subject: JsonObject): string {
  const roleRef = objectAt(binding, 'roleRef');
  const who =
    subject.kind === 'ServiceAccount'
      ? `ServiceAccount ${JSON.stringify(`${String(subject.name)}/${String(subject.namespace)}`)}`
      : `${String(subject.kind)} ${JSON.stringify(subject.name)}`;
  return ` of ${String(roleRef.kind)} ${JSON.stringify(roleRef.name)} to ${who}`;
}

function names(subject: JsonObject, user: User, namespace: string): boolean {
  const name = stringAt(subject, 'name') ?? '';
  switch (subject.kind) {
    case 'User':
      return user.name === name;
    case 'Group':
      return user.groups.includes(name);
    case 'ServiceAccount': {
      const where = stringAt(subject, 'namespace') ?? namespace;
      return user.name === `system:serviceaccount:${where}:${name}`;
    }
    default:
      return false;
  }
}

export function ruleAllows(rule: Rule, attributes: AccessAttributes): boolean {
  const { verbs, apiGroups, resources, resourceNames, nonResourceURLs } = rule;
  if (!verbs.includes('*') && !verbs.includes(attributes.verb)) return false;
  if (!attributes.isResource) {
    return nonResourceURLs.some(
      (url) =>
        url === '*' || url === attributes.path || (url.endsWith('*') && attributes.path.startsWith(url.slice(0, -1))),
    );
  }
  if (!apiGroups.includes('*') && !apiGroups.includes(attributes.group)) return false;
  const { resource, subresource } = attributes;
  const full = subresource === '' ? resource : `${resource}/${subresource}`;
  const matches = resources.some(
    (each) => each === '*' || each === full || (subresource !== '' && each === `*/${subresource}`),
  );
  if (!matches) return false;
  return resourceNames.length === 0 || resourceNames.includes(attributes.name);
}

/** Whether `owned` covers every verb, group, resource and name of `asked`. */
export function covers(owned: readonly Rule[], asked: Rule): boolean {
  const single = (verb: string, rest: Partial<AccessAttributes>): boolean =>
    owned.some((rule) => ruleCovers(rule, verb, rest));
  for (const verb of asked.verbs) {
    for (const url of asked.nonResourceURLs) if (!single(verb, { isResource: false, path: url })) return false;
    for (const group of asked.apiGroups) {
      for (const resource of asked.resources) {
        const named = asked.resourceNames.length === 0 ? [''] : asked.resourceNames;
        for (const name of named) if (!single(verb, { isResource: true, group, resource, name })) return false;
      }
    }
  }
  return true;
}

function ruleCovers(rule: Rule, verb: string, asked: Partial<AccessAttributes>): boolean {
  if (!rule.verbs.includes('*') && !rule.verbs.includes(verb)) return false;
  if (asked.isResource !== true) {
    const path = asked.path ?? '';
    return rule.nonResourceURLs.some(
      (url) => url === '*' || url === path || (url.endsWith('*') && path.startsWith(url.slice(0, -1))),
    );
  }
  const { group = '', resource = '', name = '' } = asked;
  if (!rule.apiGroups.includes('*') && !rule.apiGroups.includes(group)) return false;
  const subresource = resource.includes('/') ? resource.slice(resource.indexOf('/') + 1) : '';
  if (
    !rule.resources.some(
      (each) => each === '*' || each === resource || (subresource !== '' && each === `*/${subresource}`),
    )
  ) {
    return false;
  }
  return rule.resourceNames.length === 0 || (name !== '' && rule.resourceNames.includes(name));
}
