import { argumentOf } from './calls.ts';
import type { MergeRule } from './calls.ts';
import type { BitmapRange } from './bounded-set.ts';
import { setOf } from './bounded-set.ts';
import type { Decomposition, ValueFacts } from './decomposition.ts';
import { isScalar } from './value-kinds.ts';

/** A smaller set is not worth a bitmap of its own shape. */
const LEAST_POWER = 10n;
/** A bitmap of 512 KiB. */
const MOST_POWER = 22n;
const GREATEST = 9_223_372_036_854_775_807n;

/** count(distinct x) of integers as sets; undefined where no range is known or the range is too wide for a bitmap. */
export function countDistinctIntegers(
  call: Parameters<MergeRule>[0],
  facts: ValueFacts,
): Decomposition | undefined {
  const value = argumentOf(call, 0);
  const known = facts.integerRange;
  if (known === undefined || !isScalar(value.type, 'int2', 'int4', 'int8')) return undefined;
  const range = enclosingBlock(known.low, known.high);
  if (range === undefined) return undefined;
  const { partials, rollUp, size, isList } = setOf(call, value, range, facts.rowsPerGroup);
  return {
    partials,
    rollUp,
    finish: size,
    exactness: 'exact',
    size: isList ? 'input' : 'constant',
  };
}

/**
 * The smallest block of a power of two, at a multiple of half its size, that holds the range: bounds that grow a little keep their block,
 * and with it the cells that were computed for it.
 */
function enclosingBlock(low: bigint, high: bigint): BitmapRange | undefined {
  if (high < low) return undefined;
  for (let power = LEAST_POWER; power <= MOST_POWER; power += 1n) {
    const half = power - 1n;
    const start = (low >> half) << half;
    const end = start + (1n << power) - 1n;
    if (high <= end) return { low: start, high: end < GREATEST ? end : GREATEST };
  }
  return undefined;
}
