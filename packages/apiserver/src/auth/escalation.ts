import type { AdmissionRequest } from '../admission/admission.ts';
import { forbidden } from '../http/failures.ts';
import { getOwn, objectAt } from '../schema/contract.ts';
import { covers, type Rbac, type Rule, rulesOf } from './rbac.ts';

const group = 'rbac.authorization.k8s.io';

/** Nobody hands out rights they do not have: who writes a role needs its rules (or `escalate`), who binds one needs them too (or `bind`). */
export function escalationCheck(rbac: Rbac): (request: AdmissionRequest) => void {
  return (request) => {
    const { kind, object, oldObject, user, operation } = request;
    if (kind.group !== group || object === undefined || operation === 'DELETE' || request.subresource !== '') return;
    if (user.groups.includes('system:masters')) return;
    const namespace = request.namespace;
    const name = request.name;
    const may = (verb: string, resource: string, target: string): boolean =>
      rbac.authorize(user, {
        isResource: true,
        verb,
        group,
        version: 'v1',
        resource,
        subresource: '',
        namespace,
        name: target,
        path: '',
      }).allowed;
    const refuse = (missing: readonly Rule[]): never => {
      const why = `user ${JSON.stringify(user.name)} (groups=[${user.groups.map((each) => JSON.stringify(each)).join(' ')}]) is attempting to grant RBAC permissions not currently held:\n${missing.map(ruleText).join('\n')}`;
      throw forbidden(kind, name, why);
    };
    const missingOf = (rules: readonly Rule[]): readonly Rule[] => {
      const owned = rbac.rulesFor(user, namespace);
      return rules.filter((rule) => !covers(owned, rule));
    };
    if (kind.resource === 'roles' || kind.resource === 'clusterroles') {
      if (oldObject !== undefined && JSON.stringify(oldObject.rules) === JSON.stringify(object.rules)) return;
      if (may('escalate', kind.resource, name)) return;
      const missing = missingOf(rulesOf(object));
      if (missing.length > 0) refuse(missing);
      return;
    }
    if (oldObject !== undefined && JSON.stringify(oldObject.subjects) === JSON.stringify(object.subjects)) return;
    const roleRef = objectAt(object, 'roleRef');
    const resource = roleRef.kind === 'Role' ? 'roles' : 'clusterroles';
    if (may('bind', resource, String(getOwn(roleRef, 'name') ?? ''))) return;
    const rules = rbac.referred(roleRef, namespace);
    if (rules === undefined) {
      throw forbidden(kind, name, `${resource}.${group} ${JSON.stringify(roleRef.name)} not found`);
    }
    const missing = missingOf(rules);
    if (missing.length > 0) refuse(missing);
  };
}

/** A rule as the refusal shows it. */
function ruleText(rule: Rule): string {
  const parts: string[] = [];
  const add = (name: string, values: readonly string[]): void => {
    if (values.length > 0) parts.push(`${name}:[${values.map((value) => JSON.stringify(value)).join(' ')}]`);
  };
  add('APIGroups', rule.apiGroups);
  add('Resources', rule.resources);
  add('ResourceNames', rule.resourceNames);
  add('NonResourceURLs', rule.nonResourceURLs);
  add('Verbs', rule.verbs);
  return `{${parts.join(', ')}}`;
}
