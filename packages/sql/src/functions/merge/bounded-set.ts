import type { AggregateExpression, ConstantExpression, Expression } from '../../plan/expression.ts';
import { arrayOf, BOOL, BYTEA, INT8 } from '../../types/sql-type.ts';
import { argument } from '../division.ts';
import type { Template, TemplateArgument } from '../function-entry.ts';
import { agg, fn } from '../signature.ts';
import { reuse } from '../template-parts.ts';
import { callOf, itemOf, mergeOf, narrowed, partialOf } from './calls.ts';
import type { Decomposition } from './decomposition.ts';

/** The integers that a bitmap holds, both ends included; their number is a multiple of 8. */
export interface BitmapRange {
  readonly low: bigint;
  readonly high: bigint;
}

/**
 * Sets of integers as two columns: `ids` (a list, an id may stand several times) and `bits` (a bitmap of the range, one bit an integer). A
 * small set has ids only. One whose list would take more space than the bitmap has the bitmap, and ids only for integers outside the
 * range. So unions stay cheap and bounded, and a range that does not hold for every row costs space, not the answer.
 */
const IDS = arrayOf(INT8);
/**
 * Bits of a bitmap that cost what an id in a list costs: in a file about as much (sparse bits are compressed), and a union of bitmaps
 * takes a hundredth of the time that one of lists takes.
 */
const BITS_OF_ID = 128;

interface Bounds {
  readonly low: string;
  readonly high: string;
  /** A longer list is not worth its space. */
  readonly few: number;
}

function boundsOf(args: readonly TemplateArgument[]): Bounds {
  const [low = '0', high = '0'] = args.slice(-2).map(({ constant }) => constant);
  const few = Math.max(1, Number((BigInt(high) - BigInt(low) + 1n) / BigInt(BITS_OF_ID)));
  return { low: bigint(low), high: bigint(high), few };
}

/** The least bigint is no literal: its digits alone are out of range. */
function bigint(value: string): string {
  return `CAST('${value}' AS BIGINT)`;
}

function bitsOfList(list: string, { low, high }: Bounds): string {
  const bits = (members: string): string =>
    `list_aggregate(${members}, 'bitstring_agg', ${low}, ${high})`;
  const inside = `list_filter(${list}, lambda x: x BETWEEN ${low} AND ${high})`;
  return `CASE WHEN ${allInside(list, { low, high })} THEN ${bits(list)} ELSE ${bits(inside)} END`;
}

function allInside(list: string, { low, high }: Pick<Bounds, 'low' | 'high'>): string {
  return `(list_min(${list}) >= ${low} AND list_max(${list}) <= ${high})`;
}

function outsideOfList(list: string, bounds: Bounds): string {
  const { low, high } = bounds;
  return `CASE WHEN len(${list}) > 0 AND NOT ${allInside(list, bounds)} THEN list_distinct(list_filter(${list}, lambda x: x NOT BETWEEN ${low} AND ${high})) END`;
}

const listOf = (args: readonly TemplateArgument[]): string =>
  `list(CAST(${argument(args, 0).text} AS BIGINT)){over}`;

const COLLECT_IDS = agg('cell_ids(any) -> any', { duckdb: listOf });
const COLLECT_BITS = agg('cell_bits(any, int8, int8) -> bytea', {
  duckdb: (args) => {
    const { low, high } = boundsOf(args);
    const value = `CAST(${argument(args, 0).text} AS BIGINT)`;
    return `CAST(bitstring_agg(CASE WHEN ${value} BETWEEN ${low} AND ${high} THEN ${value} END, ${low}, ${high}){over} AS BLOB)`;
  },
});
const IS_OUTSIDE = fn('is_outside(any, int8, int8) -> bool', {
  duckdb: (args) => {
    const { low, high } = boundsOf(args);
    return `(CAST(${argument(args, 0).text} AS BIGINT) NOT BETWEEN ${low} AND ${high})`;
  },
});

