import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { DATE, INT8, TEXT } from '@tributary/sql';
import {
  appendFileSync,
  mkdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { isBelow } from '../../src/lake/location.ts';
import {
  context,
  EVENT_COLUMNS,
  localLake,
  openWorkspace,
  read,
  request,
  rowsOf,
  tableOf,
  type Workspace,
} from './support.ts';

const COUNT = 'SELECT count(*) FROM r';

let workspace: Workspace;
let root: string;

beforeAll(async () => {
  workspace = await openWorkspace();
  root = `${workspace.folder}root/`;
  mkdirSync(root);
});

afterAll(async () => {
  await workspace.close();
});

async function write(path: string, value = 1): Promise<string> {
  const file = path.startsWith('/') ? path : `${root}${path}`;
  mkdirSync(file.slice(0, file.lastIndexOf('/')), { recursive: true });
  await workspace.writer.run(
    `COPY (SELECT ${value}::BIGINT AS user_id, 'e' AS event) TO '${file}' (FORMAT parquet)`,
  );
  return file;
}

function lakeAtRoot(registered: Parameters<typeof localLake>[1] = []) {
  return localLake(workspace, registered, { root });
}

function plain(folder: string) {
  return tableOf(`${root}${folder}/`, EVENT_COLUMNS);
}

describe('files', () => {
  test('are read at any depth, save hidden and empty ones', async () => {
    await write('deep/a.parquet');
    await write('deep/x/y/b.parquet');
    await write('deep/_SUCCESS');
    await write('deep/_temporary/c.parquet');
    await write('deep/x/.hidden/d.parquet');
    await write('deep/.e.parquet');
    writeFileSync(`${root}deep/empty.parquet`, '');
    expect(await rowsOf(workspace, lakeAtRoot(), request(plain('deep'), []), COUNT)).toEqual([
      [2n],
    ]);
  });

  test('may have names that are patterns', async () => {
    await write('glob/[a]*?.parquet', 7);
    await write('glob/a.parquet', 8);
    rmSync(`${root}glob/a.parquet`);
    expect(await rowsOf(workspace, lakeAtRoot(), request(plain('glob'), ['user_id']))).toEqual([
      [7n],
    ]);
  });

  test('of registered partitions take their values, NULL included', async () => {
    await write('registered/dt=2024-01-01/city=a%2Fb/a.parquet', 1);
    await write('registered/dt=__HIVE_DEFAULT_PARTITION__/city=x/a.parquet', 2);
    const table = tableOf(`${root}registered/`, EVENT_COLUMNS, { dt: DATE, city: TEXT });
    const found = [];
    for await (const partition of lakeAtRoot().discoverPartitions(table, context())) {
      found.push(partition);
    }
    found.sort((a, b) => (a.location < b.location ? 1 : -1));
    expect(found.map(({ values }) => values)).toEqual([
      [null, 'x'],
      ['2024-01-01', 'a/b'],
    ]);
    const lake = lakeAtRoot(found);
    expect(await rowsOf(workspace, lake, request(table, ['user_id', 'dt', 'city']))).toEqual([
      [1n, '2024-01-01', 'a/b'],
      [2n, null, 'x'],
    ]);
    const statistics = (await lake.scan(request(table, []), context())).statistics;
    expect(statistics).toMatchObject({ partitionsConsidered: 2n, partitionsKept: 2n, files: 2 });
  });
});

describe('a file that changes after it was listed', () => {
  test.each([
    ['grows', (file: string) => appendFileSync(file, 'x')],
    ['goes away', (file: string) => rmSync(file)],
    [
      'is replaced by one of the same size and time',
      (file: string) => {
        const other = `${file}.new`;
        writeFileSync(other, Buffer.alloc(10));
        utimesSync(other, 0, 0);
        renameSync(other, file);
      },
    ],
    ['is touched', (file: string) => utimesSync(file, 1, 1)],
  ] as const)('and %s fails its verification', async (name, change) => {
    const folder = `changing/${name.replaceAll(' ', '-')}`;
    const file = await write(`${folder}/a.parquet`);
    const relation = await lakeAtRoot().scan(request(plain(folder), ['user_id']), context());
    expect(await read(workspace.engine, relation)).toEqual([[1n]]);
    await relation.verify();
    change(file);
    await expect(relation.verify()).rejects.toMatchObject({ code: 'dataChanged' });
  });

  test('is read anew by the next scan, its types checked again', async () => {
    const file = await write('again/a.parquet');
    const lake = lakeAtRoot();
    const asked = request(plain('again'), ['user_id']);
    expect(await rowsOf(workspace, lake, asked)).toEqual([[1n]]);
    await workspace.writer.run(`COPY (SELECT 'x' AS user_id) TO '${file}' (FORMAT parquet)`);
    await expect(lake.scan(asked, context())).rejects.toMatchObject({ code: 'incompatibleFile' });
  });
});

describe('paths', () => {
  test('do not leave the root', async () => {
    await write(`${workspace.folder}root-other/a.parquet`);
    await write('inside/a.parquet');
    symlinkSync(`${workspace.folder}root-other`, `${root}out`);
    symlinkSync(`${root}inside`, `${root}within`);
    const lake = lakeAtRoot();
    for (const location of [
      `${workspace.folder}root-other/`,
      `${root}../root-other/`,
      `${root}inside/../../root-other/`,
      `${root}out/`,
      `${root}inside//`,
      `${root}./inside/`,
      `${root}a\0b/`,
      '/etc/',
      'file:///etc/',
      's3://bucket/x/',
    ]) {
      await expect(lake.resolveLocation(location)).rejects.toMatchObject({
        code: 'invalidParameterValue',
      });
    }
    expect(await lake.resolveLocation(`${root}within`)).toBe(`${root}within/`);
    expect(await lake.resolveLocation(`file://${root}not/yet/there`)).toBe(`${root}not/yet/there/`);
    expect(await rowsOf(workspace, lake, request(plain('within'), []), COUNT)).toEqual([[1n]]);
  });

  test('through links out of the root are refused when they are read', async () => {
    await write(`${workspace.folder}secret/a.parquet`);
    await write('linked/a.parquet');
    symlinkSync(`${workspace.folder}secret/a.parquet`, `${root}linked/b.parquet`);
    await expect(lakeAtRoot().scan(request(plain('linked'), []), context())).rejects.toMatchObject({
      code: 'insufficientPrivilege',
    });
  });

  test.each(['*', '[1]', '../x', 'a/b', '', '.', '..', 'a\0b', 'a\nb', '1'])(
    'of an injected value %j match no partition but their own',
    async (value) => {
      await write('injected/app=1/a.parquet');
      await write('injected/app=10/a.parquet');
      await write('injected/x/a.parquet');
      const table = tableOf(
        `${root}injected/`,
        EVENT_COLUMNS,
        { app: TEXT },
        {
          properties: {
            'projection.enabled': 'true',
            'projection.app.type': 'injected',
            'storage.location.template': `${root}injected/app=\${app}/`,
          },
        },
      );
      const rows = await rowsOf(
        workspace,
        lakeAtRoot(),
        request(table, ['app'], {
          constraint: new Map([
            [
              'app',
              {
                type: TEXT,
                ranges: [{ low: { value, inclusive: true }, high: { value, inclusive: true } }],
                nulls: false,
              },
            ],
          ]),
        }),
      );
      expect(rows).toEqual(value === '1' ? [['1']] : []);
    },
  );

  test('of partitions that a catalog holds are checked against the root as well', async () => {
    await write(`${workspace.folder}foreign/a.parquet`);
    const table = tableOf(`${root}registered/`, EVENT_COLUMNS, { app: INT8 });
    const lake = lakeAtRoot([
      { values: ['1'], location: `${workspace.folder}foreign/` },
      { values: ['2'], location: `${root}../foreign/` },
    ]);
    expect(await rowsOf(workspace, lake, request(table, []), COUNT)).toEqual([[0n]]);
  });

  test.each([
    ['/r/', '/r/a/b/', true],
    ['/r/', '/r/', true],
    ['/r/', '/ra/', false],
    ['/r/', '/r/a//b/', false],
    ['/r/', '/r/../x/', false],
    ['/r/', '/r/a', false],
    ['s3://b/pre/', 's3://b/pre-other/', false],
  ])('below %s: %s is %s', (base, location, below) => {
    expect(isBelow(base, location)).toBe(below);
  });
});
