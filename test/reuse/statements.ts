import type { RandomSource as Random } from '../support/random-source.ts';
import { RandomSource } from '../support/random-source.ts';
import { SELF } from './time-slots.ts';
import { changedFragment, fragmentQuery, randomFragment } from './fragments.ts';
import type { Fragment, Output, Query } from './fragments.ts';
import type { Source, Surroundings } from './joins.ts';

export interface ComparedStatement {
  /** With both dialects' fragments. */
  readonly text: string;
  /** Rows come in one order only. */
  readonly ordered: boolean;
  /** By output: its last digits are not compared. */
  readonly inexact: readonly boolean[];
}

const NESTINGS = [
  'plain',
  'plain',
  'plain',
  'plain',
  'subquery',
  'cte',
  'cteTwice',
  'behindCte',
  'behindCte',
  'behindSubquery',
  'union',
  'setOperation',
  'window',
  'regrouped',
  'joined',
  'scalar',
  'exists',
  'correlated',
  'limited',
  'distinctOn',
] as const;
type Nesting = (typeof NESTINGS)[number];

/** A statement in parts: what stands around its fragments is drawn from `seed`, so that it stays while the fragments change. */
export interface StatementPlan {
  readonly fragment: Fragment;
  readonly second: Fragment;
  readonly nesting: Nesting;
  readonly seed: number;
}

/** Without floats, whose sums differ in their last digits. */
const NUMBERS: ReadonlySet<string> = new Set(['int', 'num']);
const UNORDERED: ReadonlySet<string> = new Set(['list', 'interval']);

function exact(output: Output): boolean {
  return !output.inexact && !UNORDERED.has(output.kind);
}

function renamed(outputs: readonly Output[], key = false): Output[] {
  return outputs.map((output, at) => ({ ...output, name: `c${at}`, key: key && output.key }));
}

function number(outputs: readonly Output[], random: Random): string {
  const found = outputs.filter((each) => NUMBERS.has(each.kind) && exact(each));
  return found.length === 0 ? '1' : random.pick(found).name;
}

const counted = (name: string): Output => ({ name, kind: 'int', inexact: false, key: false });

/** The kinds of two queries' outputs, where they can be united. */
function compatible(one: Query, other: Query): boolean {
  return (
    one.outputs.length === other.outputs.length &&
    one.outputs.every(({ kind }, at) => kind === other.outputs[at]?.kind)
  );
}

