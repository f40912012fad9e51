import { cancellation } from '@tributary/engine';
import type {
  AttachedPostgres,
  EngineSession,
  PostgresTransaction,
  TableLoader,
} from '@tributary/engine';
import { QueryError, isQueryError } from '@tributary/sql';
import type { ScanRelation } from '../../connector.ts';
import type { BackendId, ConnectionPool } from '../connection-pool.ts';
import { loadedColumns, loadedTable, tableRelation } from '../loaded-table.ts';
import type { ReadingContext } from '../moment.ts';
import { alteredMeanwhile } from '../read-query.ts';
import type { SourceQuery } from '../read-query.ts';
import { sourceError } from '../source-error.ts';
import { quoteText } from '../text/table-text.ts';
import { SessionReading } from './session-reading.ts';
import { streamText } from './stream-text.ts';

/**
 * Reads rows by the engine's extension, over connections of its own that have a place in the source's pool. What goes wrong is not told apart:
 * native errors have no code, and COPY, which reads next, finds the same or succeeds.
 */
export class ExtensionReader {
  readonly #attached: AttachedPostgres;
  readonly #pool: ConnectionPool;

  constructor(attached: AttachedPostgres, pool: ConnectionPool) {
    this.#attached = attached;
    this.#pool = pool;
  }

  /**
   * The rows of a snapshot: in the context's session, where it has one, as they are read, else all of them. Undefined: COPY must read them.
   * Throws where the statement is cancelled or timed out, or a table was altered.
   */
  async read(
    query: SourceQuery,
    snapshot: string,
    context: ReadingContext,
  ): Promise<ScanRelation | undefined> {
    if (query.extension === undefined) return undefined;
    const { signal } = context;
    const session = await context.session?.();
    try {
      return session === undefined
        ? await this.#load(query, snapshot, context)
        : await this.#stream(query, snapshot, session, context);
    } catch (error) {
      if (signal.aborted) throw cancellation(signal, error);
      const ended = endOf(query.source, error);
      if (ended !== undefined) throw ended;
      return undefined;
    }
  }