const FEW_IDS = agg('cell_ids_of_few(any, int8, int8) -> any', {
  duckdb: (args) => {
    const bounds = boundsOf(args);
    const list = listOf(args);
    return `CASE WHEN len(${list}) <= ${bounds.few} THEN ${list} ELSE ${outsideOfList(list, bounds)} END`;
  },
});
const FEW_BITS = agg('cell_bits_of_few(any, int8, int8) -> bytea', {
  duckdb: (args) => {
    const bounds = boundsOf(args);
    const list = listOf(args);
    return `CASE WHEN len(${list}) > ${bounds.few} THEN CAST((${bitsOfList(list, bounds)}) AS BLOB) END`;
  },
});

function united(
  column: (parts: {
    readonly list: string;
    readonly bits: string;
    readonly few: string;
    readonly bounds: Bounds;
  }) => string,
): Template {
  return (args) => {
    const bounds = boundsOf(args);
    const lists = `flatten(list(${argument(args, 0).text}){over})`;
    const bitmaps = `bit_or(CAST(${argument(args, 1).text} AS BIT)){over}`;
    // The engine would make the long list once for each place in the text.
    return reuse([lists, bitmaps], (list = '', bits = '') => {
      const few = `(${bits} IS NULL AND coalesce(len(${list}), 0) <= ${bounds.few})`;
      return column({ list, bits, few, bounds });
    });
  };
}

const UNITE_IDS = agg('unite_ids(any, bytea, int8, int8) -> any', {
  duckdb: united(
    ({ list, few, bounds }) =>
      `CASE WHEN ${few} THEN ${list} ELSE ${outsideOfList(list, bounds)} END`,
  ),
});
const UNITE_BITS = agg('unite_bits(any, bytea, int8, int8) -> bytea', {
  duckdb: united(({ list, bits, few, bounds }) => {
    const more = `(${bitsOfList(list, bounds)})`;
    return `CASE WHEN NOT ${few} THEN CAST(coalesce((${bits} | ${more}), ${bits}, ${more}) AS BLOB) END`;
  }),
});
const SIZE = fn('size_of_set(any, bytea) -> int8', {
  duckdb: '(coalesce(len(list_distinct({0})), 0) + coalesce(bit_count(CAST({1} AS BIT)), 0))',
  strict: false,
});

/** How the set of `member`'s values over the call's rows is kept, united and counted. */
export interface SetColumns {
  readonly partials: readonly AggregateExpression[];
  readonly rollUp: Decomposition['rollUp'];
  /** How many integers the set holds: int8. */
  readonly size: (columns: readonly Expression[]) => Expression;
  readonly isList: boolean;
}

/**
 * Sets of an integer expression's values; NULL is no member. `rows`: about how many rows a set stands for. Where that is not known a set starts
 * as a bitmap, whose size has a bound.
 */
export function setOf(
  call: AggregateExpression,
  member: Expression,
  range: BitmapRange,
  rows: number | undefined,
): SetColumns {
  const bounds = [limit(range.low), limit(range.high)];
  const isList = rows !== undefined && rows * BITS_OF_ID < Number(range.high - range.low + 1n);
  const present: Expression = { kind: 'nullTest', arg: member, negated: true, type: BOOL };
  const outside = callOf(IS_OUTSIDE, [member, ...bounds], BOOL);
  const partials = isList
    ? [
        partialOf(narrowed(call, present), FEW_IDS, [member, ...bounds], IDS),
        partialOf(narrowed(call, present), FEW_BITS, [member, ...bounds], BYTEA),
      ]
    : [
        partialOf(narrowed(call, outside), COLLECT_IDS, [member], IDS),
        partialOf(call, COLLECT_BITS, [member, ...bounds], BYTEA),
      ];
  return {
    partials,
    rollUp: (columns) => {
      const args = [itemOf(columns, 0), itemOf(columns, 1), ...bounds];
      return [mergeOf(UNITE_IDS, args, IDS), mergeOf(UNITE_BITS, args, BYTEA)];
    },
    size: (columns) => callOf(SIZE, [itemOf(columns, 0), itemOf(columns, 1)], INT8),
    isList,
  };
}

function limit(value: bigint): ConstantExpression {
  return { kind: 'constant', value: String(value), type: INT8 };
}