function nest(
  { fragment, second, nesting }: StatementPlan,
  others: Surroundings,
  random: Random,
): Query {
  const query = fragmentQuery(fragment);
  const { text, outputs } = query;
  const names = outputs.map(({ name }) => `x.${name}`).join(', ');
  const all = renamed(outputs);
  const exactOnes = outputs.filter(exact);
  const key = (exactOnes.find((each) => each.key) ?? exactOnes[0])?.name;
  if (key === undefined) return query;
  const where = random.pick([
    `x.${key} IS NOT NULL`,
    `x.${number(outputs, random)} > 2`.replace('x.1', '1'),
    'true',
  ]);
  const other = fragmentQuery(second);
  switch (nesting) {
    case 'plain':
      return query;
    case 'subquery':
      return {
        text: `SELECT ${names} FROM (${text}) AS x WHERE ${where}`,
        outputs: renamed(outputs, true),
      };
    case 'cte':
      return {
        text: `WITH w AS ${random.pick(['', 'MATERIALIZED ', 'NOT MATERIALIZED '])}(${text}) SELECT ${names} FROM w AS x WHERE ${where}`,
        outputs: renamed(outputs, true),
      };
    case 'cteTwice':
      return {
        text: `WITH w AS (${text}) SELECT ${names}, 1 AS c${outputs.length} FROM w AS x UNION ALL SELECT ${names}, 2 FROM w AS x WHERE ${where}`,
        outputs: [...all, counted(`c${outputs.length}`)],
      };
    case 'behindCte':
    case 'behindSubquery': {
      const { name } = fragment.source;
      const filter = random.pick(['', ' AS b WHERE b.k IS NOT NULL', ' AS b WHERE b.k < 12']);
      const rows = `(SELECT * FROM ${name}${filter})`;
      return nesting === 'behindSubquery'
        ? { text: text.replaceAll(`FROM ${name} AS`, `FROM ${rows} AS`), outputs }
        : {
            text: `WITH w AS ${random.pick(['', '', 'MATERIALIZED '])}${rows} ${text.replaceAll(`${name} AS`, 'w AS')}`,
            outputs,
          };
    }
    case 'union':
      return compatible(query, other)
        ? {
            text: `(${text}) UNION ALL (${other.text})`,
            outputs: all.map((each, at) => ({
              ...each,
              inexact: each.inexact || other.outputs[at]?.inexact === true,
            })),
          }
        : {
            text: `SELECT count(*) AS c0, 1 AS c1 FROM (${text}) AS x UNION ALL SELECT count(*), 2 FROM (${other.text}) AS y`,
            outputs: [counted('c0'), counted('c1')],
          };
    case 'setOperation':
      return compatible(query, other) && [...outputs, ...other.outputs].every(exact)
        ? {
            text: `(${text}) ${random.pick(['UNION', 'INTERSECT', 'EXCEPT', 'EXCEPT ALL'])} (${other.text})`,
            outputs: all,
          }
        : query;
    case 'window': {
      const order = outputs
        .filter((each) => each.key && exact(each))
        .map(({ name }) => `x.${name}`);
      const call = random.pick([
        `sum(x.${number(outputs, random)}) OVER (${order.length === 0 ? '' : `ORDER BY ${order.join(', ')}`})`.replace(
          'x.1)',
          '1)',
        ),
        `count(*) OVER (PARTITION BY x.${key})`,
        `rank() OVER (ORDER BY x.${key}${random.pick(['', ' DESC'])})`,
        `dense_rank() OVER (ORDER BY x.${key})`,
      ]);
      return {
        text: `SELECT ${names}, ${call} AS c${outputs.length} FROM (${text}) AS x`,
        outputs: [...renamed(outputs, true), counted(`c${outputs.length}`)],
      };
    }
    case 'regrouped':
      return {
        text: `SELECT x.${key} AS c0, count(*) AS c1, sum(${`x.${number(outputs, random)}`.replace('x.1', '1')}) AS c2 FROM (${text}) AS x GROUP BY x.${key}`,
        outputs: [
          { ...(outputs.find(({ name }) => name === key) ?? counted('c0')), name: 'c0', key: true },
          counted('c1'),
          counted('c2'),
        ],
      };
    case 'joined': {
      const on = outputs.find(({ kind }) => kind === 'int');
      return {
        text: `SELECT ${names}, y.name AS c${outputs.length} FROM (${text}) AS x ${random.pick(['', 'LEFT '])}JOIN lake.${others.dimension.name} AS y ON y.k = ${on === undefined ? '3' : `x.${on.name}`}`,
        outputs: [...all, { name: `c${outputs.length}`, kind: 'text', inexact: false, key: false }],
      };
    }
    case 'scalar':
      return {
        text: `SELECT y.k AS c0, y.w AS c1, (SELECT count(*) FROM (${text}) AS x) AS c2 FROM lake.${others.dimension.name} AS y WHERE y.k < 4`,
        outputs: [counted('c0'), counted('c1'), counted('c2')],
      };
    case 'exists':
      return {
        text: `SELECT y.k AS c0, y.s AS c1 FROM lake.${others.dimension.name} AS y WHERE ${random.pick(['', 'NOT '])}EXISTS (SELECT 1 FROM (${text}) AS x WHERE ${where})`,
        outputs: [counted('c0'), { ...counted('c1'), kind: 'text' }],
      };
    case 'correlated': {
      const { join: _, having: __, ...alone } = fragment;
      const counts = (text: string, kind: 'int' | 'text'): string =>
        fragmentQuery({
          ...alone,
          filters: [...fragment.filters, `${SELF}.k = y.k`],
          shape: 'grouped',
          keys: [],
          calls: [{ text, kind }],
        }).text;
      return {
        text: `SELECT y.rid AS c0, (${counts('count(*)', 'int')}) AS c1, (${counts(`max(${SELF}.s)`, 'text')}) AS c2 FROM lake.${others.dimension.name} AS y`,
        outputs: [counted('c0'), counted('c1'), { ...counted('c2'), kind: 'text' }],
      };
    }
    case 'limited':
      return {
        text: `SELECT count(*) AS c0 FROM (${text} LIMIT ${random.integer(0, 30)}) AS x`,
        outputs: [counted('c0')],
      };
    case 'distinctOn': {
      const order = outputs.filter(exact).map(({ name }) => `x.${name}`);
      return order.length === outputs.length
        ? {
            text: `SELECT DISTINCT ON (${order[0] ?? ''}) ${names} FROM (${text}) AS x ORDER BY ${order.join(', ')}`,
            outputs: all,
          }
        : query;
    }
  }
}

