import type { SelectStmt } from '@pgsql/types';
import { QueryError, parseQuery, visitPlan } from '@tributary/sql';
import type { Expression, ScanPlan } from '@tributary/sql';
import { requireRead } from '../access/permissions.ts';
import { scanRequest } from '../execute/open-scans.ts';
import type { ScanServices } from '../execute/open-scans.ts';
import { bindQuery, optimize } from '../service/plan-select.ts';
import type { StatementScope } from '../service/statement-scope.ts';
import type { SystemRows } from './system-relation.ts';
import { SYSTEM_TABLES } from './system-tables.ts';

/** More rows than this are refused: a predicate narrows them. */
const MOST_PARTITIONS = 100_000;

const BATCH = 10_000;

function argument(expression: Expression | undefined): string | undefined {
  return expression?.kind === 'constant' ? (expression.value ?? undefined) : undefined;
}

/** The scan of one table, named as in FROM, under a predicate: bound with the caller's rights. */
export async function scanOfTable(
  table: string,
  predicate: string,
  scope: StatementScope,
): Promise<ScanPlan> {
  const text = `SELECT 1 FROM ${table} WHERE ${predicate}`;
  const tree = parseQuery(text);
  if (!isOneTable(tree)) {
    throw notOneTable(table);
  }
  const bound = bindQuery(tree, scope, { parameterTypes: [], qualify: false, text });
  // Through a view whose tables are hidden, their files and partitions would be seen.
  bound.relations.forEach((relation) => requireRead(scope, relation));
  const { plan } = await optimize(bound.plan, scope);
  const scans: ScanPlan[] = [];
  visitPlan(plan, {
    plan(node) {
      if (node.kind === 'scan') {
        scans.push(node);
      }
    },
  });
  const [target] = scans;
  if (target === undefined || scans.length > 1 || target.table.source === 'tributary') {
    throw notOneTable(table);
  }
  return target;
}

/**
 * Rows of `tributary.partitions('db.schema.table' [, 'predicate'])`: the partitions that a query over the table with that
 * predicate would read. The predicate is bound like any query's WHERE, with the caller's rights.
 */
export async function partitionRows(
  scan: ScanPlan,
  scope: StatementScope,
  services: ScanServices,
): Promise<SystemRows> {
  const table = argument(scan.args?.[0]);
  const predicate = scan.args?.[1] === undefined ? 'true' : argument(scan.args[1]);
  if (table === undefined || predicate === undefined) {
    throw new QueryError(
      'invalidParameterValue',
      "tributary.partitions needs a table's name and, if wanted, a predicate, both constant texts",
      {
        hint: "For instance tributary.partitions('lake.default.events', 'dt >= current_date - 7').",
      },
    );
  }
  const target = await scanOfTable(table, predicate, scope);
  return { columns: columns(), rows: await collect(target, scope, services) };
}

const PLAIN_CLAUSES = new Set(['targetList', 'fromClause', 'whereClause', 'limitOption', 'op']);

/** The texts made a plain query over one relation, and nothing beside it. */
function isOneTable(tree: SelectStmt): boolean {
  const [from, ...others] = tree.fromClause ?? [];
  return (
    tree.op === 'SETOP_NONE' &&
    Object.keys(tree).every((key) => PLAIN_CLAUSES.has(key)) &&
    from !== undefined &&
    'RangeVar' in from &&
    others.length === 0
  );
}

function notOneTable(table: string): QueryError {
  return new QueryError(
    'wrongObjectType',
    `tributary.partitions needs one table, and a predicate over its columns: ${table}`,
  );
}

function columns(): SystemRows['columns'] {
  return SYSTEM_TABLES.find((each) => each.name === 'partitions')?.columns ?? [];
}

async function collect(
  target: ScanPlan,
  scope: StatementScope,
  services: ScanServices,
): Promise<SystemRows['rows']> {
  const { definition, connector } = services.table(target);
  const request = scanRequest(target, definition, services);
  const names = definition.partitionColumns.map(({ name }) => name);
  const rows: (readonly (string | null)[])[] = [];
  let batch: { readonly values: readonly (string | null)[]; readonly location: string }[] = [];
  const flush = async (): Promise<void> => {
    const kept = (await request.keepPartitions?.(batch)) ?? batch.map(() => true);
    for (const [index, { values, location }] of batch.entries()) {
      if (kept[index] === true) {
        rows.push([
          names
            .map((name, place) => `${name}=${values[place] ?? '__HIVE_DEFAULT_PARTITION__'}`)
            .join('/'),
          JSON.stringify(
            Object.fromEntries(names.map((name, place) => [name, values[place] ?? null])),
          ),
          location,
        ]);
      }
    }
    batch = [];
    if (rows.length > MOST_PARTITIONS) {
      throw new QueryError(
        'programLimitExceeded',
        `more than ${MOST_PARTITIONS} partitions of ${definition.name} qualify`,
        { hint: 'Narrow them by a predicate as the second argument.' },
      );
    }
  };
  const context = { signal: scope.signal, now: scope.now };
  // Where files tell what is left out, they have to be listed.
  const listing =
    request.times === undefined ? undefined : await connector.list?.(request, context);
  const candidates =
    listing === undefined
      ? connector.partitions(definition, request.constraint, context)
      : listing.partitions.map(({ partition }) => partition);
  for await (const partition of candidates) {
    batch.push(partition);
    if (batch.length >= BATCH) {
      await flush();
    }
  }
  await flush();
  return rows;
}
