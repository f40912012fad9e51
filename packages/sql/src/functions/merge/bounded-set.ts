import type { AggregateExpression, ConstantExpression, Expression } from '../../plan/expression.ts';
import type { SqlType } from '../../types/sql-type.ts';
import { arrayOf, BYTEA, INT4, INT8 } from '../../types/sql-type.ts';
import { argument } from '../division.ts';
import type { TemplateArgument } from '../function-entry.ts';
import { agg, fn } from '../signature.ts';
import { callOf, mergeOf } from './calls.ts';

/**
 * A set of whole numbers from 0 to `bits` - 1 as a column: `ids` while it is small (an id may stand several times), else `bits`, one
 * bit a number. A list that would take more space than the bitmap becomes the bitmap, so that unions stay cheap and bounded.
 */
export const SET_TYPE: SqlType = Object.freeze({
  kind: 'struct',
  fields: [
    { name: 'ids', type: arrayOf(INT4) },
    { name: 'bits', type: BYTEA },
  ],
});

/** Bytes of an id in a list against bits of a bitmap. */
const BITS_OF_ID = 32;

/** Whether about `rows` values are held better as a list. Unknown: a bitmap, whose size has a bound. */
export function isSparse(bits: number, rows: number | undefined): boolean {
  return rows !== undefined && rows * BITS_OF_ID < bits;
}

/** DuckDB text of a set of few members; `member` is an integer from 0 to `bits` - 1. */
export function sparseSet(member: string, bits: number): string {
  return listOrBits(`list(${member}){over}`, bits);
}

/** DuckDB text of a set of many members. */
export function denseSet(member: string, bits: number): string {
  return setOf('NULL', `CAST(${denseBits(member, bits)} AS BLOB)`);
}

/** DuckDB text of the members as one BIT. */
export function denseBits(member: string, bits: number): string {
  return `bitstring_agg(${member}, 0, ${bits - 1}){over}`;
}

function listOrBits(list: string, bits: number): string {
  const few = bits / BITS_OF_ID;
  return setOf(
    `CASE WHEN len(${list}) <= ${few} THEN ${list} END`,
    `CASE WHEN len(${list}) > ${few} THEN CAST(${bitsOfList(list, bits)} AS BLOB) END`,
  );
}

function setOf(ids: string, bits: string): string {
  return `CAST({'ids': ${ids}, 'bits': ${bits}} AS STRUCT("ids" INTEGER[], "bits" BLOB))`;
}

function bitsOfList(list: string, bits: number): string {
  return `list_aggregate(${list}, 'bitstring_agg', 0, ${bits - 1})`;
}

function bitsOf(args: readonly TemplateArgument[], index: number): number {
  return Number(argument(args, index).constant);
}

const UNITE = agg('unite_sets(any, int4) -> any', {
  duckdb: (args) => {
    const { text } = argument(args, 0);
    const size = bitsOf(args, 1);
    const list = `flatten(list(${text}.ids){over})`;
    const bits = `bit_or(CAST(${text}.bits AS BIT)){over}`;
    const few = `(${bits} IS NULL AND len(${list}) <= ${size / BITS_OF_ID})`;
    const both = bitsOfList(list, size);
    return setOf(
      `CASE WHEN ${few} THEN ${list} END`,
      `CASE WHEN NOT ${few} THEN CAST(coalesce((${bits} | ${both}), ${bits}, ${both}) AS BLOB) END`,
    );
  },
});

/** DuckDB text of how many numbers a set holds; NULL for the NULL set. */
export function sizeText(set: string): string {
  return `coalesce(CAST(bit_count(CAST(${set}.bits AS BIT)) AS BIGINT), len(list_distinct(${set}.ids)))`;
}

const SIZE = fn('size_of_set(any) -> int8', {
  duckdb: (args) => `coalesce(${sizeText(argument(args, 0).text)}, 0)`,
  strict: false,
});

/** The union of sets of one size. */
export function uniteSets(column: Expression, bits: number): AggregateExpression {
  return mergeOf(UNITE, [column, sizeConstant(bits)], SET_TYPE);
}

/** How many numbers a set holds: int8. */
export function sizeOfSet(column: Expression): Expression {
  return callOf(SIZE, [column], INT8);
}

/** A whole number as an argument that says the form of a set. */
export function sizeConstant(bits: number): ConstantExpression {
  return { kind: 'constant', value: String(bits), type: INT4 };
}
