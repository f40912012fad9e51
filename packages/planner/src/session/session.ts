import type { Node } from '@pgsql/types';
import { ERRORS, QueryError, isQueryError } from '@tributary/sql';
import type { CopyFormat, PlanColumn, SqlType, Statement } from '@tributary/sql';
import type { BoundSelect } from '../bind/bind-context.ts';
import { showColumnsOf } from '../ddl/show-catalog.ts';
import { explainColumns, explainSelect } from '../explain/explain-select.ts';
import { constantRows } from '../execute/constant-rows.ts';
import { runPlan } from '../execute/run-plan.ts';
import { MAIN_DATABASE } from '../service/planner-services.ts';
import type { PlannerServices } from '../service/planner-services.ts';
import { CONSTANT_ROWS } from '../rules/rules.ts';
import { leadPlan } from '../service/lead-plan.ts';
import { bindQuery, optimize, substituteParameters } from '../service/plan-select.ts';
import { withDigitsOfValues } from '../service/parameter-digits.ts';
import type { QueryRecord } from '../service/query-log.ts';
import { runContext } from '../service/run-context.ts';
import { settingFacts } from '../service/statement-scope.ts';
import type { SessionScope, StatementScope } from '../service/statement-scope.ts';
import { withCatalogRows } from './catalog-rows.ts';
import { describeByCatalog, selectByCatalog } from './catalog-routing.ts';
import { isCatalogStatement, runCatalogStatement } from './catalog-statements.ts';
import { backendQuery, runBackendQuery } from './backend-calls.ts';
import { executeArguments } from './execute-arguments.ts';
import type { Prepared } from './prepared.ts';
import { runSessionStatement, sessionColumns } from './session-statements.ts';
import { runSettingQuery, settingQuery } from './setting-calls.ts';
import { callProcedure } from './procedures.ts';
import { Settings } from './settings.ts';
import { existingTable } from '../ddl/relation-names.ts';
import { insertTargets, typedQuery } from '../write/assign-rows.ts';
import { columnsOf } from '../write/insert-rows.ts';
import { writeStatement } from '../write/write-statement.ts';
import type { WriteStatement } from '../write/write-statement.ts';
import { Transaction } from './transaction.ts';
import type {
  Backends,
  Delivery,
  PreparedStatement,
  SqlSession,
  StatementResult,
  TransactionState,
} from './sql-session.ts';

let nextSessionId = 1;

const NEVER = new AbortController().signal;

