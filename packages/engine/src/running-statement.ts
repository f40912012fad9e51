import type {
  DuckDBConnection,
  DuckDBDataChunk,
  DuckDBPreparedStatement,
  DuckDBResult,
  DuckDBType,
} from '@duckdb/node-api';
import {
  BIGINT,
  BOOLEAN,
  DOUBLE,
  DuckDBListValue,
  LIST,
  SQLNULL,
  StatementType,
  VARCHAR,
} from '@duckdb/node-api';
import { QueryError } from '@tributary/sql';
import type { EngineResult, EngineValue, RunOptions } from './engine.ts';
import { interruptible } from './interruptible.ts';
import { wrapNativeError } from './native-error.ts';
import type { Place } from './place.ts';

const READS: ReadonlySet<StatementType> = new Set([StatementType.SELECT, StatementType.EXPLAIN]);

/** One statement on one connection, from its preparation until `release` has been called. */
export class RunningStatement implements EngineResult {
  readonly columns: readonly { readonly name: string; readonly type: DuckDBType }[];
  readonly #connection: DuckDBConnection;
  readonly #options: RunOptions;
  readonly #place: Place;
  readonly #release: () => void;
  #result: DuckDBResult | undefined;
  #consumed = false;
  #closing: Promise<void> | undefined;

  private constructor(
    connection: DuckDBConnection,
    result: DuckDBResult,
    options: RunOptions,
    place: Place,
    release: () => void,
  ) {
    this.#place = place;
    this.#connection = connection;
    this.#result = result;
    this.#options = options;
    this.#release = release;
    this.columns = result
      .columnNames()
      .map((name, index) => ({ name, type: result.columnType(index) }));
  }

  /** Prepares, binds and starts; the first rows may not be there yet. `release` is called once, also when this throws. */
  static async start(
    connection: DuckDBConnection,
    sql: string,
    parameters: readonly EngineValue[],
    options: RunOptions,
    place: Place,
    release: () => void,
  ): Promise<RunningStatement> {
    let prepared: DuckDBPreparedStatement | undefined;
    try {
      const preparing = interruptible(connection, options, () => connection.prepare(sql));
      const [ready, beside] = await Promise.allSettled([preparing, options.whilePreparing?.()]);
      if (ready.status === 'rejected') throw ready.reason;
      const statement = ready.value;
      prepared = statement;
      if (beside.status === 'rejected') throw beside.reason;
      checkKind(statement.statementType, options);
      bind(statement, parameters);
      const result = await interruptible(connection, options, () => statement.stream());
      place.rest();
      return new RunningStatement(connection, result, options, place, release);
    } catch (error) {
      release();
      throw wrapNativeError(error, options.signal);
    } finally {
      prepared?.destroySync();
    }
  }

  async *chunks(): AsyncGenerator<DuckDBDataChunk, void, void> {
    if (this.#consumed) throw new QueryError('internalError', 'a result was read twice');
    this.#consumed = true;
    try {
      for (;;) {
        const result = this.#result;
        if (result === undefined) return;
        await this.#place.hold(this.#options.signal);
        const chunk = await interruptible(this.#connection, this.#options, () =>
          result.fetchChunk(),
        );
        if (chunk === null || chunk.rowCount === 0) {
          this.#result = undefined;
          return;
        }
        this.#place.rest();
        yield chunk;
      }
    } finally {
      await this.close();
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const unread = this.#result !== undefined;
    this.#result = undefined;
    try {
      // A result abandoned midway keeps its buffers and threads until the connection runs something else.
      if (unread) {
        this.#connection.interrupt();
        await this.#connection.run('SELECT 1');
      }
    } catch {
      // The abandoned statement's own failure; nobody waits for it.
    } finally {
      this.#release();
    }
  }
}

function checkKind(kind: StatementType, options: RunOptions): void {
  if (READS.has(kind) || (kind === StatementType.COPY && options.allowCopy === true)) return;
  throw new QueryError('internalError', 'the engine was given a statement that is not a query');
}

function bind(statement: DuckDBPreparedStatement, parameters: readonly EngineValue[]): void {
  for (const [index, value] of parameters.entries()) {
    if (value instanceof DuckDBListValue && (value.items[0] ?? null) === null) {
      // The binding takes a list's type from its first item; NULL says nothing, and as a list of NULLs every item would be lost.
      statement.bindValue(index + 1, value, LIST(itemType(value.items)));
    } else {
      statement.bindValue(index + 1, value);
    }
  }
}

/** The type of the first item that has one. A list of NULLs casts to any. */
function itemType(items: DuckDBListValue['items']): DuckDBType {
  const first = items.find((item) => item !== null);
  switch (typeof first) {
    case 'undefined':
      return SQLNULL;
    case 'string':
      return VARCHAR;
    case 'bigint':
      return BIGINT;
    case 'number':
      return DOUBLE;
    case 'boolean':
      return BOOLEAN;
    default:
      throw new QueryError(
        'internalError',
        'a bound list begins with NULL and holds no plain values',
      );
  }
}
