import { relationWithoutSource } from '@tributary/connectors';
import type { QueryConnector } from '@tributary/connectors';
import { QueryError } from '@tributary/sql';
import type { Plan, RemoteQueryPlan, ScanPlan } from '@tributary/sql';
import { printFacts } from '../execute/run-plan.ts';
import { DYNAMIC_FILTERS, STREAMED_ROWS } from '../rules/rules.ts';
import { dynamicFilterServices } from './dynamic-filter-services.ts';
import { filterPartitions } from '../execute/partition-filter.ts';
import type { ScanServices } from '../execute/open-scans.ts';
import { cellRows } from '../system/cell-rows.ts';
import { partitionRows } from '../system/partitions-function.ts';
import { queryRows } from '../system/query-rows.ts';
import { systemRelation } from '../system/system-relation.ts';
import type { SystemRows } from '../system/system-relation.ts';
import { SYSTEM_SCHEMA } from '../system/system-tables.ts';
import { evaluationContext } from './statement-scope.ts';
import type { StatementScope } from './statement-scope.ts';

async function systemRows(
  scan: ScanPlan,
  scope: StatementScope,
  services: ScanServices,
): Promise<SystemRows> {
  switch (scan.table.name) {
    case 'last_query':
      return queryRows(scope.previous === undefined ? [] : [scope.previous]);
    case 'queries':
      // Texts may hold secrets of other people: everyone sees their own.
      return queryRows(
        scope.services.queries.records().filter((record) => record.user === scope.user),
      );
    case 'cells':
      return cellRows(scope.services.reuse?.store, scope);
    case 'partitions':
      return partitionRows(scan, scope, services);
    default:
      throw new QueryError(
        'undefinedTable',
        `relation "tributary.${scan.table.name}" does not exist`,
      );
  }
}

/** The source that computes a scan or query by itself, and what it is asked; undefined where it is none of those. */
export function remoteQuery(
  query: ScanPlan | RemoteQueryPlan,
  scope: Pick<StatementScope, 'services'>,
): { readonly connector: QueryConnector; readonly plans: readonly Plan[] } | undefined {
  const source = query.kind === 'scan' ? query.table.source : query.source;
  const connector = scope.services.querySources?.get(source);
  if (connector === undefined) return undefined;
  if (query.kind === 'scan') return { connector, plans: [query] };
  const { plan, windows } = query;
  return {
    connector,
    plans: windows === undefined || windows.plans.length === 0 ? [plan] : windows.plans,
  };
}

/** How a statement's scans reach tables, within its scope. */
export function scanServices(scope: StatementScope): ScanServices {
  const services: ScanServices = {
    isTable({ table: { database, schema, name, source }, args }) {
      return (
        args === undefined &&
        scope.services.connectors.has(source) &&
        scope.snapshot.relation(database, schema, name)?.kind === 'table'
      );
    },
    table(scan) {
      const { database, schema, name, source } = scan.table;
      const definition = scope.snapshot.relation(database, schema, name);
      const connector = scope.services.connectors.get(source);
      if (definition?.kind !== 'table') {
        throw new QueryError('undefinedTable', `relation "${schema}.${name}" does not exist`);
      }
      if (connector === undefined) {
        throw new QueryError(
          'sourceUnavailable',
          `source "${source}" of table "${schema}.${name}" is not configured`,
          { hint: 'Add it to the sources of tributary.yaml.' },
        );
      }
      return { definition, connector };
    },
    remote(query) {
      const remote = remoteQuery(query, scope);
      return remote === undefined ? undefined : { ...remote, facts: printFacts(scope) };
    },
    ...(scope.rulesOff.has('all') || scope.rulesOff.has(DYNAMIC_FILTERS)
      ? {}
      : { filters: dynamicFilterServices(scope) }),
    ...(scope.rulesOff.has('all') || scope.rulesOff.has(STREAMED_ROWS)
      ? {}
      : { session: () => scope.services.engine.session(scope.signal) }),
    system(scan) {
      return scan.table.source === SYSTEM_SCHEMA
        ? systemRows(scan, scope, services).then((rows) =>
            relationWithoutSource(systemRelation(rows, scan.scanColumns), 'server'),
          )
        : undefined;
    },
    keepPartitions: (scan, table, partitions) =>
      filterPartitions(scan, table, partitions, evaluationContext(scope)),
  };
  return services;
}
