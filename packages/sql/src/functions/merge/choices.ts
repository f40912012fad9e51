import { argument } from '../division.ts';
import type { FunctionEntry, Template } from '../function-entry.ts';
import { agg } from '../signature.ts';
import { argumentOf, itemOf, mergeOf, oneColumn, partialOf, withoutCodec } from './calls.ts';
import type { MergeRule } from './calls.ts';
import { codecOf, encodeText, storedType } from './codec.ts';
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

/** An aggregate that merges by itself: the value is its own partial, in the form that cells keep. */
function itselfRule(entry: FunctionEntry, arbitrary = false): MergeRule {
  return (call) => {
    const value = argumentOf(call, 0);
    const codec = codecOf(value.type);
    const stored = storedType(value.type);
    if (codec === undefined || stored === undefined) return withoutCodec(call);
    return oneColumn({
      partial: partialOf(call, entry, [value], stored),
      rollUp: (column) => mergeOf(entry, [codec.decode(column)], stored),
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

/** arg_min and arg_max: the extreme key and its value; among rows of equal keys any. */
export function winnerRule(extreme: 'min' | 'max'): MergeRule {
  const key = choice(extreme);
  const winner = agg(`cell_arg_${extreme}(any, any) -> any`, {
    duckdb: (args) => {
      const [value, by] = [argument(args, 0), argument(args, 1)];
      return encodeText(`arg_${extreme}_null(${value.text}, ${by.text}){over}`, value.type);
    },
  });
  return (call) => {
    const [value, by] = [argumentOf(call, 0), argumentOf(call, 1)];
    const codecs = [codecOf(value.type), codecOf(by.type)] as const;
    const types = [storedType(value.type), storedType(by.type)] as const;
    const [valueCodec, byCodec] = codecs;
    const [valueType, byType] = types;
    if (!valueCodec || !byCodec || !valueType || !byType) return withoutCodec(call);
    return {
      partials: [
        partialOf(call, winner, [value, by], valueType),
        partialOf(call, key, [by], byType),
      ],
      rollUp: (columns) => {
        const decoded = [
          valueCodec.decode(itemOf(columns, 0)),
          byCodec.decode(itemOf(columns, 1)),
        ] as const;
        return [mergeOf(winner, decoded, valueType), mergeOf(key, [decoded[1]], byType)];
      },
      finish: (columns) => valueCodec.decode(itemOf(columns, 0)),
      exactness: 'nondeterministic',
      size: 'constant',
    };
  };
}
