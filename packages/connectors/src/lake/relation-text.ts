import type { ColumnDefinition } from '@tributary/catalog';
import { listValue, type EngineValue } from '@tributary/engine';
import { engineType, type ColumnId } from '@tributary/sql';
import { escapeGlob } from './location.ts';
import { valueSequence } from './value-sequence.ts';

/** Up to this many files, partition values are looked up in a constant list; above, the copy of the list per vector costs more than a join. */
const LIST_LIMIT = 256;

/** A row's file by its place in the list, from 0. */
const PLACE = 'f.file_index::BIGINT';

/** A column of the relation, with its place in the files or in the partitions. */
export interface RelationColumn {
  readonly id: ColumnId;
  readonly definition: ColumnDefinition;
}

export interface PartitionColumnSource extends RelationColumn {
  /** Index in the partition columns. */
  readonly index: number;
}

/** How a group of files is read. */
export interface FileReader {
  /** The reader's call for a placeholder of its list of paths. */
  readonly call: (paths: string) => string;
  /** DuckDB text of each file column over the reader's columns, for the text of the list of the files' names. */
  readonly columns: readonly ((names: string) => string)[];
}

/** Files that one call of a reader takes. */
export interface FileGroup {
  readonly reader: FileReader;
  readonly paths: readonly string[];
  /** The files as people know them. */
  readonly names: readonly string[];
  /** The partition values of each path. */
  readonly values: readonly (readonly (string | null)[])[];
}

export interface RelationText {
  readonly text: string;
  readonly parameters: readonly EngineValue[];
}

/** A literal in which no placeholder can be mistaken. */
export function textLiteral(text: string): string {
  if (!text.includes('{')) return `'${text.replaceAll("'", "''")}'`;
  return `E'${text.replaceAll('\\', '\\\\').replaceAll("'", "''").replaceAll('{', '\\x7b')}'`;
}

/** The relation over groups of files; none gives a typed, empty one. */
export function relationText(
  groups: readonly FileGroup[],
  fileColumns: readonly RelationColumn[],
  partitionColumns: readonly PartitionColumnSource[],
): RelationText {
  if (groups.length === 0) {
    const columns = [...fileColumns, ...partitionColumns].map(
      ({ id, definition }) => `CAST(NULL AS ${engineType(definition.type)}) AS c${id}`,
    );
    return { text: `(SELECT ${list(columns)} WHERE false)`, parameters: [] };
  }
  const parameters: EngineValue[] = [];
  const bind = (value: EngineValue) => `{${parameters.push(value) - 1}}`;
  const selects = groups.map((group) => groupText(group, fileColumns, partitionColumns, bind));
  return { text: `(${selects.join(' UNION ALL ')})`, parameters };
}

function groupText(
  group: FileGroup,
  fileColumns: readonly RelationColumn[],
  partitionColumns: readonly PartitionColumnSource[],
  bind: (value: EngineValue) => string,
): string {
  const paths = bind(listValue(group.paths.map(escapeGlob)));
  let names: string | undefined;
  const columns = fileColumns.map(({ id }, index) => {
    const value = group.reader.columns[index]?.('{names}') ?? 'NULL';
    if (!value.includes('{names}')) return `${value} AS c${id}`;
    names ??= bind(listValue(group.names));
    return `${value.replaceAll('{names}', names)} AS c${id}`;
  });
  const looked: string[] = [];
  for (const { id, definition, index } of partitionColumns) {
    const type = engineType(definition.type);
    const values = group.values.map((row) => row[index] ?? null);
    const [first] = values;
    if (values.every((value) => value === first)) {
      const value = first === null || first === undefined ? 'NULL' : bind(first);
      columns.push(`CAST(${value} AS ${type}) AS c${id}`);
      continue;
    }
    const sequence = valueSequence(values, definition.type, type, PLACE);
    if (sequence !== undefined) {
      columns.push(`${sequence} AS c${id}`);
    } else if (values.length <= LIST_LIMIT) {
      const constant = bind(listValue(values));
      columns.push(`(CAST(${constant} AS ${type}[]))[${PLACE} + 1] AS c${id}`);
    } else {
      looked.push(`CAST(unnest(${bind(listValue(values))}) AS ${type}) AS p${index}`);
      columns.push(`v.p${index} AS c${id}`);
    }
  }
  const from = `${group.reader.call(paths)} AS f`;
  if (looked.length === 0) return `SELECT ${list(columns)} FROM ${from}`;
  const values = `SELECT ${looked.join(', ')}, unnest(range(${group.paths.length})) AS i`;
  return `SELECT ${list(columns)} FROM ${from} JOIN (${values}) AS v ON ${PLACE} = v.i`;
}

/** A relation of which only the row count matters has one column without meaning. */
function list(columns: readonly string[]): string {
  return columns.length === 0 ? 'true AS present' : columns.join(', ');
}
