import { digitsOfType } from '../types/numeric-digits.ts';
import { INT8 } from '../types/sql-type.ts';
import type { SqlType } from '../types/sql-type.ts';
import { powerOfTen, smallestUnit } from './decimal-text.ts';
import { exactQuotient } from './exact-quotient.ts';
import type { TemplateArgument, TemplateContext } from './function-entry.ts';
import { reuse } from './template-parts.ts';

/** Quotients with more places would leave too little of 128 bits for the count. */
const MOST_PLACES = 24;

/** avg of exact numbers: `sum` (its type says the scale) divided by `count`, rounded half away from zero to the result's scale. NULL where the count is 0. */
export function averageText(
  sum: TemplateArgument,
  count: string,
  result: SqlType,
  context: TemplateContext,
): string {
  const places = digitsOfType(result).scale;
  const wide = wideAverage(sum, count, result, context);
  const exact = exactQuotient(sum, { text: count, type: INT8 }, places, wide);
  return exact === undefined ? wide : `CAST(${exact} AS ${context.engineType(result)})`;
}

/** The whole part and the remainder are divided as 128-bit integers, so that no sum is too large. */
function wideAverage(
  sum: TemplateArgument,
  count: string,
  result: SqlType,
  context: TemplateContext,
): string {
  const type = context.engineType(result);
  const { scale } = digitsOfType(sum.type);
  const places = digitsOfType(result).scale;
  if (places > MOST_PLACES) {
    return `CAST((CAST(${sum.text} AS DOUBLE) / ${count}) AS ${type})`;
  }
  const digits =
    scale === 0
      ? `CAST(${sum.text} AS HUGEINT)`
      : `CAST(replace(CAST(${sum.text} AS VARCHAR), '.', '') AS HUGEINT)`;
  const divisor = scale === 0 ? count : `(${count} * CAST('${powerOfTen(scale)}' AS HUGEINT))`;
  const whole = `CAST((${digits} // ${divisor}) AS ${type})`;
  // One place more than the result, which the cast rounds.
  const more = places + 1;
  const shifted = `((${digits} % ${divisor}) * CAST('${powerOfTen(more - scale)}' AS HUGEINT))`;
  const rest = `CAST((${shifted} // ${count}) AS DECIMAL(38,0))`;
  return `CAST((${whole} + CAST((${rest} * ${smallestUnit(more)}) AS ${type})) AS ${type})`;
}

/** sum of intervals, field by field: `list` is where the placeholder for FILTER and OVER stands. */
export function intervalSumText(value: string): string {
  return addedIntervals(
    `nullif(list_filter(list(${value}){over}, lambda x: x IS NOT NULL), CAST([] AS INTERVAL[]))`,
  );
}

function addedIntervals(list: string): string {
  return `list_reduce(${list}, lambda a, b: a + b)`;
}

/** avg of intervals from their sum and count. */
export function intervalAverageText(sum: string, count: string): string {
  return `(${sum} * (CAST(1 AS DOUBLE) / nullif(${count}, 0)))`;
}

/** avg of intervals as one call. */
export function intervalMeanText(value: string): string {
  return reuse(
    [`list_filter(list(${value}){over}, lambda x: x IS NOT NULL)`],
    (list) =>
      `CASE WHEN len(${list}) > 0 THEN ${intervalAverageText(addedIntervals(list), `len(${list})`)} END`,
  );
}
