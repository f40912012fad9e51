import { relationWithoutSource } from '@tributary/connectors';
import type { ScanRelation } from '@tributary/connectors';
import { engineType } from '@tributary/sql';
import type { RemoteQueryPlan, ScanPlan } from '@tributary/sql';
import type { ScanServices } from '../execute/open-scans.ts';
import { printFacts } from '../execute/run-plan.ts';
import { remoteQuery } from '../service/scan-services.ts';
import type { StatementScope } from '../service/statement-scope.ts';

/** What the source of a scan or query would be sent; undefined where none computes it. */
export function remoteText(
  query: ScanPlan | RemoteQueryPlan,
  scope: StatementScope,
): string | undefined {
  const remote = remoteQuery(query, scope);
  return remote?.connector.text(remote.plan, printFacts(scope));
}

/** The same services, but sources are asked nothing: their relations are empty. */
export function describeRemoteQueries(services: ScanServices, scope: StatementScope): ScanServices {
  const { filters: _, ...others } = services;
  return {
    ...others,
    prepared: (query, context) =>
      remoteQuery(query, scope) === undefined
        ? others.prepared?.(query, context)
        : Promise.resolve(emptyRelation(query)),
  };
}

function emptyRelation({ columns }: ScanPlan | RemoteQueryPlan): ScanRelation {
  const list = columns.map(({ id, type }) => `CAST(NULL AS ${engineType(type)}) AS c${id}`);
  return relationWithoutSource(
    {
      text: `(SELECT ${list.length === 0 ? 'true AS present' : list.join(', ')} WHERE false)`,
      parameters: [],
    },
    'described',
  );
}
