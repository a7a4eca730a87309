export type * from './generated/types.ts';
export * from './kinds.ts';
export * from './resource.ts';
