export type * from './definitions.ts';
export type * from './catalog-store.ts';
export type * from './projection/partition-set.ts';
