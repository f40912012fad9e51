import type { Engine } from '@tributary/engine';
import type {
  PreparedStatement,
  SqlSession,
  StatementResult,
  TransactionState,
} from '@tributary/planner';
import type { PlanColumn, SqlType, Statement } from '@tributary/sql';
import { engineType, numericType, QueryError, TEXT } from '@tributary/sql';
import { sqlTypeOf } from '../../../src/pgwire/sql-type-of.ts';

/** What a test knows better than the engine: the types of columns by their names. */
export type ColumnTypes = Readonly<Record<string, SqlType>>;

const ORDINARY = { text: '', offset: 0 };

/**
 * A session without a planner: statements run in the engine as they are. It understands enough of transactions and
 * settings to exercise the protocol.
 */
export class EngineSession implements SqlSession {
  readonly user: string;
  transaction: TransactionState = 'idle';
  onSettingChanged: ((name: string, value: string) => void) | undefined;
  backends: SqlSession['backends'];
  closed = false;
  readonly #engine: Engine;
  readonly #types: ColumnTypes;
  readonly #settings = new Map<string, string>();

  constructor(engine: Engine, user: string, types: ColumnTypes = {}) {
    this.#engine = engine;
    this.user = user;
    this.#types = types;
  }

  setting(name: string): string | undefined {
    return this.#settings.get(name);
  }

  /** It has no clock and no catalog. */
  beginImplicit(): void {
    return;
  }

  endImplicit(): void {
    return;
  }

  parse(text: string): Promise<readonly Statement[]> {
    const at = text.indexOf('syntax!');
    if (at >= 0) {
      return Promise.reject(
        new QueryError('syntaxError', 'syntax error at or near "syntax!"', { position: at + 1 }),
      );
    }
    const statements = text
      .split(';')
      .map((part) => part.trim())
      .filter((part) => part !== '')
      .map(toStatement);
    return Promise.resolve(statements);
  }

  async prepare(
    statement: Statement,
    parameterTypes: readonly (SqlType | undefined)[],
  ): Promise<PreparedStatement> {
    if (this.transaction === 'failed' && !['commit', 'rollback'].includes(statement.kind)) {
      throw new QueryError(
        'inFailedTransaction',
        'current transaction is aborted, commands ignored until end of transaction block',
      );
    }
    if (statement.kind !== 'select') return { statement, parameters: [], columns: undefined };
    const numbers = [...statement.text.matchAll(/\$(\d+)/g)].map(([, digits]) => Number(digits));
    const parameters = Array.from(
      { length: Math.max(0, ...numbers) },
      (_, index) => parameterTypes[index] ?? TEXT,
    );
    const result = await this.#engine.run(
      `select * from (${typed(statement.text, parameters)}) limit 0`,
      parameters.map(() => null),
    );
    await result.close();
    const columns = result.columns.map(({ name, type }, id): PlanColumn => {
      const inferred =
        'width' in type && 'scale' in type
          ? numericType(Number(type.width), Number(type.scale))
          : sqlTypeOf(type);
      return { id, name, type: this.#types[name] ?? inferred };
    });
    return { statement, parameters, columns };
  }

  async execute(
    prepared: PreparedStatement,
    parameters: readonly (string | null)[],
    signal: AbortSignal,
  ): Promise<StatementResult> {
    const { statement } = prepared;
    switch (statement.kind) {
      case 'begin':
        this.transaction = 'transaction';
        return { kind: 'command', tag: 'BEGIN', notices: [] };
      case 'commit':
      case 'rollback': {
        const tag = this.transaction === 'failed' ? 'ROLLBACK' : statement.kind.toUpperCase();
        this.transaction = 'idle';
        return { kind: 'command', tag, notices: [] };
      }
      case 'set':
        this.#settings.set(statement.name, statement.value ?? '');
        this.onSettingChanged?.(statement.name, statement.value ?? '');
        return {
          kind: 'command',
          tag: 'SET',
          notices: [{ severity: 'NOTICE', sqlstate: '00000', message: 'set', hint: 'none' }],
        };
      case 'show': {
        const columns = [
          { id: 0, name: statement.name ?? 'all', type: TEXT } as unknown as PlanColumn,
        ];
        const rows = [[this.setting(statement.name ?? '') ?? null]];
        return { kind: 'textRows', tag: 'SHOW', columns, rows, notices: [] };
      }
      default: {
        const result = await this.#engine.run(
          typed(statement.text, prepared.parameters),
          [...parameters],
          {
            signal,
          },
        );
        return {
          kind: 'rows',
          columns: prepared.columns ?? [],
          tag: 'SELECT',
          chunks: () => result.chunks(),
          close: () => result.close(),
          notices: [],
        };
      }
    }
  }

  fail(): void {
    if (this.transaction === 'transaction') this.transaction = 'failed';
  }

  close(): Promise<void> {
    this.closed = true;
    return Promise.resolve();
  }
}

function typed(sql: string, parameters: readonly SqlType[]): string {
  return sql.replace(/\$(\d+)/g, (whole, digits: string) => {
    const type = parameters[Number(digits) - 1];
    if (type === undefined) return whole;
    // numeric without a modifier has no type in the engine.
    const name =
      type.kind === 'scalar' && type.name === 'numeric' ? 'DECIMAL(38,10)' : engineType(type);
    return `CAST(${whole} AS ${name})`;
  });
}

function toStatement(text: string): Statement {
  const base = { ...ORDINARY, text };
  if (/^begin/i.test(text)) return { ...base, kind: 'begin' };
  if (/^commit/i.test(text)) return { ...base, kind: 'commit', chain: false };
  if (/^rollback/i.test(text)) return { ...base, kind: 'rollback', chain: false };
  const set = /^set (\S+) *= *'?([^']*)'?$/i.exec(text);
  if (set !== null) {
    return { ...base, kind: 'set', name: set[1] ?? '', value: set[2] ?? '', local: false };
  }
  const show = /^show (\S+)$/i.exec(text);
  if (show !== null) return { ...base, kind: 'show', name: show[1] };
  const deallocate = /^deallocate (\S+)$/i.exec(text);
  if (deallocate !== null) {
    const name = deallocate[1];
    return { ...base, kind: 'deallocate', name: name === 'all' ? undefined : name };
  }
  return { ...base, kind: 'select', tree: {}, qualify: false };
}
