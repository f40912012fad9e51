import type { FunctionEntry } from '../function-entry.ts';
import { fn } from '../signature.ts';

/** Conditional functions that are ordinary calls; CASE, COALESCE, NULLIF, GREATEST and LEAST are expressions of their own. */
export const conditionalRows: readonly FunctionEntry[] = [
  fn('nvl(anycompatible, anycompatible) -> anycompatible', {
    duckdb: 'coalesce({0}, {1})',
    postgres: 'coalesce({0}, {1})',
    strict: false,
  }),
  fn('nvl2(any, anycompatible, anycompatible) -> anycompatible', {
    duckdb: 'CASE WHEN {0} IS NOT NULL THEN {1} ELSE {2} END',
    postgres: 'CASE WHEN {0} IS NOT NULL THEN {1} ELSE {2} END',
    strict: false,
  }),
  fn('if(bool, anycompatible, anycompatible) -> anycompatible', {
    duckdb: 'CASE WHEN {0} THEN {1} ELSE {2} END',
    postgres: 'CASE WHEN {0} THEN {1} ELSE {2} END',
    strict: false,
  }),
  fn('if(bool, anyelement) -> anyelement', {
    duckdb: 'CASE WHEN {0} THEN {1} END',
    postgres: 'CASE WHEN {0} THEN {1} END',
    strict: false,
  }),
  fn('num_nulls(variadic any) -> int4', {
    duckdb: (args) => counted(args.map((arg) => `${arg.text} IS NULL`)),
    strict: false,
    proven: true,
  }),
  fn('num_nonnulls(variadic any) -> int4', {
    duckdb: (args) => counted(args.map((arg) => `${arg.text} IS NOT NULL`)),
    strict: false,
    proven: true,
  }),
];

function counted(conditions: readonly string[]): string {
  return `(${conditions.map((condition) => `CAST(${condition} AS INTEGER)`).join(' + ')})`;
}
