import type { ColumnId, Expression } from '@tributary/sql';
import { mapExpressionChildren, mapPlanChildren } from '@tributary/sql';
import type { ChildMapping } from '@tributary/sql';
import type { QueryLevel } from './bind-state.ts';
import { encloses } from './bind-state.ts';

/** Fields that hold ids (or lists of them), which differ between two bindings of one subquery. */
const ID_FIELDS: ReadonlySet<string> = new Set([
  'id',
  'table',
  'columns',
  'sources',
  'keys',
  'sets',
]);
/** Fields that do not change what an expression means. */
const IGNORED_FIELDS: ReadonlySet<string> = new Set(['position', 'occurrence', 'name']);

/**
 * PostgreSQL's equal() on expressions: the same structure, wherever written. Columns must be the same ones; columns made
 * inside two subqueries are the same when they correspond throughout.
 */
export function sameExpression(level: QueryLevel, a: unknown, b: unknown): boolean {
  const pairs = new Map<number, number>();
  const inner = (id: number): boolean => {
    const owner = level.statement.owners.get(id);
    return owner === undefined || !encloses(owner, level);
  };
  const sameId = (x: number, y: number): boolean => {
    if (x === y) return true;
    const known = pairs.get(x);
    if (known !== undefined) return known === y;
    if (!inner(x) || !inner(y)) return false;
    pairs.set(x, y);
    return true;
  };
  const same = (x: unknown, y: unknown, ids: boolean): boolean => {
    if (x === y) return true;
    if (typeof x === 'number' && typeof y === 'number') return ids && sameId(x, y);
    if (typeof x !== 'object' || typeof y !== 'object' || x === null || y === null) return false;
    if (Array.isArray(x) || Array.isArray(y)) {
      if (!Array.isArray(x) || !Array.isArray(y) || x.length !== y.length) return false;
      return x.every((each, index) => same(each, y[index] as unknown, ids));
    }
    // Function entries are rows of the catalog: identity decides.
    if ('templates' in x) return false;
    const [left, right] = [Object.entries(x), y as Record<string, unknown>];
    const counted = (keys: readonly string[]): number =>
      keys.filter((key) => !isIgnored(x, key)).length;
    if (counted(left.map(([key]) => key)) !== counted(Object.keys(y))) return false;
    return left.every(
      ([key, value]) => isIgnored(x, key) || same(value, right[key], ID_FIELDS.has(key)),
    );
  };
  return same(a, b, false);
}

/** A plan column's label means nothing; the name of a field or a type does. */
function isIgnored(owner: object, key: string): boolean {
  if (!IGNORED_FIELDS.has(key)) return false;
  return key !== 'name' || 'id' in owner || 'sources' in owner;
}

/** Ids of all columns that an expression mentions, also inside its subqueries. */
export function mentionedColumns(expressions: readonly Expression[]): ReadonlySet<ColumnId> {
  const found = new Set<ColumnId>();
  const mapping: ChildMapping = {
    plan(plan) {
      return mapPlanChildren(plan, mapping);
    },
    expression(expression) {
      if (expression.kind === 'column') found.add(expression.id);
      return mapExpressionChildren(expression, mapping);
    },
  };
  expressions.forEach((each) => mapping.expression(each));
  return found;
}
