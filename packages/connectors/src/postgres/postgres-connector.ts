import { randomInt } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { cancellation } from '@tributary/engine';
import type { Engine } from '@tributary/engine';
import { QueryError, engineType, isQueryError } from '@tributary/sql';
import type { Plan } from '@tributary/sql';
import type { ScanContext, ScanRelation, ScanStatistics } from '../connector.ts';
import type { QueryConnector, QueryFacts } from '../query-connector.ts';
import { CatalogCache } from './catalog/catalog-cache.ts';
import { ConnectionPool } from './connection-pool.ts';
import { CopyOut } from './copy/copy-out.ts';
import { RowDecoder } from './copy/row-decoder.ts';
import { connectionTarget } from './postgres-config.ts';
import type { PostgresConfig } from './postgres-config.ts';
import { refusal } from './refusal.ts';
import { isCatalogChange, isTransient, sourceError } from './source-error.ts';
import { layoutQuery, queryText } from './text/query-text.ts';
import { quoteText } from './text/table-text.ts';

const DEFAULT_CONNECTIONS = 4;
const DEFAULT_STATEMENT_TIMEOUT_MS = 15 * 60_000;
const DEFAULT_CONNECT_TIMEOUT_MS = 5_000;
const DEFAULT_CATALOG_AGE_MS = 5_000;
/** Tries of a query whose connection fails before its first row. */
const MOST_TRIES = 3;
const FIRST_BACKOFF_MS = 50;

/**
 * A PostgreSQL server whose tables appear as they are. Does not connect: whether the server can be reached shows when it is
 * needed. Throws invalidConfiguration for a malformed url.
 */
export function createPostgresConnector(
  config: PostgresConfig,
  services: { readonly engine: Engine },
): QueryConnector {
  return new PostgresConnector(config, services.engine);
}

class PostgresConnector implements QueryConnector {
  readonly kind = 'postgres';
  readonly source: string;
  readonly catalog: CatalogCache;
  readonly #engine: Engine;
  readonly #pool: ConnectionPool;
  /** The catalog has a connection beside the pool's: a pool that is busy must not hold up binding. */
  readonly #catalogPool: ConnectionPool;
  readonly #statementTimeout: number;

  constructor(config: PostgresConfig, engine: Engine) {
    const target = connectionTarget(config);
    const connectTimeout = config.connectTimeout ?? DEFAULT_CONNECT_TIMEOUT_MS;
    this.source = config.source;
    this.#engine = engine;
    this.#pool = new ConnectionPool(
      target,
      config.connections ?? DEFAULT_CONNECTIONS,
      connectTimeout,
    );
    this.#catalogPool = new ConnectionPool(target, 1, connectTimeout);
    this.#statementTimeout = config.statementTimeout ?? DEFAULT_STATEMENT_TIMEOUT_MS;
    this.catalog = new CatalogCache(
      config.source,
      this.#catalogPool,
      config.catalogAge ?? DEFAULT_CATALOG_AGE_MS,
    );
  }

  refusal(node: Plan): string | undefined {
    return refusal(node, this.source);
  }

  text(plan: Plan, facts: QueryFacts): string {
    return queryText(plan, facts, this.catalog);
  }

  async run(plan: Plan, facts: QueryFacts, context: ScanContext): Promise<ScanRelation> {
    const statistics = noStatistics();
    const text = this.text(plan, facts);
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#read(plan, text, facts, context, statistics);
      } catch (error) {
        if (context.signal.aborted) throw cancellation(context.signal, error);
        if (isCatalogChange(error) || (isQueryError(error) && error.code === 'dataChanged')) {
          this.catalog.expire();
        }
        if (attempt >= MOST_TRIES || !isTransient(error)) throw sourceError(this.source, error);
      }
      statistics.retries += 1;
      const longest = FIRST_BACKOFF_MS * 4 ** attempt;
      await delay(randomInt(longest), undefined, { signal: context.signal }).catch(() => {
        throw cancellation(context.signal);
      });
    }
  }

  async close(): Promise<void> {
    await this.catalog.close();
    await Promise.all([this.#pool.close(), this.#catalogPool.close()]);
  }

  /** Reads all rows into a table of the engine, in one transaction of one connection. */
  async #read(
    plan: Plan,
    text: string,
    facts: QueryFacts,
    { signal }: ScanContext,
    statistics: ScanStatistics,
  ): Promise<ScanRelation> {
    const layout = layoutQuery(plan, this.catalog);
    const lease = await this.#pool.lease(signal);
    let copy: CopyOut | undefined;
    const onAbort = (): void => copy?.abandon(cancellation(signal));
    let reusable = false;
    const table = await this.#engine
      .load(
        plan.columns.length === 0
          ? [{ name: 'present', type: 'BOOLEAN' }]
          : plan.columns.map(({ id, type }) => ({ name: `c${id}`, type: engineType(type) })),
      )
      .catch((error: unknown) => {
        lease.release(true);
        throw error;
      });
    try {
      const decoder = new RowDecoder(plan, table, this.source);
      let found: unknown;
      copy = new CopyOut(this.#batch(text, layout.text, facts), {
        onPayload: (buffer, from, to) => decoder.payload(buffer, from, to),
        onRow: ([count]) => {
          found = count;
        },
        onFailure: () => lease.cancel(),
      });
      signal.addEventListener('abort', onAbort, { once: true });
      if (signal.aborted) throw cancellation(signal);
      statistics.requests += 1;
      lease.client.query(copy);
      await copy.done;
      reusable = true;
      statistics.bytesRead += copy.bytes;
      if (Number(found) !== layout.expected) {
        throw new QueryError(
          'dataChanged',
          `a table of source "${this.source}" was altered while the statement ran`,
          { hint: 'Run the statement again.' },
        );
      }
      decoder.finish();
      return {
        text: `(SELECT * FROM ${table.name})`,
        parameters: [],
        statistics,
        verify: () => Promise.resolve(),
        release: () => table.drop(),
      };
    } catch (error) {
      await table.drop();
      throw error;
    } finally {
      signal.removeEventListener('abort', onAbort);
      lease.release(reusable);
    }
  }

  /** One message with everything, so that a query costs one round trip and nothing stays set on the connection. */
  #batch(text: string, layout: string, { timeZone }: QueryFacts): string {
    return [
      'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY',
      // Nothing outside PostgreSQL's own schema stands for a function or operator.
      'SET LOCAL search_path = pg_catalog',
      `SET LOCAL statement_timeout = ${this.#statementTimeout}`,
      `SET LOCAL TimeZone = ${quoteText(timeZone)}`,
      "SET LOCAL IntervalStyle = 'postgres'",
      "SET LOCAL DateStyle = 'ISO, YMD'",
      `COPY (${text}) TO STDOUT (FORMAT binary)`,
      layout,
      'COMMIT',
    ].join(';\n');
  }
}

function noStatistics(): ScanStatistics {
  return {
    partitionsConsidered: 0n,
    partitionsKept: 0n,
    files: 0,
    fileBytes: 0,
    bytesRead: 0,
    requests: 0,
    retries: 0,
    listingMs: 0,
    path: 'copy',
  };
}
