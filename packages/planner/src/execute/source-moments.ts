import type { QueryConnector, SourceMoment } from '@tributary/connectors';

/** Runs the queries of one statement. */
export interface SourceMoments {
  /** Runs a query to a source. */
  of(connector: QueryConnector): Pick<QueryConnector, 'run'>;
  /** When all queries have ended. */
  close(): Promise<void>;
}

/** Lets several queries of a statement to one source see one moment of it. `asked`: the source of each query. */
export function sourceMoments(asked: readonly QueryConnector[]): SourceMoments {
  const moments = new Map<QueryConnector, SourceMoment>();
  for (const [place, connector] of asked.entries()) {
    if (moments.has(connector) || asked.indexOf(connector) === place) continue;
    const moment = connector.moment?.();
    if (moment !== undefined) moments.set(connector, moment);
  }
  return {
    of: (connector) => moments.get(connector) ?? connector,
    async close() {
      await Promise.all([...moments.values()].map((moment) => moment.close()));
    },
  };
}
