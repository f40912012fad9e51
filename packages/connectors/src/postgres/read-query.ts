import { cancellation } from '@tributary/engine';
import type { Engine } from '@tributary/engine';
import { QueryError } from '@tributary/sql';
import type { Plan } from '@tributary/sql';
import type { ScanRelation, ScanStatistics } from '../connector.ts';
import type { Lease } from './connection-pool.ts';
import { CopyOut } from './copy/copy-out.ts';
import { RowDecoder } from './copy/row-decoder.ts';
import type { ExtensionQuery } from './extension/extension-query.ts';
import { loadedTable, tableRelation } from './loaded-table.ts';
import { quoteText } from './text/table-text.ts';

/** A query to a source, and how its rows are read. */
export interface SourceQuery {
  readonly source: string;
  readonly plan: Plan;
  readonly text: string;
  /** A query that counts the columns whose types are still those of the plan, and how many there are. */
  readonly layout: { readonly text: string; readonly expected: number };
  /** IANA name. */
  readonly timeZone: string;
  /** Milliseconds; 0: none. */
  readonly statementTimeout: number;
  /** Where the engine's extension is to read the rows; absent: COPY. */
  readonly extension?: ExtensionQuery;
}

export interface Reading {
  readonly lease: Lease;
  readonly engine: Engine;
  readonly statistics: ScanStatistics;
  readonly signal: AbortSignal;
  /** Statements before the query that begin its transaction, and after it that end it; none where one is open and stays. */
  readonly begin: readonly string[];
  readonly end: readonly string[];
  /** The connection is ready for another query: what fails after that is not its fault. */
  readonly onReady: () => void;
}

/** Begins a transaction that sees one moment and changes nothing. */
export const BEGIN = 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY';

/**
 * Reads all rows of a query into a table of the engine. Throws the driver's errors, and QueryError `dataChanged` where a table
 * has been altered since the plan was bound.
 */
export async function readQuery(query: SourceQuery, reading: Reading): Promise<ScanRelation> {
  const { source, plan, layout } = query;
  const { lease, engine, statistics, signal } = reading;
  let copy: CopyOut | undefined;
  const onAbort = (): void => copy?.abandon(cancellation(signal));
  const table = await loadedTable(engine, plan);
  try {
    const decoder = new RowDecoder(plan, table, source);
    let found: unknown;
    copy = new CopyOut([...reading.begin, ...statements(query), ...reading.end].join(';\n'), {
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
    reading.onReady();
    statistics.bytesRead += copy.bytes;
    if (Number(found) !== layout.expected) {
      throw alteredMeanwhile(source);
    }
    decoder.finish();
    statistics.rows = decoder.rows;
    return tableRelation(table, statistics);
  } catch (error) {
    await table.drop();
    throw error;
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

/** One message with everything, so that a query costs one round trip and nothing stays set on the connection. */
function statements({ text, layout, timeZone, statementTimeout }: SourceQuery): readonly string[] {
  return [
    // Nothing outside PostgreSQL's own schema stands for a function or operator.
    'SET LOCAL search_path = pg_catalog',
    `SET LOCAL statement_timeout = ${statementTimeout}`,
    `SET LOCAL TimeZone = ${quoteText(timeZone)}`,
    "SET LOCAL IntervalStyle = 'postgres'",
    "SET LOCAL DateStyle = 'ISO, YMD'",
    `COPY (${text}) TO STDOUT (FORMAT binary)`,
    layout.text,
  ];
}

/** Rows were read of a table that is not what the statement was bound to. */
export function alteredMeanwhile(source: string): QueryError {
  return new QueryError(
    'dataChanged',
    `a table of source "${source}" was altered while the statement ran`,
    { hint: 'Run the statement again.' },
  );
}
