import type { AggregateExpression, ConstantExpression, Expression } from '../../plan/expression.ts';
import { parseArrayText } from '../../print/array-text.ts';
import { arrayOf, BOOL } from '../../types/sql-type.ts';
import { argument } from '../division.ts';
import type { FunctionEntry, TemplateArgument } from '../function-entry.ts';
import { agg, fn } from '../signature.ts';
import {
  argumentOf,
  callOf,
  mergeOf,
  narrowed,
  notMergeable,
  oneColumn,
  partialOf,
  withoutCodec,
} from './calls.ts';
import type { MergeRule } from './calls.ts';
import { codecOf, encodeText, storedType } from './codec.ts';
import type { Decomposition } from './decomposition.ts';
import { exactnessOfChoice } from './value-kinds.ts';

const COLLECT = agg('cell_values_of(any) -> any', {
  duckdb: (args) => `list(${encodeText(argument(args, 0).text, argument(args, 0).type)}){over}`,
});
const APPEND = agg('append_values(any) -> any', { duckdb: 'flatten(list({0}){over})' });

function fractionText(engine: string, { text }: TemplateArgument): string {
  return engine === 'approx_quantile' ? `CAST(${text} AS FLOAT)` : text;
}

/** An engine aggregate over the list of all values. */
function overValues(engine: string): FunctionEntry {
  return fn(`${engine}_of_values(any, any) -> any`, {
    duckdb: (args, context) => {
      const [list, fraction] = [argument(args, 0), args[1]];
      const more = fraction === undefined ? '' : `, ${fractionText(engine, fraction)}`;
      return `CAST(list_aggregate(${list.text}, '${engine}'${more}) AS ${context.engineType(context.result)})`;
    },
    strict: false,
  });
}

/** `value`: which argument is collected; `fraction`: how the constant reaches the engine; without it there is none. */
function valuesRule(
  finish: FunctionEntry,
  value: (call: AggregateExpression) => Expression,
  exactness: (call: AggregateExpression) => Decomposition['exactness'],
  fraction?: (call: AggregateExpression) => ConstantExpression | undefined,
): MergeRule {
  return (call) => {
    const collected = value(call);
    const list = arrayOf(collected.type);
    const codec = codecOf(list);
    const stored = storedType(list);
    if (codec === undefined || stored === undefined) return withoutCodec(call);
    const constant = fraction?.(call);
    if (fraction !== undefined && constant === undefined) return notMergeable(call);
    const rest = constant === undefined ? [] : [constant];
    return oneColumn({
      partial: partialOf(present(call, collected), COLLECT, [collected], stored),
      rollUp: (column) => mergeOf(APPEND, [column], stored),
      finish: (column) => callOf(finish, [codec.decode(column), ...rest], call.type),
      exactness: exactness(call),
      size: 'input',
    });
  };
}

/** The call over rows where the value is not NULL: none of these aggregates counts NULL. */
function present(call: AggregateExpression, value: Expression): AggregateExpression {
  return narrowed(call, { kind: 'nullTest', arg: value, negated: true, type: BOOL });
}

const sortedValue = (call: AggregateExpression): Expression => argumentOf(call, call.args.length);
const isDescending = (call: AggregateExpression): boolean =>
  call.withinGroup[0]?.descending === true;

/** The constant fraction or fractions of a call, each mapped; undefined where they are not constant. */
function fractionOf(
  argument: Expression | undefined,
  map: (fraction: number) => number,
): ConstantExpression | undefined {
  if (argument?.kind !== 'constant' || argument.value === null) return undefined;
  if (argument.type.kind !== 'array') {
    return { ...argument, value: String(map(Number(argument.value))) };
  }
  const members = parseArrayText(argument.value);
  const mapped: number[] = [];
  for (const member of members) {
    if (typeof member !== 'string') return undefined;
    mapped.push(map(Number(member)));
  }
  return { ...argument, value: `{${mapped.join(',')}}` };
}

export const medianRule = valuesRule(
  overValues('median'),
  (call) => argumentOf(call, 0),
  () => 'tolerance',
);

export const approximateQuantileRule = valuesRule(
  overValues('approx_quantile'),
  (call) => argumentOf(call, 0),
  () => 'nondeterministic',
  (call) => fractionOf(call.args[1], (fraction) => fraction),
);

/** Descending: the same place from the other end. */
export const continuousQuantileRule = valuesRule(
  overValues('quantile_cont'),
  sortedValue,
  () => 'tolerance',
  (call) => fractionOf(call.args[0], (fraction) => (isDescending(call) ? 1 - fraction : fraction)),
);

/** The engine takes DESC as the fraction's sign, which 0 has not. */
export const discreteQuantileRule = valuesRule(
  overValues('quantile_disc'),
  sortedValue,
  (call) => exactnessOfChoice(sortedValue(call).type),
  (call) =>
    fractionOf(call.args[0], (fraction) =>
      isDescending(call) ? -Math.max(fraction, 1e-300) : fraction,
    ),
);

/** Any of the most frequent values. */
export const modeRule = valuesRule(overValues('mode'), sortedValue, () => 'nondeterministic');
