import { setTimeout as delay } from 'node:timers/promises';
import { cancellation } from '@tributary/engine';
import type { AttachedPostgres, PostgresTransaction, TableLoader } from '@tributary/engine';
import { QueryError, isQueryError } from '@tributary/sql';
import type { ScanRelation } from '../../connector.ts';
import type { BackendId, ConnectionPool } from '../connection-pool.ts';
import { loadedTable, tableRelation } from '../loaded-table.ts';
import type { ReadingContext } from '../moment.ts';
import { alteredMeanwhile } from '../read-query.ts';
import type { SourceQuery } from '../read-query.ts';
import { sourceError } from '../source-error.ts';
import { quoteText } from '../text/table-text.ts';

/** A request to cancel is lost between two statements: it is repeated until the transaction has ended. */
const CANCEL_EVERY_MS = 100;

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

  /** The rows of a snapshot; undefined: COPY must read them. Throws where the statement is cancelled or timed out, or a table was altered. */
  async read(
    query: SourceQuery,
    snapshot: string,
    context: ReadingContext,
  ): Promise<ScanRelation | undefined> {
    const { extension } = query;
    if (extension === undefined) return undefined;
    const places: (() => void)[] = [];
    try {
      await this.#take(places, context.signal);
      const texts = places.length === 0 ? [] : extension.texts(places.length);
      for (const unused of places.splice(texts.length)) unused();
      if (texts.length === 0) return undefined;
      return await this.#readAll(query, texts, snapshot, context);
    } finally {
      for (const leave of places) leave();
    }
  }

  /** Takes as many places as are free now, to be given back also where this throws. */
  async #take(places: (() => void)[], signal: AbortSignal): Promise<void> {
    while (places.length < this.#attached.atOnce) {
      const place = await this.#pool.placeAtOnce(signal);
      if (place === undefined) break;
      places.push(place);
    }
  }

  async #readAll(
    query: SourceQuery,
    texts: readonly string[],
    snapshot: string,
    context: ReadingContext,
  ): Promise<ScanRelation | undefined> {
    const { engine, statistics, signal } = context;
    const table = await loadedTable(engine, query.plan);
    // One that fails stops the others.
    const stop = new AbortController();
    const either = AbortSignal.any([signal, stop.signal]);
    const reads = texts.map(async (text) => {
      try {
        return await this.#readOne({ ...query, text }, snapshot, table, either);
      } catch (error) {
        stop.abort(error);
        throw error;
      }
    });
    const ended = await Promise.allSettled(reads);
    statistics.requests += texts.length;
    const failure = ended.find((each) => each.status === 'rejected');
    if (failure === undefined) return filledRelation(table, context);
    await table.drop();
    if (signal.aborted) throw cancellation(signal, failure.reason);
    const first: unknown = stop.signal.reason;
    if (isQueryError(first)) {
      if (first.code === 'dataChanged') throw first;
      if (/statement timeout/.test(messages(first))) {
        throw sourceError(query.source, { code: '57014', severity: 'ERROR', message: '' });
      }
    }
    return undefined;
  }

  async #readOne(
    query: SourceQuery,
    snapshot: string,
    table: TableLoader,
    signal: AbortSignal,
  ): Promise<number> {
    const transaction = await this.#attached.begin(signal);
    let isDone = false;
    let cancelling: Promise<void> | undefined;
    let onAbort = (): void => undefined;
    try {
      await transaction.execute(`SET TRANSACTION SNAPSHOT ${quoteText(snapshot)}`);
      const backend = await configure(transaction, query);
      onAbort = () => {
        cancelling ??= this.#cancel(backend, () => isDone);
      };
      signal.addEventListener('abort', onAbort, { once: true });
      if (signal.aborted) throw cancellation(signal);
      const rows = await transaction.fill({
        table: table.name,
        types: table.columns.map(({ type }) => type.toString()),
        text: query.text,
      });
      const [found] = await transaction.row(query.layout.text);
      if (Number(found) !== query.layout.expected) throw alteredMeanwhile(query.source);
      await transaction.close(true);
      return rows;
    } finally {
      isDone = true;
      signal.removeEventListener('abort', onAbort);
      await transaction.close(false);
      await cancelling;
    }
  }

  async #cancel(backend: BackendId, isDone: () => boolean): Promise<void> {
    while (!isDone()) {
      await this.#pool.cancelBackend(backend);
      await delay(CANCEL_EVERY_MS, undefined, { ref: false });
    }
  }
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
