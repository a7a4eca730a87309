import type {
  NodeAffinity,
  NodeSelectorRequirement,
  NodeSelectorTerm,
  PreferredSchedulingTerm,
} from '@hardpoint/kubernetes';
import type { ArgsReader } from '../../config/args-reader.ts';

export interface NodeAffinityArgs {
  readonly addedAffinity?: NodeAffinity;
}

const OPERATORS = ['In', 'NotIn', 'Exists', 'DoesNotExist', 'Gt', 'Lt'] as const;

function requirement(reader: ArgsReader, fields: boolean): NodeSelectorRequirement {
  const read: NodeSelectorRequirement = { key: '', operator: '' };
  reader.keys({
    key: (key) => {
      read.key = (fields ? key.oneOf(['metadata.name']) : key.string()) ?? '';
    },
    operator: (operator) => {
      read.operator = operator.oneOf(fields ? (['In', 'NotIn'] as const) : OPERATORS) ?? '';
    },
    values: (values) => {
      read.values = values.list().map((value) => value.text() ?? '');
    },
  });
  const count = read.values?.length ?? 0;
  if (read.key === '') reader.problem('key is missing', 'a label key');
  if ((read.operator === 'In' || read.operator === 'NotIn') && count === 0)
    reader.problem(`operator ${read.operator} needs values`, 'a list with at least one value');
  if ((read.operator === 'Exists' || read.operator === 'DoesNotExist') && count > 0)
    reader.problem(`operator ${read.operator} takes no values`, 'no values');
  if ((read.operator === 'Gt' || read.operator === 'Lt') && count !== 1)
    reader.problem(`operator ${read.operator} needs exactly one value`, 'a list with one whole number');
  return read;
}

function term(reader: ArgsReader): NodeSelectorTerm {
  const read: NodeSelectorTerm = {};
  reader.keys({
    matchExpressions: (list) => {
      read.matchExpressions = list.list().map((item) => requirement(item, false));
    },
    matchFields: (list) => {
      read.matchFields = list.list().map((item) => requirement(item, true));
    },
  });
  return read;
}

export function nodeAffinityArgs(reader: ArgsReader | undefined): NodeAffinityArgs {
  const affinity: NodeAffinity = {};
  reader?.keys({
    apiVersion: (key) => key.oneOf(['kubescheduler.config.k8s.io/v1']),
    kind: (key) => key.oneOf(['NodeAffinityArgs']),
    addedAffinity: (added) =>
      added.keys({
        requiredDuringSchedulingIgnoredDuringExecution: (needed) =>
          needed.keys({
            nodeSelectorTerms: (terms) => {
              const list = terms.list();
              if (list.length === 0) terms.problem('no term', 'a list with at least one term');
              affinity.requiredDuringSchedulingIgnoredDuringExecution = { nodeSelectorTerms: list.map(term) };
            },
          }),
        preferredDuringSchedulingIgnoredDuringExecution: (preferred) => {
          affinity.preferredDuringSchedulingIgnoredDuringExecution = preferred.list().map((item) => {
            const read: PreferredSchedulingTerm = { preference: {}, weight: 1 };
            item.keys({
              weight: (weight) => {
                read.weight = weight.integer({ min: 1, max: 100 }) ?? 1;
              },
              preference: (preference) => {
                read.preference = term(preference);
              },
            });
            return read;
          });
        },
      }),
  });
  return Object.keys(affinity).length === 0 ? {} : { addedAffinity: affinity };
}
