import { DuckDBInstance } from '@duckdb/node-api';
import { expect, test } from '@jest/globals';
import { DATE, INT4, INT8, TEXT } from '@tributary/sql';
import fc from 'fast-check';
import { valueSequence } from '../../src/lake/value-sequence.ts';

const PLACE = 'i::BIGINT';
const days = (count: number, from = '2024-02-27'): readonly string[] =>
  Array.from({ length: count }, (_, day) =>
    new Date(Date.parse(from) + day * 86_400_000).toISOString().slice(0, 10),
  );

test('neighbouring days with a file each, or as many files each, are counted from the first', () => {
  expect(valueSequence(days(3), DATE, 'DATE', PLACE)).toBe(
    `DATE '2024-02-27' + CAST(i::BIGINT AS INTEGER)`,
  );
  expect(
    valueSequence(
      days(3).flatMap((day) => [day, day]),
      DATE,
      'DATE',
      PLACE,
    ),
  ).toBe(`DATE '2024-02-27' + CAST(i::BIGINT // 2 AS INTEGER)`);
  expect(valueSequence(['5', '3', '5', '3'], INT4, 'INTEGER', PLACE)).toBe(
    'CAST(5 + CAST(i::BIGINT % 2 AS BIGINT) * -2 AS INTEGER)',
  );
});

test('days around a missing one are counted from the first behind it', () => {
  const all = days(6);
  const some = all.filter((_, place) => place !== 3);
  expect(valueSequence(some, DATE, 'DATE', PLACE)).toBe(
    `CASE WHEN i::BIGINT < 3 THEN DATE '2024-02-27' + CAST(i::BIGINT AS INTEGER) ELSE DATE '2024-03-02' + CAST((i::BIGINT - 3) AS INTEGER) END`,
  );
});

test('values that skip again and again, that are NULL or that are no numbers are no sequence', () => {
  const [a = '', b = ''] = days(2);
  const skipping = Array.from({ length: 40 }, (_, place) => String(place * place));
  expect(valueSequence(skipping, INT4, 'INTEGER', PLACE)).toBeUndefined();
  expect(valueSequence([a, null, b], DATE, 'DATE', PLACE)).toBeUndefined();
  expect(valueSequence([a, b, 'x'], DATE, 'DATE', PLACE)).toBeUndefined();
  expect(valueSequence(['1', '2', '3'], TEXT, 'VARCHAR', PLACE)).toBeUndefined();
  expect(valueSequence(['2024-02-30', '2024-03-01'], DATE, 'DATE', PLACE)).toBeUndefined();
  expect(
    valueSequence(['9007199254740990', '9007199254740993'], INT8, 'BIGINT', PLACE),
  ).toBeUndefined();
});

test('what a sequence says of each place is the value, whatever the values', async () => {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  let sequences = 0;
  try {
    await connection.run('SET integer_division = true');
    const sequence = fc
      .tuple(
        fc.integer({ min: -50, max: 50 }),
        fc.integer({ min: -3, max: 3 }),
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 2, max: 30 }),
        fc.option(fc.nat(29)),
        fc.array(fc.nat(29), { maxLength: 4 }),
      )
      .map(([first, step, run, period, length, altered, left]) =>
        Array.from({ length }, (_, place) =>
          String(place === altered ? 7 : first + step * (Math.floor(place / run) % period)),
        ).filter((_, place) => !left.includes(place)),
      );
    const asDays = (numbers: readonly string[]): readonly string[] =>
      numbers.map((each) => days(1, new Date(86_400_000 * Number(each)).toISOString())[0] ?? '');
    await fc.assert(
      fc.asyncProperty(sequence, fc.boolean(), async (numbers, dates) => {
        const values = dates ? asDays(numbers) : numbers;
        const type = dates ? 'DATE' : 'INTEGER';
        const text = valueSequence(values, dates ? DATE : INT4, type, PLACE);
        if (text === undefined) return;
        sequences += 1;
        const rows = await connection.runAndReadAll(
          `SELECT CAST(${text} AS VARCHAR), typeof(${text}) FROM range(${values.length}) AS r(i) ORDER BY i`,
        );
        expect(rows.getRows()).toEqual(values.map((value) => [value, type]));
      }),
      { numRuns: 200, seed: 4 },
    );
    expect(sequences).toBeGreaterThan(50);
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
});
