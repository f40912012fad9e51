import type { InsertStmt, Node, RangeVar, SelectStmt } from '@pgsql/types';
import { QueryError } from '../errors.ts';
import type { QualifiedName } from '../statement.ts';

/** What an INSERT says, its query with the WITH that may stand before it. */
export interface InsertParts {
  readonly table: QualifiedName;
  readonly columns?: readonly string[];
  readonly query: SelectStmt;
}

/** 1 to 3 parts. */
export function nameOf({ catalogname, schemaname, relname }: RangeVar): QualifiedName {
  return [catalogname, schemaname, relname].filter((part) => part !== undefined);
}

function unsupported(clause: string, hint?: string): QueryError {
  return new QueryError(
    'featureNotSupported',
    `INSERT .. ${clause} is not supported`,
    hint === undefined ? {} : { hint },
  );
}

/** Tables have no defaults but NULL. */
function withoutDefaults(row: Node): Node {
  if (!('List' in row)) return row;
  const items = (row.List.items ?? []).map((item): Node =>
    'SetToDefault' in item ? { A_Const: { isnull: true } } : item,
  );
  return { List: { items } };
}

/**
 * @throws QueryError featureNotSupported for clauses that writing files does not know, syntaxError for subscripted columns.
 */
export function insertParts(statement: InsertStmt): InsertParts {
  const { relation, cols, selectStmt, withClause } = statement;
  if (statement.returningClause !== undefined) throw unsupported('RETURNING');
  if (statement.onConflictClause !== undefined)
    throw unsupported('ON CONFLICT', 'Tables of a lake have no keys: rows are only added.');
  if (statement.override !== undefined && statement.override !== 'OVERRIDING_NOT_SET')
    throw unsupported('OVERRIDING');
  if (selectStmt === undefined || !('SelectStmt' in selectStmt))
    throw unsupported('DEFAULT VALUES');
  if (relation === undefined) throw unsupported('without a table');
  const columns = cols?.map((col) => {
    if (!('ResTarget' in col) || col.ResTarget.indirection !== undefined)
      throw new QueryError('syntaxError', 'INSERT takes whole columns');
    return col.ResTarget.name ?? '';
  });
  let query = selectStmt.SelectStmt;
  if (query.valuesLists !== undefined)
    query = { ...query, valuesLists: query.valuesLists.map(withoutDefaults) };
  if (withClause !== undefined) {
    if (query.withClause !== undefined) throw unsupported('with two WITH clauses');
    query = { ...query, withClause };
  }
  return { table: nameOf(relation), ...(columns === undefined ? {} : { columns }), query };
}
