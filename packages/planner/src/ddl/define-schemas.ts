import { ERRORS, QueryError } from '@tributary/sql';
import type { Statement } from '@tributary/sql';
import type { Notice } from '../session/sql-session.ts';
import type { StatementScope } from '../service/statement-scope.ts';
import { SYSTEM_SCHEMA } from '../system/system-tables.ts';
import { refuseMappedSchema, schemaName, written } from './relation-names.ts';

type StatementOf<K extends Statement['kind']> = Extract<Statement, { kind: K }>;

const RESERVED = new Set([SYSTEM_SCHEMA, 'information_schema']);

/** CREATE SCHEMA (and Athena's CREATE DATABASE). */
export async function createSchema(
  statement: StatementOf<'createSchema'>,
  scope: StatementScope,
): Promise<readonly Notice[]> {
  const target = schemaName(statement.name, scope);
  refuseMappedSchema(target, scope);
  if (RESERVED.has(target.schema) || target.schema.startsWith('pg_')) {
    throw new QueryError('invalidSchemaName', `unacceptable schema name "${target.schema}"`, {
      detail: 'The name is reserved for the system.',
    });
  }
  const created = await scope.services.store.createSchema(
    target.database,
    target.schema,
    scope.user,
    statement.ifNotExists,
  );
  return created
    ? []
    : [
        {
          severity: 'NOTICE',
          sqlstate: ERRORS.duplicateSchema.sqlstate,
          message: `schema "${target.schema}" already exists, skipping`,
        },
      ];
}

/** DROP SCHEMA (and Athena's DROP DATABASE). */
export async function dropSchemas(
  statement: StatementOf<'dropSchema'>,
  scope: StatementScope,
): Promise<readonly Notice[]> {
  const notices: Notice[] = [];
  for (const name of statement.names) {
    const target = schemaName(name, scope);
    const existed = await scope.services.store.dropSchema(
      target.database,
      target.schema,
      scope.user,
      { ifExists: statement.ifExists, cascade: statement.cascade },
    );
    if (!existed) {
      notices.push({
        severity: 'NOTICE',
        sqlstate: ERRORS.undefinedSchema.sqlstate,
        message: `schema "${written(name)}" does not exist, skipping`,
      });
    }
  }
  return notices;
}
