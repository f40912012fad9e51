import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';
import fc from 'fast-check';
import { domainContains, parseDomainValue, type Constraint } from '@tributary/sql';
import { scanConstraints } from './bound-query.ts';

const SEED = Number(process.env['ANALYZE_SEED'] ?? 20_240_331);
const RUNS = Number(process.env['ANALYZE_RUNS'] ?? 150);

const dates = fc.constantFrom(
  '2023-12-31',
  '2024-01-01',
  '2024-01-31',
  '2024-02-01',
  '2024-02-29',
  '2024-03-31',
);
const instants = fc.constantFrom(
  '2023-12-31 23:59:59.5',
  '2024-01-01 00:00:00',
  '2024-01-31 12:00:00',
  '2024-02-29 00:00:00.000001',
);
const numbers = fc.integer({ min: -2, max: 4 });
const texts = fc.constantFrom('', 'a', 'ab', 'abc', 'b', 'B', '\u00e9');
const comparisons = fc.constantFrom('=', '<>', '<', '<=', '>', '>=');
const units = fc.constantFrom('year', 'quarter', 'month', 'week', 'day', 'hour');
const patterns = fc.constantFrom('a%', 'ab', '%b', 'a_c', '', '%', 'ab%c');

/** A value with its literal: comparable sides of one type. */
const sides: fc.Arbitrary<readonly [string, string]> = fc.oneof(
  fc.tuple(
    fc.constantFrom(
      'n',
      'n + 1',
      'n - 2',
      '3 - n',
      'coalesce(n, 1)',
      'nullif(n, 2)',
      'CASE WHEN n > 1 THEN 1 ELSE n END',
      'id',
    ),
    numbers.map(String),
  ),
  fc.tuple(
    fc.constantFrom('n', 'id'),
    numbers.map((each) => `${each}.5`),
  ),
  fc.tuple(
    fc.constantFrom('dt', 'dt + 1', 'dt - 30', 'ts::date', 'coalesce(dt, ts::date)'),
    dates.map((each) => `date '${each}'`),
  ),
  fc.tuple(
    fc.oneof(
      fc.constantFrom(
        'ts',
        'dt::timestamp',
        `ts + interval '1 day'`,
        `ts - interval '1 month'`,
        `dt + interval '1 month'`,
        `dt - interval '1 month 2 days'`,
      ),
      units.map((unit) => `date_trunc('${unit}', ts)`),
    ),
    instants.map((each) => `timestamp '${each}'`),
  ),
  fc.tuple(
    fc.constantFrom('s', 'left(s, 1)', 'left(s, 2)', 'substr(s, 1, 2)', 'lower(s)'),
    texts.map((each) => `'${each}'`),
  ),
  fc.tuple(
    fc.constantFrom('dt::text'),
    dates.map((each) => `'${each}'`),
  ),
  fc.tuple(
    fc.constantFrom('extract(year from dt)', 'extract(year from ts)'),
    fc.constantFrom('2023', '2024', '2023.5'),
  ),
  fc.tuple(fc.constantFrom('f'), fc.constantFrom('1.5::float8', '0::float8')),
  fc.tuple(fc.constantFrom('b', '(n > 1)'), fc.constantFrom('true', 'false')),
);

const leaf: fc.Arbitrary<string> = fc.oneof(
  fc
    .tuple(sides, comparisons, fc.boolean())
    .map(([[value, literal], op, turned]) =>
      turned ? `(${literal} ${op} ${value})` : `(${value} ${op} ${literal})`,
    ),
  fc
    .tuple(sides, fc.boolean())
    .map(([[value, literal], not]) => `(${value} IS ${not ? 'NOT ' : ''}DISTINCT FROM ${literal})`),
  fc.tuple(sides, fc.boolean()).map(([[value]]) => `(${value} IS NULL)`),
  fc
    .tuple(fc.array(numbers, { minLength: 1, maxLength: 3 }), fc.boolean(), fc.boolean())
    .map(
      ([list, not, withNull]) =>
        `(n ${not ? 'NOT ' : ''}IN (${[...list, ...(withNull ? ['NULL'] : [])].join(', ')}))`,
    ),
  fc
    .tuple(fc.array(numbers, { minLength: 1, maxLength: 3 }), comparisons, fc.boolean())
    .map(([list, op, all]) => `(n ${op} ${all ? 'ALL' : 'ANY'} (ARRAY[${list.join(', ')}]))`),
  fc
    .tuple(patterns, fc.boolean())
    .map(([pattern, not]) => `(s ${not ? 'NOT ' : ''}LIKE '${pattern}')`),
  fc
    .tuple(dates, dates, fc.boolean())
    .map(([low, high, not]) => `(dt ${not ? 'NOT ' : ''}BETWEEN '${low}' AND '${high}')`),
  fc.constantFrom('(n = id)', '(n < id)', '(dt = ts::date)', '(b)', '(n IS NOT DISTINCT FROM id)'),
);

