import { ERRORS, QueryError } from '@tributary/sql';
import type { QualifiedName, Statement } from '@tributary/sql';
import { requireRead, requireSchema } from '../access/permissions.ts';
import type { Notice } from '../session/sql-session.ts';
import type { StatementScope } from '../service/statement-scope.ts';
import { SYSTEM_SCHEMA } from '../system/system-tables.ts';
import { MAIN_DATABASE } from '../service/planner-services.ts';
import { refuseMappedSchema, schemaName, written } from './relation-names.ts';
import type { SchemaName } from './relation-names.ts';

type StatementOf<K extends Statement['kind']> = Extract<Statement, { kind: K }>;

const RESERVED = new Set([SYSTEM_SCHEMA, 'information_schema']);

/** CREATE SCHEMA (and Athena's CREATE DATABASE). */
export async function createSchema(
  statement: StatementOf<'createSchema'>,
  scope: StatementScope,
): Promise<readonly Notice[]> {
  const target = newSchemaName(statement.name, scope);
  const created = await scope.services.store.createSchema(
    target.database,
    target.schema,
    scope.user,
    statement.ifNotExists,
  );
  return created ? [] : [exists(target)];
}

/** Throws duplicateSchema, invalidSchemaName. */
function newSchemaName(name: QualifiedName, scope: StatementScope): SchemaName {
  const target = schemaName(name, scope);
  refuseMappedSchema(target, scope);
  if (RESERVED.has(target.schema) || target.schema.startsWith('pg_')) {
    throw new QueryError('invalidSchemaName', `unacceptable schema name "${target.schema}"`, {
      detail: 'The name is reserved for the system.',
    });
  }
  return target;
}

function exists({ schema }: SchemaName): Notice {
  return {
    severity: 'NOTICE',
    sqlstate: ERRORS.duplicateSchema.sqlstate,
    message: `schema "${schema}" already exists, skipping`,
  };
}

/**
 * CREATE EXTERNAL SCHEMA .. FROM POSTGRES: another name for a schema of a configured source. A statement opens no connection: host,
 * port and database must be a source's.
 */
export async function createExternalSchema(
  statement: StatementOf<'createExternalSchema'>,
  scope: StatementScope,
): Promise<readonly Notice[]> {
  const target = newSchemaName(statement.name, scope);
  if (target.database !== MAIN_DATABASE) {
    throw new QueryError('invalidSchemaName', 'external schemas stand in the database "main"', {
      hint: `Write CREATE EXTERNAL SCHEMA main.${target.schema}.`,
    });
  }
  const { host, port, database, schema } = statement;
  const sources = [...(scope.services.querySources?.values() ?? [])];
  const source = sources.find((each) =>
    each.isDatabase?.({ kind: 'postgres', host, port, database }),
  );
  if (source === undefined) {
    throw new QueryError(
      'undefinedObject',
      `no configured source is database "${database}" at ${host}:${port}`,
      {
        hint: 'Statements open no connections: name host, port and database as the url of a source in tributary.yaml does.',
      },
    );
  }
  if (!scope.snapshot.hasSchema(source.source, schema)) {
    throw new QueryError(
      'undefinedSchema',
      `source "${source.source}" has no schema "${schema}" that it shows`,
    );
  }
  const external = { database: source.source, schema };
  const { store } = scope.services;
  const created = await store.createSchema(
    target.database,
    target.schema,
    scope.user,
    statement.ifNotExists,
    external,
  );
  const notices = statement.ignored.map((clause): Notice => ({
    severity: 'NOTICE',
    sqlstate: '00000',
    message: `${clause} has no effect: the access of source "${source.source}" is used`,
  }));
  return created ? notices : [exists(target)];
}

/** DROP SCHEMA (and Athena's DROP DATABASE). */
export async function dropSchemas(
  statement: StatementOf<'dropSchema'>,
  scope: StatementScope,
): Promise<readonly Notice[]> {
  const notices: Notice[] = [];
  for (const name of statement.names) {
    const target = schemaName(name, scope);
    requireSchema(scope, target);
    for (const relation of scope.snapshot.relations(target.database, target.schema)) {
      requireRead(scope, relation);
    }
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
