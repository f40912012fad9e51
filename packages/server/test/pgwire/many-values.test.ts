import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { DuckDBConnection } from '@duckdb/node-api';
import { DuckDBInstance } from '@duckdb/node-api';
import type { SqlType } from '@tributary/sql';
import * as sql from '@tributary/sql';
import { DEFAULT_STYLE } from '../../src/pgwire/cell.ts';
import { DataRows } from '../../src/pgwire/data-rows.ts';
import { parameterText } from '../../src/pgwire/parameters.ts';
import { Writer } from '../../src/pgwire/writer.ts';

const ROWS = 5000;

let instance: DuckDBInstance;
let connection: DuckDBConnection;
beforeAll(async () => {
  instance = await DuckDBInstance.create(':memory:');
  connection = await instance.connect();
  await connection.run('select setseed(0.42)');
});
afterAll(() => {
  connection.closeSync();
  instance.closeSync();
});

interface Sent {
  readonly text: string | null;
  readonly binary: Buffer | null;
  /** The engine's own text of the value. */
  readonly expected: string | null;
}

/** Many values of one expression over `i`, as they are sent in both forms. */
async function sent(expression: string, type: SqlType, expected = 'v::varchar'): Promise<Sent[]> {
  const result = await connection.run(
    `select v, ${expected} from (select ${expression} as v from range(${ROWS}) t(i))`,
  );
  const column = { id: 0, name: 'v', type };
  const answers: Sent[] = [];
  for (const chunk of await result.fetchAllChunks()) {
    const forms = ([0, 1] as const).map((format) => {
      const out = new Writer(16);
      new DataRows([column], [format], DEFAULT_STYLE).chunk(chunk)(0, chunk.rowCount, out);
      const values: (Buffer | null)[] = [];
      let bytes = out.take();
      while (bytes.length > 0) {
        const length = bytes.readInt32BE(7);
        values.push(length < 0 ? null : bytes.subarray(11, 11 + length));
        bytes = bytes.subarray(bytes.readInt32BE(1) + 1);
      }
      return values;
    });
    const own = chunk.getColumnValues(1);
    for (let row = 0; row < chunk.rowCount; row++) {
      answers.push({
        text: forms[0]?.[row]?.toString() ?? null,
        binary: forms[1]?.[row] ?? null,
        expected: own[row] as string | null,
      });
    }
  }
  expect(answers.length).toBe(ROWS);
  return answers;
}

const SIGNED = '(case when random() < 0.5 then -1 else 1 end)';

describe('many values are sent digit for digit', () => {
  it.each([
    ['integers', `(${SIGNED} * (2 ** (random() * 31) - 1))::integer`, sql.INT4],
    [
      'bigints',
      `(${SIGNED} * (2 ** (random() * 62)))::bigint + (random() * 1000)::bigint`,
      sql.INT8,
    ],
    ['powers of ten', '(10::hugeint ** (i % 19)::hugeint)::bigint - (i % 3)', sql.INT8],
    ['powers of two', `(${SIGNED} * (2 ** (i % 63)))::bigint - (i % 2)`, sql.INT8],
    ['small decimals', `(${SIGNED} * random() * 99)::decimal(4, 2)`, decimal(4, 2)],
    ['decimals', `(${SIGNED} * 10 ** (random() * 7))::decimal(9, 2)`, decimal(9, 2)],
    [
      'decimals of 18 digits',
      `(${SIGNED} * 10 ** (random() * 13))::decimal(18, 4)`,
      decimal(18, 4),
    ],
    [
      'decimals of 38 digits',
      `(${SIGNED} * 10 ** (random() * 27 - 8))::decimal(38, 10)`,
      decimal(38, 10),
    ],
    ['long fractions', `(${SIGNED} * random())::decimal(38, 20)`, decimal(38, 20)],
    ['whole numerics', `(${SIGNED} * 10 ** (random() * 37))::decimal(38, 0)`, decimal(38, 0)],
    ['texts', 'repeat(chr((97 + i % 26)::integer), (i % 300)::integer)', sql.TEXT],
    [
      'short and long texts',
      "case i % 3 when 0 then 'ü' || i when 1 then md5(i::text) else null end",
      sql.TEXT,
    ],
    ['uuids', 'uuid()', sql.scalar('uuid')],
    ['dates', "date '1900-01-01' + (random() * 100000)::integer", sql.DATE],
  ] as const)('%s', async (_, expression, type) => {
    const different = (await sent(expression, type)).filter(
      ({ text, binary, expected }) =>
        text !== expected || (binary === null ? null : parameterText(binary, 1, type)) !== expected,
    );
    expect(different).toEqual([]);
  });

  it.each([
    ['amounts', '(random() * 1000000)::bigint / 100.0::double'],
    ['few decimals', '(random() * 1000000000)::bigint / 1000000.0::double'],
    ['any', `${SIGNED} * 10 ** (random() * 40 - 20)`],
    ['whole', '((random() - 0.5) * 10 ** (i % 20))::hugeint::double'],
  ])('floats that are %s have the shortest text that reads back', async (_, expression) => {
    const digits = (each: string) =>
      each
        .replace(/e.*$/, '')
        .replaceAll(/[-.]/g, '')
        .replaceAll(/^0+|0+$/g, '');
    const different = (await sent(expression, sql.FLOAT8)).filter(({ text, binary }) => {
      const value = binary?.readDoubleBE();
      return Number(text) !== value || digits(text ?? '') !== digits(String(value));
    });
    expect(different).toEqual([]);
  });

  it('timestamps', async () => {
    const type = sql.scalar('timestamp');
    const expression =
      "timestamp '1950-01-01' + to_microseconds((random() * 6000000000000000)::bigint // (10 ** (i % 7))::bigint * (10 ** (i % 7))::bigint)";
    const different = (await sent(expression, type)).filter(
      ({ text, binary, expected }) =>
        text !== expected || (binary === null ? null : parameterText(binary, 1, type)) !== expected,
    );
    expect(different).toEqual([]);
  });
});

function decimal(precision: number, scale: number): SqlType {
  return sql.numericResult({ precision, scale });
}
