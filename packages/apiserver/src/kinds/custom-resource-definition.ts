import { defaultCrd, getOwn, isObject, objectAt, stringAt, validateCrd } from '../schema/contract.ts';
import type { Strategy } from './kind.ts';

export const customResourceDefinitionStrategy: Strategy = {
  generation: 'spec',
  allowUnconditionalUpdate: false,
  defaults: defaultCrd,
  prepareForCreate(object) {
    const versions = getOwn(objectAt(object, 'spec'), 'versions');
    const stored = Array.isArray(versions)
      ? versions.filter(isObject).find((version) => version.storage === true)
      : undefined;
    object.status = {
      conditions: null,
      acceptedNames: { plural: '', kind: '' },
      storedVersions: stored === undefined ? [] : [stringAt(stored, 'name') ?? ''],
    };
  },
  validate: (crd) => validateCrd({ crd }),
  validateUpdate: (crd, oldCrd) => validateCrd({ crd, oldCrd }),
};
