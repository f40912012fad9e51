import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Expression } from '../../src/plan/expression.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { printDuckdb } from '../../src/print/print-duckdb.ts';
import { printPostgres } from '../../src/print/print-postgres.ts';
import { arrayOf, BOOL, INT4, INT8, numericResult, TEXT } from '../../src/types/sql-type.ts';
import { openDuckdb } from '../support/duckdb.ts';
import type { TestDuckdb } from '../support/duckdb.ts';
import {
  add,
  aggregate,
  aggregateCall,
  and,
  column,
  compare,
  constant,
  distinct,
  equal,
  filter,
  int,
  isNull,
  join,
  key,
  limit,
  named,
  not,
  ONE_ROW,
  operator,
  or,
  output,
  project,
  scan,
  setOperation,
  sort,
  subquery,
  text,
  values,
  window,
  windowCall,
} from '../support/plans.ts';
import { startPostgres } from '../support/postgres.ts';

type Cell = string | null;
type Rows = readonly (readonly Cell[])[];

let duckdb: TestDuckdb;
let postgres: Awaited<ReturnType<typeof startPostgres>>;

beforeAll(async () => {
  duckdb = await openDuckdb();
  postgres = await startPostgres();
  await postgres.query('CREATE TABLE t (a int, b int)');
  await postgres.query('INSERT INTO t VALUES (1, 10), (2, NULL), (3, 30), (3, 31)');
});

afterAll(async () => {
  duckdb.close();
  await postgres.stop();
});

const T_ROWS = '(SELECT * FROM (VALUES (1, 10), (2, NULL), (3, 30), (3, 31)) AS t(a, b))';

function duckdbText(plan: Plan): string {
  return printDuckdb<never>(plan, {
    relation: (each) => ({
      text: `(SELECT ${(each.kind === 'scan' ? each.scanColumns : []).map(({ id, source }) => `${source} AS c${id}`).join(', ') || '1'} FROM ${T_ROWS})`,
      parameters: [],
    }),
    timeZone: 'UTC',
    now: '2024-02-29 12:00:00+00',
  }).text;
}

/** Rows as text on both engines: they must be the same, in the same order. */
async function rowsOf(plan: Plan): Promise<Rows> {
  const shown = plan.columns.map(({ id }) => `CAST(c${id} AS VARCHAR)`).join(', ') || '1';
  const engine = duckdbText(plan);
  const found = await duckdb.query(`SELECT ${shown} FROM (${engine}) AS r`);
  const rows = found.map((row) => row.map((cell) => (cell === null ? null : String(cell))));
  const wanted = await postgres.query(
    `SELECT ${plan.columns.map(({ id, type }) => `CAST(c${id}${type.kind === 'array' ? '' : ''} AS text)`).join(', ') || "'1'"} FROM (${printPostgres(plan, { table: (each) => `public.${each.table.name}` })}) AS r`,
  );
  const alike = (cell: Cell): Cell =>
    cell?.replace(/^\{(.*)\}$/, (_, list: string) => `[${list.replaceAll(',', ', ')}]`) ?? null;
  expect(rows).toEqual(wanted.map((row) => row.map(alike)));
  return rows;
}

const t = (a: number, b: number): Plan => scan('t', [output(a), output(b)]);
const exists = (plan: Plan): Expression => subquery('exists', plan, BOOL);

