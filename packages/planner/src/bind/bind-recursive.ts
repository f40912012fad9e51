import type { SelectStmt } from '@pgsql/types';
import type { Plan, PlanColumn, SqlType } from '@tributary/sql';
import { commonType, formatType, numericResult, sameType, UNKNOWN_DIGITS } from '@tributary/sql';
import { coerceOutputs } from './bind-outputs.ts';
import { bindQuery, bindSetOperand } from './bind-select.ts';
import { failure, newColumn, newLevel } from './bind-state.ts';
import type { CommonTableBinding } from './bind-with.ts';
import { bindWithClause, renamed, withTables } from './bind-with.ts';
import { stringsOf } from './tree.ts';

/** `non-recursive-term UNION [ALL] recursive-term`, which a WITH RECURSIVE item may have. */
export function isRecursiveForm(query: SelectStmt): boolean {
  return query.op === 'SETOP_UNION' && query.larg !== undefined && query.rarg !== undefined;
}

/** The working table's column type: a numeric may grow from step to step, so it gets room. */
function workingType(type: SqlType): SqlType {
  return type.kind === 'scalar' && type.name === 'numeric' && type.typmod < 0
    ? numericResult(UNKNOWN_DIGITS)
    : type;
}

/** Binds an item of WITH RECURSIVE; one that does not refer to itself is a plain UNION. */
export function bindRecursive(binding: CommonTableBinding, query: SelectStmt): Plan {
  const { level, tree } = binding;
  const { larg, rarg } = query;
  if (larg === undefined || rarg === undefined) throw new TypeError('not a UNION');
  const outer = newLevel(level.statement, level.environment, level);
  if (query.withClause !== undefined) bindWithClause(outer, query.withClause);
  const initial = bindSetOperand(newLevel(level.statement, level.environment, outer), larg, true);
  const initialTypes = initial.columns.map((column) => column.type);
  const aliases = stringsOf(tree.aliascolnames);
  const working = initial.columns.map((column) => ({
    ...column,
    id: newColumn(level),
    type: workingType(column.type),
  }));
  binding.working = renamed(binding, working, aliases);
  const stepLevel = newLevel(level.statement, level.environment, outer);
  binding.recursiveLevel = stepLevel;
  const step = bindSetOperand(stepLevel, rarg, false);
  // As PostgreSQL: a step that aggregates the working table would not come to an end by itself.
  if (binding.selfReferences > 0 && stepLevel.aggregates.length > 0) {
    throw failure(
      level,
      'invalidRecursion',
      "aggregate functions are not allowed in a recursive query's recursive term",
      tree.location,
    );
  }
  if (binding.selfReferences === 0) {
    // Bound again as a plain query, so that its columns get the types of a UNION.
    return bindQuery(newLevel(level.statement, level.environment, level), query);
  }
  if (
    query.sortClause !== undefined ||
    query.limitCount !== undefined ||
    query.limitOffset !== undefined
  ) {
    const what =
      query.sortClause !== undefined
        ? 'ORDER BY'
        : query.limitCount !== undefined
          ? 'LIMIT'
          : 'OFFSET';
    throw failure(
      level,
      'featureNotSupported',
      `${what} in a recursive query is not implemented`,
      -1,
    );
  }
  if (step.columns.length !== initial.columns.length) {
    throw failure(
      level,
      'syntaxError',
      'each UNION query must have the same number of columns',
      -1,
    );
  }
  const types = initialTypes.map((type, index) => {
    const overall = commonType([type, step.columns[index]?.type ?? type], 'UNION');
    if (!sameType(overall, type)) {
      throw failure(
        level,
        'datatypeMismatch',
        `recursive query "${binding.name}" column ${index + 1} has type ${formatType(type)} in non-recursive term but type ${formatType(overall)} overall`,
        -1,
        { hint: 'Cast the output of the non-recursive term to the correct type.' },
      );
    }
    return workingType(overall);
  });
  const columns: readonly PlanColumn[] = working.map((column, index) => ({
    ...column,
    type: types[index] ?? column.type,
  }));
  const plan: Plan = {
    kind: 'recursive',
    initial: coerceOutputs(level, initial, types, 'implicit'),
    step: coerceOutputs(level, step, types, 'implicit'),
    all: query.all === true,
    columns,
  };
  return withTables(outer, plan);
}
