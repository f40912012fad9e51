import { ExpressionMaker } from '../random/random-expression.ts';
import type { ScopeColumn } from '../random/random-expression.ts';
import { quote } from '../random/lake-tables.ts';
import type { Kind } from '../random/lake-tables.ts';
import type { RandomSource } from '../support/random-source.ts';
import { randomCall } from './aggregate-calls.ts';
import type { Call, Expression } from './aggregate-calls.ts';
import { OTHER, randomJoin, rangeOf } from './joins.ts';
import type { Join, Source, Surroundings } from './joins.ts';
import { SELF } from './time-slots.ts';
import type { Layout, SlotRange } from './time-slots.ts';
import type { TableColumn } from './windowed-tables.ts';

export type Shape = 'grouped' | 'sets' | 'distinct' | 'rows';

/** A block over one source, in parts that can be changed one by one. */
export interface Fragment {
  readonly source: Source;
  /** Which of the layout's range predicates; counted modulo their number. */
  readonly rangeForm: number;
  readonly range: SlotRange;
  readonly filters: readonly string[];
  readonly join?: Join;
  readonly shape: Shape;
  /** Which grouping sets, for `sets`. */
  readonly setsForm: number;
  readonly keys: readonly Expression[];
  readonly calls: readonly Call[];
  readonly having?: string;
  readonly aliases: readonly [string, string];
}

export interface Output {
  readonly name: string;
  readonly kind: Expression['kind'];
  readonly inexact: boolean;
  /** Together with the other keys' outputs it names a row. */
  readonly key: boolean;
}

export interface Query {
  readonly text: string;
  readonly outputs: readonly Output[];
}

const EXPRESSION_KINDS: ReadonlySet<string> = new Set([
  'int',
  'num',
  'float',
  'text',
  'date',
  'ts',
  'bool',
]);

function scopeOf(columns: readonly TableColumn[], alias: string): ScopeColumn[] {
  return columns
    .filter(({ kind }) => EXPRESSION_KINDS.has(kind))
    .map(({ name, kind }) => ({ text: `${alias}.${name}`, kind: kind as Kind }));
}

function makerOf(
  { source, join }: Pick<Fragment, 'source'> & { join?: Join | undefined },
  random: RandomSource,
): ExpressionMaker {
  const own = scopeOf(source.columns, SELF);
  return new ExpressionMaker(
    random,
    join === undefined || random.chance(0.6) ? own : [...own, ...join.columns],
  );
}

/** Marks predicates over subqueries that run before their statement. */
const LEADING = 'lead';

/** Whether a statement reads a table at several moments: a subquery first, and then the rest. */
export function hasLeadingSubquery(text: string): boolean {
  return text.includes(`AS ${LEADING} `);
}

/** A subquery's value chooses windows. */
function leadingFilter(source: Source, random: RandomSource): string {
  const { name } = random.pick(source.layout.partitionColumns);
  const read = (value: string): string =>
    `(SELECT ${value} FROM ${source.name} AS ${LEADING} WHERE ${LEADING}.k ${random.pick(['=', '<', '>'])} ${random.integer(0, 6)})`;
  const column = `${LEADING}.${name}`;
  return random.choose(
    () => `${SELF}.${name} >= ${read(`max(${column})`)}`,
    () => `${SELF}.${name} = ${read(`max(${column})`)}`,
    () => `${SELF}.${name} <= ${read(`min(${column})`)}`,
    () => `${SELF}.${name} > ${read(`min(${column})`)}`,
    () => `${SELF}.${name} IN ${read(column)}`,
    () => `${SELF}.${name} NOT IN ${read(column)}`,
  );
}

/** Predicates of the kinds that people write, on plain columns, and of values that are asked for first. */
function randomFilter(source: Source, random: RandomSource): string {
  const make = makerOf({ source }, random);
  return random.choose(
    () => leadingFilter(source, random),
    () => `${SELF}.k < ${random.integer(3, 25)}`,
    () => `${SELF}.s = ${quote(random.pick(['red', 'green', 'blue']))}`,
    () => `${SELF}.s IN ('red', 'blue', 'Red')`,
    () => `${SELF}.k BETWEEN ${random.integer(0, 3)} AND ${random.integer(5, 20)}`,
    () => `${SELF}.s LIKE ${quote(random.pick(['%e%', 'r%', 'b_ue']))}`,
    () => `coalesce(${SELF}.k, 0) % 3 = ${random.integer(0, 2)}`,
    () => `${SELF}.k IS NOT NULL`,
    () => make.predicate(1),
    () => make.predicate(1),
    () => make.predicate(2),
  );
}

