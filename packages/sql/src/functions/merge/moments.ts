import type { Expression } from '../../plan/expression.ts';
import type { SqlType } from '../../types/sql-type.ts';
import { FLOAT8, INT8 } from '../../types/sql-type.ts';
import { argument } from '../division.ts';
import type { FunctionEntry } from '../function-entry.ts';
import { agg, fn } from '../signature.ts';
import { reuse } from '../template-parts.ts';
import { callOf, itemOf, mergeOf, notMergeable, partialOf } from './calls.ts';
import type { MergeRule } from './calls.ts';
import { eachElement } from './codec.ts';

/**
 * Counts, means and sums of squared (or mixed) deviations of one set: `n`, `x`, `xx`, and for pairs `y`, `yy`, `xy` too. They combine as in the
 * parallel variance formula (Chan, Golub, LeVeque): deviations within the sets plus those of the sets' means.
 */
function momentsType(names: readonly string[]): SqlType {
  const fields = names.map((name) => ({ name, type: name === 'n' ? INT8 : FLOAT8 }));
  return Object.freeze({ kind: 'struct', fields });
}

const ONE = momentsType(['n', 'x', 'xx']);
const TWO = momentsType(['n', 'x', 'y', 'xx', 'yy', 'xy']);

/** The mean, exactly the value where all values are one: a mean of equal values may be off by its last digit. */
function meanText(value: string, deviations: string): string {
  return `CASE WHEN ${deviations} = 0 THEN min(${value}){over} ELSE avg(${value}){over} END`;
}

const CELL_ONE = agg('cell_moments(any) -> any', {
  duckdb: (args) => {
    const value = `CAST(${argument(args, 0).text} AS DOUBLE)`;
    const deviations = `(var_pop(${value}){over} * count(${value}){over})`;
    return `{'n': count(${value}){over}, 'x': ${meanText(value, deviations)}, 'xx': ${deviations}}`;
  },
});

const CELL_TWO = agg('cell_moments(float8, float8) -> any', {
  duckdb: (args) => {
    const [y, x] = [argument(args, 0).text, argument(args, 1).text];
    const call = (name: string): string => `${name}(${y}, ${x}){over}`;
    // Only pairs count.
    const paired = (value: string, other: string): string =>
      `CASE WHEN ${other} IS NOT NULL THEN ${value} END`;
    const fields = {
      n: `coalesce(CAST(${call('regr_count')} AS BIGINT), 0)`,
      x: meanText(paired(x, y), call('regr_sxx')),
      y: meanText(paired(y, x), call('regr_syy')),
      xx: call('regr_sxx'),
      yy: call('regr_syy'),
      xy: call('regr_sxy'),
    };
    return `{${Object.entries(fields)
      .map(([name, text]) => `'${name}': ${text}`)
      .join(', ')}}`;
  },
});

/** DuckDB text of sets' moments together. `products` are the fields of deviations by the means they belong to. */
function combined(
  sets: string,
  means: readonly string[],
  products: Readonly<Record<string, readonly [string, string]>>,
): string {
  const sum = (list: string, term: (element: string) => string): string =>
    `list_sum(${eachElement(list, term)})`;
  return reuse([`list(${sets}){over}`], (list) => {
    const count = `CAST(coalesce(${sum(list, (each) => `${each}.n`)}, 0) AS BIGINT)`;
    // From one of the means on, so that equal means have themselves as their mean.
    const from = means.map((mean) => `list_min(${eachElement(list, (each) => `${each}.${mean}`)})`);
    const meanTexts = reuse(
      [list, count, ...from],
      (all, n, ...origins) =>
        `{${means
          .map((mean, index) => {
            const origin = origins[index] ?? '';
            const shift = sum(all, (each) => `${each}.n * (${each}.${mean} - ${origin})`);
            // An infinite mean or NaN has no distance to another.
            const areFinite = `${sum(all, (each) => `${each}.${mean} - ${each}.${mean}`)} = 0`;
            const unordered = sum(all, (each) => `${each}.${mean}`);
            return `'${mean}': CASE WHEN ${areFinite} THEN ${origin} + ${shift} / ${n} ELSE ${unordered} END`;
          })
          .join(', ')}}`,
    );
    return reuse([list, count, meanTexts], (all, n, mean) => {
      const fields = Object.entries(products).map(([name, [a, b]]) => {
        const apart = (each: string): string =>
          `${each}.n * (${each}.${a} - ${mean}.${a}) * (${each}.${b} - ${mean}.${b})`;
        return `'${name}': ${sum(all, (each) => `${each}.${name} + ${apart(each)}`)}`;
      });
      const own = means.map((each) => `'${each}': ${mean}.${each}`);
      return `{'n': ${n}, ${[...own, ...fields].join(', ')}}`;
    });
  });
}

