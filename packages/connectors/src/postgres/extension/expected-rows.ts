import { cancellation } from '@tributary/engine';
import type { ConnectionPool, Lease } from '../connection-pool.ts';

const TIMEOUT_MS = 1_000;

/** How many rows the source's planner expects of a query; 0 where it does not say in time. Throws QueryError when `signal` aborts. */
export async function expectedRows(
  text: string,
  pool: ConnectionPool,
  signal: AbortSignal,
): Promise<number> {
  let lease: Lease | undefined;
  let reusable = false;
  try {
    lease = await pool.lease(signal);
    const results: unknown = await lease.client.query(
      `BEGIN READ ONLY; SET LOCAL search_path = pg_catalog; SET LOCAL statement_timeout = ${TIMEOUT_MS}; EXPLAIN (FORMAT JSON) ${text}; COMMIT`,
    );
    reusable = true;
    const found = Array.isArray(results) ? (results as readonly unknown[])[3] : undefined;
    return planRows(found);
  } catch (error) {
    if (signal.aborted) throw cancellation(signal, error);
    // Reading the rows says what is wrong.
    return 0;
  } finally {
    lease?.release(reusable);
  }
}

interface Explained {
  readonly rows: readonly [
    { readonly 'QUERY PLAN': readonly [{ readonly Plan: { readonly 'Plan Rows': number } }] },
  ];
}

function planRows(result: unknown): number {
  return (result as Explained).rows[0]['QUERY PLAN'][0].Plan['Plan Rows'];
}
