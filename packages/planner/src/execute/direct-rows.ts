import type { DuckDBDataChunk } from '@duckdb/node-api';
import type { ScanRelation } from '@tributary/connectors';
import type { Plan } from '@tributary/sql';
import { addFiles, addTransfers } from '../service/query-statistics.ts';
import type { DirectQuery } from '../service/direct-query.ts';
import { withParameters } from '../service/plan-select.ts';
import type { StatementScope } from '../service/statement-scope.ts';
import { runPlan } from './run-plan.ts';
import type { RunContext } from './run-plan.ts';

/**
 * Rows of a statement as its source sends them. Where they are many, the engine has them in a table and sends them on, so that the
 * source's connection is free before the first row leaves, however slowly they are read. `values`: of the statement's parameters;
 * `context`: of a run by the engine.
 */
export async function* directRows(
  { statement, plan, parameters }: DirectQuery,
  values: readonly (string | null)[],
  { signal, record: { statistics } }: Pick<StatementScope, 'signal' | 'record'>,
  context: () => RunContext,
): AsyncGenerator<DuckDBDataChunk> {
  const started = performance.now();
  const given = parameters.map((index) => values[index] ?? null);
  const rows = await statement.run(given, { signal });
  statistics.executionMs += performance.now() - started;
  if (rows.kind === 'relation') {
    yield* loadedRows(withParameters(plan, values), rows.relation, context());
    return;
  }
  addFiles(statistics, rows.statistics);
  addTransfers(statistics, rows.statistics);
  yield* rows.chunks;
}

async function* loadedRows(
  plan: Plan,
  relation: ScanRelation,
  context: RunContext,
): AsyncGenerator<DuckDBDataChunk> {
  const { reuse: _, ...others } = context;
  try {
    yield* runPlan(plan, {
      ...others,
      scans: { ...context.scans, prepared: () => Promise.resolve(relation) },
    });
  } finally {
    await relation.release();
  }
}
