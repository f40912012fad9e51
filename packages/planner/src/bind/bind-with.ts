import type { CommonTableExpr, Node, SelectStmt, WithClause } from '@pgsql/types';
import type { CommonTable, Plan, PlanColumn } from '@tributary/sql';
import { newColumn } from './bind-state.ts';
import { bindQuery } from './bind-select.ts';
import { bindRecursive, isRecursiveForm } from './bind-recursive.ts';
import type { QueryLevel } from './bind-state.ts';
import { failure, newLevel } from './bind-state.ts';
import { stringsOf } from './tree.ts';

/** They may all refer to one another, so that rules and printers recurse as deep. */
const MAX_COMMON_TABLES = 500;

/** A WITH item. In WITH RECURSIVE an item may be used before its turn, so it is bound at its first use. */
export interface CommonTableBinding {
  readonly id: number;
  readonly name: string;
  readonly tree: CommonTableExpr;
  readonly query: SelectStmt;
  /** The level whose WITH clause holds it. */
  readonly level: QueryLevel;
  state: 'waiting' | 'binding' | 'bound';
  plan: Plan | undefined;
  /** While its own recursive term is bound: the columns of the working table. */
  working: readonly PlanColumn[] | undefined;
  /** Level of the recursive term: references must stand directly in it. */
  recursiveLevel: QueryLevel | undefined;
  /** Its query has the form of a recursive one. */
  readonly recursiveForm: boolean;
  selfReferences: number;
  references: number;
}

/** Declares the items of a WITH clause at a level. Ones that are not recursive are bound at once, in order. */
export function bindWithClause(level: QueryLevel, clause: WithClause): void {
  const bindings: CommonTableBinding[] = [];
  const names = new Set<string>();
  for (const node of clause.ctes ?? []) {
    if (!('CommonTableExpr' in node)) continue;
    const tree = node.CommonTableExpr;
    const name = tree.ctename ?? '';
    if (names.has(name)) {
      throw failure(
        level,
        'duplicateAlias',
        `WITH query name "${name}" specified more than once`,
        tree.location,
      );
    }
    names.add(name);
    level.statement.commonTables += 1;
    if (level.statement.commonTables > MAX_COMMON_TABLES) {
      throw failure(
        level,
        'statementTooComplex',
        `the statement has more than ${MAX_COMMON_TABLES} WITH queries`,
        tree.location,
        { hint: 'Split it into views or into several statements.' },
      );
    }
    if (tree.search_clause !== undefined || tree.cycle_clause !== undefined) {
      throw failure(
        level,
        'featureNotSupported',
        'SEARCH and CYCLE clauses of WITH are not supported',
        tree.location,
      );
    }
    const query = selectOf(level, tree.ctequery, tree.location);
    bindings.push({
      id: level.statement.nextTable++,
      name,
      tree,
      level,
      state: 'waiting',
      plan: undefined,
      working: undefined,
      recursiveLevel: undefined,
      query,
      recursiveForm: clause.recursive === true && isRecursiveForm(query),
      selfReferences: 0,
      references: 0,
    });
  }
  if (clause.recursive === true) {
    for (const binding of bindings) level.commonTables.set(binding.name, binding);
    for (const binding of bindings) bindCommonTable(binding);
    return;
  }
  for (const binding of bindings) {
    bindCommonTable(binding);
    level.commonTables.set(binding.name, binding);
  }
}

function bindCommonTable(binding: CommonTableBinding): void {
  if (binding.state !== 'waiting') return;
  const { tree, level, query } = binding;
  binding.state = 'binding';
  const plan = binding.recursiveForm
    ? bindRecursive(binding, query)
    : bindQuery(newLevel(level.statement, level.environment, level), query);
  const aliases = stringsOf(tree.aliascolnames);
  binding.plan = { ...plan, columns: renamed(binding, plan.columns, aliases) };
  binding.state = 'bound';
  level.boundTables.push(binding);
}

function selectOf(
  level: QueryLevel,
  node: Node | undefined,
  location: number | undefined,
): SelectStmt {
  if (node !== undefined && 'SelectStmt' in node) return node.SelectStmt;
  throw failure(
    level,
    'featureNotSupported',
    'data-modifying statements in WITH are not supported',
    location,
  );
}

