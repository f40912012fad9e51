import type { Expression } from '@tributary/sql';
import { BOOL } from '@tributary/sql';
import { operatorCall } from './bind-operator.ts';
import type { QueryLevel } from './bind-state.ts';
import { at, deeper, failure } from './bind-state.ts';

/** How the fields of `left operator right` combine: the strict operator decides until the last field. */
const ORDERINGS: Readonly<Record<string, string>> = { '<': '<', '<=': '<', '>': '>', '>=': '>' };

/**
 * A row comparison as comparisons of its fields. `<` and the like compare field by field from the left, and a NULL before the
 * deciding field makes the result NULL, as in PostgreSQL: `a < c OR (a = c AND b < d)` does exactly that.
 */
export function comparePairs(
  level: QueryLevel,
  symbol: string,
  left: readonly Expression[],
  right: readonly Expression[],
  location: number | undefined,
): Expression {
  return deeper(level, location, () => compareRows(level, symbol, left, right, location));
}

function compareRows(
  level: QueryLevel,
  symbol: string,
  left: readonly Expression[],
  right: readonly Expression[],
  location: number | undefined,
): Expression {
  if (left.length !== right.length) {
    throw failure(level, 'syntaxError', 'unequal number of entries in row expressions', location);
  }
  if (left.length === 0) {
    throw failure(level, 'featureNotSupported', 'cannot compare rows of zero length', location);
  }
  const pairs = left.map((each, index): readonly [Expression, Expression] => [
    each,
    right[index] ?? each,
  ]);
  const compare = (operator: string, pair: readonly [Expression, Expression]): Expression =>
    operatorCall(level, operator, pair, location);
  const combine = (kind: 'and' | 'or', args: readonly Expression[]): Expression => {
    const [only] = args;
    if (args.length === 1 && only !== undefined) return only;
    return { kind, args, type: BOOL, ...at(level, location) };
  };
  if (symbol === '=')
    return combine(
      'and',
      pairs.map((pair) => compare('=', pair)),
    );
  if (symbol === '<>' || symbol === '!=')
    return combine(
      'or',
      pairs.map((pair) => compare('<>', pair)),
    );
  const strict = ORDERINGS[symbol];
  if (strict === undefined) {
    throw failure(
      level,
      'featureNotSupported',
      `could not determine interpretation of row comparison operator ${symbol}`,
      location,
    );
  }
  const from = (index: number): Expression => {
    const pair = pairs[index];
    if (pair === undefined) throw new TypeError('row comparison out of range');
    if (index === pairs.length - 1) return compare(symbol, pair);
    return combine('or', [
      compare(strict, pair),
      combine('and', [compare('=', pair), from(index + 1)]),
    ]);
  };
  return from(0);
}
