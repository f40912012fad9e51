import { randomUUID } from 'node:crypto';
import { escapeHivePath } from '@tributary/catalog';
import type { ColumnDefinition, NewTable, RelationName, TableDefinition } from '@tributary/catalog';
import {
  ERRORS,
  QueryError,
  formatHiveType,
  isQueryError,
  parseHiveType,
  typeLabel,
} from '@tributary/sql';
import type { OptionValue, Plan, SqlType, Statement } from '@tributary/sql';
import { refuseHiddenLocation } from '../access/hidden-locations.ts';
import { refuseDuplicates } from '../ddl/define-tables.ts';
import { findRelation, newRelationName, sourceOf } from '../ddl/relation-names.ts';
import type { StatementScope } from '../service/statement-scope.ts';
import type { StatementResult } from '../session/sql-session.ts';
import { assignRows } from './assign-rows.ts';
import { FILE_SIZE, SORTED_BY, parquetCompression, tableLayout } from './file-layout.ts';
import { columnsOf, placeRows } from './insert-rows.ts';
import { stageRows } from './stage-rows.ts';
import type { StagedRows } from './stage-rows.ts';
import { writableSource } from './write-access.ts';

type CreateTableAs = Extract<Statement, { kind: 'createTableAs' }>;

const TAG = 'CREATE TABLE AS';

/** What Athena's WITH says of a new table. */
interface TableOptions {
  readonly partitionColumns: readonly string[];
  readonly location: string | undefined;
  readonly properties: Readonly<Record<string, string>>;
}

function oneText(name: string, value: OptionValue): string {
  if (typeof value === 'string') return value;
  throw new QueryError('invalidTableProperty', `property "${name}" takes one value`);
}

function list(value: OptionValue): readonly string[] {
  return typeof value === 'string' ? value.split(',').map((each) => each.trim()) : value;
}

const HINT =
  'Properties: format, partitioned_by, external_location, parquet_compression, write_compression, sorted_by, target_file_size.';

/** Throws featureNotSupported for properties that ask for other tables than we write, invalidTableProperty. */
function tableOptions(options: CreateTableAs['options']): TableOptions {
  let partitionColumns: readonly string[] = [];
  let location: string | undefined;
  const properties: Record<string, string> = {};
  for (const [name, value] of options) {
    switch (name) {
      case 'format':
        if (oneText(name, value).toLowerCase() !== 'parquet') {
          throw new QueryError(
            'featureNotSupported',
            `tables in format ${oneText(name, value).toUpperCase()} are not written`,
            { hint: "Use format = 'PARQUET'; UNLOAD writes CSV and JSON." },
          );
        }
        break;
      case 'table_type':
        if (oneText(name, value).toLowerCase() !== 'hive') {
          throw new QueryError('featureNotSupported', 'only Hive tables are written', {
            hint: HINT,
          });
        }
        break;
      case 'is_external':
        if (value !== 'true') {
          throw new QueryError('featureNotSupported', 'only external tables are written', {
            hint: HINT,
          });
        }
        break;
      case 'parquet_compression':
      case 'write_compression':
        properties['parquet.compression'] = parquetCompression(oneText(name, value));
        break;
      case 'partitioned_by':
        partitionColumns = list(value);
        break;
      case 'external_location':
        location = oneText(name, value);
        break;
      case 'sorted_by':
        properties[SORTED_BY] = list(value).join(',');
        break;
      case 'target_file_size':
        properties[FILE_SIZE] = oneText(name, value);
        break;
      case 'bucketed_by':
      case 'bucket_count':
        throw new QueryError('featureNotSupported', 'bucketed tables are not written', {
          hint: 'sorted_by lets readers skip row groups; partitioned_by whole files.',
        });
      default:
        throw new QueryError('featureNotSupported', `table property "${name}" is not supported`, {
          hint: HINT,
        });
    }
  }
  return { partitionColumns, location, properties };
}

/** The type of a file's column that holds values of `type`. */
function fileColumn(name: string, type: SqlType): ColumnDefinition {
  const wanted: SqlType =
    type.kind === 'scalar' && (type.name === 'unknown' || type.name === 'name')
      ? { kind: 'scalar', name: 'text', typmod: -1 }
      : type;
  try {
    return {
      name,
      type: parseHiveType(formatHiveType(wanted)).type,
      hiveType: formatHiveType(wanted),
    };
  } catch (error) {
    if (!isQueryError(error) || error.code !== 'featureNotSupported') throw error;
    throw new QueryError(
      'featureNotSupported',
      `column "${name}" is of type ${typeLabel(type)}, which files of a lake do not hold`,
      { cause: error, hint: `Cast it: CAST(${name} AS text).` },
    );
  }
}

