import type { Engine } from '@tributary/engine';
import { isQueryError, visitPlan } from '@tributary/sql';
import type { Plan } from '@tributary/sql';
import type { ScanContext, ScanRelation, ScanStatistics } from '../connector.ts';
import type {
  NamedDatabase,
  QueryConnector,
  QueryFacts,
  SourceMoment,
} from '../query-connector.ts';
import { noScanStatistics } from '../scan-statistics.ts';
import { CatalogCache } from './catalog/catalog-cache.ts';
import { declaredTimes } from './catalog/time-columns.ts';
import { ConnectionPool } from './connection-pool.ts';
import { DirectStatement } from './direct/direct-statement.ts';
import type { DirectServices } from './direct/direct-statement.ts';
import { StatementNames } from './direct/statement-names.ts';
import { extensionQuery } from './extension/extension-query.ts';
import type { ExtensionQuery } from './extension/extension-query.ts';
import { ExtensionReader } from './extension/extension-reader.ts';
import { expectedRows } from './extension/expected-rows.ts';
import { PostgresMoment } from './moment.ts';
import { DEFAULT_CONNECTIONS, connectionTarget } from './postgres-config.ts';
import type { ExtensionUse, PostgresConfig } from './postgres-config.ts';
import { BEGIN, readQuery } from './read-query.ts';
import type { SourceQuery } from './read-query.ts';
import { refusal } from './refusal.ts';
import { retried } from './retried.ts';
import { layoutQuery, queryText } from './text/query-text.ts';

const DEFAULT_STATEMENT_TIMEOUT_MS = 15 * 60_000;
const DEFAULT_CONNECT_TIMEOUT_MS = 5_000;
const DEFAULT_CATALOG_AGE_MS = 5_000;
/**
 * Rows from which the extension pays where they are put into a table first. Asking, opening connections and preparing take some 40 ms, and 150,000
 * rows of a few columns were read slower than by COPY.
 */