function randomKey(fragment: Pick<Fragment, 'source' | 'join'>, random: RandomSource): Expression {
  const { source, join } = fragment;
  const make = makerOf(fragment, random);
  const plain = random.pick(source.columns.filter(({ name }) => name !== 'rid'));
  return random.choose<Expression>(
    () => random.pick(source.layout.buckets()),
    () => random.pick(source.layout.buckets()),
    () => ({ text: `${SELF}.k`, kind: 'int' }),
    () => ({ text: `${SELF}.s`, kind: 'text' }),
    () => ({ text: `${SELF}.${plain.name}`, kind: plain.kind }),
    () => make.any(1),
    () =>
      join === undefined || join.columns.length === 0
        ? { text: `${SELF}.s`, kind: 'text' }
        : random.pick(join.columns),
  );
}

function distinctKeys(keys: readonly Expression[]): Expression[] {
  // A constant in GROUP BY would be a position.
  return keys.filter(
    ({ text }, at) => text.includes(SELF) && keys.findIndex((each) => each.text === text) === at,
  );
}

export function randomRange(layout: Layout, random: RandomSource): SlotRange {
  const from = random.integer(-2, layout.slots - 2);
  return { from, to: from + random.pick([1, 3, 7, 7, 14, 14, 20, 30, 40]) };
}

function plainRows(source: Source, random: RandomSource): Expression[] {
  const names = random
    .sample(source.columns.slice(1), random.integer(1, 4))
    .map(({ name, kind }) => ({ text: `${SELF}.${name}`, kind }));
  return [{ text: `${SELF}.rid`, kind: 'int' }, ...names];
}

const ALIASES = [
  ['e', 'd'],
  ['e', 'd'],
  ['fact', 'dimension'],
  ['t1', 't2'],
] as const;

export function randomFragment(
  source: Source,
  others: Surroundings,
  random: RandomSource,
): Fragment {
  const join = random.chance(0.35) ? randomJoin(source, others, random) : undefined;
  const shape = random.pick<Shape>([
    'grouped',
    'grouped',
    'grouped',
    'grouped',
    'sets',
    'distinct',
    'rows',
  ]);
  const partial = { source, ...(join === undefined ? {} : { join }) };
  const count = shape === 'sets' ? 3 : random.integer(shape === 'distinct' ? 1 : 0, 3);
  const keys =
    shape === 'rows'
      ? plainRows(source, random)
      : distinctKeys(Array.from({ length: count }, () => randomKey(partial, random)));
  const calls =
    shape === 'grouped' || shape === 'sets'
      ? Array.from({ length: random.integer(1, 4) }, () =>
          randomCall(makerOf(partial, random), source.columns, keys, random),
        )
      : [];
  return {
    ...partial,
    rangeForm: random.integer(0, 60),
    range: randomRange(source.layout, random),
    filters: Array.from({ length: random.pick([0, 0, 1, 1, 2]) }, () =>
      randomFilter(source, random),
    ),
    shape:
      shape === 'sets' && keys.length < 2
        ? 'grouped'
        : shape === 'distinct' && keys.length === 0
          ? 'rows'
          : shape,
    setsForm: random.integer(0, 3),
    keys: keys.length === 0 && shape === 'distinct' ? [{ text: `${SELF}.rid`, kind: 'int' }] : keys,
    calls,
    ...(shape === 'grouped' && random.chance(0.15)
      ? {
          having: random.pick([
            `count(*) > ${random.integer(0, 4)}`,
            `max(${SELF}.k) IS NOT NULL`,
            `sum(${SELF}.k) > ${random.integer(0, 40)}`,
          ]),
        }
      : {}),
    aliases: random.pick(ALIASES),
  };
}

