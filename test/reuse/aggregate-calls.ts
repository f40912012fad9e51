import { either } from '../random/dialects.ts';
import type { ExpressionMaker } from '../random/random-expression.ts';
import type { RandomSource } from '../support/random-source.ts';
import { SELF } from './time-slots.ts';
import type { ColumnKind, TableColumn } from './windowed-tables.ts';

export interface Expression {
  readonly text: string;
  readonly kind: ColumnKind | 'interval';
}

export interface Call extends Expression {
  /** The last digits depend on the order in which rows are added up. */
  readonly inexact?: true;
  /** The key whose value it takes; where rows are not grouped by it, the largest is taken. */
  readonly anyOf?: string;
}

const NUMBERS = ['int', 'num', 'float'] as const;
const DOUBLE = 'double precision';

function column(
  columns: readonly TableColumn[],
  kinds: readonly ColumnKind[],
  random: RandomSource,
): string | undefined {
  const found = columns.filter(({ kind }) => kinds.includes(kind));
  return found.length === 0 ? undefined : `${SELF}.${random.pick(found).name}`;
}

function interval(make: ExpressionMaker, random: RandomSource): string {
  return `(${make.column('int')} * interval '${random.pick(['1 hour', '1.000001 seconds', '36 minutes', '1 day', '1 month'])}')`;
}

function simple(
  make: ExpressionMaker,
  columns: readonly TableColumn[],
  random: RandomSource,
): Call {
  const kind = random.pick(NUMBERS);
  const number = make.value(kind, 1);
  const plain = column(columns, ['big'], random);
  const any = `${SELF}.${random.pick(columns).name}`;
  const ordered = columns.filter(({ kind: each }) => each !== 'list' && each !== 'bool');
  const extreme = random.pick(ordered);
  return random.choose<Call>(
    () => ({ text: 'count(*)', kind: 'int' }),
    () => ({ text: 'count(*)', kind: 'int' }),
    () => ({ text: `count(${any})`, kind: 'int' }),
    () => ({ text: `sum(${number})`, kind }),
    () => ({ text: `sum(${number})`, kind }),
    () => ({
      text: `sum(${plain ?? make.column('int')})`,
      kind: plain === undefined ? 'int' : 'big',
    }),
    () => ({ text: `avg(${number})`, kind: 'float', inexact: true }),
    () => ({ text: `avg(${plain ?? make.column('num')})`, kind: 'float', inexact: true }),
    () => ({ text: `${random.pick(['min', 'max'])}(${SELF}.${extreme.name})`, kind: extreme.kind }),
    () => {
      const of = random.pick(['int', 'num', 'float', 'text', 'date', 'ts'] as const);
      return { text: `${random.pick(['min', 'max'])}(${make.value(of, 1)})`, kind: of };
    },
    () => {
      const counted = `count_if(${make.predicate(1)})`;
      return { text: either(counted, `coalesce(${counted}, 0)`), kind: 'int' };
    },
    () => ({
      text: `${random.pick(['bool_and', 'bool_or', 'every'])}(${make.predicate(1)})`.replace(
        'every',
        either('every', 'bool_and'),
      ),
      kind: 'bool',
    }),
    () => ({
      text: `${random.pick(['bit_and', 'bit_or', 'bit_xor'])}(${make.column('int')})`,
      kind: 'int',
    }),
  );
}

function moments(make: ExpressionMaker, random: RandomSource): Call {
  const number = make.value(random.pick(NUMBERS), 1);
  const pair = `${make.value('float', 1)}::${DOUBLE}, ${make.value('int', 1)}::${DOUBLE}`;
  const nullable = random.pick(['corr', 'regr_slope', 'regr_intercept', 'regr_r2']);
  return random.choose<Call>(
    () => ({
      text: `${random.pick(['variance', 'var_samp', 'var_pop', 'stddev', 'stddev_samp', 'stddev_pop'])}(${number})`,
      kind: 'float',
      inexact: true,
    }),
    () => ({
      text: `${random.pick(['variance', 'var_samp', 'var_pop', 'stddev', 'stddev_samp', 'stddev_pop'])}(${number})`,
      kind: 'float',
      inexact: true,
    }),
    () => ({
      text: `${random.pick(['covar_pop', 'covar_samp', 'regr_avgx', 'regr_avgy', 'regr_sxx', 'regr_syy', 'regr_sxy'])}(${pair})`,
      kind: 'float',
      inexact: true,
    }),
    () => ({
      text: either(`${nullable}(${pair})`, `nullif(${nullable}(${pair}), 'NaN'::DOUBLE)`),
      kind: 'float',
      inexact: true,
    }),
    () => ({ text: `regr_count(${pair})`, kind: 'int' }),
  );
}

