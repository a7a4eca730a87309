import type { Column } from '../kinds/kind.ts';
import { objectAt, stringAt } from '../schema/contract.ts';
import { age } from './age.ts';

export const nameColumn: Column = {
  name: 'Name',
  type: 'string',
  format: 'name',
  description: 'Name must be unique within a namespace.',
  cell: (object) => stringAt(objectAt(object, 'metadata'), 'name') ?? '',
};

export const ageColumn: Column = {
  name: 'Age',
  type: 'string',
  description: 'Time since the object was created.',
  cell: (object, now) => age(stringAt(objectAt(object, 'metadata'), 'creationTimestamp'), now),
};

/** The columns of kinds that have none of their own. */
export const plainColumns: readonly Column[] = [nameColumn, ageColumn];
