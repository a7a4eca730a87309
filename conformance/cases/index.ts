import type { Case } from '../case.ts';
import { access, webhooks } from './access.ts';
import { crds } from './crds.ts';
import { crud } from './crud.ts';
import { discovery } from './discovery.ts';
import { errors } from './errors.ts';
import { lifecycle } from './lifecycle.ts';
import { patches } from './patches.ts';
import { reading } from './reading.ts';

export const cases: readonly Case[] = [
  ...discovery,
  ...crud,
  ...errors,
  ...reading,
  ...patches,
  ...lifecycle,
  ...crds,
  ...access,
  ...webhooks,
];
