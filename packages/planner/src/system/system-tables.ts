import { BOOL, FLOAT8, INT4, INT8, JSONB, TEXT, TIMESTAMP, TIMESTAMPTZ } from '@tributary/sql';
import type { SqlType, TableReference } from '@tributary/sql';

interface SystemColumn {
  readonly name: string;
  readonly type: SqlType;
  readonly comment: string;
}

/** A relation of schema `tributary`, made by the server at each use. */
export interface SystemTable {
  readonly name: string;
  readonly comment: string;
  readonly columns: readonly SystemColumn[];
  /** Argument types where it is called like a function; more than one list: overloads by count. */
  readonly parameters?: readonly SqlType[];
  readonly requiredParameters?: number;
}

const STATISTICS: readonly SystemColumn[] = [
  { name: 'windows_total', type: INT8, comment: 'Windows the time range was cut into.' },
  { name: 'windows_hit', type: INT8, comment: 'Windows answered from stored cells.' },
  { name: 'windows_miss', type: INT8, comment: 'Windows computed.' },
  { name: 'windows_bypass', type: INT8, comment: 'Windows that could not be reused.' },
  {
    name: 'bypass_reasons',
    type: TEXT,
    comment: 'Why windows were bypassed, separated by commas.',
  },
  { name: 'partitions_considered', type: INT8, comment: 'Partitions the tables declare.' },
  { name: 'partitions_kept', type: INT8, comment: 'Partitions left after pruning.' },
  { name: 'files_read', type: INT8, comment: 'Files handed to the engine.' },
  {
    name: 'rows_read',
    type: INT8,
    comment:
      'Rows of the files that were read, by their footers, and those that other sources sent. NULL with text files, and where only rows are counted of files whose footers nobody has read.',
  },
  { name: 'bytes_read', type: INT8, comment: 'Bytes of files read or fetched.' },
  { name: 'requests', type: INT8, comment: 'Requests to remote sources.' },
  { name: 'retries', type: INT8, comment: 'Requests and reads that were tried again.' },
  { name: 'planning_ms', type: FLOAT8, comment: 'Parse, bind, analyse, rules and print.' },
  { name: 'listing_ms', type: FLOAT8, comment: 'Longest listing of a scan.' },
  { name: 'execution_ms', type: FLOAT8, comment: 'From the first engine call to the last row.' },
  { name: 'total_ms', type: FLOAT8, comment: 'From receipt to the last row.' },
];

const QUERY: readonly SystemColumn[] = [
  { name: 'query_id', type: INT8, comment: 'Number of the statement since the server started.' },
  { name: 'session_id', type: INT4, comment: 'The session that ran it.' },
  { name: 'user_name', type: TEXT, comment: 'The user that ran it.' },
  { name: 'application_name', type: TEXT, comment: 'What the client calls itself.' },
  { name: 'state', type: TEXT, comment: 'running, succeeded, failed or cancelled.' },
  { name: 'progress', type: FLOAT8, comment: 'Fraction done, while it runs and the engine knows.' },
  { name: 'query_text', type: TEXT, comment: 'The statement as sent.' },
  { name: 'started_at', type: TIMESTAMPTZ, comment: 'When it was received.' },
  { name: 'finished_at', type: TIMESTAMPTZ, comment: 'When the last row was sent.' },
  { name: 'sqlstate', type: TEXT, comment: 'The error code, when it failed.' },
];

const CELL: readonly SystemColumn[] = [
  { name: 'cell_id', type: INT8, comment: 'Number of the cell in the index.' },
  { name: 'table_name', type: TEXT, comment: 'The windowed table.' },
  {
    name: 'kind',
    type: TEXT,
    comment: 'cell, rollUp (a month merged) or result (a whole range merged).',
  },
  {
    name: 'window_from',
    type: TIMESTAMP,
    comment: 'Start of its time; NULL for rows without a time.',
  },
  { name: 'window_to', type: TIMESTAMP, comment: 'End of its time, exclusive.' },
  { name: 'shape', type: TEXT, comment: 'Filters, keys and partials that it holds, as kept.' },
  { name: 'version', type: TEXT, comment: 'Fingerprint of the data it was computed from.' },
  { name: 'file', type: TEXT, comment: 'The file that holds it.' },
  { name: 'file_bytes', type: INT8, comment: 'Size of that file, which may hold other cells too.' },
  { name: 'created_at', type: TIMESTAMPTZ, comment: 'When it was kept.' },
  { name: 'last_used_at', type: TIMESTAMPTZ, comment: 'When a statement last read it.' },
  { name: 'verified_at', type: TIMESTAMPTZ, comment: 'When its data was last found unchanged.' },
  { name: 'quarantined', type: BOOL, comment: 'Found different by an audit; used no more.' },
];

export const SYSTEM_SCHEMA = 'tributary';

export const SYSTEM_TABLES: readonly SystemTable[] = [
  {
    name: 'last_query',
    comment: "One row on this session's last statement.",
    columns: [...QUERY, ...STATISTICS],
  },
  {
    name: 'queries',
    comment: 'Your running statements and the last finished ones, newest first.',
    columns: [...QUERY, ...STATISTICS],
  },
  {
    name: 'cells',
    comment: 'What is kept of computed windows, for reuse.',
    columns: CELL,
  },
  {
    name: 'partitions',
    comment:
      "Partitions of a table: partitions('db.schema.table') or, with a predicate as text, those that a query with it would read.",
    columns: [
      { name: 'partition', type: TEXT, comment: 'Values as a Hive path: dt=2024-01-01/app_id=3.' },
      { name: 'partition_values', type: JSONB, comment: 'Values by column, as text.' },
      { name: 'location', type: TEXT, comment: 'The folder that holds the files.' },
    ],
    parameters: [TEXT, TEXT],
    requiredParameters: 1,
  },
];

/** Finds `tributary.<name>` (also `main.tributary.<name>`, also in any database). */
export function findSystemTable(
  name: readonly string[],
): { readonly reference: TableReference; readonly table: SystemTable } | undefined {
  const table = SYSTEM_TABLES.find((each) => each.name === name.at(-1));
  if (table === undefined || name.length < 2 || name.at(-2) !== SYSTEM_SCHEMA) {
    return undefined;
  }
  return {
    table,
    reference: {
      database: 'main',
      schema: SYSTEM_SCHEMA,
      name: table.name,
      id: `${SYSTEM_SCHEMA}.${table.name}`,
      source: SYSTEM_SCHEMA,
    },
  };
}
