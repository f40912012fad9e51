import { QueryError, isQueryError } from '@tributary/sql';
import type { ErrorCode, SqlType, Statement } from '@tributary/sql';
import type { SessionScope } from '../service/statement-scope.ts';
import { catalogUse } from './catalog-engine.ts';
import type { CatalogDescription } from './catalog-engine.ts';
import type { Prepared } from './prepared.ts';
import type { StatementResult } from './sql-session.ts';

type SelectStatement = Extract<Statement, { kind: 'select' }>;
type ParameterTypes = readonly (SqlType | undefined)[];

/** Errors of binding that say: perhaps the catalog engine knows it. */
const UNKNOWN_HERE = new Set<ErrorCode>(['undefinedFunction', 'undefinedObject']);

/** Classes of SQLSTATE that say nothing of the statement: it was cancelled or timed out, resources are short, or a defect. */
const UNAVAILABLE = /^(?:53|57|58|XX)/;

/** An error of a statement's own text, with its position in all of what the client sent. */
function movedBy(offset: number, error: unknown): unknown {
  if (!isQueryError(error) || error.position === undefined || offset === 0) {
    return error;
  }
  return new QueryError(error.code, error.message, {
    cause: error,
    position: error.position + offset,
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    ...(error.detail === undefined ? {} : { detail: error.detail }),
  });
}

/** What the catalog engine answers for a query over the system catalogs alone; undefined for all others. */
export async function describeByCatalog(
  statement: SelectStatement,
  scope: SessionScope,
  parameterTypes: ParameterTypes,
  signal: AbortSignal,
): Promise<CatalogDescription | undefined> {
  const { catalogEngine } = scope.services;
  if (catalogEngine === undefined || catalogUse(statement.tree) !== 'only') {
    return undefined;
  }
  try {
    return await catalogEngine.describe(statement.text, scope, parameterTypes, signal);
  } catch (error) {
    throw movedBy(statement.offset, error);
  }
}

/**
 * What the catalog engine answers for a query without relations whose binding here failed for a function or a type that only
 * PostgreSQL's catalog may know. Throws `failure` where it does not know it either.
 */
export async function describeUnknown(
  statement: SelectStatement,
  failure: unknown,
  scope: SessionScope,
  parameterTypes: ParameterTypes,
  signal: AbortSignal,
): Promise<CatalogDescription> {
  const { catalogEngine } = scope.services;
  if (
    catalogEngine === undefined ||
    !isQueryError(failure) ||
    !UNKNOWN_HERE.has(failure.code) ||
    catalogUse(statement.tree) !== 'noRelations'
  ) {
    throw failure;
  }
  try {
    return await catalogEngine.describe(statement.text, scope, parameterTypes, signal);
  } catch (error) {
    // What the catalog refuses too was reported here first; that it cannot be asked is another matter.
    throw isQueryError(error) && !UNAVAILABLE.test(error.sqlstate) ? failure : error;
  }
}

/** Runs a query that `describeByCatalog` described. */
export async function selectByCatalog(
  prepared: Prepared,
  parameters: readonly (string | null)[],
  scope: SessionScope,
  signal: AbortSignal,
): Promise<StatementResult> {
  const { catalogEngine } = scope.services;
  if (catalogEngine === undefined) {
    throw new QueryError('cannotConnectNow', 'the system catalogs are not available');
  }
  const { text } = prepared.statement;
  const { parameterTypes } = prepared;
  return {
    kind: 'textRows',
    tag: 'SELECT',
    columns: prepared.columns ?? [],
    rows: await catalogEngine.execute(text, parameters, scope, signal, parameterTypes),
    inBinary: (running) =>
      catalogEngine.executeBinary(text, parameters, scope, running, parameterTypes),
    notices: [],
  };
}
