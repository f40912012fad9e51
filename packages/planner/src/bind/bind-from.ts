import type { Node, RangeSubselect, RangeVar } from '@pgsql/types';
import type { ColumnDefinition } from '@tributary/catalog';
import type { Plan, PlanColumn, TableReference } from '@tributary/sql';
import { asColumns } from './bind-columns.ts';
import { bindJoin } from './bind-join.ts';
import { bindRangeFunction } from './bind-range-function.ts';
import { bindQuery } from './bind-select.ts';
import type { QueryLevel } from './bind-state.ts';
import { deeper, failure, newColumn, newLevel } from './bind-state.ts';
import { bindView } from './bind-view.ts';
import { findCommonTable, scanCommonTable } from './bind-with.ts';
import { resolveRelation } from './relation-resolution.ts';
import type { NamespaceItem, ScopeColumn } from './scope.ts';
import { checkNameConflicts, namespaceItem } from './scope.ts';
import { locationOf, stringsOf, tagOf } from './tree.ts';

/** The engine takes seconds to order 64 joins and most of a minute for 120. */
const MAX_FROM_ITEMS = 100;

/** A FROM item: its plan, the names it brings, and the columns that `*` and USING see, in order. */
export interface FromItem {
  readonly plan: Plan;
  readonly items: readonly NamespaceItem[];
  readonly columns: readonly ScopeColumn[];
}

/** One row without columns: the FROM of `SELECT 1`. */
export const SINGLE_ROW: Plan = Object.freeze({ kind: 'values', columns: [], rows: [[]] });

/** Binds a FROM list into `level.namespace`; the items are combined by cross joins, lateral where they refer to the left. */
export function bindFromClause(level: QueryLevel, from: readonly Node[]): Plan {
  let plan: Plan | undefined;
  for (const node of from) {
    const item = bindFromItem(level, node);
    checkNameConflicts(level, level.namespace, item.items);
    plan = plan === undefined ? item.plan : crossJoin(level, plan, item.plan);
    level.namespace = [
      ...level.namespace,
      ...item.items.map((each) => ({ ...each, lateralOnly: true, lateralAllowed: true })),
    ];
  }
  level.namespace = level.namespace.map((item) => ({ ...item, lateralOnly: false }));
  return plan ?? SINGLE_ROW;
}

/** Whether columns of `left` were reached through LATERAL from its right sibling. */
export function usesLateral(level: QueryLevel, left: Plan): boolean {
  return (
    level.lateralColumns.size > 0 &&
    left.columns.some((column) => level.lateralColumns.has(column.id))
  );
}

export function crossJoin(level: QueryLevel, left: Plan, right: Plan): Plan {
  return {
    kind: 'join',
    join: 'inner',
    left,
    right,
    lateral: usesLateral(level, left),
    columns: [...left.columns, ...right.columns],
  };
}

export function bindFromItem(level: QueryLevel, node: Node): FromItem {
  return deeper(level, locationOf(node), () => {
    if (!('JoinExpr' in node)) level.fromItems += 1;
    if (level.fromItems > MAX_FROM_ITEMS) {
      throw failure(
        level,
        'statementTooComplex',
        `FROM joins more than ${MAX_FROM_ITEMS} relations`,
        locationOf(node),
        { hint: 'Join in steps: put parts of it into WITH .. AS MATERIALIZED.' },
      );
    }
    if ('RangeVar' in node) return bindRangeVar(level, node.RangeVar);
    if ('RangeSubselect' in node) return bindRangeSubselect(level, node.RangeSubselect);
    if ('JoinExpr' in node) return bindJoin(level, node.JoinExpr);
    if ('RangeFunction' in node) return bindRangeFunction(level, node.RangeFunction);
    if ('RangeTableSample' in node) {
      throw failure(
        level,
        'featureNotSupported',
        'TABLESAMPLE is not supported',
        node.RangeTableSample.location,
        { hint: 'Filter on a hash of a key, or use ORDER BY random() LIMIT n.' },
      );
    }
    if ('RangeTableFunc' in node) {
      throw failure(
        level,
        'featureNotSupported',
        'XMLTABLE is not supported',
        node.RangeTableFunc.location,
      );
    }
    throw failure(level, 'featureNotSupported', `${tagOf(node)} is not supported in FROM`, -1);
  });
}

