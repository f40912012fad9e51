import { raise } from './template-parts.ts';
import type { Template } from './function-entry.ts';

/** `{0}` to the power `{1}`; numerics are computed as doubles. Fails with 2201F where no real number is the answer. */
export function power(type: 'float8' | 'numeric'): Template {
  const call =
    type === 'float8'
      ? 'pow({0}, {1})'
      : 'CAST(pow(CAST({0} AS DOUBLE), CAST({1} AS DOUBLE)) AS {type})';
  const fraction = type === 'float8' ? '{0} < 0 AND isfinite({0}) AND isfinite({1})' : '{0} < 0';
  return `CASE WHEN {0} = 0 AND {1} < 0 THEN ${raise('invalidArgumentForPower', 'zero raised to a negative power is undefined')} WHEN ${fraction} AND {1} <> floor({1}) THEN ${raise('invalidArgumentForPower', 'a negative number raised to a non-integer power yields a complex result')} ELSE ${call} END`;
}
