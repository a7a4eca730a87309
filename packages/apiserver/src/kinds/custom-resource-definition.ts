import { defaultCrd, getOwn, isObject, objectAt, stringAt, validateCrd } from '../schema/contract.ts';
import type { Strategy } from './kind.ts';

export const customResourceDefinitionStrategy: Strategy = {
  generation: 'spec',
  allowUnconditionalUpdate: false,
  defaults: defaultCrd,
  prepareForCreate(object) {
    const versions = getOwn(objectAt(object, 'spec'), 'versions');
    const stored = Array.isArray(versions)
      ? versions.filter(isObject).filter((version) => version.storage === true)
      : [];
    object.status = {
      conditions: null,
      acceptedNames: { plural: '', kind: '' },
      storedVersions: stored.map((version) => stringAt(version, 'name') ?? ''),
    };
  },
  validate: (crd) => validateCrd({ crd }),
  validateUpdate: (crd, oldCrd) => validateCrd({ crd, oldCrd }),
};
