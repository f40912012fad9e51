import type { ScanRelation, ScanStatistics } from '@tributary/connectors';
import { DIRECT_ROWS } from '../rules/rules.ts';
import { JSON_TYPE, TEXT, printDuckdb } from '@tributary/sql';
import type { Plan, PlanColumn, RemoteQueryPlan, ScanPlan } from '@tributary/sql';
import { outputColumns } from '../ddl/show-catalog.ts';
import { openScans } from '../execute/open-scans.ts';
import { addScans, printFacts, runPlan } from '../execute/run-plan.ts';
import { leadPlan } from '../service/lead-plan.ts';
import { foldPlan, rewriteFolded } from '../service/plan-select.ts';
import { runContext } from '../service/run-context.ts';
import { scanServices } from '../service/scan-services.ts';
import { describeRemote, describeRemoteQueries } from './describe-remote.ts';
import type { StatementScope } from '../service/statement-scope.ts';
import type { TextRowsResult } from '../session/sql-session.ts';
import { explainFilters } from './explain-filters.ts';
import { explainFragments } from './explain-fragments.ts';
import { formatPlanTree, planTree } from './plan-tree.ts';
import type { PlanTree } from './plan-tree.ts';

export interface ExplainOptions {
  readonly analyze: boolean;
  readonly verbose: boolean;
  readonly format: 'text' | 'json';
  /** The query runs beside the engine: its rows leave as the source sends them. */
  readonly isDirect?: boolean;
}

/** What EXPLAIN answers: one column, as PostgreSQL names it. */
export function explainColumns(format: ExplainOptions['format']): readonly PlanColumn[] {
  return outputColumns([['QUERY PLAN', format === 'json' ? JSON_TYPE : TEXT]]);
}

function scanFacts(statistics: ScanStatistics): Record<string, unknown> {
  return {
    partitions: `${statistics.partitionsKept} of ${statistics.partitionsConsidered}`,
    files: statistics.files,
    bytes: statistics.fileBytes,
    read: statistics.path,
    listing: `${statistics.listingMs.toFixed(1)} ms`,
    ...(statistics.requests === 0 ? {} : { requests: statistics.requests }),
  };
}

interface Explained {
  readonly tree: PlanTree;
  readonly rules: readonly string[];
  readonly engine: string;
  readonly facts: Readonly<Record<string, unknown>>;
}

async function drain(plan: Plan, scope: StatementScope): Promise<number> {
  let rows = 0;
  for await (const chunk of runPlan(plan, runContext(scope))) {
    rows += chunk.rowCount;
  }
  return rows;
}

async function explain(
  plan: Plan,
  scope: StatementScope,
  options: ExplainOptions,
): Promise<Explained> {
  const folded = await (options.analyze ? leadPlan(plan, scope) : foldPlan(plan, scope));
  const optimized = rewriteFolded(folded, scope);
  const scans = await openScans(
    optimized.plan,
    describeRemoteQueries(scanServices(scope), scope),
    scope,
  );
  try {
    const printed = printDuckdb(optimized.plan, {
      relation: (scan): ScanRelation => scans.relation(scan),
      ...printFacts(scope),
    });
    const details = (scan: ScanPlan | RemoteQueryPlan): Readonly<Record<string, unknown>> =>
      describeRemote(scan, scope) ?? scanFacts(scans.relation(scan).statistics);
    const tree = planTree(optimized.plan, details);
    const facts: Record<string, unknown> = {};
    const fragments = await explainFragments(optimized.plan, scope);
    if (fragments.length > 0) {
      facts['fragments'] = fragments;
    }
    if (options.isDirect === true) {
      facts[DIRECT_ROWS] =
        'they leave as the source sends them; where they are many, by a table of the engine';
    }
    const filters = explainFilters(optimized.plan, scanServices(scope));
    if (filters.length > 0) {
      facts['dynamic filters'] = filters;
    }
    if (!options.analyze) {
      addScans(scope.record.statistics, scans);
    } else {
      const rows = await drain(optimized.plan, scope);
      const { statistics } = scope.record;
      facts['rows'] = rows;
      facts['files read'] = statistics.filesRead;
      if (statistics.rowsRead !== undefined) facts['rows read'] = statistics.rowsRead;
      facts['bytes read'] = statistics.bytesRead;
      facts['requests'] = statistics.requests;
      facts['retries'] = statistics.retries;
      facts['planning time'] = `${statistics.planningMs.toFixed(3)} ms`;
      facts['listing time'] = `${statistics.listingMs.toFixed(3)} ms`;
      facts['execution time'] = `${statistics.executionMs.toFixed(3)} ms`;
    }
    return { tree, rules: optimized.applied, engine: printed.text, facts };
  } finally {
    await scans.release();
  }
}

/**
 * EXPLAIN [ANALYZE] of a query. Without ANALYZE it lists files, since what is kept is what the reader wants to know, and reads
 * none; with it the query runs and its rows are counted and dropped.
 */
export async function explainSelect(
  plan: Plan,
  scope: StatementScope,
  options: ExplainOptions,
): Promise<TextRowsResult & { readonly notices: [] }> {
  const explained = await explain(plan, scope, options);
  const rows =
    options.format === 'json'
      ? [
          JSON.stringify(
            [
              {
                Plan: explained.tree,
                Rules: explained.rules,
                Engine: explained.engine,
                ...explained.facts,
              },
            ],
            (_, value: unknown) => (typeof value === 'bigint' ? Number(value) : value),
            2,
          ),
        ]
      : [
          ...formatPlanTree(explained.tree),
          `Rules: ${explained.rules.length === 0 ? 'none applied' : explained.rules.join(', ')}`,
          ...(options.verbose ? [`Engine: ${explained.engine}`] : []),
          ...Object.entries(explained.facts).flatMap(([name, value]) =>
            (Array.isArray(value) ? value : [value]).map((each) => `${name}: ${String(each)}`),
          ),
        ];
  return {
    kind: 'textRows',
    tag: 'EXPLAIN',
    columns: explainColumns(options.format),
    rows: rows.map((row) => [row]),
    notices: [],
  };
}
