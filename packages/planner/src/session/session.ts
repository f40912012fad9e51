import type { Node } from '@pgsql/types';
import { QueryError } from '@tributary/sql';
import type { SqlType, Statement } from '@tributary/sql';
import type { Reader } from '../access/reader.ts';
import { MAIN_DATABASE } from '../service/planner-services.ts';
import type { PlannerServices } from '../service/planner-services.ts';
import { settingFacts } from '../service/statement-scope.ts';
import type { SessionScope, SettingFacts, StatementScope } from '../service/statement-scope.ts';
import type { WriteStatement } from '../write/write-statement.ts';
import { runBackendQuery } from './backend-calls.ts';
import { selectByCatalog } from './catalog-routing.ts';
import { isCatalogStatement, runCatalogStatement } from './catalog-statements.ts';
import { executeArguments } from './execute-arguments.ts';
import { prepareStatement } from './prepare-statement.ts';
import type { Prepared } from './prepared.ts';
import { callProcedure } from './procedures.ts';
import { runExplain, runSelect, runWrite } from './run-prepared.ts';
import { runSessionStatement } from './session-statements.ts';
import { runSettingQuery } from './setting-calls.ts';
import { Settings } from './settings.ts';
import type {
  Backends,
  Delivery,
  PreparedStatement,
  SqlSession,
  StatementResult,
  TransactionState,
} from './sql-session.ts';
import { StatementRecords } from './statement-records.ts';
import { Transaction } from './transaction.ts';

let nextSessionId = 1;

const NEVER = new AbortController().signal;

/** A query's rows under another tag, on their way elsewhere. */
function deliver(result: StatementResult, tag: string, delivery: Delivery): StatementResult {
  return result.kind === 'command' ? result : { ...result, tag, delivery };
}

/** One client's session over the shared services. */
export class Session implements SqlSession {
  readonly user: string;
  readonly settings: Settings;
  readonly id = nextSessionId++;
  readonly database: string;
  readonly #services: PlannerServices;
  readonly #reader: Reader;
  readonly #transaction = new Transaction();
  readonly #named = new Map<string, Prepared>();
  readonly #records: StatementRecords;
  #facts: { readonly version: number; readonly facts: SettingFacts } | undefined;
  onSettingChanged: ((name: string, value: string) => void) | undefined;
  backends: Backends | undefined;

  private constructor(
    services: PlannerServices,
    user: string,
    database: string,
    startup: ReadonlyMap<string, string>,
  ) {
    this.#services = services;
    this.#reader = services.access.reader(user);
    this.user = user;
    this.database = database;
    this.#records = new StatementRecords(services.queries, { sessionId: this.id, user });
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

  beginImplicit(): void {
    this.#transaction.beginImplicit();
  }

  endImplicit(): void {
    this.#transaction.endImplicit();
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
    return await prepareStatement(statement, parameterTypes, this, signal);
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
          ? selectByCatalog(own, parameters, await this.scope(), signal)
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
    return executeArguments(args, types, await this.scope(), signal);
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
  async scope(): Promise<SessionScope> {
    const { snapshot, now } = await this.#transaction.moment(() => this.#services.store.snapshot());
    return {
      services: this.#services,
      snapshot,
      now,
      database: this.database,
      user: this.user,
      reader: this.#reader,
      ...this.#settingFacts(),
    };
  }

  #settingFacts(): SettingFacts {
    const { version } = this.settings;
    if (this.#facts?.version !== version) {
      this.#facts = { version, facts: settingFacts(this.settings) };
    }
    return this.#facts.facts;
  }

  /** A statement that holds rows of system catalogs, made anew where the catalog has moved on. */
  async #withPresentCatalog(prepared: Prepared): Promise<Prepared> {
    const { mixed, parameterTypes } = prepared;
    if (mixed === undefined) {
      return prepared;
    }
    const { snapshot } = await this.scope();
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
    return this.#logged(statement, signal, (scope) => {
      this.#transaction.dropSnapshot();
      return runWrite(statement, inner, parameters, scope, this.#changeContext());
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

  #begin(text: string, signal: AbortSignal): Promise<StatementScope> {
    const application = this.settings.get('application_name');
    return this.#records.begin(text, application, () => this.scope(), signal);
  }

  async #logged(
    statement: Statement,
    signal: AbortSignal,
    run: (scope: StatementScope) => Promise<StatementResult>,
  ): Promise<StatementResult> {
    const scope = await this.#begin(statement.text, signal);
    this.#records.remember(scope.record);
    try {
      const result = await run(scope);
      this.#records.end(scope.record);
      return result;
    } catch (error) {
      this.#records.end(scope.record, error);
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
    return this.#logged(statement, signal, (scope) =>
      runExplain(statement, prepared, parameters, scope),
    );
  }

  async #select(
    prepared: Prepared,
    parameters: readonly (string | null)[],
    signal: AbortSignal,
  ): Promise<StatementResult> {
    const scope = await this.#begin(prepared.statement.text, signal);
    try {
      return await runSelect(prepared, parameters, scope, this.#records);
    } catch (error) {
      this.#records.end(scope.record, error);
      throw error;
    }
  }
}
