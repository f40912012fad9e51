import type {
  ColumnId,
  Expression,
  FunctionEntry,
  Plan,
  ResolvedCall,
  SqlType,
} from '@tributary/sql';
import { coerceArguments, resultType, rowType } from '@tributary/sql';
import { determineArguments, literalContext } from './bind-coercion.ts';
import { mentionedColumns } from './expression-equality.ts';
import type { PendingSetFunction, QueryLevel } from './bind-state.ts';
import { at, failure, newColumn } from './bind-state.ts';

/** A set-returning function with its arguments coerced and the columns it gives. */
export interface ResolvedSetFunction {
  readonly entry: FunctionEntry;
  readonly args: readonly Expression[];
  readonly outputs: readonly { readonly name: string; readonly type: SqlType }[];
  /** Its result is one column of a plain type, not a row. */
  readonly scalar: boolean;
}

export function resolveSetFunction(
  level: QueryLevel,
  name: string,
  resolved: ResolvedCall,
  args: readonly Expression[],
): ResolvedSetFunction {
  const determined = determineArguments(level, resolved, args);
  const coerced = coerceArguments(resolved, determined, literalContext(level));
  const { entry } = resolved;
  const result = resultType(resolved, coerced);
  const outputs = entry.outputs?.map((output) => ({
    name: output.name,
    type: typeof output.type === 'string' ? result : output.type,
  }));
  return {
    entry,
    args: coerced,
    outputs: outputs ?? [{ name, type: result }],
    scalar: outputs === undefined,
  };
}

/** A set-returning function in a select list: a column that a lateral join below the projection will give. */
export function bindSetFunction(
  level: QueryLevel,
  name: string,
  resolved: ResolvedCall,
  args: readonly Expression[],
  location: number | undefined,
): Expression {
  if (level.clause !== 'SELECT' && level.clause !== 'ORDER BY') {
    const place = level.clause === 'JOIN/ON' ? 'JOIN conditions' : level.clause;
    throw failure(
      level,
      'featureNotSupported',
      `set-returning functions are not allowed in ${place}`,
      location,
    );
  }
  const called = resolveSetFunction(level, name, resolved, args);
  const columns = called.outputs.map((output) => ({ ...output, id: newColumn(level) }));
  level.setFunctions.push({
    columns,
    entry: called.entry,
    args: called.args,
  });
  const fields = columns.map(({ id, type }): Expression => ({
    kind: 'column',
    id,
    type,
    ...at(level, location),
  }));
  const [only] = fields;
  if (called.scalar && only !== undefined) return only;
  return {
    kind: 'row',
    fields,
    type: rowType(columns.map((column) => ({ name: column.name, type: column.type }))),
    ...at(level, location),
  };
}

/** 0A000 where an expression that must not hold a set-returning function does: CASE, COALESCE, aggregate arguments. */
export function refuseSetFunctions(
  level: QueryLevel,
  expressions: readonly Expression[],
  message: string,
  location: number | undefined,
): void {
  if (level.setFunctions.length === 0) return;
  const mentioned = mentionedColumns(expressions);
  if (level.setFunctions.some((each) => each.columns.some(({ id }) => mentioned.has(id)))) {
    throw failure(level, 'featureNotSupported', message, location, {
      hint: 'You might be able to move the set-returning function into a LATERAL FROM item.',
    });
  }
}

/** Joins the select list's set-returning functions to the rows: side by side, nested ones in later steps. */
export function joinSetFunctions(input: Plan, functions: readonly PendingSetFunction[]): Plan {
  let plan = input;
  let waiting = functions;
  while (waiting.length > 0) {
    const missing = new Set<ColumnId>(waiting.flatMap((each) => each.columns.map(({ id }) => id)));
    const ready = waiting.filter((each) =>
      [...mentionedColumns(each.args)].every((id) => !missing.has(id)),
    );
    const columns = ready.flatMap((each) => each.columns);
    const right: Plan = {
      kind: 'tableFunction',
      functions: ready.map(({ entry, args, columns: own }) => ({
        entry,
        args,
        columns: own.map(({ id }) => id),
      })),
      ordinality: false,
      columns,
    };
    plan = {
      kind: 'join',
      join: 'inner',
      left: plan,
      right,
      lateral: true,
      columns: [...plan.columns, ...columns],
    };
    waiting = waiting.filter((each) => !ready.includes(each));
  }
  return plan;
}