const EXTENSION_ROWS = 500_000;
/** Rows from which it pays where they come while they are read. */
const STREAMED_ROWS = 100_000;

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
  readonly sideBySide: number;
  readonly #engine: Engine;
  readonly #pool: ConnectionPool;
  /** The catalog has a connection beside the pool's: a pool that is busy must not hold up binding. */
  readonly #catalogPool: ConnectionPool;
  readonly #statementTimeout: number;
  readonly #direct: DirectServices;
  readonly #database: Omit<NamedDatabase, 'kind'>;
  readonly #extension: ExtensionReader | undefined;
  readonly #extensionUse: ExtensionUse;

  constructor(config: PostgresConfig, engine: Engine) {
    const target = connectionTarget(config);
    const connectTimeout = config.connectTimeout ?? DEFAULT_CONNECT_TIMEOUT_MS;
    this.source = config.source;
    this.#database = target;
    this.#engine = engine;
    this.sideBySide = config.connections ?? DEFAULT_CONNECTIONS;
    this.#pool = new ConnectionPool(target, this.sideBySide, connectTimeout);
    this.#catalogPool = new ConnectionPool(target, 1, connectTimeout);
    this.#statementTimeout = config.statementTimeout ?? DEFAULT_STATEMENT_TIMEOUT_MS;
    this.#extensionUse = config.extension ?? 'auto';
    const attached = this.#extensionUse === 'never' ? undefined : engine.postgres(config.source);
    if (attached !== undefined) this.#extension = new ExtensionReader(attached, this.#pool);
    this.catalog = new CatalogCache(config.source, this.#catalogPool, {
      age: config.catalogAge ?? DEFAULT_CATALOG_AGE_MS,
      timeColumns: declaredTimes(config.timeColumns ?? {}),
    });
    this.#direct = {
      engine,
      pool: this.#pool,
      catalog: this.catalog,
      names: new StatementNames(),
      statementTimeout: this.#statementTimeout,
    };
  }

  isDatabase({ kind, host, port, database }: NamedDatabase): boolean {
    const own = this.#database;
    return (
      kind === 'postgres' &&
      host.toLowerCase() === own.host.toLowerCase() &&
      port === own.port &&
      database === own.database
    );
  }

  refusal(node: Plan): string | undefined {
    return refusal(node, this.source);
  }

  text(plan: Plan, facts: QueryFacts): string {
    return queryText(plan, facts, this.catalog);
  }

  async prepare(
    plan: Plan,
    facts: QueryFacts,
    { signal }: Pick<ScanContext, 'signal'>,
  ): Promise<DirectStatement | undefined> {
    const statement = new DirectStatement(plan, facts, this.#direct);
    // What the source expects cannot be asked before values are known: who prepares for them asks for a few rows, mostly.
    if (hasParameters(plan)) return statement;
    const extension = await this.#extensionQuery(plan, facts, statement.text, { signal });
    return extension === undefined ? statement : undefined;
  }

  run(plan: Plan, facts: QueryFacts, context: ScanContext): Promise<ScanRelation> {
    return this.#retried(plan, facts, context, (query, statistics) =>
      query.extension === undefined
        ? this.#read(query, statistics, context)
        : this.#readAlone(query, statistics, context),
    );
  }

  reading(plan: Plan, facts: QueryFacts): string | undefined {
    if (this.#extension === undefined) return undefined;
    const query = extensionQuery(plan, facts, this.catalog);
    if (typeof query === 'string') return `by COPY: ${query}`;
    if (this.#extensionUse === 'always') return 'by the extension';
    return query.rows < STREAMED_ROWS
      ? 'by COPY: its tables are small'
      : `by the extension where at least ${STREAMED_ROWS} rows are expected (${EXTENSION_ROWS} where they are put into a table first), else by COPY`;
  }

  moment(): SourceMoment {
    const moment = new PostgresMoment(this.#pool, this.#extension);
    const engine = this.#engine;
    return {
      run: (plan, facts, context) =>
        this.#retried(plan, facts, context, (query, statistics) =>
          moment.read(query, { engine, statistics, ...context }),
        ),
      close: () => moment.close(),
    };
  }

  async close(): Promise<void> {
    await this.catalog.close();
    await Promise.all([this.#pool.close(), this.#catalogPool.close()]);
  }

  /** Tries a query again where its connection failed: no row has left before all are here. */
  async #retried(
    plan: Plan,
    facts: QueryFacts,
    context: ScanContext,
    read: (query: SourceQuery, statistics: ScanStatistics) => Promise<ScanRelation>,
  ): Promise<ScanRelation> {
    const statistics = noScanStatistics('copy');
    const text = this.text(plan, facts);
    const extension = await this.#extensionQuery(plan, facts, text, context);
    const relation = await retried(this.catalog, statistics, context.signal, () =>
      read(
        {
          source: this.source,
          plan,
          text,
          layout: layoutQuery(plan, this.catalog),
          timeZone: facts.timeZone,
          statementTimeout: this.#statementTimeout,
          ...(extension === undefined ? {} : { extension }),
        },
        statistics,
      ),
    );
    return relation.failure === undefined ? relation : this.#expiring(relation);
  }

  /** A relation that lets the catalog be read anew where a table was altered while its rows came. */
  #expiring(relation: ScanRelation): ScanRelation {
    return {
      ...relation,
      verify: () =>
        relation.verify().catch((error: unknown) => {
          if (isQueryError(error) && error.code === 'dataChanged') this.catalog.expire();
          throw error;
        }),
    };
  }

  /** The query for the extension where it can read the rows and they are worth it. */
  async #extensionQuery(
    plan: Plan,
    facts: QueryFacts,
    text: string,
    { signal, session, plainly }: Omit<ScanContext, 'now'>,
  ): Promise<ExtensionQuery | undefined> {
    if (this.#extension === undefined || plainly === true) return undefined;
    const query = extensionQuery(plan, facts, this.catalog);
    if (typeof query === 'string') return undefined;
    if (this.#extensionUse === 'always') return query;
    const least = session === undefined ? EXTENSION_ROWS : STREAMED_ROWS;
    if (query.rows < least) return undefined;
    const rows = await expectedRows(text, this.#catalogPool, signal);
    return rows >= least ? { ...query, rows } : undefined;
  }

  /** Reads in a moment of the query's own. */
  async #readAlone(
    query: SourceQuery,
    statistics: ScanStatistics,
    context: ScanContext,
  ): Promise<ScanRelation> {
    const moment = new PostgresMoment(this.#pool, this.#extension);
    try {
      return await moment.read(query, { engine: this.#engine, statistics, ...context });
    } finally {
      await moment.close();
    }
  }

  /** Reads in one transaction of one connection. */
  async #read(
    query: SourceQuery,
    statistics: ScanStatistics,
    { signal }: ScanContext,
  ): Promise<ScanRelation> {
    const lease = await this.#pool.lease(signal);
    let reusable = false;
    try {
      return await readQuery(query, {
        lease,
        engine: this.#engine,
        statistics,
        signal,
        begin: [BEGIN],
        end: ['COMMIT'],
        onReady: () => {
          reusable = true;
        },
      });
    } finally {
      lease.release(reusable);
    }
  }
}

function hasParameters(plan: Plan): boolean {
  let found = false;
  visitPlan(plan, {
    expression(each) {
      found ||= each.kind === 'parameter';
    },
  });
  return found;
}
