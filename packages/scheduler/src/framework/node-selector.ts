import type { Node, NodeSelector, NodeSelectorRequirement, NodeSelectorTerm } from '@hardpoint/kubernetes';

function whole(text: string | undefined): bigint | undefined {
  return text !== undefined && /^[+-]?\d+$/.test(text) ? BigInt(text) : undefined;
}

function matchesLabel(requirement: NodeSelectorRequirement, labels: Readonly<Record<string, string>>): boolean {
  const value = Object.hasOwn(labels, requirement.key) ? labels[requirement.key] : undefined;
  const values = requirement.values ?? [];
  switch (requirement.operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    case 'Gt':
    case 'Lt': {
      const [have, limit] = [whole(value), whole(values[0])];
      if (have === undefined || limit === undefined) return false;
      return requirement.operator === 'Gt' ? have > limit : have < limit;
    }
    default:
      return false;
  }
}

/** `metadata.name` is the one field there is; In and NotIn take exactly one value. */
function matchesField(requirement: NodeSelectorRequirement, name: string): boolean {
  if (requirement.key !== 'metadata.name' || requirement.values?.length !== 1) return false;
  if (requirement.operator === 'In') return requirement.values[0] === name;
  return requirement.operator === 'NotIn' && requirement.values[0] !== name;
}

/** Every expression and every field. A term that asks for nothing matches nothing. */
export function matchesTerm(term: NodeSelectorTerm, node: Node): boolean {
  const expressions = term.matchExpressions ?? [];
  const fields = term.matchFields ?? [];
  if (expressions.length === 0 && fields.length === 0) return false;
  return (
    expressions.every((requirement) => matchesLabel(requirement, node.metadata?.labels ?? {})) &&
    fields.every((requirement) => matchesField(requirement, node.metadata?.name ?? ''))
  );
}

/** Any term. */
export function matchesSelector(selector: NodeSelector, node: Node): boolean {
  return selector.nodeSelectorTerms.some((term) => matchesTerm(term, node));
}
