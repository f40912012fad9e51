import { allEntries } from '@tributary/sql';
import type { ArgumentType, FunctionEntry } from '@tributary/sql';
import type { RandomSource } from '../support/random-source.ts';
import { COLUMNS } from './tables.ts';
import { ARRAYS, ORDERED, VALUES, argumentPool } from './values.ts';

/** Answers of these differ from one moment to the next, or are PostgreSQL's own state. */
const UNSTEADY = new Set([
  'now',
  'current_timestamp',
  'transaction_timestamp',
  'statement_timestamp',
  'clock_timestamp',
  'localtimestamp',
  'current_date',
  'localtime',
  'getdate',
  'random',
  'gen_random_uuid',
  // Takes rows, of which there are no values here.
  'row_to_json',
]);

/** Their last digits are not those of PostgreSQL: compared by value, and used only where the value itself is shown. */
const INEXACT = new Set([
  'avg',
  'stddev',
  'stddev_samp',
  'stddev_pop',
  'variance',
  'var_samp',
  'var_pop',
  'corr',
  'covar_pop',
  'covar_samp',
  'regr_avgx',
  'regr_avgy',
  'regr_sxx',
  'regr_syy',
  'regr_sxy',
  'regr_slope',
  'regr_r2',
  'regr_intercept',
  'sqrt',
  'cbrt',
  'exp',
  'ln',
  'log',
  'log10',
  'power',
  'pow',
  'sin',
  'cos',
  'tan',
  'cot',
  'asin',
  'acos',
  'atan',
  'atan2',
  'sinh',
  'cosh',
  'tanh',
  'asinh',
  'acosh',
  'atanh',
  'degrees',
  'radians',
  '|/',
  '||/',
  '^',
  'percentile_cont',
  'median',
]);

/** Whether the answer of a call is compared by value. */
export function isInexact(entry: FunctionEntry): boolean {
  if (INEXACT.has(entry.name)) return true;
  const returns = typeText(entry.returns);
  return (
    (entry.name === '/' && returns === 'numeric') ||
    (entry.name === 'sum' && returns.startsWith('float'))
  );
}

/** A type's short name: `int4`, `text[]`, or the polymorphic name. */
export function typeText(type: ArgumentType): string {
  if (typeof type === 'string') return type;
  if (type.kind === 'array') return `${typeText(type.element)}[]`;
  return type.kind === 'scalar' ? type.name : type.kind;
}

const POLYMORPHIC = /^any/;