/** The columns as the query names them, or as the statement does; partition columns are taken out. */
function columnDefinitions(
  statement: CreateTableAs,
  query: Plan,
  partitions: readonly string[],
): Pick<NewTable, 'columns' | 'partitionColumns'> & { readonly names: readonly string[] } {
  const given = statement.columns ?? [];
  if (given.length > query.columns.length) {
    throw new QueryError('syntaxError', 'too many column names were specified');
  }
  const all = query.columns.map(({ name, type }, at) => fileColumn(given[at] ?? name, type));
  refuseDuplicates(all);
  if (new Set(partitions).size < partitions.length) {
    throw new QueryError('duplicateColumn', 'partitioned_by names a column more than once');
  }
  const partitionColumns = partitions.map((name) => {
    const found = all.find((column) => column.name === name);
    if (found === undefined) {
      throw new QueryError(
        'undefinedColumn',
        `partitioned_by names "${name}", which the query lacks`,
      );
    }
    if (found.type.kind !== 'scalar' || found.type.name === 'bytea') {
      throw new QueryError(
        'featureNotSupported',
        `column "${name}" of type ${typeLabel(found.type)} cannot name partitions`,
      );
    }
    return found;
  });
  const columns = all.filter((column) => !partitionColumns.includes(column));
  if (columns.length === 0) {
    throw new QueryError('syntaxError', 'a table needs a column beside those it is partitioned by');
  }
  return { columns, partitionColumns, names: all.map(({ name }) => name) };
}

function skipped(name: string): StatementResult {
  return {
    kind: 'command',
    tag: TAG,
    notices: [
      {
        severity: 'NOTICE',
        sqlstate: ERRORS.duplicateTable.sqlstate,
        message: `relation "${name}" already exists, skipping`,
      },
    ],
  };
}

function newLocation({ schema, name }: RelationName): string {
  return `tables/${escapeHivePath(schema)}/${escapeHivePath(name)}/${randomUUID()}/`;
}

const NO_ROWS: StagedRows = { rows: 0n, partitions: [] };

/**
 * CREATE TABLE .. AS: the rows become files, and the table with its partitions appears when they are complete.
 *
 * @throws QueryError duplicateTable, objectNotInPrerequisiteState for a location where something is already, and as INSERT
 */
export async function createTableAs(
  statement: CreateTableAs,
  query: Plan,
  scope: StatementScope,
): Promise<StatementResult> {
  const target = newRelationName(statement.name, scope);
  const connector = sourceOf(target, scope);
  if (findRelation(statement.name, scope) !== undefined) {
    if (statement.ifNotExists) return skipped(target.name);
    throw new QueryError('duplicateTable', `relation "${target.name}" already exists`);
  }
  const source = writableSource(connector.source, scope);
  const options = tableOptions(statement.options);
  const { names, ...columns } = columnDefinitions(statement, query, options.partitionColumns);
  // A name that is used again gets a place of its own: dropping a table leaves its files.
  const place = options.location ?? newLocation(target);
  const table: TableDefinition = {
    kind: 'table',
    ...target,
    ...columns,
    source: connector.source,
    storage: { format: 'parquet' },
    location: await connector.resolveLocation(place),
    properties: options.properties,
    id: '',
    version: 0,
  };
  refuseHiddenLocation(table.location, scope);
  const layout = tableLayout(table);
  if (!(await source.writer.isEmpty(table.location, scope.signal))) {
    throw new QueryError('objectNotInPrerequisiteState', `'${table.location}' is not empty`, {
      hint: 'Choose an empty external_location, or leave it out.',
    });
  }
  const all = columnsOf(table);
  const targets = names.flatMap((name) => all.find((column) => column.name === name) ?? []);
  const write = await source.writer.begin(scope.signal);
  try {
    const staged = statement.withData
      ? await stageRows(assignRows(query, targets, all, scope), layout, write, scope)
      : NO_ROWS;
    const { files, added } = await placeRows(staged, table, layout, source, scope);
    const { id: _id, version: _version, ...definition } = table;
    await write.publish(files, {
      location: table.location,
      mustBeEmpty: true,
      created: {
        table: { ...target, location: table.location },
        register: async () => {
          await scope.services.store.createTable(definition, scope.user, false, added);
        },
        undo: async () => {
          await scope.services.store.dropRelation(target, 'table', scope.user, true);
        },
      },
    });
    const tag = statement.withData ? `SELECT ${staged.rows}` : TAG;
    return { kind: 'command', tag, notices: [] };
  } catch (error) {
    if (statement.ifNotExists && isQueryError(error) && error.code === 'duplicateTable') {
      return skipped(target.name);
    }
    throw error;
  } finally {
    await write.discard();
  }
}
