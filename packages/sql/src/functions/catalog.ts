import type { FunctionEntry } from './function-entry.ts';
import { aggregateRows } from './rows/aggregates.ts';
import { arithmeticRows } from './rows/arithmetic.ts';
import { arrayRows } from './rows/arrays.ts';
import { comparisonRows } from './rows/comparison.ts';
import { conditionalRows } from './rows/conditional.ts';
import { dateRows } from './rows/dates.ts';
import { formattingRows } from './rows/formatting.ts';
import { jsonRows } from './rows/json.ts';
import { jsonbRows } from './rows/jsonb.ts';
import { justifyRows } from './rows/justify.ts';
import { miscRows } from './rows/misc.ts';
import { numericRows } from './rows/numeric.ts';
import { regexRows } from './rows/regex.ts';
import { stringRows } from './rows/strings.ts';
import { windowRows } from './rows/windows.ts';

const ALL: readonly FunctionEntry[] = [
  ...arithmeticRows,
  ...comparisonRows,
  ...conditionalRows,
  ...numericRows,
  ...stringRows,
  ...regexRows,
  ...dateRows,
  ...justifyRows,
  ...formattingRows,
  ...jsonRows,
  ...jsonbRows,
  ...arrayRows,
  ...aggregateRows,
  ...windowRows,
  ...miscRows,
];

function indexByName(
  wanted: (entry: FunctionEntry) => boolean,
): ReadonlyMap<string, readonly FunctionEntry[]> {
  const index = new Map<string, FunctionEntry[]>();
  for (const entry of ALL) {
    if (!wanted(entry)) continue;
    const named = index.get(entry.name);
    if (named === undefined) index.set(entry.name, [entry]);
    else named.push(entry);
  }
  return index;
}

const FUNCTIONS = indexByName((entry) => entry.kind !== 'operator');
const OPERATORS = indexByName((entry) => entry.kind === 'operator');

/** Every row: the allow-list of what a statement may call. */
export function allEntries(): readonly FunctionEntry[] {
  return ALL;
}

/** Overloads of a function, aggregate, window or table function by its lower-case name; none: unknown. */
export function functionsNamed(name: string): readonly FunctionEntry[] {
  return FUNCTIONS.get(name) ?? [];
}

/** Operators by symbol, with one (prefix) or two arguments. */
export function operatorsNamed(symbol: string, arity: 1 | 2): readonly FunctionEntry[] {
  return (OPERATORS.get(symbol) ?? []).filter((entry) => entry.args.length === arity);
}

/** Names of all functions, sorted: for "did you mean" and documentation. */
export function functionNames(): readonly string[] {
  return [...FUNCTIONS.keys()].sort();
}