function quote(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

export interface GeneratorOptions {
  readonly random: RandomSource;
  readonly postgresFunctions: ReadonlySet<string>;
}

/** Columns that an expression may name, as `text` of `type`. */
export type ScopeColumn = { readonly text: string; readonly type: string };

export function columnsOf(alias: string): readonly ScopeColumn[] {
  return COLUMNS.map((each) => ({ text: `${alias}.${each.name}`, type: each.type }));
}

/** Random typed expressions over the function catalog. Notes which functions it used and whether answers are inexact. */
export class ExpressionGenerator {
  readonly random: RandomSource;
  readonly #scalars: readonly FunctionEntry[];
  readonly #byResult = new Map<string, FunctionEntry[]>();
  readonly aggregates: readonly FunctionEntry[];
  readonly windows: readonly FunctionEntry[];
  readonly tables: readonly FunctionEntry[];
  readonly orderedSets: readonly FunctionEntry[];
  /** Names of functions and operators used since `reset`. */
  used = new Set<string>();
  inexact = false;
  /** Values of `$1`, `$2`, ... */
  parameters: (string | null)[] = [];
  allowParameters = false;
  columns: readonly ScopeColumn[] = [];

  constructor({ random, postgresFunctions }: GeneratorOptions) {
    this.random = random;
    const usable = allEntries().filter(
      (entry) =>
        !UNSTEADY.has(entry.name) &&
        entry.templates.duckdb !== undefined &&
        entry.templates.postgres !== undefined &&
        (entry.kind === 'operator' ||
          postgresFunctions.has(entry.name) ||
          entry.name.startsWith('is_json')) &&
        [...entry.args, entry.returns].every((type) => {
          const text = typeText(type);
          return POLYMORPHIC.test(text) || VALUES[text] !== undefined || text === 'name';
        }),
    );
    const ofKind = (...kinds: readonly FunctionEntry['kind'][]): FunctionEntry[] =>
      usable.filter((entry) => kinds.includes(entry.kind));
    this.#scalars = ofKind('function', 'operator');
    this.aggregates = ofKind('aggregate').filter((entry) =>
      entry.args.every((each) => typeText(each) !== 'record'),
    );
    this.windows = ofKind('window');
    this.tables = ofKind('table').filter((entry) => typeText(entry.returns) !== 'record');
    this.orderedSets = ofKind('orderedSet');
    for (const entry of this.#scalars) {
      const result = typeText(entry.returns);
      const list = this.#byResult.get(result);
      if (list === undefined) this.#byResult.set(result, [entry]);
      else list.push(entry);
    }
  }

  reset(columns: readonly ScopeColumn[], allowParameters: boolean): void {
    this.used = new Set();
    this.inexact = false;
    this.parameters = [];
    this.allowParameters = allowParameters;
    this.columns = columns;
  }

  type(): string {
    return this.random.pick(Object.keys(VALUES));
  }

  orderedType(): string {
    return this.random.pick(ORDERED);
  }

  /** Any call of the catalog, so that each name has the same chance. */
  anyCall(depth: number): string {
    const name = this.random.pick([...new Set(this.#scalars.map((entry) => entry.name))]);
    const entry = this.random.pick(this.#scalars.filter((each) => each.name === name));
    if (isInexact(entry)) this.inexact = true;
    return this.call(entry, depth, this.bind(entry));
  }

  /** What the polymorphic types of a call stand for. */
  bind(entry: FunctionEntry, result?: string): string {
    const types = entry.args.map(typeText);
    if (result !== undefined && POLYMORPHIC.test(typeText(entry.returns))) {
      return result.endsWith('[]') && typeText(entry.returns).endsWith('array')
        ? result.slice(0, -2)
        : result;
    }
    if (types.some((type) => type.endsWith('array') && !type.endsWith('nonarray'))) {
      return this.random.pick(ARRAYS).slice(0, -2);
    }
    return this.orderedType();
  }

  argumentTypes(entry: FunctionEntry, element: string): string[] {
    const types = entry.args.map(typeText);
    if (entry.variadic) {
      const extra = this.random.integer(0, 2);
      for (let count = 0; count < extra; count++) types.push(types.at(-1) ?? 'text');
    }
    return types.map((type) => {
      if (type === 'any') return this.orderedType();
      if (type === 'name') return 'text';
      if (!POLYMORPHIC.test(type)) return type;
      return type.endsWith('array') && !type.endsWith('nonarray') ? `${element}[]` : element;
    });
  }

  call(entry: FunctionEntry, depth: number, element: string): string {
    const types = this.argumentTypes(entry, element);
    const args = types.map((type, index) => this.argument(entry.name, types, type, index, depth));
    return this.callText(entry, args);
  }

  argument(
    name: string,
    types: readonly string[],
    type: string,
    index: number,
    depth: number,
  ): string {
    const pool = argumentPool(name, [...types].reverse(), index);
    if (pool === undefined) return this.expression(type, depth - 1);
    const value = this.random.pick(pool);
    return type === 'text' || type === 'name' ? quote(value) : `${quote(value)}::${type}`;
  }

  callText(entry: FunctionEntry, args: readonly string[]): string {
    this.used.add(entry.name);
    const [a = '', b = '', c = '', d = ''] = args;
    if (entry.kind === 'operator') {
      const symbol = entry.name;
      if (args.length === 1) return `(${symbol} ${a})`;
      if (symbol === '~~') return `(${a} LIKE ${b})`;
      if (symbol === '!~~*') return `(${a} NOT ILIKE ${b})`;
      return `(${a} ${symbol} ${b})`;
    }
    switch (entry.name) {
      case 'extract':
        return `extract(${a.slice(1, -1)} FROM ${b})`;
      case 'overlaps':
        return `((${a}, ${b}) OVERLAPS (${c}, ${d}))`;
      case 'is_json':
      case 'is_json_object':
      case 'is_json_array':
      case 'is_json_scalar':
        return `(${a} ${entry.name.toUpperCase().replaceAll('_', ' ')})`;
      case 'make_interval':
        return this.random.chance(0.5)
          ? this.#namedInterval(args)
          : `make_interval(${args.join(', ')})`;
      case 'concat':
        return this.random.chance(0.2)
          ? `concat(VARIADIC ARRAY[${args.map((each) => `(${each})::text`).join(', ')}])`
          : `concat(${args.join(', ')})`;
      case 'position':
        return `position(${b} IN ${a})`;
      default:
        return `${entry.name}(${args.join(', ')})`;
    }
  }

  #namedInterval(args: readonly string[]): string {
    const names = ['years', 'months', 'weeks', 'days', 'hours', 'mins', 'secs'];
    const named = args.map((arg, index) => `${names[index] ?? ''} => ${arg}`);
    return `make_interval(${this.random.sample(named, named.length).join(', ')})`;
  }

  /** An expression of exactly this type. */
  expression(type: string, depth: number): string {
    if (depth <= 0 || this.random.chance(0.3)) return this.leaf(type);
    return this.random.choose(
      () => this.callOf(type, depth),
      () => this.callOf(type, depth),
      () => this.callOf(type, depth),
      () => this.conditional(type, depth),
    );
  }

  callOf(type: string, depth: number): string {
    if (type === 'bool' && this.random.chance(0.5)) return this.predicate(depth);
    const exact = this.#byResult.get(type) ?? [];
    const poly = type.endsWith('[]')
      ? ['anyarray', 'anycompatiblearray']
      : ['anyelement', 'anycompatible'];
    const entries = [...exact, ...poly.flatMap((name) => this.#byResult.get(name) ?? [])].filter(
      (entry) => !isInexact(entry),
    );
    if (entries.length === 0) return this.leaf(type);
    const entry = this.random.pick(entries);
    return this.call(entry, depth, this.bind(entry, type));
  }

  conditional(type: string, depth: number): string {
    const one = (): string => this.expression(type, depth - 1);
    const truth = (): string => this.expression('bool', depth - 1);
    const comparable = ORDERED.includes(type);
    return this.random.choose(
      () => `CASE WHEN ${truth()} THEN ${one()} ELSE ${one()} END`,
      () => `CASE WHEN ${truth()} THEN ${one()} WHEN ${truth()} THEN ${one()} END`,
      () => `COALESCE(${one()}, ${one()})`,
      () => (comparable ? `NULLIF(${one()}, ${one()})` : `COALESCE(${one()}, ${one()}, ${one()})`),
      () => (comparable ? `GREATEST(${one()}, ${one()})` : one()),
      () => (comparable ? `LEAST(${one()}, ${one()}, ${one()})` : one()),
      () => this.cast(type, depth),
    );
  }

  cast(type: string, depth: number): string {
    const sources: Readonly<Record<string, readonly string[]>> = {
      int2: ['int4', 'float8', 'numeric'],
      int4: ['int2', 'int8', 'bool', 'float8', 'numeric'],
      int8: ['int4', 'float4', 'numeric'],
      float4: ['int4', 'float8', 'numeric'],
      float8: ['int8', 'float4', 'numeric'],
      numeric: ['int2', 'int4', 'int8'],
      text: [
        'bool',
        'int4',
        'int8',
        'float8',
        'date',
        'time',
        'timestamp',
        'interval',
        'uuid',
        'bytea',
        'varchar',
        'int4[]',
        'text[]',
      ],
      varchar: ['text', 'int4', 'date'],
      date: ['timestamp', 'timestamptz'],
      time: ['timestamp', 'timestamptz', 'interval'],
      timestamp: ['date', 'timestamptz'],
      timestamptz: ['date', 'timestamp'],
      interval: ['time'],
      jsonb: ['json'],
      json: ['jsonb'],
      bool: ['int4'],
      'int8[]': ['int4[]'],
      'text[]': ['int4[]'],
    };
    const from = sources[type];
    return from === undefined
      ? this.leaf(type)
      : `CAST(${this.expression(this.random.pick(from), depth - 1)} AS ${type})`;
  }

  predicate(depth: number): string {
    const truth = (): string => this.expression('bool', depth - 1);
    const type = this.orderedType();
    const one = (): string => this.expression(type, depth - 1);
    const other = this.orderedType();
    const second = (): string => this.expression(other, depth - 1);
    const comparison = this.random.pick(['=', '<>', '<', '<=', '>', '>=']);
    return this.random.choose(
      () => `(${truth()} AND ${truth()})`,
      () => `(${truth()} OR ${truth()})`,
      () => `(NOT ${truth()})`,
      () => `(${one()} ${comparison} ${one()})`,
      () => `(${one()} IN (${one()}, ${one()}, ${one()}))`,
      () => `(${one()} NOT IN (${one()}, ${one()}))`,
      () => `(${one()} BETWEEN ${one()} AND ${one()})`,
      () => `(${one()} NOT BETWEEN SYMMETRIC ${one()} AND ${one()})`,
      () => `(${one()} IS DISTINCT FROM ${one()})`,
      () => `(${one()} IS NOT DISTINCT FROM ${one()})`,
      () => `(${one()} IS NULL)`,
      () => `(${one()} IS NOT NULL)`,
      () =>
        `(${truth()} IS ${this.random.pick(['TRUE', 'NOT TRUE', 'FALSE', 'NOT FALSE', 'UNKNOWN', 'NOT UNKNOWN'])})`,
      () => `((${one()}, ${second()}) ${comparison} (${one()}, ${second()}))`,
      () => `((${one()}, ${second()}) IN ((${one()}, ${second()}), (${one()}, ${second()})))`,
      () => `(${one()} ${comparison} ANY (ARRAY[${one()}, ${one()}]))`,
      () => `(${one()} ${comparison} ALL (ARRAY[${one()}, ${one()}]))`,
    );
  }

  leaf(type: string): string {
    const named = this.columns.filter((each) => each.type === type);
    if (named.length > 0 && this.random.chance(0.6)) return this.random.pick(named).text;
    if (this.random.chance(0.05)) return `NULL::${type}`;
    const value = this.random.pick(VALUES[type] ?? ['']);
    // A numeric parameter's trailing zeros are a known difference, which text functions would hide.
    const plain = !/\.\d*0\b/.test(value);
    if (this.allowParameters && plain && this.random.chance(0.4)) {
      this.parameters.push(value);
      return `$${this.parameters.length}::${type}`;
    }
    if (/^(int4|numeric)$/.test(type) && this.random.chance(0.4) && value !== '-2147483648') {
      return type === 'int4' || value.includes('.')
        ? value.startsWith('-')
          ? `(${value})`
          : value
        : `${quote(value)}::numeric`;
    }
    if (type.endsWith('[]') && this.random.chance(0.3)) {
      const element = type.slice(0, -2);
      return `ARRAY[${this.leaf(element)}, ${this.leaf(element)}]`;
    }
    return `${quote(value)}::${type}`;
  }
}