/** Another fragment that is likely to share cells with the first. */
export function changedFragment(
  fragment: Fragment,
  others: Surroundings,
  random: RandomSource,
): Fragment {
  const { range, keys, calls, filters, source } = fragment;
  const length = range.to - range.from;
  const time = source.layout.buckets().map(({ text }) => text);
  return random.choose<Fragment>(
    () => fragment,
    () => fragment,
    () => ({ ...fragment, range: { from: range.from + 1, to: range.to + 1 } }),
    () => ({ ...fragment, range: { from: range.from + 1, to: range.to + 1 } }),
    () => ({ ...fragment, range: { from: range.from + 7, to: range.to + 7 } }),
    () => ({ ...fragment, range: { from: range.from - 3, to: range.to - 3 } }),
    () => ({ ...fragment, range: { from: range.from, to: range.to + random.integer(1, 15) } }),
    () => ({ ...fragment, range: { from: range.from - random.integer(1, 10), to: range.to } }),
    () => ({
      ...fragment,
      range: { from: range.from + Math.floor(length / 3), to: range.to - Math.floor(length / 3) },
    }),
    () => ({ ...fragment, rangeForm: random.integer(0, 60) }),
    () => ({ ...fragment, filters: [...filters, randomFilter(source, random)] }),
    () => ({
      ...fragment,
      filters: [
        ...filters,
        `${random.pick(keys.filter(({ text }) => !text.includes(OTHER)).concat({ text: `${SELF}.s`, kind: 'text' })).text} IS NOT NULL`,
      ],
    }),
    () => ({ ...fragment, filters: random.sample(filters, filters.length) }),
    () => ({ ...fragment, filters: filters.slice(1) }),
    () =>
      fragment.shape === 'rows'
        ? fragment
        : {
            ...fragment,
            keys: random.sample(
              keys,
              Math.max(fragment.shape === 'distinct' ? 1 : 0, keys.length - 1),
            ),
            shape: fragment.shape === 'sets' ? 'grouped' : fragment.shape,
          },
    () =>
      fragment.shape !== 'grouped'
        ? fragment
        : { ...fragment, keys: distinctKeys([...keys, randomKey(fragment, random)]) },
    () =>
      fragment.shape !== 'grouped'
        ? fragment
        : {
            ...fragment,
            keys: distinctKeys(
              keys.map((key) =>
                time.includes(key.text) ? random.pick(source.layout.buckets()) : key,
              ),
            ),
          },
    () =>
      fragment.shape !== 'grouped' && fragment.shape !== 'sets'
        ? fragment
        : { ...fragment, calls: random.sample(calls, Math.max(1, calls.length - 1)) },
    () =>
      fragment.shape !== 'grouped' && fragment.shape !== 'sets'
        ? fragment
        : {
            ...fragment,
            calls: [...calls, randomCall(makerOf(fragment, random), source.columns, keys, random)],
          },
    () =>
      fragment.shape === 'grouped' && keys.length > 1
        ? { ...fragment, shape: 'sets', setsForm: random.integer(0, 3) }
        : { ...fragment, keys: random.sample(keys, keys.length) },
    () => {
      const { join: _, ...alone } = fragment;
      const uses =
        [...keys, ...calls].some(({ text }) => text.includes(OTHER)) ||
        filters.some((each) => each.includes(OTHER)) ||
        fragment.having?.includes(OTHER) === true;
      return uses
        ? fragment
        : random.chance(0.5)
          ? alone
          : { ...alone, join: randomJoin(source, others, random) };
    },
    () => {
      const { having: _, ...without } = fragment;
      return fragment.shape === 'grouped'
        ? {
            ...without,
            ...(random.chance(0.5) ? { having: `count(*) > ${random.integer(0, 3)}` } : {}),
          }
        : fragment;
    },
    () => ({ ...fragment, aliases: random.pick(ALIASES) }),
  );
}

function groupBy({ keys, shape, setsForm }: Fragment): string {
  if (keys.length === 0) return '';
  const [first = '', ...rest] = keys.map(({ text }) => text);
  const all = [first, ...rest].join(', ');
  if (shape === 'sets') {
    const sets = [
      `ROLLUP (${all})`,
      `CUBE (${[first, ...rest].slice(0, 2).join(', ')})${rest
        .slice(1)
        .map((each) => `, ${each}`)
        .join('')}`,
      `GROUPING SETS ((${all}), (${first}), ())`,
      `GROUPING SETS ((${first}), (${rest.join(', ')}))`,
    ];
    return ` GROUP BY ${sets[setsForm % sets.length] ?? ''}`;
  }
  return ` GROUP BY ${setsForm % 2 === 0 ? all : keys.map((_, at) => at + 1).join(', ')}`;
}

/** The fragment as a SELECT without ORDER BY, with outputs c0, c1, ... */
export function fragmentQuery(fragment: Fragment): Query {
  const { source, join, shape, keys, calls, having, aliases } = fragment;
  const range = rangeOf(source, fragment.rangeForm, fragment.range, SELF);
  const conditions = [
    ...(range === '' ? [] : [/\bOR\b/.test(range) ? `(${range})` : range]),
    ...fragment.filters.map((each) => (/\bOR\b/.test(each) ? `(${each})` : each)),
    ...(join?.where === undefined ? [] : [join.where]),
  ];
  if (fragment.setsForm % 2 === 1) conditions.reverse();
  const grouping: readonly Call[] =
    shape === 'sets' ? [{ text: `grouping(${keys[0]?.text ?? ''})`, kind: 'int' }] : [];
  const valued = calls.map((call) =>
    call.anyOf === undefined ||
    (shape === 'grouped' && keys.some(({ text }) => text === call.anyOf))
      ? call
      : {
          ...call,
          text: call.text.replace('any_value(', call.kind === 'bool' ? 'bool_or(' : 'max('),
        },
  );
  const list = [...keys, ...valued, ...grouping];
  const selected = list.map(({ text }, at) => `${text} AS c${at}`).join(', ');
  const grouped = shape === 'grouped' || shape === 'sets';
  const text = `SELECT ${shape === 'distinct' ? 'DISTINCT ' : ''}${selected} FROM ${source.name} AS ${SELF}${join?.text ?? ''}${conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`}${grouped ? groupBy(fragment) : ''}${having === undefined ? '' : ` HAVING ${having}`}`;
  return {
    text: text.replaceAll(SELF, aliases[0]).replaceAll(OTHER, aliases[1]),
    outputs: list.map((each, at) => ({
      name: `c${at}`,
      kind: each.kind,
      inexact: 'inexact' in each && each.inexact === true,
      key: at < keys.length,
    })),
  };
}
