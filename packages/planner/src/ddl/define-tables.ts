import { checkProjection, declaredKeys, templateBase } from '@tributary/catalog';
import type { ColumnDefinition, NewTable, TableDefinition } from '@tributary/catalog';
import type { Connector } from '@tributary/connectors';
import { ERRORS, QueryError, isQueryError } from '@tributary/sql';
import type { ColumnClause, Statement } from '@tributary/sql';
import { checkTimeProperties } from '../reuse/time-axis.ts';
import { refuseHiddenLocation } from '../access/hidden-locations.ts';
import type { Notice } from '../session/sql-session.ts';
import type { StatementScope } from '../service/statement-scope.ts';
import { existingTable, newRelationName, sourceOf } from './relation-names.ts';

type StatementOf<K extends Statement['kind']> = Extract<Statement, { kind: K }>;

const MOST_COLUMNS = 1600;
/** PostgreSQL's class of warnings that are no error. */
const GENERAL_WARNING = '01000';

function columnDefinitions(clauses: readonly ColumnClause[]): readonly ColumnDefinition[] {
  return clauses.map(({ name, type, hiveType, comment }) => ({
    name,
    type,
    hiveType,
    ...(comment === undefined ? {} : { comment }),
  }));
}

/** Throws tooManyColumns, duplicateColumn (names differ by more than case). */
export function refuseDuplicates(columns: readonly { readonly name: string }[]): void {
  if (columns.length > MOST_COLUMNS) {
    throw new QueryError('tooManyColumns', `tables can have at most ${MOST_COLUMNS} columns`);
  }
  const seen = new Set<string>();
  for (const { name } of columns) {
    if (seen.has(name.toLowerCase())) {
      throw new QueryError('duplicateColumn', `column "${name}" specified more than once`);
    }
    seen.add(name.toLowerCase());
  }
}

async function propertyNotices(
  table: TableDefinition,
  connector: Connector | undefined,
): Promise<readonly Notice[]> {
  const warnings = checkProjection(table);
  const notices = warnings.map(({ code, message, hint }): Notice => ({
    severity: 'WARNING',
    sqlstate: code === undefined ? GENERAL_WARNING : ERRORS[code].sqlstate,
    message,
    ...(hint === undefined ? {} : { hint }),
  }));
  for (const { message, hint } of checkTimeProperties(table)) {
    notices.push({ severity: 'WARNING', sqlstate: GENERAL_WARNING, message, hint });
  }
  for (const { property, why } of declaredKeys(table).problems) {
    notices.push({
      severity: 'WARNING',
      sqlstate: GENERAL_WARNING,
      message: `property "${property}" ${why} (table ${table.schema}.${table.name})`,
      hint: "Such as 'id' for a primary key, '(app_id) references warehouse.apps (id), country references countries (code)' for foreign keys.",
    });
  }
  const base = templateBase(table);
  const works = warnings.every(({ code }) => code === undefined);
  if (base !== undefined && works && connector !== undefined && !(await isInside(base, connector)))
    notices.push({
      severity: 'WARNING',
      sqlstate: GENERAL_WARNING,
      message: `storage.location.template leads outside the root of the source "${connector.source}": its partitions have no files (table ${table.schema}.${table.name})`,
      hint: `Begin it as the table's location, '${table.location}'.`,
    });
  return notices;
}

/** Throws insufficientPrivilege where the table's rows would be those of one that the reader may not read. */
function refuseHiddenPlaces(table: TableDefinition, scope: StatementScope): void {
  refuseHiddenLocation(table.location, scope);
  const base = templateBase(table);
  if (base !== undefined) refuseHiddenLocation(base, scope);
}

/** Whether locations that begin so are listed: they are taken as they stand, not from the root as a LOCATION is. */
async function isInside(base: string, connector: Connector): Promise<boolean> {
  try {
    return (await connector.resolveLocation(base)) === base;
  } catch (error) {
    if (isQueryError(error)) return false;
    throw error;
  }
}

/** CREATE EXTERNAL TABLE. What Athena finds out only at query time is told now, as warnings. */
export async function createExternalTable(
  statement: StatementOf<'createExternalTable'>,
  scope: StatementScope,
): Promise<readonly Notice[]> {
  const target = newRelationName(statement.name, scope);
  const connector = sourceOf(target, scope);
  refuseDuplicates([...statement.columns, ...statement.partitionColumns]);
  if (statement.columns.length === 0) {
    throw new QueryError('syntaxError', `table "${target.name}" needs at least one column`);
  }
  const location = await connector.resolveLocation(statement.location);
  const table: NewTable = {
    kind: 'table',
    ...target,
    source: connector.source,
    columns: columnDefinitions(statement.columns),
    partitionColumns: columnDefinitions(statement.partitionColumns),
    storage: statement.storage,
    location,
    properties: Object.fromEntries(statement.properties),
    ...(statement.comment === undefined ? {} : { comment: statement.comment }),
  };
  refuseHiddenPlaces({ ...table, id: '', version: 0 }, scope);
  const warnings = await propertyNotices({ ...table, id: '', version: 0 }, connector);
  const created = await scope.services.store.createTable(table, scope.user, statement.ifNotExists);
  if (!created) {
    return [
      {
        severity: 'NOTICE',
        sqlstate: ERRORS.duplicateTable.sqlstate,
        message: `relation "${target.name}" already exists, skipping`,
      },
    ];
  }
  return warnings;
}

/** ALTER TABLE .. SET TBLPROPERTIES. */
export async function setTableProperties(
  statement: StatementOf<'setTableProperties'>,
  scope: StatementScope,
): Promise<readonly Notice[]> {
  const table = existingTable(statement.table, scope);
  const properties = { ...table.properties, ...Object.fromEntries(statement.properties) };
  refuseHiddenPlaces({ ...table, properties }, scope);
  const warnings = await propertyNotices(
    { ...table, properties },
    scope.services.connectors.get(table.source),
  );
  await scope.services.store.setProperties(table, statement.properties, scope.user, table.version);
  return warnings;
}

/** ALTER TABLE .. ADD COLUMNS. */
export async function addColumns(
  statement: StatementOf<'addColumns'>,
  scope: StatementScope,
): Promise<readonly Notice[]> {
  const table = existingTable(statement.table, scope);
  refuseDuplicates([...table.columns, ...table.partitionColumns, ...statement.columns]);
  await scope.services.store.addColumns(
    table,
    columnDefinitions(statement.columns),
    scope.user,
    table.version,
  );
  return [];
}
