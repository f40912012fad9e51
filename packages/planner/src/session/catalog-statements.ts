import { QueryError } from '@tributary/sql';
import type { Statement } from '@tributary/sql';
import { changeGrants } from '../access/change-grants.ts';
import { addColumns, createExternalTable, setTableProperties } from '../ddl/define-tables.ts';
import { createExternalSchema, createSchema, dropSchemas } from '../ddl/define-schemas.ts';
import { createView, dropRelations } from '../ddl/define-views.ts';
import { addPartitions, dropPartitions, repairTable } from '../ddl/register-partitions.ts';
import { isShowStatement, showCatalog } from '../ddl/show-catalog.ts';
import type { ShowStatement } from '../ddl/show-catalog.ts';
import type { StatementScope } from '../service/statement-scope.ts';
import type { Notice, StatementResult } from './sql-session.ts';

/** Command tags of the statements that change the catalog. */
const CHANGE_TAGS = {
  createExternalTable: 'CREATE TABLE',
  setTableProperties: 'ALTER TABLE',
  addColumns: 'ALTER TABLE',
  addPartitions: 'ALTER TABLE',
  dropPartitions: 'ALTER TABLE',
  repairTable: 'MSCK REPAIR TABLE',
  dropTable: 'DROP TABLE',
  createView: 'CREATE VIEW',
  dropView: 'DROP VIEW',
  createSchema: 'CREATE SCHEMA',
  createExternalSchema: 'CREATE SCHEMA',
  dropSchema: 'DROP SCHEMA',
  grant: 'GRANT',
} as const;

export type ChangeStatement = Extract<Statement, { kind: keyof typeof CHANGE_TAGS }>;

export function isChange(statement: Statement): statement is ChangeStatement {
  return statement.kind in CHANGE_TAGS;
}

export function changeTag(statement: ChangeStatement): string {
  return statement.kind === 'grant' && statement.revoke ? 'REVOKE' : CHANGE_TAGS[statement.kind];
}

function change(statement: ChangeStatement, scope: StatementScope): Promise<readonly Notice[]> {
  switch (statement.kind) {
    case 'createExternalTable':
      return createExternalTable(statement, scope);
    case 'setTableProperties':
      return setTableProperties(statement, scope);
    case 'addColumns':
      return addColumns(statement, scope);
    case 'addPartitions':
      return addPartitions(statement, scope);
    case 'dropPartitions':
      return dropPartitions(statement, scope);
    case 'repairTable':
      return repairTable(statement, scope);
    case 'dropTable':
    case 'dropView':
      return dropRelations(statement, scope);
    case 'createView':
      return createView(statement, scope);
    case 'createSchema':
      return createSchema(statement, scope);
    case 'createExternalSchema':
      return createExternalSchema(statement, scope);
    case 'dropSchema':
      return dropSchemas(statement, scope);
    case 'grant':
      return changeGrants(statement, scope);
  }
}

export type CatalogStatement = ChangeStatement | ShowStatement;

export function isCatalogStatement(statement: Statement): statement is CatalogStatement {
  return isShowStatement(statement) || isChange(statement);
}

/** What a change of the catalog meets in the session's transaction. */
export interface ChangeContext {
  readonly inBlock: boolean;
  readonly readOnly: boolean;
}

/** Throws `readOnlyTransaction`. The catalog is changed by one statement at a time: a block's ROLLBACK has no say in it. */
function transactionNotices(
  statement: ChangeStatement,
  { inBlock, readOnly }: ChangeContext,
): readonly Notice[] {
  const tag = changeTag(statement);
  if (readOnly) {
    throw new QueryError('readOnlyTransaction', `cannot execute ${tag} in a read-only transaction`);
  }
  return inBlock
    ? [
        {
          severity: 'WARNING',
          sqlstate: '01000',
          message: `${tag} takes effect at once: ROLLBACK does not undo it`,
        },
      ]
    : [];
}

/** Runs a statement that changes or shows the catalog. */
export async function runCatalogStatement(
  statement: CatalogStatement,
  scope: StatementScope,
  context: ChangeContext,
): Promise<StatementResult> {
  if (!isChange(statement)) {
    return showCatalog(statement, scope);
  }
  const warnings = transactionNotices(statement, context);
  const notices = await change(statement, scope);
  return { kind: 'command', tag: changeTag(statement), notices: [...warnings, ...notices] };
}
