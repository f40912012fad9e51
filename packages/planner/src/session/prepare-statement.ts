import { QueryError } from '@tributary/sql';
import type { CopyFormat, PlanColumn, SqlType, Statement } from '@tributary/sql';
import type { BoundSelect } from '../bind/bind-context.ts';
import { existingTable } from '../ddl/relation-names.ts';
import { isShowStatement, showColumnsOf } from '../ddl/show-catalog.ts';
import { explainColumns } from '../explain/explain-select.ts';
import { bindQuery } from '../service/plan-select.ts';
import type { SessionScope } from '../service/statement-scope.ts';
import { insertTargets, typedQuery } from '../write/assign-rows.ts';
import { columnsOf } from '../write/insert-rows.ts';
import { backendQuery } from './backend-calls.ts';
import { withCatalogRows } from './catalog-rows.ts';
import { describeByCatalog, describeUnknown } from './catalog-routing.ts';
import type { Prepared } from './prepared.ts';
import { sessionColumns } from './session-statements.ts';
import { settingQuery } from './setting-calls.ts';

type Select = Extract<Statement, { kind: 'select' }>;
type ParameterTypes = readonly (SqlType | undefined)[];

/** What preparing a statement needs of its session. */
export interface PreparingSession {
  readonly namedStatements: ReadonlyMap<string, Prepared>;
  setting(name: string): string | undefined;
  /** The catalog, the settings and the moment that a statement sees. */
  scope(): Promise<SessionScope>;
}

/** Binds a statement without touching data: what parameters it takes, and what columns it answers. */
export async function prepareStatement(
  statement: Statement,
  parameterTypes: ParameterTypes,
  session: PreparingSession,
  signal: AbortSignal,
): Promise<Prepared> {
  const none = { statement, parameterTypes, parameters: [], bound: undefined };
  switch (statement.kind) {
    case 'select':
      return prepareSelect(statement, parameterTypes, session, signal);
    case 'explain': {
      const inner = await prepareStatement(statement.statement, parameterTypes, session, signal);
      return { ...inner, statement, columns: explainColumns(statement.format) };
    }
    case 'copy': {
      const inner = await prepareStatement(statement.statement, [], session, signal);
      if (inner.parameters.length > 0) {
        throw new QueryError('undefinedParameter', 'there is no parameter $1');
      }
      checkForceQuote(statement.format, inner.columns ?? []);
      return { ...none, columns: undefined, inner };
    }
    case 'declareCursor':
    case 'createTableAs':
    case 'unload':
    case 'insert': {
      const query =
        statement.kind === 'insert'
          ? typedInsert(statement, await session.scope())
          : statement.statement;
      const inner = await prepareStatement(query, parameterTypes, session, signal);
      return { ...none, parameters: inner.parameters, columns: undefined, inner };
    }
    case 'execute':
      return { ...none, columns: session.namedStatements.get(statement.name)?.columns };
    default:
      return {
        ...none,
        columns: isShowStatement(statement)
          ? showColumnsOf(statement.kind)
          : sessionColumns(statement),
      };
  }
}

async function prepareSelect(
  statement: Select,
  parameterTypes: ParameterTypes,
  session: PreparingSession,
  signal: AbortSignal,
): Promise<Prepared> {
  const none = { statement, parameterTypes, bound: undefined };
  const settings = settingQuery(statement.tree, (name) => session.setting(name) !== undefined);
  if (settings !== undefined) {
    const { parameters, columns } = settings;
    return { ...none, parameters, columns, settingQuery: settings };
  }
  const backends = backendQuery(statement.tree);
  if (backends !== undefined) {
    const { parameters, columns } = backends;
    return { ...none, parameters, columns, backendQuery: backends };
  }
  const scope = await session.scope();
  const described = await describeByCatalog(statement, scope, parameterTypes, signal);
  if (described !== undefined) {
    return { ...none, ...described, byCatalog: true };
  }
  const filled = await withCatalogRows(statement, scope, signal);
  const { tree, qualify, text } = filled;
  let select: BoundSelect;
  try {
    select = bindQuery(tree, scope, { parameterTypes, qualify, text });
  } catch (error) {
    const known = await describeUnknown(statement, error, scope, parameterTypes, signal);
    return { ...none, ...known, byCatalog: true };
  }
  const catalogVersion = scope.snapshot.version;
  return {
    statement: filled,
    parameterTypes,
    parameters: select.parameters,
    columns: select.plan.columns,
    bound: { catalogVersion, facts: scope.bindingFacts, select },
    ...(filled === statement ? {} : { mixed: { statement, catalogVersion } }),
  };
}

/** The query of an INSERT, with its open literals and parameters of the columns' types. */
function typedInsert(
  statement: Extract<Statement, { kind: 'insert' }>,
  scope: SessionScope,
): Select {
  const { statement: query } = statement;
  if (query.kind !== 'select') {
    throw new QueryError('internalError', 'an INSERT holds no query');
  }
  const targets = insertTargets(statement, columnsOf(existingTable(statement.table, scope)));
  return { ...query, tree: typedQuery(query.tree, targets) };
}

/** Throws `undefinedColumn` for a column that COPY's query does not have. */
function checkForceQuote(format: CopyFormat, columns: readonly PlanColumn[]): void {
  if (format.kind !== 'csv' || format.forceQuote === 'all') {
    return;
  }
  const missing = format.forceQuote.find((name) => !columns.some((each) => each.name === name));
  if (missing !== undefined) {
    throw new QueryError('undefinedColumn', `column "${missing}" does not exist`);
  }
}
