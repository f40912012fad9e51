import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  arrayOf,
  BYTEA,
  DATE,
  valuesDomain,
  FLOAT8,
  INT2,
  INT4,
  INT8,
  numericType,
  TEXT,
  TIMESTAMP,
  type SqlType,
} from '@tributary/sql';
import { mkdirSync, writeFileSync } from 'node:fs';
import {
  context,
  EVENT_COLUMNS,
  localLake,
  openWorkspace,
  projectedProperties,
  read,
  request,
  rowsOf,
  tableOf,
  type Workspace,
} from './support.ts';

let workspace: Workspace;

beforeAll(async () => {
  workspace = await openWorkspace();
});

afterAll(async () => {
  await workspace.close();
});

async function write(path: string, select: string, options = ''): Promise<string> {
  const file = `${workspace.folder}${path}`;
  mkdirSync(file.slice(0, file.lastIndexOf('/')), { recursive: true });
  await workspace.writer.run(`COPY (${select}) TO '${file}' (FORMAT parquet${options})`);
  return file;
}

describe('projected partitions', () => {
  const types = { dt: DATE, app_id: INT8 } as const;

  test('give their values to rows whose files do not hold them', async () => {
    for (const [day, app] of [
      ['2024-01-01', 1],
      ['2024-01-02', 1],
      ['2024-01-02', 2],
    ] as const) {
      await write(
        `projected/dt=${day}/app_id=${app}/a.parquet`,
        `SELECT ${app * 10}::BIGINT AS user_id, 'e${day}' AS event`,
      );
    }
    const table = tableOf(`${workspace.folder}projected/`, EVENT_COLUMNS, types, {
      properties: projectedProperties('2024-01-01,2024-01-05'),
    });
    const lake = localLake(workspace);
    const rows = await rowsOf(workspace, lake, request(table, ['user_id', 'dt', 'app_id']));
    expect(rows).toEqual([
      [10n, '2024-01-01', 1n],
      [10n, '2024-01-02', 1n],
      [20n, '2024-01-02', 2n],
    ]);
  });

  test('are pruned by the constraint and by keepPartitions', async () => {
    const table = tableOf(`${workspace.folder}projected/`, EVENT_COLUMNS, types, {
      properties: projectedProperties('2024-01-01,2024-01-05'),
    });
    const relation = await localLake(workspace).scan(
      request(table, ['app_id'], {
        constraint: new Map([['app_id', valuesDomain(INT8, [1n, 2n])]]),
        keepPartitions: async (partitions) =>
          partitions.map(({ values }) => values[0] === '2024-01-02'),
      }),
      context(),
    );
    expect(await read(workspace.engine, relation)).toEqual([[1n], [2n]]);
    expect(relation.statistics).toMatchObject({
      partitionsConsidered: 5000n,
      partitionsKept: 2n,
      files: 2,
      requests: 0,
      path: 'local',
    });
  });

  test('above the limit are refused', async () => {
    const table = tableOf(`${workspace.folder}projected/`, EVENT_COLUMNS, types, {
      properties: projectedProperties('2024-01-01,2024-01-05'),
    });
    const lake = localLake(workspace, [], { limits: { maxPartitions: 4999 } });
    await expect(lake.scan(request(table, ['app_id']), context())).rejects.toMatchObject({
      code: 'programLimitExceeded',
    });
  });

  test('with many files take their values by a join', async () => {
    for (let index = 0; index < 300; index++) {
      await write(`many/app_id=${index}/a.parquet`, `SELECT ${index}::BIGINT AS user_id`);
    }
    const table = tableOf(
      `${workspace.folder}many/`,
      EVENT_COLUMNS,
      { app_id: INT4 },
      {
        properties: {
          'projection.enabled': 'true',
          'projection.app_id.type': 'integer',
          'projection.app_id.range': '0,400',
        },
      },
    );
    const rows = await rowsOf(
      workspace,
      localLake(workspace),
      request(table, ['user_id', 'app_id']),
      'SELECT count(*), count(*) FILTER (WHERE c1 = c2) FROM r',
    );
    expect(rows).toEqual([[300n, 300n]]);
  });

  test('without any file give a typed, empty relation', async () => {
    const table = tableOf(`${workspace.folder}nothing/`, EVENT_COLUMNS, types, {
      properties: projectedProperties('2024-01-01,2024-01-05'),
    });
    const rows = await rowsOf(
      workspace,
      localLake(workspace),
      request(table, ['user_id', 'dt']),
      'SELECT count(*), typeof(max(c1)), typeof(max(c2)) FROM r',
    );
    expect(rows).toEqual([[0n, 'BIGINT', 'DATE']]);
  });
});