/** ORDER BY over what names a row, or over everything: where neither is exact, no order. */
function order({ outputs }: Query, random: Random): string {
  const exactOnes = outputs.filter(exact);
  const keys = outputs.filter(({ key }) => key);
  const total = exactOnes.length === outputs.length || (keys.length > 0 && keys.every(exact));
  if (!total || exactOnes.length === 0) return '';
  const list = random
    .sample(exactOnes, exactOnes.length)
    .map(
      ({ name }) =>
        `${Number(name.slice(1)) + 1}${random.pick(['', ' DESC', ' ASC NULLS FIRST', ' DESC NULLS LAST'])}`,
    );
  const limit = random.chance(0.6) ? ` LIMIT ${random.integer(0, 30)}` : '';
  return ` ORDER BY ${list.join(', ')}${limit}${random.chance(0.15) ? ` OFFSET ${random.integer(0, 5)}` : ''}`;
}

export function randomPlan(source: Source, others: Surroundings, random: Random): StatementPlan {
  const fragment = randomFragment(source, others, random);
  return {
    fragment,
    second: changedFragment(fragment, others, random),
    nesting: random.pick(NESTINGS),
    seed: random.integer(0, 2 ** 31),
  };
}

/** The same statement over another range, with another filter, grouping or nesting. */
export function changedPlan(
  plan: StatementPlan,
  others: Surroundings,
  random: Random,
): StatementPlan {
  const fragment = changedFragment(plan.fragment, others, random);
  return {
    fragment,
    second: random.chance(0.7) ? plan.second : changedFragment(fragment, others, random),
    nesting: random.chance(0.7) ? plan.nesting : random.pick(NESTINGS),
    seed: random.chance(0.6) ? plan.seed : random.integer(0, 2 ** 31),
  };
}

export function statementOf(plan: StatementPlan, others: Surroundings): ComparedStatement {
  const random = new RandomSource(plan.seed);
  const query = nest(plan, others, random);
  const distinctOn = query.text.startsWith('SELECT DISTINCT ON');
  // Outputs name rows only where the grouping makes them unique.
  const unique =
    plan.fragment.shape === 'sets'
      ? query.outputs.map((each) => ({ ...each, key: false }))
      : query.outputs;
  const rowsOfJoin = plan.fragment.shape === 'rows';
  const keyed =
    rowsOfJoin || plan.nesting === 'cteTwice'
      ? unique.map((each) => ({ ...each, key: false }))
      : unique;
  const sorted =
    distinctOn || !random.chance(0.5) ? '' : order({ ...query, outputs: keyed }, random);
  return {
    text: `${query.text}${sorted}`,
    ordered: sorted !== '',
    inexact: query.outputs.map(({ inexact }) => inexact),
  };
}
