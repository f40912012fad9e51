import type { TableDefinition } from '@tributary/catalog';
import { BOOL, QueryError, TEXT, formatCreateTable, formatType } from '@tributary/sql';
import type { PlanColumn, SqlType, Statement } from '@tributary/sql';
import { mayRead, mayUseSchema } from '../access/permissions.ts';
import type { TextRowsResult } from '../session/sql-session.ts';
import type { StatementScope } from '../service/statement-scope.ts';
import { schemaAddresses } from '../bind/relation-resolution.ts';
import { MAIN_DATABASE } from '../service/planner-services.ts';
import { existingRelation, existingTable, written } from './relation-names.ts';

const SHOW_KINDS = [
  'showTables',
  'showSchemas',
  'showPartitions',
  'showCreateTable',
  'showColumns',
  'describe',
] as const;

/** A statement that answers what the catalog holds. */
export type ShowStatement = Extract<Statement, { kind: (typeof SHOW_KINDS)[number] }>;

export function isShowStatement(statement: Statement): statement is ShowStatement {
  return (SHOW_KINDS as readonly string[]).includes(statement.kind);
}

const MOST_ROWS = 100_000;

export function outputColumns(
  columns: readonly (readonly [string, SqlType])[],
): readonly PlanColumn[] {
  return columns.map(([name, type], index) => ({ id: index + 1, name, type }));
}

/** Column names and types that a catalog statement answers. */
export function showColumnsOf(kind: ShowStatement['kind']): readonly PlanColumn[] {
  switch (kind) {
    case 'showTables':
      return outputColumns([['tab_name', TEXT]]);
    case 'showSchemas':
      return outputColumns([['database_name', TEXT]]);
    case 'showPartitions':
      return outputColumns([['partition', TEXT]]);
    case 'showCreateTable':
      return outputColumns([['createtab_stmt', TEXT]]);
    case 'showColumns':
      return outputColumns([['field', TEXT]]);
    case 'describe':
      return outputColumns([
        ['col_name', TEXT],
        ['data_type', TEXT],
        ['comment', TEXT],
        ['partition_key', BOOL],
      ]);
  }
}

/** Hive's patterns: `*` for any text, `|` between alternatives; also LIKE's `%`. */
function matcher(pattern: string | undefined): (name: string) => boolean {
  if (pattern === undefined) {
    return () => true;
  }
  const source = pattern
    .split('|')
    .map((each) => each.replaceAll(/[.+?^${}()[\]\\]/g, '\\$&').replaceAll(/[*%]/g, '.*'))
    .join('|');
  const expression = new RegExp(`^(?:${source})$`, 'i');
  return (name) => expression.test(name);
}

function tables(
  statement: ShowStatement & { kind: 'showTables' },
  scope: StatementScope,
): string[] {
  const { schema } = statement;
  const named =
    schema === undefined
      ? scope.searchPath.flatMap((each) => schemaAddresses(scope.snapshot, scope.database, each))
      : schemaAddresses(
          scope.snapshot,
          schema.length > 1 ? (schema[0] ?? '') : scope.database,
          schema.at(-1) ?? '',
        );
  if (schema !== undefined && named.length === 0) {
    throw new QueryError('undefinedSchema', `schema "${written(schema)}" does not exist`);
  }
  return named.flatMap((each) =>
    scope.snapshot
      .relations(each.database, each.schema)
      .filter((relation) => mayRead(scope, relation))
      .map(({ name }) => name),
  );
}

/** Schemas of the session's database; in `main` the sources' schemas under the names they bear there. */
export function visibleSchemas(scope: Pick<StatementScope, 'snapshot' | 'database'>): string[] {
  const { snapshot, database } = scope;
  const own = snapshot.schemas(database);
  if (database !== MAIN_DATABASE) {
    return [...own];
  }
  const mapped = snapshot
    .databases()
    .filter((source) => source !== MAIN_DATABASE)
    .flatMap((source) =>
      snapshot
        .schemas(source)
        .map((schema) =>
          schema === 'default' || schema === 'public' ? source : `${source}_${schema}`,
        ),
    );
  return [...new Set([...own, ...mapped])].sort();
}

/** Whether one of the schemas that a name stands for may be used. */
function isUsable(schema: string, scope: StatementScope): boolean {
  return schemaAddresses(scope.snapshot, scope.database, schema).some((address) =>
    mayUseSchema(scope, address),
  );
}

async function partitions(
  statement: ShowStatement & { kind: 'showPartitions' },
  scope: StatementScope,
): Promise<string[]> {
  const table = existingTable(statement.table, scope);
  if (table.partitionColumns.length === 0) {
    throw new QueryError('wrongObjectType', `table "${table.name}" is not partitioned`);
  }
  const rows: string[] = [];
  for await (const { values } of scope.services.store.partitions(table, new Map())) {
    rows.push(
      table.partitionColumns
        .map(({ name }, index) => `${name}=${values[index] ?? '__HIVE_DEFAULT_PARTITION__'}`)
        .join('/'),
    );
    if (rows.length > MOST_ROWS) {
      throw new QueryError(
        'programLimitExceeded',
        `table "${table.name}" has more than ${MOST_ROWS} registered partitions`,
        { hint: 'Select from tributary.partitions with a predicate.' },
      );
    }
  }
  return rows;
}

function createStatement(table: TableDefinition): string {
  return formatCreateTable({
    ...table,
    name: [table.database, table.schema, table.name],
    properties: Object.entries(table.properties),
  });
}

/** SHOW TABLES / SCHEMAS / PARTITIONS / CREATE TABLE / COLUMNS and DESCRIBE, as Athena answers them. */
export async function showCatalog(
  statement: ShowStatement,
  scope: StatementScope,
): Promise<TextRowsResult & { readonly notices: [] }> {
  const answer = (
    rows: readonly (readonly (string | null)[])[],
  ): TextRowsResult & { notices: [] } => ({
    kind: 'textRows',
    tag: 'SHOW',
    columns: showColumnsOf(statement.kind),
    rows,
    notices: [],
  });
  switch (statement.kind) {
    case 'showTables':
      return answer(
        tables(statement, scope)
          .filter(matcher(statement.like))
          .sort()
          .map((name) => [name]),
      );
    case 'showSchemas':
      return answer(
        visibleSchemas(scope)
          .filter((schema) => isUsable(schema, scope))
          .filter(matcher(statement.like))
          .map((name) => [name]),
      );
    case 'showPartitions':
      return answer((await partitions(statement, scope)).map((each) => [each]));
    case 'showCreateTable':
      return answer([[createStatement(existingTable(statement.table, scope))]]);
    case 'showColumns':
    case 'describe': {
      const relation = existingRelation(statement.table, scope);
      const keys = relation.kind === 'table' ? relation.partitionColumns : [];
      return answer(
        [...relation.columns, ...keys].map((column) =>
          statement.kind === 'showColumns'
            ? [column.name]
            : [
                column.name,
                column.hiveType ?? formatType(column.type),
                column.comment ?? '',
                keys.includes(column) ? 't' : 'f',
              ],
        ),
      );
    }
  }
}
