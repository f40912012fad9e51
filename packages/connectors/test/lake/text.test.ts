import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { BOOL, DATE, INT4, INT8, arrayOf, numericType, TEXT, TIMESTAMP } from '@tributary/sql';
import { mkdirSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import {
  context,
  localLake,
  openWorkspace,
  request,
  rowsOf,
  tableOf,
  type Columns,
  type Workspace,
} from './support.ts';

let workspace: Workspace;

beforeAll(async () => {
  workspace = await openWorkspace();
});

afterAll(async () => {
  await workspace.close();
});

function write(path: string, content: string | Buffer): string {
  const file = `${workspace.folder}${path}`;
  mkdirSync(file.slice(0, file.lastIndexOf('/')), { recursive: true });
  writeFileSync(file, content);
  return file;
}

function scan(
  folder: string,
  columns: Columns,
  rest: Parameters<typeof tableOf>[3],
  asked = Object.keys(columns),
): Promise<readonly (readonly unknown[])[]> {
  const table = tableOf(`${workspace.folder}${folder}/`, columns, {}, rest);
  return rowsOf(workspace, localLake(workspace), request(table, asked));
}

describe('CSV', () => {
  const columns = { id: INT8, name: TEXT, day: DATE };
  const comma = { storage: { format: 'csv', delimiter: ',' } } as const;

  test('gives NULL for missing fields, the null text and empty fields that are no text', async () => {
    write('csv/a.csv', '1,x,2024-01-01\n,\\N,\n3\n4,,2024-01-02,ignored\n');
    expect(await scan('csv', columns, comma)).toEqual([
      [1n, 'x', '2024-01-01'],
      [3n, null, null],
      [4n, '', '2024-01-02'],
      [null, null, null],
    ]);
  });

  test('takes columns by position, whichever are asked for', async () => {
    expect(await scan('csv', columns, comma, ['day'])).toEqual([
      ['2024-01-01'],
      ['2024-01-02'],
      [null],
      [null],
    ]);
  });

  test('has quotes, escapes, header lines and line ends in quotes', async () => {
    write('quoted/a.csv', 'id,name,day\n1,"a,b","2024-01-01"\n2,"q\\"x",2024-01-01\n3,"l1\nl2",\n');
    const rows = await scan('quoted', columns, {
      storage: { format: 'csv', delimiter: ',', quote: '"', escape: '\\' },
      properties: { 'skip.header.line.count': '1' },
    });
    expect(rows).toEqual([
      [1n, 'a,b', '2024-01-01'],
      [2n, 'q"x', '2024-01-01'],
      [3n, 'l1\nl2', null],
    ]);
  });

  test('skips the header of each file', async () => {
    for (const name of ['a', 'b']) write(`headed/${name}.csv`, `id,name,day\n1,${name},\n`);
    const rows = await scan('headed', columns, {
      ...comma,
      properties: { 'skip.header.line.count': '1' },
    });
    expect(rows).toEqual([
      [1n, 'a', null],
      [1n, 'b', null],
    ]);
  });

  test("has Hive's delimiter and null text unless declared", async () => {
    write('hive/a', '1\u0001x\u00012024-01-01\n\\N\u0001\\N\u0001\\N\n');
    expect(await scan('hive', columns, { storage: { format: 'csv' } })).toEqual([
      [1n, 'x', '2024-01-01'],
      [null, null, null],
    ]);
    write('nulls/a', '-,-,-\n1,\\N,-\n');
    const rows = await scan('nulls', columns, {
      storage: { format: 'csv', delimiter: ',', nullText: '-' },
    });
    expect(rows).toEqual([
      [1n, '\\N', null],
      [null, null, null],
    ]);
  });

  test('that does not parse is an error naming file, column and text', async () => {
    const file = write('bad/a.csv', `1,x,2024-01-01\nz'z,x,2024-01-01\n`);
    await expect(scan('bad', columns, comma)).rejects.toThrow(
      `The value 'z'z' of the column "id" in '${file}' cannot be read as the declared type BIGINT.`,
    );
    // Nobody asked for the bad field.
    expect(await scan('bad', columns, comma, ['name'])).toEqual([['x'], ['x']]);
  });

  test('has typed values of every scalar kind', async () => {
    write('typed/a.csv', 'true,12.5,2024-01-01 10:00:00.5\n');
    expect(await scan('typed', { a: BOOL, b: numericType(6, 2), c: TIMESTAMP }, comma)).toEqual([
      [true, '12.50', '2024-01-01 10:00:00.5'],
    ]);
  });

  test('mixes compressions by extension, and refuses others by name', async () => {
    write('mixed/a.csv', '1,plain,\n');
    write('mixed/b.csv.gz', gzipSync('2,gzip,\n'));
    await workspace.writer.run(
      `COPY (SELECT 3, 'zstd', '') TO '${workspace.folder}mixed/c.csv.zst' (FORMAT csv, HEADER false, COMPRESSION zstd)`,
    );
    expect(await scan('mixed', columns, comma, ['id', 'name'])).toEqual([
      [1n, 'plain'],
      [2n, 'gzip'],
      [3n, 'zstd'],
    ]);
    write('lzo/a.csv.bz2', 'x');
    await expect(scan('lzo', columns, comma)).rejects.toMatchObject({
      code: 'featureNotSupported',
    });
  });

  test('refuses nested columns only when they are asked for', async () => {
    write('nested/a.csv', '1,x\n');
    const nested = { id: INT8, list: arrayOf(INT4) };
    expect(await scan('nested', nested, comma, ['id'])).toEqual([[1n]]);
    await expect(scan('nested', nested, comma)).rejects.toMatchObject({
      code: 'featureNotSupported',
    });
  });

  test('with a header count that is no number is refused', async () => {
    const rest = { ...comma, properties: { 'skip.header.line.count': 'one' } };
    await expect(scan('csv', columns, rest)).rejects.toMatchObject({
      code: 'invalidTableProperty',
    });
  });
});

describe('JSON lines', () => {
  const json = { storage: { format: 'json' } } as const;

  test('match by name, with NULL for what is missing', async () => {
    write('json/a.json', '{"id":1,"name":"x","tags":["a"]}\n{"id":2,"other":true}\n');
    write('json/b.json.gz', gzipSync('{"name":"z","id":3}\n'));
    expect(await scan('json', { id: INT8, name: TEXT, tags: arrayOf(TEXT) }, json)).toEqual([
      [1n, 'x', "['a']"],
      [2n, null, null],
      [3n, 'z', null],
    ]);
  });

  test('count their rows when no column is asked for', async () => {
    const table = tableOf(`${workspace.folder}json/`, { id: INT8 }, {}, json);
    const rows = await rowsOf(
      workspace,
      localLake(workspace),
      request(table, []),
      'SELECT count(*) FROM r',
    );
    expect(rows).toEqual([[3n]]);
  });

  test('that do not parse are an error naming the file', async () => {
    const file = write('badjson/a.json', '{"id":"zz"}\n');
    await expect(scan('badjson', { id: INT8 }, json)).rejects.toThrow(file);
  });
});

test('a cancelled scan of text fails as cancelled', async () => {
  const table = tableOf(
    `${workspace.folder}json/`,
    { id: INT8 },
    {},
    { storage: { format: 'json' } },
  );
  await expect(
    localLake(workspace).scan(request(table, ['id']), context(AbortSignal.abort())),
  ).rejects.toMatchObject({ code: 'queryCanceled' });
});
