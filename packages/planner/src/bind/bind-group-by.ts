import type { GroupingSet, Node, SelectStmt } from '@pgsql/types';
import type { Expression } from '@tributary/sql';
import { refuseSetFunctions } from './bind-set-function.ts';
import type { QueryLevel } from './bind-state.ts';
import { failure } from './bind-state.ts';
import type { Target } from './bind-target.ts';
import { findTarget } from './bind-target.ts';
import { sameExpression } from './expression-equality.ts';
import { locationOf } from './tree.ts';

/** PostgreSQL's limits. */
const MAX_SETS = 4096;
const MAX_CUBE = 12;

/** GROUP BY: distinct keys, and with grouping sets the keys of each set by index. */
export interface Grouping {
  readonly keys: readonly Expression[];
  readonly sets: readonly (readonly number[])[] | undefined;
}

/** Binds GROUP BY over the select list (names and positions) and the input. undefined without the clause. */
export function bindGroupBy(
  level: QueryLevel,
  select: SelectStmt,
  targets: Target[],
): Grouping | undefined {
  if (select.groupClause === undefined) return undefined;
  const keys: Expression[] = [];
  // Entries that GROUP BY adds are no output.
  const scratch = [...targets];
  const keyOf = (node: Node): number => {
    const { expression } = findTarget(level, node, scratch, 'GROUP BY');
    refuseSetFunctions(
      level,
      [expression],
      'set-returning functions are not supported in GROUP BY',
      locationOf(node),
    );
    const known = keys.findIndex((key) => sameExpression(level, key, expression));
    if (known >= 0) return known;
    keys.push(expression);
    return keys.length - 1;
  };
  const elements = select.groupClause.flatMap((node) => flattened(node));
  let sets: (readonly number[])[] = [[]];
  let usesSets = false;
  for (const element of elements) {
    const expanded =
      'GroupingSet' in element ? expandSet(level, element.GroupingSet, keyOf) : [[keyOf(element)]];
    usesSets ||= 'GroupingSet' in element;
    if (sets.length * expanded.length > MAX_SETS) throw tooMany(level);
    sets = sets.flatMap((left) => expanded.map((right) => [...new Set([...left, ...right])]));
  }
  if (!usesSets) return { keys, sets: undefined };
  const distinct = select.groupDistinct === true ? withoutDuplicates(sets) : sets;
  const [only] = distinct;
  const whole = distinct.length === 1 && only?.length === keys.length;
  return { keys, sets: whole ? undefined : distinct };
}

/** `(a, b)` in GROUP BY is a list of keys, not a row. */
function flattened(node: Node): readonly Node[] {
  return 'RowExpr' in node && node.RowExpr.row_format === 'COERCE_IMPLICIT_CAST'
    ? (node.RowExpr.args ?? []).flatMap(flattened)
    : [node];
}

function tooMany(level: QueryLevel): Error {
  return failure(
    level,
    'statementTooComplex',
    `too many grouping sets present (maximum ${MAX_SETS})`,
    -1,
  );
}

function withoutDuplicates(sets: readonly (readonly number[])[]): (readonly number[])[] {
  const seen = new Map<string, readonly number[]>();
  for (const set of sets) {
    const key = [...set].sort((a, b) => a - b).join(',');
    if (!seen.has(key)) seen.set(key, set);
  }
  return [...seen.values()];
}

function expandSet(
  level: QueryLevel,
  tree: GroupingSet,
  keyOf: (node: Node) => number,
): readonly (readonly number[])[] {
  const content = tree.content ?? [];
  const elements = (): readonly (readonly number[])[] =>
    content.map((node) => flattened(node).map(keyOf));
  switch (tree.kind) {
    case 'GROUPING_SET_ROLLUP': {
      const parts = elements();
      return Array.from({ length: parts.length + 1 }, (_, dropped) =>
        parts.slice(0, parts.length - dropped).flat(),
      );
    }
    case 'GROUPING_SET_CUBE': {
      const parts = elements();
      if (parts.length > MAX_CUBE) {
        throw failure(
          level,
          'tooManyColumns',
          `CUBE is limited to ${MAX_CUBE} elements`,
          tree.location,
        );
      }
      return Array.from({ length: 1 << parts.length }, (_, index) => {
        const dropped = index;
        return parts.filter((_part, bit) => (dropped & (1 << bit)) === 0).flat();
      });
    }
    case 'GROUPING_SET_SETS': {
      const sets = content.flatMap((node) =>
        'GroupingSet' in node
          ? expandSet(level, node.GroupingSet, keyOf)
          : [flattened(node).map(keyOf)],
      );
      if (sets.length > MAX_SETS) throw tooMany(level);
      return sets;
    }
    default:
      // GROUP BY (): the whole input is one group.
      return [[]];
  }
}