const COMBINE_ONE = agg('combine_moments(any) -> any', {
  duckdb: (args) => combined(argument(args, 0).text, ['x'], { xx: ['x', 'x'] }),
});
const COMBINE_TWO = agg('combine_pair_moments(any) -> any', {
  duckdb: (args) =>
    combined(argument(args, 0).text, ['x', 'y'], {
      xx: ['x', 'x'],
      yy: ['y', 'y'],
      xy: ['x', 'y'],
    }),
});

/** What each aggregate is of its moments `m`. */
const VALUES: Readonly<Record<string, string>> = {
  var_pop: 'CASE WHEN m.n > 0 THEN m.xx / m.n END',
  var_samp: 'CASE WHEN m.n > 1 THEN m.xx / (m.n - 1) END',
  stddev_pop: 'CASE WHEN m.n > 0 THEN sqrt(m.xx / m.n) END',
  stddev_samp: 'CASE WHEN m.n > 1 THEN sqrt(m.xx / (m.n - 1)) END',
  covar_pop: 'CASE WHEN m.n > 0 THEN m.xy / m.n END',
  covar_samp: 'CASE WHEN m.n > 1 THEN m.xy / (m.n - 1) END',
  corr: 'CASE WHEN m.xx > 0 AND m.yy > 0 THEN m.xy / sqrt(m.xx * m.yy) END',
  regr_slope: 'CASE WHEN m.xx > 0 THEN m.xy / m.xx END',
  regr_intercept: 'CASE WHEN m.xx > 0 THEN m.y - m.x * (m.xy / m.xx) END',
  regr_r2:
    'CASE WHEN m.xx > 0 THEN CASE WHEN m.yy > 0 THEN (m.xy * m.xy) / (m.xx * m.yy) ELSE 1 END END',
  regr_avgx: 'm.x',
  regr_avgy: 'm.y',
  regr_sxx: 'CASE WHEN m.n > 0 THEN m.xx END',
  regr_syy: 'CASE WHEN m.n > 0 THEN m.yy END',
  regr_sxy: 'CASE WHEN m.n > 0 THEN m.xy END',
  regr_count: 'coalesce(m.n, 0)',
};
const ALIASES: Readonly<Record<string, string>> = { variance: 'var_samp', stddev: 'stddev_samp' };

const FINISHERS: ReadonlyMap<string, FunctionEntry> = new Map(
  Object.entries(VALUES).map(([name, text]) => [
    name,
    fn(`${name}_of_moments(any) -> any`, {
      duckdb: (args, context) =>
        `CAST(${reuse([argument(args, 0).text], (m) => text.replace(/\bm\./g, `${m}.`))} AS ${context.engineType(context.result)})`,
      strict: false,
    }),
  ]),
);

/** The variance, covariance and regression families. */
export const momentsRule: MergeRule = (call) => {
  const name = ALIASES[call.entry.name] ?? call.entry.name;
  const finisher = FINISHERS.get(name);
  if (finisher === undefined) return notMergeable(call);
  const pair = call.args.length === 2;
  const type = pair ? TWO : ONE;
  const combine = (column: Expression) =>
    pair ? mergeOf(COMBINE_TWO, [column], type) : mergeOf(COMBINE_ONE, [column], type);
  return {
    partials: [partialOf(call, pair ? CELL_TWO : CELL_ONE, call.args, type)],
    rollUp: (columns) => [combine(itemOf(columns, 0))],
    finish: (columns) => callOf(finisher, [itemOf(columns, 0)], call.type),
    exactness: name === 'regr_count' ? 'exact' : 'tolerance',
    size: 'constant',
  };
};
