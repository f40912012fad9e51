import { QueryError, printPostgres, visitPlan } from '@tributary/sql';
import type { Plan, ScanPlan } from '@tributary/sql';
import type { QueryFacts } from '../../query-connector.ts';
import type { CatalogCache } from '../catalog/catalog-cache.ts';
import { filterByConstraints } from '../../constraint-filter.ts';
import type { SourceTable } from '../catalog/read-catalog.ts';
import { quoteText, tableText } from './table-text.ts';
import type { PageRange } from './table-text.ts';

/** The plan as one SELECT for the source, its columns exactly of the plan's types. `pages`: of its one table only these. */
export function queryText(
  plan: Plan,
  facts: QueryFacts,
  catalog: CatalogCache,
  pages?: PageRange,
): string {
  return printPostgres(filterByConstraints(plan), {
    ...facts,
    exact: true,
    table: (scan) => tableText(scan, scannedTable(scan, catalog), pages),
  });
}

/**
 * A query that answers how many of the plan's columns still have the types they were bound with, and how many there are. Asked
 * after the rows in their transaction, whose locks then keep the tables as they are.
 */
export function layoutQuery(
  plan: Plan,
  catalog: CatalogCache,
): { readonly text: string; readonly expected: number } {
  const columns = new Set<string>();
  visitPlan(plan, {
    plan(node) {
      if (node.kind !== 'scan') return;
      const { oid, types } = scannedTable(node, catalog);
      for (const { source } of node.scanColumns) {
        const type = types.get(source);
        if (type === undefined) continue;
        columns.add(`(${oid}, ${quoteText(source)}, ${type.oid}, ${type.modifier})`);
      }
    },
  });
  if (columns.size === 0) return { text: 'SELECT 0', expected: 0 };
  const list = [...columns].join(', ');
  return {
    text: `SELECT count(*) FROM pg_attribute WHERE NOT attisdropped AND (attrelid, attname, atttypid, atttypmod) IN (${list})`,
    expected: columns.size,
  };
}

function scannedTable(scan: ScanPlan, catalog: CatalogCache): SourceTable {
  const { schema, name } = scan.table;
  const table = catalog.table(schema, name);
  if (table !== undefined) return table;
  throw new QueryError(
    'undefinedTable',
    `relation "${schema}.${name}" of source "${catalog.source}" does not exist any more`,
  );
}