function distinct(
  make: ExpressionMaker,
  columns: readonly TableColumn[],
  random: RandomSource,
): Call {
  const any = `${SELF}.${random.pick(columns).name}`;
  return random.choose<Call>(
    () => ({ text: `count(DISTINCT ${any})`, kind: 'int' }),
    () => ({ text: `count(DISTINCT ${SELF}.k)`, kind: 'int' }),
    () => ({ text: `count(DISTINCT ${make.any(1).text})`, kind: 'int' }),
    () => {
      const kind = random.pick(NUMBERS);
      return { text: `sum(DISTINCT ${make.value(kind, 1)})`, kind };
    },
    () => ({ text: `avg(DISTINCT ${make.column('int')})`, kind: 'float', inexact: true }),
    () => ({ text: `array_agg(DISTINCT ${SELF}.k ORDER BY ${SELF}.k)`, kind: 'list' }),
    () => ({ text: `string_agg(DISTINCT ${SELF}.s, ',' ORDER BY ${SELF}.s)`, kind: 'text' }),
  );
}

/** Calls whose partial holds values of the rows; every order is total. */
function holding(
  make: ExpressionMaker,
  columns: readonly TableColumn[],
  random: RandomSource,
): Call {
  const value = random.pick(columns);
  const carried = `${SELF}.${value.name}`;
  const turn = random.pick(['', ' DESC']);
  // DuckDB keeps DESC as the fraction's sign, which 0 has not.
  const fraction = random.pick(['0.5', '0.25', '0.9', '0.001', '1']);
  const best = random.pick(['min', 'max']);
  return random.choose<Call>(
    () => ({
      text: either(
        `arg_${best}(${carried}, ${SELF}.rid)`,
        `arg_${best}_null(${carried}, ${SELF}.rid)`,
      ),
      kind: value.kind,
    }),
    () => ({
      text: either(
        `${best}_by(${carried}, ${SELF}.rid)`,
        `arg_${best}_null(${carried}, ${SELF}.rid)`,
      ),
      kind: value.kind,
    }),
    () => ({
      text: `${random.pick(['first', 'last'])}(${carried} ORDER BY ${SELF}.rid${turn})`,
      kind: value.kind,
    }),
    () => ({ text: `median(${make.value(random.pick(NUMBERS), 1)}::${DOUBLE})`, kind: 'float' }),
    () => ({
      text: `percentile_cont(${fraction}) WITHIN GROUP (ORDER BY ${make.value(random.pick(NUMBERS), 1)}::${DOUBLE}${turn})`,
      kind: 'float',
      inexact: true,
    }),
    () => {
      const kind = random.pick(['int', 'text', 'date'] as const);
      const within = `WITHIN GROUP (ORDER BY ${make.column(kind)})`;
      return { text: `percentile_disc(${fraction}) ${within}`, kind };
    },
    () => {
      // The value may be of the joined table, several of whose rows belong to one `rid`.
      const text = make.value('text', 1);
      return {
        text: `string_agg(${text}, ',' ORDER BY ${SELF}.rid${turn}, ${text})`,
        kind: 'text',
      };
    },
    () => ({
      text: `string_agg(${SELF}.s, '/' ORDER BY ${SELF}.k, ${SELF}.rid${turn})`,
      kind: 'text',
    }),
    () => ({
      text: `array_agg(${random.pick([`${SELF}.k`, `${SELF}.s`])} ORDER BY ${SELF}.rid${turn})`,
      kind: 'list',
    }),
    () => intervalSum(make, random),
  );
}

/** Sums of intervals, which a plain DuckDB does not have. */
function intervalSum(make: ExpressionMaker, random: RandomSource): Call {
  const value = interval(make, random);
  return {
    text: either(
      `sum(${value})`,
      `list_reduce(nullif(list_filter(list(${value}), lambda x: x IS NOT NULL), CAST([] AS INTERVAL[])), lambda a, b: a + b)`,
    ),
    kind: 'interval',
  };
}

function anyValue({ text, kind }: Expression): Call {
  return kind === 'list'
    ? { text: `count(${text})`, kind: 'int' }
    : { text: `any_value(${text})`, kind, anyOf: text };
}

/** `keys` are the group's: any value of theirs is the same. */
export function randomCall(
  make: ExpressionMaker,
  columns: readonly TableColumn[],
  keys: readonly Expression[],
  random: RandomSource,
): Call {
  const kind = random.integer(0, 99);
  const call =
    kind < 55
      ? simple(make, columns, random)
      : kind < 65
        ? moments(make, random)
        : kind < 80
          ? distinct(make, columns, random)
          : kind < 94
            ? holding(make, columns, random)
            : kind < 97 && keys.length > 0
              ? anyValue(random.pick(keys))
              : intervalSum(make, random);
  // In what a dialect spells its own way a filter has no one place.
  if (call.text.includes('\u0001') || !random.chance(0.2)) return call;
  return { ...call, text: `${call.text} FILTER (WHERE ${make.predicate(1)})` };
}
