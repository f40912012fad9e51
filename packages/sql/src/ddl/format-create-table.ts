import type { QualifiedName, StorageClause } from '../statement.ts';
import type { SqlType } from '../types/sql-type.ts';
import { hiveStringLiteral } from './hive-string.ts';
import { formatHiveType } from './hive-type.ts';
import { quoteName } from './quote-name.ts';
import { JSON_SERDE, OPEN_CSV_SERDE } from './storage.ts';

interface ColumnParts {
  readonly name: string;
  readonly type: SqlType;
  /** Written as it is; without it, the text of `type`. */
  readonly hiveType?: string;
  readonly comment?: string;
}

/** What a CREATE EXTERNAL TABLE says, from a statement or from a catalog's definition. */
export interface CreateTableParts {
  readonly name: QualifiedName;
  readonly columns: readonly ColumnParts[];
  readonly partitionColumns: readonly ColumnParts[];
  readonly comment?: string;
  readonly storage: StorageClause;
  readonly location: string;
  /** In the order to print: a Map, or the entries of a record. */
  readonly properties: Iterable<readonly [string, string]>;
}

function columnList(columns: readonly ColumnParts[]): string {
  const lines = columns.map(({ name, type, hiveType, comment }) => {
    const note = comment === undefined ? '' : ` COMMENT ${hiveStringLiteral(comment)}`;
    return `  ${quoteName(name)} ${hiveType ?? formatHiveType(type)}${note}`;
  });
  return `(\n${lines.join(',\n')})`;
}

function propertyList(properties: Iterable<readonly [string, string]>): string {
  const lines = [...properties].map(
    ([key, value]) => `  ${hiveStringLiteral(key)}=${hiveStringLiteral(value)}`,
  );
  return `(\n${lines.join(',\n')})`;
}

function openCsvProperties({
  delimiter,
  quote,
  escape,
  nullText,
}: StorageClause): [string, string][] {
  const properties: [string, string][] = [
    ['separatorChar', delimiter ?? ','],
    ['quoteChar', quote ?? '"'],
    ['escapeChar', escape ?? '\0'],
  ];
  if (nullText !== undefined) properties.push(['serialization.null.format', nullText]);
  return properties;
}

function storageLines(storage: StorageClause): string[] {
  switch (storage.format) {
    case 'parquet':
      return ['STORED AS PARQUET'];
    case 'json':
      return [`ROW FORMAT SERDE ${hiveStringLiteral(JSON_SERDE)}`, 'STORED AS TEXTFILE'];
    case 'csv': {
      const { delimiter = '\u0001', quote, escape, nullText } = storage;
      if (quote !== undefined)
        return [
          `ROW FORMAT SERDE ${hiveStringLiteral(OPEN_CSV_SERDE)}`,
          `WITH SERDEPROPERTIES ${propertyList(openCsvProperties(storage))}`,
          'STORED AS TEXTFILE',
        ];
      return [
        'ROW FORMAT DELIMITED',
        `  FIELDS TERMINATED BY ${hiveStringLiteral(delimiter)}`,
        ...(escape === undefined ? [] : [`  ESCAPED BY ${hiveStringLiteral(escape)}`]),
        ...(nullText === undefined ? [] : [`  NULL DEFINED AS ${hiveStringLiteral(nullText)}`]),
        'STORED AS TEXTFILE',
      ];
    }
  }
}

/**
 * The CREATE EXTERNAL TABLE statement of a table, as SHOW CREATE TABLE answers; `parseStatements` reads the same parts back.
 *
 * @throws QueryError featureNotSupported for a column without `hiveType` whose type Hive lacks.
 */
export function formatCreateTable(parts: CreateTableParts): string {
  const properties = [...parts.properties];
  return [
    `CREATE EXTERNAL TABLE ${parts.name.map(quoteName).join('.')}${columnList(parts.columns)}`,
    ...(parts.comment === undefined ? [] : [`COMMENT ${hiveStringLiteral(parts.comment)}`]),
    ...(parts.partitionColumns.length === 0
      ? []
      : [`PARTITIONED BY ${columnList(parts.partitionColumns)}`]),
    ...storageLines(parts.storage),
    'LOCATION',
    `  ${hiveStringLiteral(parts.location)}`,
    ...(properties.length === 0 ? [] : [`TBLPROPERTIES ${propertyList(properties)}`]),
  ].join('\n');
}