const predicate: fc.Arbitrary<string> = fc.letrec<{ tree: string }>((tie) => ({
  tree: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    leaf,
    fc
      .tuple(tie('tree'), fc.constantFrom('AND', 'OR'), tie('tree'))
      .map(([a, op, b]) => `(${a} ${op} ${b})`),
    tie('tree').map((each) => `(NOT ${each})`),
    fc
      .tuple(
        tie('tree'),
        fc.constantFrom(
          'IS TRUE',
          'IS NOT TRUE',
          'IS FALSE',
          'IS NOT FALSE',
          'IS UNKNOWN',
          'IS NOT UNKNOWN',
        ),
      )
      .map(([each, is]) => `(${each} ${is})`),
    fc.tuple(tie('tree'), tie('tree')).map(([a, b]) => `(CASE WHEN ${a} THEN ${b} ELSE n = 1 END)`),
  ),
})).tree;

interface Row {
  readonly [column: string]: string | null;
}

const TYPES = {
  id: 'BIGINT',
  n: 'INTEGER',
  s: 'VARCHAR',
  b: 'BOOLEAN',
  f: 'DOUBLE',
  ts: 'TIMESTAMP',
  dt: 'DATE',
};

let instance: DuckDBInstance;
let connection: DuckDBConnection;

beforeAll(async () => {
  instance = await DuckDBInstance.create(':memory:');
  connection = await instance.connect();
  const columns = Object.entries(TYPES).map(([name, type]) => `${name} ${type}`);
  await connection.run(`CREATE TABLE t (${columns.join(', ')})`);
  const nullable = (value: fc.Arbitrary<string>): fc.Arbitrary<string> =>
    fc.oneof({ weight: 5, arbitrary: value }, { weight: 1, arbitrary: fc.constant('NULL') });
  const quoted = (value: fc.Arbitrary<string>): fc.Arbitrary<string> =>
    nullable(value.map((each) => `'${each}'`));
  const row = fc.tuple(
    nullable(numbers.map(String)),
    nullable(numbers.map(String)),
    quoted(texts),
    nullable(fc.constantFrom('true', 'false')),
    nullable(fc.constantFrom('0', '1.5', '-1', `'NaN'::DOUBLE`)),
    quoted(instants),
    quoted(dates),
  );
  const rows = fc.sample(row, { numRuns: 300, seed: SEED }).map((cells) => `(${cells.join(', ')})`);
  await connection.run(`INSERT INTO t VALUES ${rows.join(', ')}`);
});

afterAll(() => {
  connection.closeSync();
  instance.closeSync();
});

async function rowsWhere(condition: string): Promise<readonly Row[]> {
  const shown = Object.keys(TYPES).map((name) => `CAST(${name} AS VARCHAR) AS ${name}`);
  const reader = await connection.runAndReadAll(
    `SELECT ${shown.join(', ')} FROM (SELECT * FROM t WHERE ${condition})`,
  );
  return reader.getRowObjects() as unknown as readonly Row[];
}

/** The column whose domain wrongly leaves a row out. */
function excluding(constraint: Constraint, row: Row): string | undefined {
  for (const [column, domain] of constraint) {
    const text = row[column] ?? null;
    const value = text === null ? null : parseDomainValue(text, domain.type);
    if (value === undefined) throw new Error(`no value of ${column}: ${text}`);
    if (!domainContains(domain, value)) return `${column} = ${text}`;
  }
  return undefined;
}

describe('the domains of a predicate', () => {
  test(`hold every row for which it is true (seed ${SEED})`, async () => {
    let matched = 0;
    let constrained = 0;
    await fc.assert(
      fc.asyncProperty(predicate, async (condition) => {
        const [found] = (await scanConstraints(`SELECT * FROM t WHERE ${condition}`)).values();
        if (found === undefined) throw new Error('no scan');
        const rows = await rowsWhere(condition);
        matched += rows.length;
        if (found.constraint.size > 0) constrained++;
        for (const row of rows) expect(excluding(found.constraint, row)).toBeUndefined();
        if (found.residual.length > 0) return;
        // Without a residual the domains say all.
        const all = await rowsWhere('true');
        expect(all.filter((row) => excluding(found.constraint, row) === undefined)).toHaveLength(
          rows.length,
        );
      }),
      { numRuns: RUNS, seed: SEED },
    );
    expect(matched).toBeGreaterThan(RUNS);
    expect(constrained).toBeGreaterThan(RUNS / 4);
  });
});
