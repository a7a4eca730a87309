import { defaultCrd, validateCrd } from '../schema/contract.ts';
import type { Strategy } from './kind.ts';

export const customResourceDefinitionStrategy: Strategy = {
  generation: 'spec',
  allowUnconditionalUpdate: false,
  defaults: defaultCrd,
  prepareForCreate(object) {
    object.status = { conditions: [], acceptedNames: { plural: '', kind: '' }, storedVersions: [] };
    delete object.status;
  },
  validate: (crd) => validateCrd({ crd }),
  validateUpdate: (crd, oldCrd) => validateCrd({ crd, oldCrd }),
};