/** A query's rows under another tag, on their way elsewhere. */
function deliver(result: StatementResult, tag: string, delivery: Delivery): StatementResult {
  return result.kind === 'command' ? result : { ...result, tag, delivery };
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

/** One client's session over the shared services. */
export class Session implements SqlSession {
  readonly user: string;
  readonly settings: Settings;
  readonly id = nextSessionId++;
  readonly database: string;
  readonly #services: PlannerServices;
  readonly #transaction = new Transaction();
  readonly #named = new Map<string, Prepared>();
  #last: QueryRecord | undefined;
  onSettingChanged: ((name: string, value: string) => void) | undefined;
  backends: Backends | undefined;

  private constructor(
    services: PlannerServices,
    user: string,
    database: string,
    startup: ReadonlyMap<string, string>,
  ) {
    this.#services = services;
    this.user = user;
    this.database = database;
    this.settings = new Settings(
      new Map([...(services.settingDefaults ?? []), ...startup, ['session_authorization', user]]),
      (name, value) => this.onSettingChanged?.(name, value),
    );
  }

  /**
   * `startup`: the client's startup parameters. A database that does not exist is refused, except the user's own name, which
   * clients send when none was asked for: it means `main`.
   */
  static async open(
    services: PlannerServices,
    user: string,
    startup: ReadonlyMap<string, string>,
  ): Promise<Session> {
    const asked = startup.get('database') ?? MAIN_DATABASE;
    const { databases } = await services.store
      .snapshot()
      .then((each) => ({ databases: each.databases() }));
    if (!databases.includes(asked) && asked !== user) {
      throw new QueryError('undefinedDatabase', `database "${asked}" does not exist`, {
        hint: `Databases: ${databases.join(', ')}.`,
      });
    }
    return new Session(services, user, databases.includes(asked) ? asked : MAIN_DATABASE, startup);
  }

  get transaction(): TransactionState {
    return this.#transaction.state;
  }

  get transactionBlock(): Transaction {
    return this.#transaction;
  }

  get namedStatements(): Map<string, Prepared> {
    return this.#named;
  }

  setting(name: string): string | undefined {
    try {
      return this.settings.get(name);
    } catch {
      return undefined;
    }
  }

  async parse(text: string): Promise<readonly Statement[]> {
    return this.#services.statements.parse(text);
  }

  async prepare(
    statement: Statement,
    parameterTypes: readonly (SqlType | undefined)[],
    signal: AbortSignal = NEVER,
  ): Promise<Prepared> {
    this.#transaction.refuseWhenFailed(statement.kind);
    const none = { statement, parameterTypes, parameters: [], bound: undefined };
    switch (statement.kind) {
      case 'select': {
        const settings = settingQuery(statement.tree, (name) => this.setting(name) !== undefined);
        if (settings !== undefined) {
          const { parameters, columns } = settings;
          return { ...none, parameters, columns, settingQuery: settings };
        }
        const backends = backendQuery(statement.tree);
        if (backends !== undefined) {
          const { parameters, columns } = backends;
          return { ...none, parameters, columns, backendQuery: backends };
        }
        const scope = await this.#scope();
        const described = await describeByCatalog(statement, scope, parameterTypes, signal);
        if (described !== undefined) {
          return { ...none, ...described, byCatalog: true };
        }
        const filled = await withCatalogRows(statement, scope, signal);
        const select = bindQuery(filled.tree, scope, {
          parameterTypes,
          qualify: filled.qualify,
          text: filled.text,
        });
        const catalogVersion = scope.snapshot.version;
        return {
          statement: filled,
          parameterTypes,
          parameters: select.parameters,
          columns: select.plan.columns,
          bound: { catalogVersion, facts: this.#facts(), select },
          ...(filled === statement ? {} : { mixed: { statement, catalogVersion } }),
        };
      }
      case 'explain': {
        const inner = await this.prepare(statement.statement, parameterTypes, signal);
        return { ...inner, statement, columns: explainColumns(statement.format) };
      }
      case 'copy': {
        const inner = await this.prepare(statement.statement, [], signal);
        if (inner.parameters.length > 0) {
          throw new QueryError('undefinedParameter', 'there is no parameter $1');
        }
        checkForceQuote(statement.format, inner.columns ?? []);
        return { ...none, columns: undefined, inner };
      }
      case 'declareCursor':
      case 'createTableAs':
      case 'unload': {
        const inner = await this.prepare(statement.statement, parameterTypes, signal);
        return { ...none, parameters: inner.parameters, columns: undefined, inner };
      }
      case 'insert': {
        const inner = await this.prepare(
          await this.#typedInsert(statement),
          parameterTypes,
          signal,
        );
        return { ...none, parameters: inner.parameters, columns: undefined, inner };
      }
      case 'execute': {
        const named = this.#named.get(statement.name);
        return { ...none, columns: named?.columns };
      }
      case 'showTables':
      case 'showSchemas':
      case 'showPartitions':
      case 'showCreateTable':
      case 'showColumns':
      case 'describe':
        return { ...none, columns: showColumnsOf(statement.kind) };
      default:
        return { ...none, columns: sessionColumns(statement) };
    }
  }

  async execute(
    prepared: PreparedStatement,
    parameters: readonly (string | null)[],
    signal: AbortSignal,
  ): Promise<StatementResult> {
    const { statement } = prepared;
    this.#transaction.refuseWhenFailed(statement.kind);
    // Sessions answer statements that they prepared themselves.
    const own = prepared as Prepared;
    switch (statement.kind) {
      case 'select':
        if (own.settingQuery !== undefined) {
          return this.#selectSettings(own, parameters);
        }
        if (own.backendQuery !== undefined) {
          const row = runBackendQuery(own.backendQuery, parameters, this.backends);
          return {
            kind: 'textRows',
            tag: 'SELECT',
            columns: own.columns ?? [],
            rows: [row],
            notices: [],
          };
        }
        return own.byCatalog === true
          ? selectByCatalog(own, parameters, await this.#scope(), signal)
          : this.#select(await this.#withPresentCatalog(own), parameters, signal);
      case 'explain':
        return this.#explain(statement, own, parameters, signal);
      case 'copy':
        return deliver(await this.#inner(own, parameters, signal), 'COPY', {
          kind: 'copy',
          format: statement.format,
        });
      case 'insert':
      case 'createTableAs':
      case 'unload':
        return this.#write(statement, own, parameters, signal);
      case 'call':
        return this.#logged(statement, signal, (scope) => callProcedure(statement, scope));
      case 'declareCursor': {
        const { name, binary, hold } = statement;
        const result = await this.#inner(own, parameters, signal);
        return deliver(result, 'DECLARE CURSOR', { kind: 'cursor', name, binary, hold });
      }
      default:
        break;
    }
    if (isCatalogStatement(statement)) {
      return this.#logged(statement, signal, async (scope) => {
        this.#transaction.dropSnapshot();
        return runCatalogStatement(statement, scope, this.#changeContext());
      });
    }
    return runSessionStatement(statement, this, signal);
  }

  /** Values of EXECUTE's arguments, in PostgreSQL's text form of the parameters' types. */
  async constantValues(
    args: readonly Node[],
    types: readonly SqlType[],
    signal: AbortSignal,
  ): Promise<readonly (string | null)[]> {
    return executeArguments(args, types, await this.#scope(), signal);
  }

  fail(): void {
    this.#transaction.fail();
  }

  close(): Promise<void> {
    this.#named.clear();
    this.#transaction.end();
    return Promise.resolve();
  }

  /** The catalog and the moment that a statement sees: in a transaction block those of its first statement. */
  async #scope(): Promise<SessionScope> {
    const { snapshot, now } = await this.#transaction.moment(() => this.#services.store.snapshot());
    return { services: this.#services, snapshot, now, ...this.#ownFacts() };
  }

  #ownFacts(): Omit<SessionScope, 'services' | 'snapshot' | 'now'> {
    return { database: this.database, user: this.user, ...settingFacts(this.settings) };
  }

  /** Settings that a bound plan depends on. */
  #facts(): string {
    return JSON.stringify([this.settings.get('search_path'), this.settings.get('TimeZone')]);
  }

  /** A statement that holds rows of system catalogs, made anew where the catalog has moved on. */
  async #withPresentCatalog(prepared: Prepared): Promise<Prepared> {
    const { mixed, parameterTypes } = prepared;
    if (mixed === undefined) {
      return prepared;
    }
    const { snapshot } = await this.#scope();
    return snapshot.version === mixed.catalogVersion
      ? prepared
      : this.prepare(mixed.statement, parameterTypes);
  }

  #changeContext(): { readonly inBlock: boolean; readonly readOnly: boolean } {
    const inBlock = this.transaction !== 'idle';
    const readOnly =
      this.settings.get('transaction_read_only') === 'on' ||
      (!inBlock && this.settings.get('default_transaction_read_only') === 'on');
    return { inBlock, readOnly };
  }

  /** The query of an INSERT, with its open literals and parameters of the columns' types. */
  async #typedInsert(
    statement: Extract<Statement, { kind: 'insert' }>,
  ): Promise<Extract<Statement, { kind: 'select' }>> {
    const { statement: query } = statement;
    if (query.kind !== 'select') {
      throw new QueryError('internalError', 'an INSERT holds no query');
    }
    const table = existingTable(statement.table, await this.#scope());
    const targets = insertTargets(statement, columnsOf(table));
    return { ...query, tree: typedQuery(query.tree, targets) };
  }

  /** INSERT, CREATE TABLE AS and UNLOAD: the query runs into files, and no row comes here. */
  async #write(
    statement: WriteStatement,
    { inner: prepared }: Prepared,
    parameters: readonly (string | null)[],
    signal: AbortSignal,
  ): Promise<StatementResult> {
    const inner = prepared === undefined ? undefined : await this.#withPresentCatalog(prepared);
    if (inner?.bound === undefined) {
      throw new QueryError(
        'featureNotSupported',
        'rows of the system catalogs and of the session cannot be written',
      );
    }
    return this.#logged(statement, signal, async (scope) => {
      this.#transaction.dropSnapshot();
      const bound = this.#bound(inner, scope, parameters);
      const query = substituteParameters(bound, parameters, scope);
      const { plan } = await optimize(await leadPlan(query, scope), scope);
      return writeStatement(statement, plan, scope, this.#changeContext());
    });
  }

  #inner(
    { inner }: Prepared,
    parameters: readonly (string | null)[],
    signal: AbortSignal,
  ): Promise<StatementResult> {
    if (inner === undefined) {
      throw new QueryError('internalError', 'a statement over a query was not prepared');
    }
    return this.execute(inner, parameters, signal);
  }

  async #begin(text: string, signal: AbortSignal): Promise<StatementScope> {
    const record = this.#services.queries.start({
      sessionId: this.id,
      user: this.user,
      application: this.settings.get('application_name'),
      text,
    });
    try {
      return { ...(await this.#scope()), signal, record, previous: this.#last };
    } catch (error) {
      this.#end(record, error);
      throw error;
    }
  }

  #end(record: QueryRecord, error?: unknown): void {
    if (error === undefined) {
      this.#services.queries.finish(record, 'succeeded');
      return;
    }
    const sqlstate = isQueryError(error)
      ? ERRORS[error.code].sqlstate
      : ERRORS.internalError.sqlstate;
    const cancelled = isQueryError(error) && error.code === 'queryCanceled';
    this.#services.queries.finish(record, cancelled ? 'cancelled' : 'failed', sqlstate);
  }

  async #logged(
    statement: Statement,
    signal: AbortSignal,
    run: (scope: StatementScope) => Promise<StatementResult>,
  ): Promise<StatementResult> {
    const scope = await this.#begin(statement.text, signal);
    this.#last = scope.record;
    try {
      const result = await run(scope);
      this.#end(scope.record);
      return result;
    } catch (error) {
      this.#end(scope.record, error);
      throw error;
    }
  }

  #selectSettings(prepared: Prepared, parameters: readonly (string | null)[]): StatementResult {
    const { settingQuery: query, columns = [] } = prepared;
    const row =
      query === undefined
        ? []
        : runSettingQuery(query, parameters, this.settings, this.transaction !== 'idle');
    return { kind: 'textRows', tag: 'SELECT', columns, rows: [row], notices: [] };
  }

  #bound(
    prepared: Prepared,
    scope: StatementScope,
    parameters: readonly (string | null)[],
  ): BoundSelect {
    const { statement, bound } = prepared;
    const query = statement.kind === 'explain' ? statement.statement : statement;
    if (query.kind !== 'select') {
      throw new QueryError('featureNotSupported', `EXPLAIN of ${query.kind} is not supported`);
    }
    const { tree, qualify, text } = query;
    const bind = (parameterTypes: readonly (SqlType | undefined)[]): BoundSelect =>
      bindQuery(tree, scope, { parameterTypes, qualify, text });
    const select =
      bound?.catalogVersion === scope.snapshot.version && bound.facts === this.#facts()
        ? bound.select
        : bind(prepared.parameterTypes);
    return withDigitsOfValues(select, prepared.parameterTypes, parameters, bind);
  }

  async #explain(
    statement: Extract<Statement, { kind: 'explain' }>,
    prepared: Prepared,
    parameters: readonly (string | null)[],
    signal: AbortSignal,
  ): Promise<StatementResult> {
    if (prepared.byCatalog === true) {
      throw new QueryError(
        'featureNotSupported',
        'EXPLAIN of a statement over the system catalogs is not supported',
      );
    }
    return this.#logged(statement, signal, (scope) => {
      const bound = this.#bound(prepared, scope, parameters);
      return explainSelect(substituteParameters(bound, parameters, scope), scope, statement);
    });
  }

  async #select(
    prepared: Prepared,
    parameters: readonly (string | null)[],
    signal: AbortSignal,
  ): Promise<StatementResult> {
    const scope = await this.#begin(prepared.statement.text, signal);
    try {
      const started = performance.now();
      const bound = this.#bound(prepared, scope, parameters);
      const plan = substituteParameters(bound, parameters, scope);
      scope.record.statistics.planningMs += performance.now() - started;
      // Looking at the statistics must not replace what one wants to look at.
      if (bound.relations.length > 0) {
        this.#last = scope.record;
      }
      const optimized = await optimize(await leadPlan(plan, scope), scope);
      const answer = { columns: bound.plan.columns, tag: 'SELECT', notices: [] } as const;
      const off = scope.rulesOff.has('all') || scope.rulesOff.has(CONSTANT_ROWS);
      const rows = off ? undefined : constantRows(optimized.plan);
      if (rows !== undefined) {
        this.#end(scope.record);
        return { ...answer, kind: 'textRows', rows };
      }
      const chunks = runPlan(optimized.plan, runContext(scope));
      return {
        ...answer,
        kind: 'rows',
        chunks: () => this.#recorded(chunks, scope.record),
        close: async () => {
          await chunks.return(undefined);
          this.#end(scope.record, new QueryError('queryCanceled', 'the client closed the query'));
        },
      };
    } catch (error) {
      this.#end(scope.record, error);
      throw error;
    }
  }

  async *#recorded<T>(chunks: AsyncGenerator<T>, record: QueryRecord): AsyncGenerator<T> {
    try {
      yield* chunks;
      this.#end(record);
    } catch (error) {
      this.#end(record, error);
      throw error;
    } finally {
      this.#end(record, new QueryError('queryCanceled', 'the client closed the query'));
    }
  }
}