describe('columns', () => {
  async function scan(
    folder: string,
    columns: Readonly<Record<string, SqlType>>,
    asked = Object.keys(columns),
  ): Promise<readonly (readonly unknown[])[]> {
    const table = tableOf(`${workspace.folder}${folder}/`, columns);
    return rowsOf(workspace, localLake(workspace), request(table, asked));
  }

  test('match without regard to case, are NULL where missing and widened where narrower', async () => {
    await write('evolved/a.parquet', `SELECT 1::INTEGER AS "User_ID", 1.5::FLOAT AS revenue`);
    await write('evolved/b.parquet', `SELECT 2::BIGINT AS user_id, 'x' AS added`);
    expect(await scan('evolved', { user_id: INT8, revenue: FLOAT8, added: TEXT })).toEqual([
      [1n, 1.5, null],
      [2n, null, 'x'],
    ]);
  });

  test('of which none is asked for still count the rows', async () => {
    const table = tableOf(`${workspace.folder}evolved/`, { user_id: INT8 });
    const sql = 'SELECT count(*) FROM r';
    expect(await rowsOf(workspace, localLake(workspace), request(table, []), sql)).toEqual([[2n]]);
  });

  test.each([
    ['numbers for text', `SELECT 1 AS a`, TEXT, 'INTEGER', 'VARCHAR'],
    ['text for numbers', `SELECT '1' AS a`, INT8, 'VARCHAR', 'BIGINT'],
    ['a wider integer', `SELECT 1::BIGINT AS a`, INT4, 'BIGINT', 'INTEGER'],
    ['an unsigned integer', `SELECT 1::UINTEGER AS a`, INT4, 'UINTEGER', 'INTEGER'],
    ['a double for an integer', `SELECT 1::DOUBLE AS a`, INT8, 'DOUBLE', 'BIGINT'],
    [
      'a longer decimal',
      `SELECT 1::DECIMAL(12,2) AS a`,
      numericType(10, 2),
      'DECIMAL(12,2)',
      'DECIMAL(10,2)',
    ],
    ['a scalar for a list', `SELECT 1 AS a`, arrayOf(INT4), 'INTEGER', 'INTEGER[]'],
    ['a list of text', `SELECT ['x'] AS a`, arrayOf(INT4), 'VARCHAR[]', 'INTEGER[]'],
    ['a timestamp for a date', `SELECT now()::TIMESTAMP AS a`, DATE, 'TIMESTAMP', 'DATE'],
  ] as const)(
    'of %s are refused naming file, column and types',
    async (name, select, type, stored, declared) => {
      const folder = `refused/${name.replaceAll(' ', '-')}`;
      const file = await write(`${folder}/a.parquet`, select);
      await expect(scan(folder, { a: type })).rejects.toMatchObject({
        code: 'incompatibleFile',
        message: expect.stringContaining(`"a" of '${file}' has the type ${stored}`),
      });
      await expect(scan(folder, { a: type })).rejects.toThrow(`declared type ${declared}.`);
    },
  );

  test.each([
    ['small integers', `SELECT 7::TINYINT AS a`, INT2, 7],
    ['integers as decimals', `SELECT 7::INTEGER AS a`, numericType(12, 2), '7.00'],
    ['decimals of more digits', `SELECT 7.5::DECIMAL(4,1) AS a`, numericType(12, 2), '7.50'],
    ['dates as timestamps', `SELECT DATE '2024-01-02' AS a`, TIMESTAMP, '2024-01-02 00:00:00'],
    [
      'zoned timestamps, in UTC',
      `SELECT TIMESTAMPTZ '2024-01-02 03:00:00+02' AS a`,
      TIMESTAMP,
      '2024-01-02 01:00:00',
    ],
    ['bytes', `SELECT '\\xC3'::BLOB AS a`, BYTEA, '\\xC3'],
    ['text that is not marked as text', `SELECT encode('é') AS a`, TEXT, 'é'],
    ['lists', `SELECT [1, 2] AS a`, arrayOf(INT8), '[1, 2]'],
    [
      'structs by field name',
      `SELECT {y: 1, x: 'z'} AS a`,
      {
        kind: 'struct',
        fields: [
          { name: 'X', type: TEXT },
          { name: 'Y', type: INT8 },
          { name: 'z', type: DATE },
        ],
      },
      "{'X': 'z', 'Y': 1, 'z': NULL}",
    ],
    ['maps', `SELECT MAP {'k': 1} AS a`, { kind: 'map', key: TEXT, value: INT8 }, "{'k': 1}"],
  ] as const)('read %s', async (name, select, type, value) => {
    const folder = `read/${name.replaceAll(/[ ,]/g, '-')}`;
    await write(`${folder}/a.parquet`, select);
    expect(await scan(folder, { a: type })).toEqual([[value]]);
  });

  test('may have names that look like text of ours', async () => {
    const name = `it's "{0}" \\ x`;
    await write('names/a.parquet', `SELECT 5::BIGINT AS "${name.replaceAll('"', '""')}"`);
    expect(await scan('names', { [name]: INT8 })).toEqual([[5n]]);
  });

  test('are read whatever the compression of the file', async () => {
    for (const codec of ['snappy', 'gzip', 'zstd']) {
      await write(`codecs/${codec}.parquet`, `SELECT '${codec}' AS a`, `, COMPRESSION ${codec}`);
    }
    expect(await scan('codecs', { a: TEXT })).toEqual([['gzip'], ['snappy'], ['zstd']]);
  });
});

test('a file that is not Parquet is refused by name', async () => {
  mkdirSync(`${workspace.folder}broken`);
  writeFileSync(`${workspace.folder}broken/a.parquet`, 'not parquet at all');
  const table = tableOf(`${workspace.folder}broken/`, { a: INT8 });
  await expect(localLake(workspace).scan(request(table, ['a']), context())).rejects.toThrow(
    /broken\/a\.parquet' is not a whole Parquet file/,
  );
});