function bindRangeVar(level: QueryLevel, range: RangeVar): FromItem {
  const name = range.relname ?? '';
  const aliases = stringsOf(range.alias?.colnames);
  const label = range.alias?.aliasname ?? name;
  if (range.schemaname === undefined) {
    const common = findCommonTable(level, name, range.location);
    if (common !== undefined) {
      const plan = scanCommonTable(level, common, range.location);
      return singleItem(level, label, plan, aliases);
    }
  }
  const parts = [range.catalogname, range.schemaname, name].filter((part) => part !== undefined);
  const resolved = resolveRelation(level, parts, range.location);
  const alias = range.alias !== undefined;
  if (resolved.kind === 'system') {
    const { table } = resolved;
    if (table.function) {
      throw failure(
        level,
        'wrongObjectType',
        `"${parts.join('.')}" is a function`,
        range.location,
        { hint: `Call it: FROM ${parts.join('.')}(...)` },
      );
    }
    const plan = scanOf(level, table.reference, table.columns);
    return singleItem(level, label, plan, aliases, alias ? undefined : table.reference.id);
  }
  const { definition } = resolved;
  const plan =
    definition.kind === 'view'
      ? bindView(level, definition, range.location)
      : scanOf(
          level,
          {
            database: definition.database,
            schema: definition.schema,
            name: definition.name,
            id: definition.id,
            source: definition.source,
          },
          definition.kind === 'table'
            ? [...definition.columns, ...definition.partitionColumns]
            : definition.columns,
        );
  return singleItem(level, label, plan, aliases, alias ? undefined : definition.id);
}

/** Reads all columns of a table; a rule keeps the used ones. */
export function scanOf(
  level: QueryLevel,
  table: TableReference,
  definitions: readonly ColumnDefinition[],
): Plan & { readonly kind: 'scan' } {
  const columns: PlanColumn[] = definitions.map(({ name, type }) => ({
    id: newColumn(level),
    name,
    type,
  }));
  return {
    kind: 'scan',
    occurrence: level.statement.nextOccurrence++,
    table,
    scanColumns: columns.map(({ id, name }) => ({ id, source: name })),
    columns,
  };
}

/** A subquery in FROM. */
export function bindRangeSubselect(level: QueryLevel, range: RangeSubselect): FromItem {
  const subquery = range.subquery;
  if (subquery === undefined || !('SelectStmt' in subquery)) {
    throw failure(level, 'syntaxError', 'a subquery in FROM must be a SELECT', -1);
  }
  const outer = level.lateral;
  level.lateral = range.lateral === true;
  try {
    const inner = newLevel(level.statement, level.environment, level);
    const plan = bindQuery(inner, subquery.SelectStmt);
    return singleItem(level, range.alias?.aliasname, plan, stringsOf(range.alias?.colnames));
  } finally {
    level.lateral = outer;
  }
}

/** A FROM item of one plan under one name, its first columns renamed by `aliases`. */
export function singleItem(
  level: QueryLevel,
  name: string | undefined,
  plan: Plan,
  aliases: readonly string[],
  relation?: string,
  scalar = false,
): FromItem {
  const owned = asColumns(level, plan);
  if (aliases.length > owned.length) {
    throw failure(
      level,
      'invalidColumnReference',
      `table "${name ?? ''}" has ${owned.length} columns available but ${aliases.length} columns specified`,
      -1,
    );
  }
  const columns = owned.map((column, index) => ({
    ...column,
    name: aliases[index] ?? column.name,
  }));
  return { plan, columns, items: [namespaceItem(name, columns, { relation, scalar })] };
}
