import type { Expression } from '../../plan/expression.ts';
import type { SqlType } from '../../types/sql-type.ts';
import { argument } from '../division.ts';
import type { FunctionEntry, Template } from '../function-entry.ts';
import { agg } from '../signature.ts';
import { argumentOf, itemOf, mergeOf, oneColumn, partialOf, withoutCodec } from './calls.ts';
import type { MergeRule } from './calls.ts';
import { codecOf, encodeText, storedType } from './codec.ts';
import { sortKeyOf } from './sort-key.ts';
import { exactnessOfChoice } from './value-kinds.ts';

/** An engine aggregate that answers one of its values, in the form that cells keep. */
function chosen(engine: string): Template {
  return (args) => {
    const { text, type } = argument(args, 0);
    return encodeText(`${engine}(${text}){over}`, type);
  };
}

function choice(engine: string): FunctionEntry {
  return agg(`cell_${engine}(any) -> any`, { duckdb: chosen(engine) });
}

const AT_SOURCES = new Map<FunctionEntry, FunctionEntry>();

/** A partial that a source computes as it computes the aggregate itself. */
function likeAtSources(partial: FunctionEntry, aggregate: FunctionEntry): FunctionEntry {
  const known = AT_SOURCES.get(aggregate);
  if (known !== undefined) return known;
  const { postgres } = aggregate.templates;
  const made: FunctionEntry = Object.freeze({
    ...partial,
    templates: { ...partial.templates, ...(postgres === undefined ? {} : { postgres }) },
    proven: aggregate.proven,
  });
  AT_SOURCES.set(aggregate, made);
  return made;
}

/**
 * An aggregate that merges by itself: the value is its own partial, in the form that cells keep. Where that is the value as it is, a
 * source that has the aggregate has the partial too.
 */
function itselfRule(encoded: FunctionEntry, arbitrary = false): MergeRule {
  return (call) => {
    const value = argumentOf(call, 0);
    const codec = codecOf(value.type);
    const stored = storedType(value.type);
    if (codec === undefined || stored === undefined) return withoutCodec(call);
    const entry = stored === value.type ? likeAtSources(encoded, call.entry) : encoded;
    return oneColumn({
      partial: partialOf(call, entry, [value], stored),
      rollUp: (column) => mergeOf(encoded, [codec.decode(column)], stored),
      finish: (column) => codec.decode(column),
      exactness: arbitrary ? 'nondeterministic' : exactnessOfChoice(value.type),
      size: 'constant',
    });
  };
}

export const minRule = itselfRule(choice('min'));
export const maxRule = itselfRule(choice('max'));
export const anyValueRule = itselfRule(choice('any_value'), true);
export const allTrueRule = itselfRule(choice('bool_and'));
export const someTrueRule = itselfRule(choice('bool_or'));
export const bitAndRule = itselfRule(choice('bit_and'));
export const bitOrRule = itselfRule(choice('bit_or'));
export const bitXorRule = itselfRule(choice('bit_xor'));

const WINNERS = { min: winner('min'), max: winner('max') } as const;
const EXTREMES = { min: choice('min'), max: choice('max') } as const;

function winner(extreme: 'min' | 'max'): FunctionEntry {
  return agg(`cell_arg_${extreme}(any, any) -> any`, {
    duckdb: (args) => {
      const [value, by] = [argument(args, 0), argument(args, 1)];
      return encodeText(`arg_${extreme}_null(${value.text}, ${by.text}){over}`, value.type);
    },
  });
}

/** arg_min and arg_max: the extreme key and its value; among rows of equal keys any. */
export function winnerRule(extreme: 'min' | 'max'): MergeRule {
  return (call) => winnerBy(call, argumentOf(call, 1), extreme);
}

function winnerBy(
  call: Parameters<MergeRule>[0],
  by: Expression,
  extreme: 'min' | 'max',
): ReturnType<MergeRule> {
  const value = argumentOf(call, 0);
  const [codec, byCodec] = [codecOf(value.type), codecOf(by.type)];
  const [stored, byStored] = [storedType(value.type), storedType(by.type)];
  if (!codec || !byCodec || !stored || !byStored) return withoutCodec(call);
  const [won, key] = [WINNERS[extreme], EXTREMES[extreme]];
  return {
    partials: [partialOf(call, won, [value, by], stored), partialOf(call, key, [by], byStored)],
    rollUp: (columns) => {
      const decoded = [
        codec.decode(itemOf(columns, 0)),
        byCodec.decode(itemOf(columns, 1)),
      ] as const;
      return [mergeOf(won, decoded, stored), mergeOf(key, [decoded[1]], byStored)];
    },
    finish: (columns) => codec.decode(itemOf(columns, 0)),
    exactness: 'nondeterministic',
    size: 'constant',
  };
}

/** A row's value beside the fact that there is a row: NULL is a value of first and last. */
const SOME_ROW = agg('cell_row(any) -> any', {
  duckdb: (args) => {
    const { text, type } = argument(args, 0);
    return `any_value({'v': ${encodeText(text, type)}}){over}`;
  },
});
const SOME_CELL = agg('some_row(any) -> any', { duckdb: 'any_value({0})' });

/** first and last: the first row of the call's order, or any row. */
export function endRule(extreme: 'min' | 'max'): MergeRule {
  return (call) => {
    const key = sortKeyOf(call.orderBy);
    if (key !== undefined) return winnerBy(call, key, extreme);
    const value = argumentOf(call, 0);
    const codec = codecOf(value.type);
    const stored = storedType(value.type);
    if (codec === undefined || stored === undefined) return withoutCodec(call);
    const row: SqlType = { kind: 'struct', fields: [{ name: 'v', type: stored }] };
    return oneColumn({
      partial: partialOf(call, SOME_ROW, [value], row),
      rollUp: (column) => mergeOf(SOME_CELL, [column], row),
      finish: (column) => codec.decode({ kind: 'field', arg: column, name: 'v', type: stored }),
      exactness: 'nondeterministic',
      size: 'constant',
    });
  };
}
