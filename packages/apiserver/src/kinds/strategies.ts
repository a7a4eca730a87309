import { customResourceDefinitionStrategy } from './custom-resource-definition.ts';
import type { Strategy } from './kind.ts';

/** What built-in kinds do beyond the generic verbs, by storage name. */
export const strategies: Readonly<Record<string, Strategy>> = {
  'customresourcedefinitions.apiextensions.k8s.io': customResourceDefinitionStrategy,
};
