import { QueryError, isQueryError } from '@tributary/sql';
import type { ErrorCode, SqlType, Statement } from '@tributary/sql';
import { bindQuery } from '../service/plan-select.ts';
import type { SessionScope } from '../service/statement-scope.ts';
import { catalogUse } from './catalog-engine.ts';
import type { CatalogDescription, CatalogEngine } from './catalog-engine.ts';
import type { Prepared } from './prepared.ts';
import type { StatementResult } from './sql-session.ts';

type SelectStatement = Extract<Statement, { kind: 'select' }>;
type ParameterTypes = readonly (SqlType | undefined)[];

/** Errors of binding that say: perhaps the catalog engine knows it. */
const UNKNOWN_HERE = new Set<ErrorCode>(['undefinedFunction', 'undefinedObject']);

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

/** Why binding here fails in a way that the catalog engine might not; undefined when it binds. */
function unknownHere(
  statement: SelectStatement,
  scope: SessionScope,
  parameterTypes: ParameterTypes,
): Error | undefined {
  try {
    const { tree, qualify, text } = statement;
    bindQuery(tree, scope, { parameterTypes, qualify, text });
    return undefined;
  } catch (error) {
    if (!isQueryError(error) || !UNKNOWN_HERE.has(error.code)) {
      throw error;
    }
    return error;
  }
}

/**
 * What the catalog engine answers for a query that is its own; undefined for all others. Its own are queries over the system
 * catalogs alone, and those without relations that use functions or types only PostgreSQL's catalog knows.
 */
export async function describeByCatalog(
  statement: SelectStatement,
  scope: SessionScope,
  parameterTypes: ParameterTypes,
  signal: AbortSignal,
): Promise<CatalogDescription | undefined> {
  const { catalogEngine } = scope.services;
  const use = catalogUse(statement.tree);
  if (catalogEngine === undefined || use === 'none' || use === 'mixed') {
    return undefined;
  }
  switch (use) {
    case 'noRelations': {
      const failure = unknownHere(statement, scope, parameterTypes);
      return failure === undefined
        ? undefined
        : describe(catalogEngine, statement, scope, parameterTypes, signal).catch(() => {
            throw failure;
          });
    }
    case 'only':
      return describe(catalogEngine, statement, scope, parameterTypes, signal).catch(
        (error: unknown) => {
          throw movedBy(statement.offset, error);
        },
      );
  }
}

function describe(
  catalogEngine: CatalogEngine,
  statement: SelectStatement,
  scope: SessionScope,
  parameterTypes: ParameterTypes,
  signal: AbortSignal,
): Promise<CatalogDescription> {
  return catalogEngine.describe(statement.text, scope, parameterTypes, signal);
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
