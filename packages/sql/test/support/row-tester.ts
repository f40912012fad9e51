import { isQueryError } from '../../src/errors.ts';
import type {
  FunctionEntry,
  Template,
  TemplateArgument,
  TemplateContext,
} from '../../src/functions/function-entry.ts';
import { engineType } from '../../src/print/engine-type.ts';
import { sameType, scalar } from '../../src/types/sql-type.ts';
import type { SqlType } from '../../src/types/sql-type.ts';
import { openDuckdb } from './duckdb.ts';
import {
  comparable,
  engineLiteral,
  parseArray,
  renderEngineValue,
  typeOfName,
} from './engine-values.ts';
import { postgresFailure, startPostgres } from './postgres.ts';

/** PostgreSQL text of an argument whose type the signature does not fix. */
export interface SqlArgument {
  readonly sql: string;
}

/** `sql("array[1,2]")`: an argument as PostgreSQL expression. */
export function sql(text: string): SqlArgument {
  return { sql: text };
}

/** Strings, numbers and booleans are cast to the signature's argument type. */
export type Argument = string | number | boolean | null | SqlArgument;

export interface CheckOptions {
  /** PostgreSQL's text of the call where it is not the row's own: `{0}` are arguments. */
  readonly postgres?: string;
  /** Session time zone on both sides; default UTC. */
  readonly timeZone?: string;
  /** The template may refuse non-constant arguments (featureNotSupported); constants must still work. */
  readonly constantsOnly?: boolean;
  /** The template may refuse any call of these tuples: nothing else may differ. */
  readonly mayRefuse?: boolean;
  /** The frozen now() as PostgreSQL timestamptz text. */
  readonly now?: string;
}

export interface RowTester {
  /**
   * Runs every tuple on both engines, with constants and with columns, and returns the differences in words ([]: equal).
   * Compared: value, result type, and whether the call fails (with SQLSTATE where the template raises its own error).
   */
  check(
    entry: FunctionEntry,
    tuples: readonly (readonly Argument[])[],
    options?: CheckOptions,
  ): Promise<readonly string[]>;
  /** For functions that PostgreSQL lacks: each tuple's last member is the expected text (null: NULL, 'ERROR': fails). */
  expectValues(
    entry: FunctionEntry,
    tuples: readonly (readonly Argument[])[],
    options?: CheckOptions,
  ): Promise<readonly string[]>;
  stop(): Promise<void>;
}

interface Outcome {
  readonly value?: string;
  readonly error?: string;
  readonly code?: string;
  readonly refused?: boolean;
  /** Failed while printing: before any row is seen. */
  readonly planned?: boolean;
}

interface KnownArgument {
  readonly text: string | null;
  readonly type: SqlType;
}

const ERROR_MARK = /TRIBUTARY:([0-9A-Z]{5}):/;

/** Prints a template over argument texts as the DuckDB printer does. */
export function printTemplate(
  template: Template,
  args: readonly TemplateArgument[],
  context: TemplateContext,
): string {
  if (typeof template === 'function') return template(args, context);
  return template.replace(/\{(\d+|\*|type|tz|now)\}/g, (_, key: string) => {
    switch (key) {
      case '*':
        return args.map((argument) => argument.text).join(', ');
      case 'type':
        return context.engineType(context.result);
      case 'tz':
        return context.timeZone;
      case 'now':
        return context.now;
      default:
        return args[Number(key)]?.text ?? '';
    }
  });
}

