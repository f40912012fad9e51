import { visitPlan } from '@tributary/sql';
import type { Plan, RemoteQueryPlan, ScanPlan } from '@tributary/sql';
import { filteringQueries } from '../execute/dynamic-filters.ts';
import type { ScanServices } from '../execute/open-scans.ts';
import { reducingKeys } from '../execute/reducing-keys.ts';

/** A line on each key whose values, known only when the statement runs, will narrow what other scans read. */
export function explainFilters(plan: Plan, services: ScanServices): readonly string[] {
  const { filters } = services;
  if (filters === undefined) return [];
  const isLarge = (query: RemoteQueryPlan): boolean => filters.isLarge(query);
  const prunedBy = (scan: ScanPlan): readonly string[] =>
    services.isTable(scan)
      ? services.table(scan).definition.partitionColumns.map(({ name }) => name)
      : [];
  const reducing = reducingKeys(plan, isLarge);
  const pruning = filteringQueries(plan, prunedBy).filter(
    ({ query }) => reducing.length === 0 || !isLarge(query),
  );
  return [
    ...pruning.map(
      ({ query, keys }) =>
        `${keys.map(({ name }) => name).join(', ')} of source ${query.source} prunes partitions`,
    ),
    ...reducing.map(
      ({ side, key }) => `${key.name} of ${tableNames(side)} reduces a large query to a source`,
    ),
  ];
}

function tableNames(plan: Plan): string {
  const names = new Set<string>();
  visitPlan(plan, {
    plan(node) {
      if (node.kind === 'scan') names.add(`${node.table.source}.${node.table.name}`);
    },
  });
  return [...names].join(', ');
}
