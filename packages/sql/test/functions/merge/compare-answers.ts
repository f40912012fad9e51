import type { DuckDBValue } from '@duckdb/node-api';
import type { Decomposition } from '../../../src/functions/merge/decomposition.ts';
import { renderEngineValue } from '../../support/engine-values.ts';

/** Rows as texts; numbers of an inexact aggregate with twelve digits, and one zero. */
export function comparable(
  rows: readonly (readonly DuckDBValue[])[],
  exactness: Decomposition['exactness'],
): readonly (readonly unknown[])[] {
  const shown = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(shown);
    if (exactness === 'exact' || typeof value !== 'string' || !/^-?\d/.test(value)) return value;
    const number = Number(value);
    return Number.isNaN(number) ? value : String(Number(number.toPrecision(12)) + 0);
  };
  return rows.map((row) => row.map((value) => shown(renderEngineValue(value))));
}
