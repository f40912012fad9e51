import { averageDigits } from '../../types/numeric-digits.ts';
import type { SqlType } from '../../types/sql-type.ts';
import { UNKNOWN } from '../../types/sql-type.ts';
import type { FunctionEntry } from '../function-entry.ts';
import { agg } from '../signature.ts';

function average([a = UNKNOWN]: readonly SqlType[]) {
  return averageDigits(a);
}

const DEVIATIONS = [
  ['stddev', 'stddev_samp'],
  ['stddev_samp', 'stddev_samp'],
  ['stddev_pop', 'stddev_pop'],
  ['variance', 'var_samp'],
  ['var_samp', 'var_samp'],
  ['var_pop', 'var_pop'],
] as const;

/** NaN as soon as one value is NaN or infinite, where the engine fails; a sample of one has no deviation at all. */
function floatDeviation(engine: (typeof DEVIATIONS)[number][1]): string {
  const nan = "CAST('NaN' AS DOUBLE)";
  const unknown = engine.endsWith('_samp') ? `CASE WHEN count({0}){over} > 1 THEN ${nan} END` : nan;
  return `CASE WHEN bool_or(NOT isfinite({0})){over} THEN ${unknown} ELSE ${engine}(CASE WHEN isfinite({0}) THEN CAST({0} AS DOUBLE) END){over} END`;
}

/** Deviations and variances. */
export const deviations: readonly FunctionEntry[] = DEVIATIONS.flatMap(([name, engine]) => [
  ...['int2', 'int4', 'int8', 'numeric'].map((type) =>
    agg(`${name}(${type}) -> numeric`, {
      duckdb: `CAST(${engine}({0}){over} AS {type})`,
      digits: average,
    }),
  ),
  ...(['float4', 'float8'] as const).map((type) =>
    agg(`${name}(${type}) -> float8`, { duckdb: floatDeviation(engine) }),
  ),
]);
