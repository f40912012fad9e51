import { relationWithoutSource } from '@tributary/connectors';
import type { ScanRelation } from '@tributary/connectors';
import { engineType } from '@tributary/sql';
import type { RemoteQueryPlan, ScanPlan, SourceWindows } from '@tributary/sql';
import type { ScanServices } from '../execute/open-scans.ts';
import { printFacts } from '../execute/run-plan.ts';
import { remoteQuery } from '../service/scan-services.ts';
import type { StatementScope } from '../service/statement-scope.ts';

/** What the source of a scan or query would be sent (of several windows the first); undefined where none computes it. */
export function describeRemote(
  query: ScanPlan | RemoteQueryPlan,
  scope: StatementScope,
): Readonly<Record<string, string>> | undefined {
  const remote = remoteQuery(query, scope);
  const [first] = remote?.plans ?? [];
  if (remote === undefined || first === undefined) return undefined;
  const windows = query.kind === 'remoteQuery' ? query.windows : undefined;
  const reading = remote.connector.reading?.(first, printFacts(scope));
  return {
    ...(windows === undefined ? {} : { windows: windowsText(windows) }),
    ...(reading === undefined ? {} : { rows: reading }),
    sql: remote.connector.text(first, printFacts(scope)),
  };
}

function windowsText({ column, cuts, plans, whole }: SourceWindows): string {
  return plans.length === 0
    ? `none by ${column}: ${whole ?? ''}`
    : `${plans.length} by ${column}, cut at ${cuts.join(', ')}`;
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
