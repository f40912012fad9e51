import type { QueryRecord } from '@tributary/planner';
import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';

/** The server's Prometheus metrics. */
export interface Metrics {
  readonly registry: Registry;
  /** Counts a finished statement. */
  observeQuery(record: QueryRecord): void;
}

/** `now`: what runs at the moment of a scrape. */
export function createMetrics(now: {
  readonly queries: () => number;
  readonly connections: () => number;
}): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const queries = new Counter({
    name: 'tributary_queries_total',
    help: 'Finished statements by outcome.',
    labelNames: ['state'],
    registers: [registry],
  });
  const seconds = new Histogram({
    name: 'tributary_query_seconds',
    help: 'Time from receipt of a statement to its last row.',
    buckets: [0.005, 0.02, 0.05, 0.2, 0.5, 2, 5, 20, 60, 300],
    registers: [registry],
  });
  const counter = (name: string, help: string): Counter =>
    new Counter({ name, help, registers: [registry] });
  const files = counter('tributary_files_read_total', 'Files handed to the engine.');
  const bytes = counter('tributary_bytes_read_total', 'Bytes read or fetched from sources.');
  const requests = counter('tributary_source_requests_total', 'Requests to remote sources.');
  const retries = counter('tributary_retries_total', 'Requests and reads tried again.');
  const gauge = (name: string, help: string, value: () => number): Gauge =>
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        this.set(value());
      },
    });
  gauge('tributary_queries_running', 'Statements running now.', now.queries);
  gauge('tributary_sql_connections', 'Open connections of the SQL endpoint.', now.connections);
  return {
    registry,
    observeQuery({ state, statistics }) {
      queries.inc({ state });
      seconds.observe(statistics.totalMs / 1000);
      files.inc(statistics.filesRead);
      bytes.inc(statistics.bytesRead);
      requests.inc(statistics.requests);
      retries.inc(statistics.retries);
    },
  };
}