describe('one SELECT', () => {
  test('scan, filter, projection, sort and limit share one SELECT', async () => {
    const plan = limit(
      sort(
        project(filter(t(1, 2), compare('>', column(1), int(1))), [3, add(column(1), int(1))]),
        key(column(3), true),
      ),
      2,
    );
    expect(duckdbText(plan)).toMatch(
      /^SELECT [^(]*CAST\(.*\) AS c3 FROM \(SELECT .*\) AS r1 WHERE /,
    );
    expect(duckdbText(plan).match(/SELECT/g)).toHaveLength(3);
    expect(await rowsOf(plan)).toEqual([['4'], ['4']]);
  });

  test('a sort by a column that a projection drops keeps its order at the top', async () => {
    const plan = project(sort(t(1, 2), key(column(2), true)), [1, column(1)]);
    expect(await rowsOf(plan)).toEqual([['2'], ['3'], ['3'], ['1']]);
  });

  test('an order survives DISTINCT with a computed column above it', async () => {
    const once = sort(distinct(project(t(1, 2), [1, column(1)])), key(column(1), true));
    const plan = project(once, [9, add(column(1), int(1))]);
    expect(await rowsOf(plan)).toEqual([['4'], ['3'], ['2']]);
  });

  test('a filter over a limit filters the limited rows', async () => {
    const first = limit(sort(t(1, 2), key(column(1))), 1);
    expect(await rowsOf(filter(first, compare('>', column(1), int(1))))).toEqual([]);
  });

  test('a limit over a limit takes the smaller, in order', async () => {
    const inner = limit(sort(t(1, 2), key(column(1), true), key(column(2), true)), 3);
    expect(await rowsOf(limit(inner, 2, 1))).toEqual([
      ['3', '30'],
      ['2', null],
    ]);
  });

  test('a limit of NULL limits nothing and a negative one is refused', async () => {
    const plan: Plan = {
      kind: 'limit',
      input: values([1], [1], [2]),
      columns: [output(1)],
      limit: constant(null, INT8),
      withTies: false,
    };
    expect(await rowsOf(plan)).toHaveLength(2);
    expect(() => duckdbText(limit(values([1], [1]), -1))).toThrow('LIMIT must not be negative');
  });

  test('WITH TIES keeps the peers of the last row', async () => {
    expect(
      await rowsOf(limit(sort(t(1, 2), key(column(1), true)), 1, undefined, true)),
    ).toHaveLength(2);
    const later = limit(sort(project(t(1, 2), [1, column(1)]), key(column(1))), 1, 2, true);
    expect(await rowsOf(later)).toEqual([['3'], ['3']]);
  });

  test('DISTINCT ON keeps whole first rows in order', async () => {
    const order = [key(column(1), true), key(column(2), true)];
    expect(await rowsOf(distinct(t(1, 2), [column(1)], order))).toEqual([
      ['3', '31'],
      ['2', null],
      ['1', '10'],
    ]);
  });

  test('a constant sort key orders nothing', async () => {
    const plan = sort(project(t(1, 2), [3, text('x')]), key(column(3)), key(int(1)));
    expect(duckdbText(plan)).not.toContain('ORDER BY');
    expect(await rowsOf(plan)).toHaveLength(4);
  });

  test('a volatile column is computed once for the filter and the output', () => {
    const random: Expression = { kind: 'call', entry: named('random', []), args: [], type: INT4 };
    const plan = filter(project(t(1, 2), [5, random]), compare('>', column(5), int(0)));
    expect(duckdbText(plan).match(/random\(\)/g)).toHaveLength(1);
  });

  test('a projection of nothing keeps the rows', async () => {
    expect(await rowsOf(project(t(1, 2)))).toHaveLength(4);
    expect(await rowsOf(project(ONE_ROW, [1, int(1)]))).toEqual([['1']]);
  });
});

describe('joins', () => {
  const on = equal(column(1), column(3));

  test('inner joins of tables are one FROM', async () => {
    const plan = join(
      'inner',
      join('inner', t(1, 2), t(3, 4), on),
      t(5, 6),
      equal(column(5), column(3)),
    );
    expect(duckdbText(plan)).toContain(' AS r1 INNER JOIN ');
    expect(duckdbText(plan)).not.toContain('(SELECT r');
    expect(await rowsOf(aggregate(plan, [], [[9, aggregateCall('count', [], INT8)]]))).toEqual([
      ['10'],
    ]);
  });

  test.each(['left', 'right', 'full'] as const)(
    '%s join with filters on both sides pads instead of dropping',
    async (kind) => {
      const left = filter(values([1], [1], [2], [null]), compare('>', column(1), int(1)));
      const right = filter(values([3], [2], [3], [4]), compare('<', column(3), int(4)));
      const plan = sort(join(kind, left, right, on), key(column(1)), key(column(3)));
      const wanted = {
        left: [['2', '2']],
        right: [
          ['2', '2'],
          [null, '3'],
        ],
        full: [
          ['2', '2'],
          [null, '3'],
        ],
      };
      expect(await rowsOf(plan)).toEqual(wanted[kind]);
    },
  );

  test('a computed column on the padded side of a join is NULL, not recomputed', async () => {
    const right = project(values([3], [7]), [3, column(3)], [4, int(5)]);
    expect(await rowsOf(join('left', values([1], [1]), right, on))).toEqual([['1', null, null]]);
  });

  test('semi and anti joins treat NULL as no match and never multiply rows', async () => {
    const left = values([1], [1], [2], [null]);
    const right = values([3], [2], [2], [null]);
    expect(await rowsOf(join('semi', left, right, on))).toEqual([['2']]);
    expect(await rowsOf(sort(join('anti', left, right, on), key(column(1))))).toEqual([
      ['1'],
      [null],
    ]);
  });

  test('a lateral side reads the left row, also below a left join', async () => {
    const right = filter(
      project(ONE_ROW, [5, add(column(1), int(100))]),
      compare('>', column(1), int(1)),
    );
    const plan = sort(join('left', values([1], [1], [2]), right, undefined, true), key(column(1)));
    expect(await rowsOf(plan)).toEqual([
      ['1', null],
      ['2', '102'],
    ]);
  });

  test('a lateral side that passes the left column on under its own id is not captured', async () => {
    const right = project(values([7], [70], [80]), [1, column(1)], [7, column(7)]);
    const plan = project(join('inner', values([1], [1], [2]), right, undefined, true), [
      9,
      add(column(1), column(7)),
    ]);
    expect(await rowsOf(sort(plan, key(column(9))))).toEqual([['71'], ['72'], ['81'], ['82']]);
  });
});

describe('subqueries', () => {
  test('a correlated EXISTS reads the enclosing row although the inner relation re-exports its id', async () => {
    const inner = filter(
      project(t(3, 4), [1, column(1)], [3, column(3)]),
      equal(column(3), column(1)),
    );
    const plan = filter(values([1], [1], [5]), exists(inner));
    expect(await rowsOf(plan)).toEqual([['1']]);
  });

  test('a subquery over a grouped column is asked per group', async () => {
    const groups = aggregate(t(1, 2), [[1, column(1)]], [[5, aggregateCall('count', [], INT8)]]);
    const same = filter(t(3, 4), equal(column(3), column(1)));
    const bound = project(same, [4, column(4)]);
    const plan = project(
      groups,
      [1, column(1)],
      [6, subquery('scalar', limit(sort(bound, key(column(4), true, false)), 1), INT4)],
    );
    expect(await rowsOf(sort(plan, key(column(1))))).toEqual([
      ['1', '10'],
      ['2', null],
      ['3', '31'],
    ]);
  });

  test.each([
    [1, [1, 2], 't'],
    [1, [2, 3], 'f'],
    [1, [2, null], null],
    [1, [1, null], 't'],
    [1, [], 'f'],
    [null, [1], null],
    [null, [], 'f'],
  ])('%p IN (subquery of %p) is %p', async (left, right, wanted) => {
    const plan = values([3], ...right.map((each) => [each]));
    const test = subquery('any', plan, BOOL, {
      left: [int(left)],
      operators: [operator('=', INT4)],
    });
    const shown = project(ONE_ROW, [1, test], [2, not(test)]);
    const [row] = await rowsOf(shown);
    expect(row?.[0]?.[0] ?? null).toBe(wanted);
  });

  test.each([
    ['=', 'any', [1, 2], [[1, 2]], 'true'],
    ['=', 'any', [1, null], [[1, 2]], null],
    ['=', 'any', [1, null], [[2, 2]], 'false'],
    ['<>', 'all', [1, 2], [[1, null]], null],
    ['<>', 'all', [1, 2], [[2, null]], 'true'],
  ] as const)('row %s %s (%p, %p) is %p', async (symbol, form, left, rows, wanted) => {
    const entry = operator(symbol, INT4);
    const test = subquery(form, values([3, 4], ...rows), BOOL, {
      left: left.map(int),
      operators: [entry, entry],
    });
    const shown = duckdbText(project(ONE_ROW, [1, test]));
    expect((await duckdb.query(`SELECT CAST(c1 AS VARCHAR) FROM (${shown})`))[0]?.[0]).toBe(wanted);
    const kept = await duckdb.query(duckdbText(filter(values([9], [1]), test)));
    expect(kept).toHaveLength(wanted === 'true' ? 1 : 0);
  });

  test('ARRAY(SELECT) keeps its order and is empty without rows', async () => {
    const sorted = sort(values([3], [1], [3], [2]), key(column(3), true));
    const none = filter(values([4], [1]), compare('>', column(4), int(1)));
    const type = arrayOf(INT4);
    const plan = project(
      ONE_ROW,
      [1, subquery('array', sorted, type)],
      [2, subquery('array', none, type)],
    );
    expect(await rowsOf(plan)).toEqual([['[3, 2, 1]', '[]']]);
  });
});

describe('aggregates and windows', () => {
  test('one group of everything stays one row although nothing of it is selected', async () => {
    const one = aggregate(t(1, 2), [], [[5, aggregateCall('count', [], INT8)]]);
    expect(await rowsOf(project(one, [6, int(1)]))).toEqual([['1']]);
  });

  test('a filter over groups is HAVING, a filter over windows is not', async () => {
    const groups = aggregate(t(1, 2), [[1, column(1)]], [[5, aggregateCall('count', [], INT8)]]);
    const having = filter(groups, compare('>', column(5, INT8), constant('1', INT8)));
    expect(duckdbText(having)).toContain('HAVING');
    expect(await rowsOf(having)).toEqual([['3', '2']]);
    const numbered = window(t(1, 2), [
      7,
      windowCall('row_number', [], INT8, { partitionBy: [column(1)], orderBy: [key(column(2))] }),
    ]);
    const second = filter(numbered, equal(column(7, INT8), constant('2', INT8)));
    expect(await rowsOf(second)).toEqual([['3', '31', '2']]);
  });

  test('grouping by a constant or an expression groups, and is no column number', async () => {
    const call = aggregateCall('count', [], INT8);
    expect(await rowsOf(aggregate(t(1, 2), [[8, int(1)]], [[5, call]]))).toEqual([['1', '4']]);
    const plan = aggregate(t(1, 2), [[8, add(column(1), int(1))]], [[5, call]]);
    expect(await rowsOf(sort(plan, key(column(8))))).toHaveLength(3);
  });

  test('grouping sets, GROUPING and the empty set over no rows', async () => {
    const none = filter(t(1, 2), compare('>', column(1), int(99)));
    const plan = (input: Plan): Plan =>
      aggregate(
        input,
        [
          [1, column(1)],
          [2, column(2)],
        ],
        [
          [5, aggregateCall('count', [], INT8)],
          [6, { kind: 'grouping', keys: [1, 2], type: INT4 }],
        ],
        [[1], []],
      );
    expect(await rowsOf(sort(plan(t(1, 2)), key(column(1))))).toEqual([
      ['1', null, '1', '1'],
      ['2', null, '1', '1'],
      ['3', null, '2', '1'],
      [null, null, '4', '3'],
    ]);
    expect(await rowsOf(plan(none))).toEqual([[null, null, '0', '3']]);
  });

  test('DISTINCT, FILTER and ORDER BY stand inside the call, casts outside', async () => {
    const sum = aggregateCall('sum', [column(1)], INT8, {
      distinct: true,
      filter: compare('>', column(1), int(1)),
    });
    expect(duckdbText(aggregate(t(1, 2), [], [[5, sum]]))).toContain(
      'sum(DISTINCT r1.c1) FILTER (WHERE ',
    );
    expect(await rowsOf(aggregate(t(1, 2), [], [[5, sum]]))).toEqual([['5']]);
  });

  test('a window over groups, with a frame that excludes ties', async () => {
    const groups = aggregate(t(1, 2), [[1, column(1)]], [[5, aggregateCall('count', [], INT8)]]);
    const frame = {
      unit: 'groups',
      start: { kind: 'preceding', offset: int(1) },
      end: { kind: 'currentRow' },
      exclude: 'ties',
    } as const;
    const plan = window(groups, [
      7,
      windowCall('sum', [column(1)], INT8, { orderBy: [key(column(1))], frame }),
    ]);
    expect(duckdbText(plan).match(/SELECT/g)).toHaveLength(3);
    expect(await rowsOf(sort(plan, key(column(1))))).toEqual([
      ['1', '1', '1'],
      ['2', '1', '3'],
      ['3', '2', '5'],
    ]);
  });
});

describe('set operations and common tables', () => {
  const left = values([1], [1], [1], [2], [null]);
  const right = values([2], [1], [3], [null]);

  test.each([
    ['union', true, 7],
    ['union', false, 4],
    ['intersect', true, 2],
    ['intersect', false, 2],
    ['except', true, 2],
    ['except', false, 1],
  ] as const)('%s all=%p gives %p rows', async (operation, all, count) => {
    const plan = sort(setOperation(operation, all, left, right, [output(5)]), key(column(5)));
    expect(await rowsOf(plan)).toHaveLength(count);
  });

  test('a long chain of one operation is flat', async () => {
    let plan: Plan = values([1], [0]);
    for (let id = 2; id <= 200; id += 1) {
      plan = setOperation('union', true, plan, values([1000 + id], [id]), [output(id)]);
    }
    expect(duckdbText(plan)).toMatch(
      /^\(SELECT [^()]*CAST\(0 AS INTEGER\) AS c200\) UNION ALL \(SELECT/,
    );
    expect(await rowsOf(plan)).toHaveLength(200);
  });

  test('inputs get the digits of the result', async () => {
    const small = numericResult({ precision: 2, scale: 1 });
    const wide = numericResult({ precision: 5, scale: 3 });
    const one = (id: number, value: string, type: typeof small): Plan => ({
      kind: 'values',
      columns: [output(id, type)],
      rows: [[constant(value, type)]],
    });
    const plan = setOperation('union', true, one(1, '1.5', small), one(2, '1.250', wide), [
      output(3, wide),
    ]);
    const rows = await duckdb.query(`SELECT typeof(c3) FROM (${duckdbText(plan)})`);
    expect(rows.map(([type]) => type)).toEqual(['DECIMAL(5,3)', 'DECIMAL(5,3)']);
  });

  test('a common table read twice and a recursive one', async () => {
    const numbers: Plan = {
      kind: 'recursive',
      all: true,
      columns: [output(10)],
      initial: values([11], [1]),
      step: project(
        filter(
          { kind: 'commonTableScan', table: 1, name: 'n', columns: [output(12)], sources: [10] },
          compare('<', column(12), int(3)),
        ),
        [13, add(column(12), int(1))],
      ),
    };
    const read = (id: number): Plan => ({
      kind: 'commonTableScan',
      table: 1,
      name: 'n',
      columns: [output(id)],
      sources: [10],
    });
    const body = join('inner', read(20), read(21), compare('<', column(20), column(21)));
    const plan: Plan = {
      kind: 'with',
      tables: [{ id: 1, name: 'n', plan: numbers }],
      body,
      columns: body.columns,
    };
    expect(await rowsOf(sort(plan, key(column(20)), key(column(21))))).toEqual([
      ['1', '2'],
      ['1', '3'],
      ['2', '3'],
    ]);
  });
});

describe('traps of printing', () => {
  test.each([
    ['(NOT a) IS NULL', isNull(not(constant(null, BOOL)))],
    ['(a OR b) IS NULL', isNull(or(constant(null, BOOL), constant('t', BOOL)))],
    ['NOT (a AND b)', not(and(constant('t', BOOL), constant('f', BOOL)))],
    [
      '1 IN (2, NULL) IS NULL',
      isNull({
        kind: 'inList',
        arg: int(1),
        list: [int(2), int(null)],
        negated: false,
        type: BOOL,
      }),
    ],
    [
      '1 NOT IN (2, NULL) IS NULL',
      isNull({ kind: 'inList', arg: int(1), list: [int(2), int(null)], negated: true, type: BOOL }),
    ],
    [
      '(NULL) IS NOT UNKNOWN',
      {
        kind: 'booleanTest',
        arg: constant(null, BOOL),
        test: 'unknown',
        negated: true,
        type: BOOL,
      },
    ],
    [
      '1 IS DISTINCT FROM NULL',
      {
        kind: 'distinct',
        left: int(1),
        right: int(null),
        equals: operator('=', INT4),
        negated: false,
        type: BOOL,
      },
    ],
    ['a AND (b OR c)', and(constant('f', BOOL), or(constant('t', BOOL), constant('t', BOOL)))],
  ] as const)('%s means the same in both engines', async (_, expression) => {
    expect(await rowsOf(project(ONE_ROW, [1, expression as Expression]))).toHaveLength(1);
  });

  const ints = (value: string | null) => constant(value, arrayOf(INT4));
  test.each(
    (['any', 'all'] as const).flatMap((quantifier) =>
      ['{1,2}', '{1,1}', '{2,NULL}', '{1,NULL}', '{}', null].flatMap((array) =>
        [1, null].map((left) => [left, quantifier, array] as const),
      ),
    ),
  )('%p = %s (%p) knows NULL', async (left, quantifier, array) => {
    const expression: Expression = {
      kind: 'quantified',
      left: int(left),
      operator: operator('=', INT4),
      quantifier,
      array: ints(array),
      type: BOOL,
    };
    await rowsOf(project(ONE_ROW, [1, expression]));
  });

  test.each([-1, 0, 1, 2, 3])('subscript %p of a two element array', async (index) => {
    const at = (each: Expression): Expression => ({
      kind: 'subscript',
      arg: ints('{7,8}'),
      index: each,
      type: INT4,
    });
    await rowsOf(project(values([1], [index]), [2, at(int(index))], [3, at(column(1))]));
  });

  test.each([
    [-1, 1],
    [0, 9],
    [2, 1],
    [2, 2],
    [null, 2],
  ])('slice %p to %p of a three element array', async (lower, upper) => {
    const slice = (a: Expression, b: Expression): Expression => ({
      kind: 'slice',
      arg: ints('{7,8,9}'),
      lower: a,
      upper: b,
      type: arrayOf(INT4),
    });
    await rowsOf(project(values([1, 2], [lower, upper]), [3, slice(column(1), column(2))]));
  });

  test('a narrow integer beside a literal is computed in the wide type', async () => {
    const rows = await duckdb.query(
      `SELECT typeof(c1) FROM (${duckdbText(project(ONE_ROW, [1, int(1)]))})`,
    );
    expect(rows[0]?.[0]).toBe('INTEGER');
  });
});

test('text that grows without end is refused', () => {
  let nested: Expression = text('x'.repeat(100));
  for (let depth = 0; depth < 18; depth += 1)
    nested = { kind: 'coalesce', args: [nested, nested], type: TEXT };
  expect(() => duckdbText(project(ONE_ROW, [1, nested]))).toThrow('printed text is longer than');
});
