import { QueryError } from '../errors.ts';
import type { StatementBody } from '../parse/session-statement.ts';
import type { ColumnClause } from '../statement.ts';
import { duplicateColumn, readColumns } from './columns.ts';
import { readProperties } from './properties.ts';
import { readRowFormat, readStoredAs, resolveStorage } from './storage.ts';
import type { StorageParts } from './storage.ts';
import type { TokenReader } from './token-reader.ts';

interface Clauses {
  comment?: string;
  partitionColumns?: readonly ColumnClause[];
  rowFormat?: ReturnType<typeof readRowFormat>;
  storedAs?: NonNullable<StorageParts['container']>;
  serdeProperties?: ReadonlyMap<string, string>;
  location?: string;
  properties?: ReadonlyMap<string, string>;
}

/** Clauses of Hive that we refuse by name. */
const UNSUPPORTED: readonly (readonly string[])[] = [
  ['clustered', 'by'],
  ['sorted', 'by'],
  ['skewed', 'by'],
  ['stored', 'by'],
  ['like'],
  ['as'],
];

/** Reads one clause; false when none stands here. */
function readClause(reader: TokenReader, clauses: Clauses): boolean {
  const position = reader.position();
  const once = (key: keyof Clauses, name: string): void => {
    if (clauses[key] !== undefined)
      throw new QueryError('syntaxError', `${name} specified more than once`, { position });
  };
  if (reader.accept('comment')) {
    once('comment', 'COMMENT');
    clauses.comment = reader.expectString('a comment in quotes');
  } else if (reader.accept('partitioned', 'by')) {
    once('partitionColumns', 'PARTITIONED BY');
    clauses.partitionColumns = readColumns(reader);
  } else if (reader.accept('row', 'format')) {
    once('rowFormat', 'ROW FORMAT');
    clauses.rowFormat = readRowFormat(reader);
  } else if (reader.accept('stored', 'as')) {
    once('storedAs', 'STORED AS');
    clauses.storedAs = readStoredAs(reader);
  } else if (reader.accept('with', 'serdeproperties')) {
    once('serdeProperties', 'WITH SERDEPROPERTIES');
    clauses.serdeProperties = readProperties(reader);
  } else if (reader.accept('location')) {
    once('location', 'LOCATION');
    clauses.location = reader.expectString('a folder in quotes');
  } else if (reader.accept('tblproperties')) {
    once('properties', 'TBLPROPERTIES');
    clauses.properties = readProperties(reader);
  } else {
    for (const words of UNSUPPORTED)
      if (reader.sees(...words))
        throw reader.unsupported(`${words.join(' ').toUpperCase()} in CREATE EXTERNAL TABLE`);
    return false;
  }
  return true;
}

/**
 * `CREATE EXTERNAL TABLE [IF NOT EXISTS] name (columns) clauses`, Athena's form, clauses in any order.
 *
 * @throws QueryError syntaxError with what was expected, featureNotSupported for formats and clauses we do not read.
 */
export function readCreateExternalTable(reader: TokenReader): StatementBody {
  reader.expect('create', 'external', 'table');
  const ifNotExists = reader.accept('if', 'not', 'exists');
  const name = reader.expectQualifiedName('a table name', 3);
  if (reader.sees('like') || reader.sees('as'))
    throw reader.unsupported('CREATE EXTERNAL TABLE without columns');
  const columnsAt = reader.position();
  const columns = readColumns(reader);
  const clauses: Clauses = {};
  while (readClause(reader, clauses));
  if (!reader.isAtEnd)
    throw reader.unexpected(
      'COMMENT, PARTITIONED BY, ROW FORMAT, STORED AS, WITH SERDEPROPERTIES, LOCATION, TBLPROPERTIES or the end',
    );
  const partitionColumns = clauses.partitionColumns ?? [];
  for (const column of partitionColumns)
    if (columns.some((other) => other.name === column.name))
      throw duplicateColumn(column.name, columnsAt);
  if (clauses.location === undefined) throw reader.unexpected('LOCATION');
  const properties = clauses.properties ?? new Map<string, string>();
  const storage = resolveStorage(
    {
      ...(clauses.rowFormat === undefined ? {} : { layout: clauses.rowFormat.layout }),
      ...(clauses.storedAs === undefined ? {} : { container: clauses.storedAs }),
      serdeProperties: new Map([
        ...(clauses.rowFormat?.serdeProperties ?? []),
        ...(clauses.serdeProperties ?? []),
      ]),
    },
    properties,
  );
  return {
    kind: 'createExternalTable',
    name,
    ifNotExists,
    columns,
    partitionColumns,
    ...(clauses.comment === undefined ? {} : { comment: clauses.comment }),
    storage,
    location: clauses.location,
    properties,
  };
}
