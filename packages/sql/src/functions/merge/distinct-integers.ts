import type { ConstantExpression, Expression } from '../../plan/expression.ts';
import { INT8 } from '../../types/sql-type.ts';
import { argument } from '../division.ts';
import type { TemplateArgument } from '../function-entry.ts';
import { agg } from '../signature.ts';
import {
  denseSet,
  isSparse,
  SET_TYPE,
  sizeConstant,
  sizeOfSet,
  sparseSet,
  uniteSets,
} from './bounded-set.ts';
import { argumentOf, oneColumn, partialOf } from './calls.ts';
import type { MergeRule } from './calls.ts';
import type { Decomposition, ValueFacts } from './decomposition.ts';
import { isScalar } from './value-kinds.ts';

/** A smaller set is not worth a bitmap of its own shape. */
const LEAST_BITS = 10n;
/** A bitmap of 512 KiB. */
const MOST_BITS = 22n;

function member(args: readonly TemplateArgument[]): string {
  const [value, low] = [argument(args, 0), argument(args, 1)];
  return low.constant === '0'
    ? `CAST(${value.text} AS INTEGER)`
    : `CAST((${value.text} - CAST(${low.constant} AS BIGINT)) AS INTEGER)`;
}

const DENSE = agg('cell_integers(any, int8, int4) -> any', {
  duckdb: (args) => denseSet(member(args), Number(argument(args, 2).constant)),
});
const SPARSE = agg('cell_integers_of_few(any, int8, int4) -> any', {
  duckdb: (args) => sparseSet(member(args), Number(argument(args, 2).constant)),
});

/**
 * count(distinct x) of integers as sets within a known range; undefined where the range is not known or too wide. Evaluation fails for
 * a value outside the range: the facts must hold for every row.
 */
export function countDistinctIntegers(
  call: Parameters<MergeRule>[0],
  facts: ValueFacts,
): Decomposition | undefined {
  const value = argumentOf(call, 0);
  const range = facts.integerRange;
  if (range === undefined || !isScalar(value.type, 'int2', 'int4', 'int8')) return undefined;
  const block = enclosingBlock(range.low, range.high);
  if (block === undefined) return undefined;
  const bits = Number(block.size);
  const sparse = isSparse(bits, facts.rowsPerGroup);
  const args: readonly Expression[] = [value, lowConstant(block.low), sizeConstant(bits)];
  return oneColumn({
    partial: partialOf(call, sparse ? SPARSE : DENSE, args, SET_TYPE),
    rollUp: (column) => uniteSets(column, bits),
    finish: sizeOfSet,
    exactness: 'exact',
    size: sparse ? 'input' : 'constant',
  });
}

function lowConstant(low: bigint): ConstantExpression {
  return { kind: 'constant', value: String(low), type: INT8 };
}

/**
 * The smallest block of a power of two, at a multiple of half its size, that holds the range: bounds that grow a little keep their block,
 * and with it the cells that were computed for it.
 */
function enclosingBlock(
  low: bigint,
  high: bigint,
): { readonly low: bigint; readonly size: bigint } | undefined {
  if (high < low) return undefined;
  for (let power = LEAST_BITS; power <= MOST_BITS; power += 1n) {
    const half = power - 1n;
    const start = (low >> half) << half;
    const size = 1n << power;
    if (high < start + size) return { low: start, size };
  }
  return undefined;
}
