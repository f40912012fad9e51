import type { DuckDBDataChunk } from '@duckdb/node-api';
import { QueryError } from '@tributary/sql';
import type { SqlType, Statement } from '@tributary/sql';
import { mayRead } from '../access/permissions.ts';
import type { BoundSelect } from '../bind/bind-context.ts';
import { explainSelect } from '../explain/explain-select.ts';
import { constantRows } from '../execute/constant-rows.ts';
import { directRows } from '../execute/direct-rows.ts';
import { runPlan } from '../execute/run-plan.ts';
import { CONSTANT_ROWS } from '../rules/rules.ts';
import { directQuery } from '../service/direct-query.ts';
import { leadPlan } from '../service/lead-plan.ts';
import { withDigitsOfValues } from '../service/parameter-digits.ts';
import {
  bindQuery,
  parameterValues,
  rewriteFolded,
  substituteParameters,
  withParameters,
} from '../service/plan-select.ts';
import { runContext } from '../service/run-context.ts';
import type { StatementScope } from '../service/statement-scope.ts';
import { writeStatement } from '../write/write-statement.ts';
import type { WriteStatement } from '../write/write-statement.ts';
import type { Prepared } from './prepared.ts';
import type { StatementRecords } from './statement-records.ts';
import type { StatementResult } from './sql-session.ts';

type Values = readonly (string | null)[];

/** A prepared query as it is bound, again where the catalog or a setting that it depends on has changed. */
function boundQuery(prepared: Prepared, parameters: Values, scope: StatementScope): BoundSelect {
  const { statement, bound } = prepared;
  const query = statement.kind === 'explain' ? statement.statement : statement;
  if (query.kind !== 'select') {
    throw new QueryError('featureNotSupported', `EXPLAIN of ${query.kind} is not supported`);
  }
  const { tree, qualify, text } = query;
  const bind = (parameterTypes: readonly (SqlType | undefined)[]): BoundSelect =>
    bindQuery(tree, scope, { parameterTypes, qualify, text });
  const select =
    bound?.catalogVersion === scope.snapshot.version && bound.facts === scope.bindingFacts
      ? bound.select
      : bind(prepared.parameterTypes);
  return withDigitsOfValues(select, prepared.parameterTypes, parameters, bind);
}

/** Runs a query up to its first rows; its record in `records` ends with them. The caller ends it where this throws. */
export async function runSelect(
  prepared: Prepared,
  parameters: Values,
  scope: StatementScope,
  records: StatementRecords,
): Promise<StatementResult> {
  const { record } = scope;
  const started = performance.now();
  const bound = boundQuery(prepared, parameters, scope);
  const values = parameterValues(bound, parameters, scope);
  record.statistics.planningMs += performance.now() - started;
  // Looking at the statistics must not replace what one wants to look at.
  if (bound.relations.length > 0) {
    records.remember(record);
  }
  const { columns } = bound.plan;
  // Written out: a spread before other properties makes an object by the engine's slow path, for each statement.
  const sent = (chunks: AsyncGenerator<DuckDBDataChunk>): StatementResult => ({
    kind: 'rows',
    columns,
    tag: 'SELECT',
    notices: [],
    chunks: () => records.until(chunks, record),
    close: async () => {
      await chunks.return(undefined);
      records.closed(record);
    },
  });
  const direct = await directQuery(bound, scope);
  if (direct !== undefined) {
    return sent(directRows(direct, values, scope, () => runContext(scope)));
  }
  const folded = await leadPlan(withParameters(bound.plan, values), scope);
  const off = scope.rulesOff.has('all') || scope.rulesOff.has(CONSTANT_ROWS);
  const rows = off ? undefined : constantRows(folded);
  if (rows !== undefined) {
    records.end(record);
    return { kind: 'textRows', columns, tag: 'SELECT', notices: [], rows };
  }
  return sent(runPlan(rewriteFolded(folded, scope).plan, runContext(scope)));
}

/** EXPLAIN of a prepared query. */
export async function runExplain(
  statement: Extract<Statement, { kind: 'explain' }>,
  prepared: Prepared,
  parameters: Values,
  scope: StatementScope,
): Promise<StatementResult> {
  const bound = boundQuery(prepared, parameters, scope);
  if (!bound.relations.every((relation) => mayRead(scope, relation))) {
    throw new QueryError(
      'insufficientPrivilege',
      'permission denied to explain a view over relations that you may not read',
    );
  }
  // What is analyzed runs in the engine, where rows are counted.
  const direct = statement.analyze ? undefined : await directQuery(bound, scope);
  return explainSelect(substituteParameters(bound, parameters, scope), scope, {
    ...statement,
    isDirect: direct !== undefined,
  });
}

/** INSERT, CREATE TABLE AS and UNLOAD: the query runs into files, and no row comes here. */
export async function runWrite(
  statement: WriteStatement,
  query: Prepared,
  parameters: Values,
  scope: StatementScope,
  context: Parameters<typeof writeStatement>[3],
): Promise<StatementResult> {
  const bound = boundQuery(query, parameters, scope);
  const plan = await leadPlan(substituteParameters(bound, parameters, scope), scope);
  return writeStatement(statement, rewriteFolded(plan, scope).plan, scope, context);
}