/** Starts both engines. */
export async function createRowTester(): Promise<RowTester> {
  const postgres = await startPostgres();
  const duckdb = await openDuckdb();
  const known = new Map<string, KnownArgument>();

  async function describe(text: string): Promise<KnownArgument> {
    const cached = known.get(text);
    if (cached !== undefined) return cached;
    const rows = await postgres.query(`SELECT pg_typeof(${text})::text, (${text})::text`);
    const value = rows[0]?.[1] ?? null;
    const argument = { text: value, type: typeOfName(rows[0]?.[0] ?? '', value) };
    known.set(text, argument);
    return argument;
  }

  function argumentText(entry: FunctionEntry, argument: Argument, index: number): string {
    if (typeof argument === 'object' && argument !== null) return argument.sql;
    const declared = entry.args[Math.min(index, entry.args.length - 1)];
    const type = typeof declared === 'object' ? postgresName(declared) : 'text';
    if (argument === null) return `NULL::${type}`;
    return `'${String(argument).replaceAll("'", "''")}'::${type}`;
  }

  async function onPostgres(text: string, setReturning: boolean): Promise<Outcome & TypedOutcome> {
    try {
      const shown = `CASE WHEN pg_typeof(x) = 'timestamptz'::regtype
        THEN timezone('UTC', x::text::timestamptz)::text || '+00' ELSE x::text END`;
      const select = setReturning
        ? `SELECT min(pg_typeof(x)::text), array_agg(${shown})::text FROM (SELECT ${text} AS x OFFSET 0) AS s`
        : `SELECT pg_typeof(x)::text, ${shown} FROM (SELECT ${text} AS x OFFSET 0) AS s`;
      const rows = await postgres.query(select);
      const [typeName, value] = rows[0] ?? [null, null];
      const formatted = (typeName ?? 'text') + (setReturning ? '[]' : '');
      const type = typeOfName(formatted, value ?? null);
      const parsed =
        type.kind === 'array' && typeof value === 'string'
          ? parseArray(value)
          : ((value ?? null)?.replace(/infinity\+00$/, 'infinity').replace(/ BC\+00$/, '+00 BC') ??
            null);
      return typeName === null || typeName === undefined
        ? { value: 'NULL' }
        : { value: comparable(parsed, type), type };
    } catch (error) {
      const failure = postgresFailure(error);
      if (failure === undefined) throw error;
      return { error: failure.message, code: failure.code };
    }
  }

  async function onDuckdb(
    entry: FunctionEntry,
    args: readonly KnownArgument[],
    result: SqlType,
    asColumns: boolean,
    options: CheckOptions,
  ): Promise<Outcome> {
    const literals = args.map((argument) =>
      engineLiteral(argument.text, argument.type, engineType),
    );
    const printed = args.map((argument, index): TemplateArgument => {
      const text = asColumns ? `c${index}` : (literals[index] ?? '');
      const constant = asColumns || argument.text === null ? {} : { constant: argument.text };
      return { text, type: argument.type, ...constant };
    });
    const digits = entry.digits?.(
      args.map((argument) => argument.type),
      printed.map((argument) => argument.constant),
    );
    const context: TemplateContext = {
      result: digits === undefined ? elementOf(entry, result) : { ...scalar('numeric'), digits },
      engineType,
      timeZone: `'${options.timeZone ?? 'UTC'}'`,
      now: `CAST('${options.now ?? '2024-02-29 12:34:56.789012+00'}' AS TIMESTAMPTZ)`,
    };
    let text = '';
    try {
      if (entry.templates.duckdb === undefined) throw new Error('no DuckDB template');
      text = printTemplate(entry.templates.duckdb, printed, context);
      if (entry.kind === 'table') text = `(SELECT list(x) FROM (SELECT unnest(${text}) AS x))`;
      const from =
        asColumns && args.length > 0
          ? ` FROM (VALUES (${literals.join(', ')})) AS t(${literals.map((_, i) => `c${i}`).join(', ')})`
          : '';
      const rows = await duckdb.query(`SELECT x, typeof(x) FROM (SELECT ${text} AS x${from})`);
      const typeName = rows[0]?.[1];
      const wantedType = engineTypeName(result);
      if (
        entry.kind !== 'table' &&
        wantedType !== undefined &&
        typeName !== wantedType &&
        typeName !== '"NULL"'
      ) {
        return { value: `ENGINE TYPE ${String(typeName)} instead of ${wantedType} FROM ${text}` };
      }
      return { value: comparable(renderEngineValue(rows[0]?.[0] ?? null), result) };
    } catch (error) {
      if (isQueryError(error)) {
        return {
          error: error.message,
          code: error.sqlstate,
          refused: error.sqlstate === '0A000',
          planned: true,
        };
      }
      const message =
        typeof error === 'object' && error !== null && 'message' in error
          ? String(error.message)
          : String(error);
      if (/^(Parser|Binder|Catalog) Error/.test(message)) {
        return { value: `BROKEN TEMPLATE ${message.split('\n')[0] ?? ''} IN ${text}` };
      }
      const code = ERROR_MARK.exec(message)?.[1];
      return { error: message, refused: code === '0A000', ...(code === undefined ? {} : { code }) };
    }
  }

  function difference(wanted: Outcome, got: Outcome, options: CheckOptions, columns: boolean) {
    const excused = got.refused === true && wanted.code !== '0A000';
    if (excused && (options.mayRefuse === true || (columns && options.constantsOnly === true))) {
      return undefined;
    }
    // A constant that is wrong for every row is refused when planned; PostgreSQL notices at the first row that is not NULL.
    if (wanted.value === 'NULL' && got.planned === true) return undefined;
    if (wanted.error !== undefined && got.error !== undefined) {
      if (got.code === undefined || wanted.code === undefined || got.code === wanted.code) {
        return undefined;
      }
      return `fails with ${got.code} (${got.error}), wanted ${wanted.code} (${wanted.error})`;
    }
    if (wanted.error === undefined && got.error === undefined && wanted.value === got.value) {
      return undefined;
    }
    const show = (o: Outcome): string => o.value ?? `ERROR ${o.code ?? ''} ${o.error ?? ''}`;
    return `gives ${show(got)}, wanted ${show(wanted)}`;
  }

  async function compare(
    entry: FunctionEntry,
    tuple: readonly Argument[],
    options: CheckOptions,
    wantedText: string | null | undefined,
  ): Promise<readonly string[]> {
    const texts = tuple.map((argument, index) => argumentText(entry, argument, index));
    const label = `${entry.name}(${texts.join(', ')})`;
    const args: KnownArgument[] = [];
    for (const text of texts) args.push(await describe(text));
    let result = typeof entry.returns === 'object' ? entry.returns : undefined;
    let wanted: Outcome;
    const found: string[] = [];
    if (wantedText === undefined) {
      const template = options.postgres ?? entry.templates.postgres ?? `${entry.name}({*})`;
      const printed = texts.map((text, i): TemplateArgument => {
        const known = args[i];
        const constant = known?.text;
        const type = known?.type ?? scalar('text');
        return { text, type, ...(constant == null ? {} : { constant }) };
      });
      const call = printTemplate(template, printed, {
        result: result ?? scalar('text'),
        engineType,
        timeZone: `'${options.timeZone ?? 'UTC'}'`,
        now: 'now()',
      });
      const answer = await onPostgres(call, entry.kind === 'table');
      wanted = answer;
      const answered =
        entry.kind === 'table' && answer.type?.kind === 'array' ? answer.type.element : answer.type;
      if (answered !== undefined) {
        if (result !== undefined && !sameType(result, answered)) {
          found.push(
            `${label}: declared ${postgresName(result)}, PostgreSQL says ${postgresName(answered)}`,
          );
        }
        result = answer.type ?? answered;
      }
    } else {
      const [first] = args;
      const element = first?.type.kind === 'array' ? first.type.element : undefined;
      result ??=
        (entry.returns === 'anyelement' ? element : undefined) ?? first?.type ?? scalar('text');
      const parsed =
        result.kind === 'array' && wantedText?.startsWith('{')
          ? parseArray(wantedText)
          : wantedText;
      wanted =
        wantedText === 'ERROR' ? { error: 'expected' } : { value: comparable(parsed, result) };
    }
    for (const columns of [false, true]) {
      const got = await onDuckdb(entry, args, result ?? scalar('text'), columns, options);
      const text = difference(wanted, got, options, columns);
      if (text !== undefined) found.push(`${label}${columns ? ' as columns' : ''}: ${text}`);
    }
    return found;
  }

  async function inZone(timeZone: string, run: () => Promise<void>): Promise<void> {
    await postgres.query(`SET TimeZone = '${timeZone}'`);
    try {
      await run();
    } finally {
      await postgres.query(`SET TimeZone = 'UTC'`);
      known.clear();
    }
  }

  return {
    async check(entry, tuples, options = {}) {
      const found: string[] = [];
      known.clear();
      await inZone(options.timeZone ?? 'UTC', async () => {
        for (const tuple of tuples)
          found.push(...(await compare(entry, tuple, options, undefined)));
      });
      return found;
    },
    async expectValues(entry, tuples, options = {}) {
      const found: string[] = [];
      for (const tuple of tuples) {
        const last = tuple.at(-1) ?? null;
        const expected = typeof last === 'object' ? null : String(last);
        found.push(...(await compare(entry, tuple.slice(0, -1), options, expected)));
      }
      return found;
    },
    async stop() {
      duckdb.close();
      await postgres.stop();
    },
  };
}

interface TypedOutcome {
  readonly type?: SqlType;
}

function postgresName(type: SqlType): string {
  if (type.kind === 'array') return `${postgresName(type.element)}[]`;
  if (type.kind !== 'scalar') return type.kind;
  return type.name === 'char' ? '"char"' : type.name;
}

/** What DuckDB's typeof must say; undefined where the digits of a numeric decide. */
function engineTypeName(type: SqlType): string | undefined {
  if (type.kind === 'scalar' && (type.name === 'numeric' || type.name === 'record'))
    return undefined;
  if (type.kind === 'array') {
    const element = engineTypeName(type.element);
    return element === undefined ? undefined : `${element}[]`;
  }
  return engineType(type);
}

/** A table row's context has the type of a row, not of the list. */
function elementOf(entry: FunctionEntry, result: SqlType): SqlType {
  if (entry.kind !== 'table') return result;
  if (result.kind === 'scalar') return { ...result, digits: { precision: 38, scale: 6 } };
  if (result.kind !== 'array') return result;
  if (result.element.kind !== 'scalar' || result.element.name !== 'numeric') return result.element;
  return { ...result.element, digits: { precision: 38, scale: 6 } };
}
