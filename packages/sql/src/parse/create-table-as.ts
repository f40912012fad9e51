import type { CreateTableAsStmt, SelectStmt } from '@pgsql/types';
import { QueryError } from '../errors.ts';
import type { QualifiedName } from '../statement.ts';
import { nameOf } from './insert-statement.ts';

/** What CREATE TABLE .. AS says, in PostgreSQL's form. */
export interface CreateTableAsParts {
  readonly name: QualifiedName;
  readonly ifNotExists: boolean;
  readonly columns?: readonly string[];
  readonly withData: boolean;
  readonly query: SelectStmt;
}

/** @throws QueryError featureNotSupported for clauses that tables of files do not have. */
export function createTableAsParts(statement: CreateTableAsStmt): CreateTableAsParts {
  const { into, query, if_not_exists: ifNotExists = false } = statement;
  const refuse = (clause: string, hint?: string): never => {
    throw new QueryError(
      'featureNotSupported',
      `${clause} is not supported`,
      hint === undefined ? {} : { hint },
    );
  };
  if (into?.rel === undefined || query === undefined || !('SelectStmt' in query))
    return refuse('CREATE TABLE .. AS EXECUTE');
  if (into.rel.relpersistence === 't')
    refuse('CREATE TEMPORARY TABLE', 'Create a table in a schema of a lake.');
  if (into.rel.relpersistence === 'u') refuse('CREATE UNLOGGED TABLE');
  if (into.accessMethod !== undefined) refuse('CREATE TABLE .. USING');
  if (into.tableSpaceName !== undefined) refuse('CREATE TABLE .. TABLESPACE');
  if (into.onCommit !== undefined && into.onCommit !== 'ONCOMMIT_NOOP')
    refuse('CREATE TABLE .. ON COMMIT');
  const columns = into.colNames?.map((node) => ('String' in node ? (node.String.sval ?? '') : ''));
  return {
    name: nameOf(into.rel),
    ifNotExists,
    ...(columns === undefined ? {} : { columns }),
    withData: into.skipData !== true,
    query: query.SelectStmt,
  };
}
