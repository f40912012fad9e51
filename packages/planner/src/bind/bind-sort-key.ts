import type { Node, SortBy } from '@pgsql/types';
import type { Expression, SortKey } from '@tributary/sql';
import { bindExpression, decided } from './bind-expression.ts';
import type { QueryLevel } from './bind-state.ts';
import { failure } from './bind-state.ts';
import { locationOf, stringsOf } from './tree.ts';

export interface SortDirection {
  readonly descending: boolean;
  readonly nullsFirst: boolean;
}

/** ASC, DESC, USING < or >, and where NULLs go: last when ascending, first when descending, unless said. */
export function sortDirection(level: QueryLevel, sort: SortBy): SortDirection {
  const descending = sort.sortby_dir === 'SORTBY_DESC' || usesGreater(level, sort);
  const nulls = sort.sortby_nulls;
  const nullsFirst =
    nulls === 'SORTBY_NULLS_FIRST' || (nulls !== 'SORTBY_NULLS_LAST' && descending);
  return { descending, nullsFirst };
}

function usesGreater(level: QueryLevel, sort: SortBy): boolean {
  if (sort.sortby_dir !== 'SORTBY_USING') return false;
  const symbol = stringsOf(sort.useOp).at(-1) ?? '';
  if (symbol === '<' || symbol === '>') return symbol === '>';
  throw failure(
    level,
    'wrongObjectType',
    `operator ${symbol} is not a valid ordering operator`,
    locationOf(sort.node),
    { hint: 'Ordering operators must be "<" or ">" members of btree operator families.' },
  );
}

/** An item of ORDER BY and its expression. */
export interface SortItem {
  readonly sort: SortBy;
  readonly node: Node;
}

export function sortByOf(level: QueryLevel, node: Node): SortItem {
  if ('SortBy' in node && node.SortBy.node !== undefined) {
    return { sort: node.SortBy, node: node.SortBy.node };
  }
  throw failure(level, 'syntaxError', 'malformed ORDER BY', -1);
}

/** A sort key inside an aggregate or window: an expression over the input, never an output name or position. */
export function bindSortKey(level: QueryLevel, node: Node, bound?: Expression): SortKey {
  const item = sortByOf(level, node);
  const expression = bound ?? decided(level, bindExpression(level, item.node));
  checkSortable(level, expression, locationOf(item.node));
  return { expression, ...sortDirection(level, item.sort) };
}

/** 42883 for a type without an order, as `could not identify an ordering operator`. */
export function checkSortable(
  level: QueryLevel,
  expression: Expression,
  location: number | undefined,
): void {
  const { type } = expression;
  if (type.kind === 'scalar' && type.name === 'json') {
    throw failure(
      level,
      'undefinedFunction',
      'could not identify an ordering operator for type json',
      location,
      { hint: 'Use an explicit ordering operator or modify the query.' },
    );
  }
}