/** Column aliases of a WITH item over its query's names. 42P10 when there are too many. */
export function renamed(
  binding: CommonTableBinding,
  columns: readonly PlanColumn[],
  aliases: readonly string[],
): readonly PlanColumn[] {
  if (aliases.length > columns.length) {
    throw failure(
      binding.level,
      'invalidColumnReference',
      `WITH query "${binding.name}" has ${columns.length} columns available but ${aliases.length} columns specified`,
      binding.tree.location,
    );
  }
  return columns.map((column, index) => ({ ...column, name: aliases[index] ?? column.name }));
}

/** The WITH item a name means: the innermost one that is in scope. */
export function findCommonTable(
  start: QueryLevel,
  name: string,
  location: number | undefined,
): CommonTableBinding | undefined {
  for (let level: QueryLevel | undefined = start; level !== undefined; level = level.parent) {
    const found = level.commonTables.get(name);
    if (found === undefined) continue;
    if (found.state === 'waiting') bindCommonTable(found);
    if (found.state === 'binding' && found.working === undefined) {
      if (isMutual(found)) {
        throw failure(
          start,
          'featureNotSupported',
          'mutual recursion between WITH items is not implemented',
          location,
        );
      }
      throw failure(start, 'invalidRecursion', selfReferenceMessage(found), location);
    }
    return found;
  }
  return undefined;
}

/** Another item of the same WITH is being bound below this one. */
function isMutual(binding: CommonTableBinding): boolean {
  return [...binding.level.commonTables.values()].some(
    (each) => each !== binding && each.state === 'binding',
  );
}

function selfReferenceMessage(binding: CommonTableBinding): string {
  return binding.recursiveForm
    ? `recursive reference to query "${binding.name}" must not appear within its non-recursive term`
    : `recursive query "${binding.name}" does not have the form non-recursive-term UNION [ALL] recursive-term`;
}

/** Reads a WITH item (or the working table inside its own recursive term) under new column ids. */
export function scanCommonTable(
  level: QueryLevel,
  binding: CommonTableBinding,
  location: number | undefined,
): Plan {
  binding.references += 1;
  const source = binding.state === 'bound' ? binding.plan?.columns : binding.working;
  if (binding.state === 'binding') checkSelfReference(level, binding, location);
  const columns = (source ?? []).map((column) => ({ ...column, id: newColumn(level) }));
  return {
    kind: 'commonTableScan',
    table: binding.id,
    name: binding.name,
    sources: (source ?? []).map((column) => column.id),
    columns,
  };
}

function checkSelfReference(
  level: QueryLevel,
  binding: CommonTableBinding,
  location: number | undefined,
): void {
  binding.selfReferences += 1;
  if (binding.selfReferences > 1) {
    throw failure(
      level,
      'invalidRecursion',
      `recursive reference to query "${binding.name}" must not appear more than once`,
      location,
    );
  }
  for (
    let each: QueryLevel | undefined = level;
    each !== undefined && each !== binding.recursiveLevel;
    each = each.parent
  ) {
    if (each.parent !== undefined && each.parent.clause !== 'FROM') {
      throw failure(
        level,
        'invalidRecursion',
        `recursive reference to query "${binding.name}" must not appear within a subquery`,
        location,
      );
    }
  }
}

/** Puts the WITH items that the body uses around it. */
export function withTables(level: QueryLevel, body: Plan): Plan {
  const used = level.boundTables.filter((binding) => binding.references > 0);
  const tables = used.map((binding): CommonTable => {
    const { ctematerialized } = binding.tree;
    return {
      id: binding.id,
      name: binding.name,
      plan: binding.plan ?? body,
      ...(ctematerialized === 'CTEMaterializeAlways' ? { materialized: true } : {}),
      ...(ctematerialized === 'CTEMaterializeNever' ? { materialized: false } : {}),
    };
  });
  return tables.length === 0 ? body : { kind: 'with', tables, body, columns: body.columns };
}