  async #load(
    query: SourceQuery,
    snapshot: string,
    context: ReadingContext,
  ): Promise<ScanRelation | undefined> {
    const { engine, signal } = context;
    // The session sees what is there when it begins.
    const table = await loadedTable(engine, query.plan);
    let isFilled = false;
    let session: EngineSession | undefined;
    try {
      session = await engine.session(signal);
      if (session === undefined) return undefined;
      const relation = await this.#stream(query, snapshot, session, context);
      if (relation === undefined) return undefined;
      await session.fill(table.name, relation.text);
      await relation.verify();
      await session.close(true);
      isFilled = true;
    } finally {
      await session?.close();
      if (!isFilled) await table.drop();
    }
    return filledRelation(table, context);
  }

  async #stream(
    query: SourceQuery,
    snapshot: string,
    session: EngineSession,
    { statistics }: ReadingContext,
  ): Promise<ScanRelation | undefined> {
    const { extension, layout } = query;
    if (extension === undefined) return undefined;
    const reading = new SessionReading(session, this.#pool);
    const most = extension.texts(this.#attached.atOnce).length;
    const transactions = await reading.begin(query.source, most);
    if (transactions.length === 0) return undefined;
    for (const transaction of transactions) {
      await transaction.execute(`SET TRANSACTION SNAPSHOT ${quoteText(snapshot)}`);
      reading.add(await configure(transaction, query));
    }
    const texts = extension.texts(transactions.length);
    const columns = loadedColumns(query.plan);
    const parts = texts.flatMap((text, place) => transactions[place]?.query(text) ?? []);
    const first = parts[0] ?? '';
    const expected = columns.map(({ type }) => type);
    const marked = extension.marksUnreadable ? [...expected, 'BOOLEAN'] : expected;
    const found = await session.types(first);
    // Another type would be cast, and a cast may round.
    if (found.join() !== marked.join()) return undefined;
    statistics.requests += texts.length;
    return {
      text: streamText(parts, columns, extension),
      parameters: [],
      statistics: { ...statistics, path: 'extension', rows: undefined },
      async verify() {
        if (reading.isRead) return;
        for (const transaction of transactions) {
          const [count] = await transaction.row(layout.text);
          if (Number(count) !== layout.expected) throw alteredMeanwhile(query.source);
        }
        reading.isRead = true;
      },
      failure: (error) => endOf(query.source, error),
      release: () => Promise.resolve(),
    };
  }
}

/** The error that ends a statement, whatever way its rows come. */
function endOf(source: string, error: unknown): QueryError | undefined {
  if (isQueryError(error) && error.code === 'dataChanged') return error;
  return /statement timeout/.test(messages(error))
    ? sourceError(source, { code: '57014', severity: 'ERROR', message: '' })
    : undefined;
}

/** Bytes of a value in PostgreSQL's binary format; of any other type it is as long as it is here. */
const WIDTHS: Readonly<Record<string, number>> = {
  BOOLEAN: 1,
  SMALLINT: 2,
  INTEGER: 4,
  BIGINT: 8,
  FLOAT: 4,
  DOUBLE: 8,
  DATE: 4,
  TIMESTAMP: 8,
  'TIMESTAMP WITH TIME ZONE': 8,
  UUID: 16,
};
const LONGEST_NUMERIC = 16;

/** The relation of a table with all its rows, which are counted: the extension does not tell what it received. */
async function filledRelation(
  table: TableLoader,
  { engine, statistics, signal }: ReadingContext,
): Promise<ScanRelation> {
  try {
    table.finish();
    const sizes = table.columns.map(({ type }, index) => {
      const text = type.toString();
      if (text === 'VARCHAR') return `coalesce(sum(strlen(f${index})), 0)`;
      if (text === 'BLOB') return `coalesce(sum(octet_length(f${index})), 0)`;
      return `count(f${index}) * ${WIDTHS[text] ?? LONGEST_NUMERIC}`;
    });
    const names = table.columns.map((_, index) => `f${index}`);
    const [counted] = await engine.rows(
      `SELECT count(*), ${sizes.join(' + ')} FROM ${table.name} AS t(${names.join(', ')})`,
      [],
      { signal },
    );
    const [rows, bytes] = (counted ?? []).map(Number);
    return tableRelation(table, {
      ...statistics,
      rows: rows ?? 0,
      bytesRead: statistics.bytesRead + (bytes ?? 0),
      path: 'extension',
    });
  } catch (error) {
    await table.drop();
    throw error;
  }
}

/** What values depend on, until the transaction ends, as the COPY path sets it. */
async function configure(
  transaction: PostgresTransaction,
  { source, timeZone, statementTimeout }: SourceQuery,
): Promise<BackendId> {
  const settings = [
    ['search_path', 'pg_catalog'],
    ['statement_timeout', String(statementTimeout)],
    ['TimeZone', timeZone],
    ['IntervalStyle', 'postgres'],
    ['DateStyle', 'ISO, YMD'],
  ].map(
    ([name = '', value = ''], index) =>
      `set_config(${quoteText(name)}, ${quoteText(value)}, true) AS s${index}`,
  );
  const [pid, since, encoding] = await transaction.row(
    `SELECT pg_backend_pid() AS pid, now()::text AS since, current_setting('server_encoding') AS encoding, ${settings.join(', ')}`,
  );
  // Its texts may be anything, and the extension does not look.
  if (encoding === 'SQL_ASCII') {
    throw new QueryError(
      'sourceError',
      `source "${source}" does not say how its texts are encoded`,
    );
  }
  return { pid: Number(pid), since: String(since) };
}

function messages(error: unknown): string {
  return error instanceof Error ? `${error.message} ${messages(error.cause)}` : '';
}
