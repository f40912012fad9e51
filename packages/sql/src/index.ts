export * from './errors.ts';
export * from './types/sql-type.ts';
export type * from './plan/expression.ts';
export type * from './plan/plan.ts';
export type * from './functions/function-entry.ts';
export type * from './statement.ts';
export type * from './domain/domain.ts';
export { engineType } from './print/engine-type.ts';
export * from './functions/catalog.ts';
