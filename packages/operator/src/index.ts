export { policyRules } from './policy.ts';
export { type OperatorOptions, runOperator } from './run-operator.ts';
export { buildSortiePod, sortiePodName } from './sortie-pod/build-pod.ts';
export { DEFAULT_SETTINGS, type SortieSettings } from './sortie-pod/settings.ts';
