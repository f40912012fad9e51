import type { QueryRecord, ReuseCounts } from '@tributary/planner';
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
  /** What was counted of reuse; absent: nothing is reused. */
  readonly reuse?: () => ReuseCounts;
}): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  // Counted as plain numbers, many times a millisecond, and read when somebody asks.
  const states = new Map<QueryRecord['state'], number>();
  const totals = { files: 0, bytes: 0, requests: 0, retries: 0 };
  new Counter({
    name: 'tributary_queries_total',
    help: 'Finished statements by outcome.',
    labelNames: ['state'],
    registers: [registry],
    collect() {
      this.reset();
      for (const [state, count] of states) this.inc({ state }, count);
    },
  });
  const seconds = new Histogram({
    name: 'tributary_query_seconds',
    help: 'Time from receipt of a statement to its last row.',
    buckets: [0.005, 0.02, 0.05, 0.2, 0.5, 2, 5, 20, 60, 300],
    registers: [registry],
  });
  const counter = (name: string, help: string, value: () => number): Counter =>
    new Counter({
      name,
      help,
      registers: [registry],
      collect() {
        this.reset();
        this.inc(value());
      },
    });
  counter('tributary_files_read_total', 'Files handed to the engine.', () => totals.files);
  counter('tributary_bytes_read_total', 'Bytes read or fetched from sources.', () => totals.bytes);
  counter('tributary_source_requests_total', 'Requests to remote sources.', () => totals.requests);
  counter('tributary_retries_total', 'Requests and reads tried again.', () => totals.retries);
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
  if (now.reuse !== undefined) registerReuse(registry, now.reuse);
  return {
    registry,
    observeQuery({ state, statistics }) {
      states.set(state, (states.get(state) ?? 0) + 1);
      seconds.observe(statistics.totalMs / 1000);
      totals.files += statistics.filesRead;
      totals.bytes += statistics.bytesRead;
      totals.requests += statistics.requests;
      totals.retries += statistics.retries;
    },
  };
}

/** Counts of reuse: each stands in the planner, and is read when somebody asks. */
function registerReuse(registry: Registry, counts: () => ReuseCounts): void {
  const total = (name: string, help: string, value: (counts: ReuseCounts) => number): Counter =>
    new Counter({
      name: `tributary_reuse_${name}_total`,
      help,
      registers: [registry],
      collect() {
        this.reset();
        this.inc(value(counts()));
      },
    });
  total('hits', 'Windows answered from stored cells.', ({ hits }) => hits);
  total('misses', 'Windows computed.', ({ misses }) => misses);
  total('bytes_saved', 'Bytes of sources that were not read again.', (each) => each.bytesSaved);
  total('waits', 'Windows waited for while another statement computed them.', ({ waits }) => waits);
  total('retries', 'Scan units tried again.', ({ retries }) => retries);
  total('audits', 'Reused windows computed again to compare.', ({ auditsDone }) => auditsDone);
  total('audit_differences', 'Audits that found a difference.', (each) => each.auditDifferences);
  total('damaged', 'Answers that could not be made of their cells.', ({ damaged }) => damaged);
  total(
    'widened',
    'Windows that were read though they were declared to hold no row of the range.',
    ({ widened }) => widened,
  );
  total('not_windowed', 'Blocks over tables without a time column.', (each) => each.notWindowed);
  new Counter({
    name: 'tributary_reuse_bypass_total',
    help: 'Blocks that ran whole, by reason.',
    labelNames: ['reason'],
    registers: [registry],
    collect() {
      this.reset();
      for (const [reason, count] of counts().bypassed) this.inc({ reason }, count);
    },
  });
}
