import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createLakeConnector, type Connector, type LakeConfig } from '@tributary/connectors';
import { DATE, INT8, TEXT, type SqlType } from '@tributary/sql';
import { readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { S3Server } from '../../../../test/support/s3-server.ts';
import {
  context,
  EVENT_COLUMNS,
  openWorkspace,
  projectedProperties,
  read,
  request,
  rowsOf,
  services,
  tableOf,
  type Workspace,
} from './support.ts';

const PARTITIONS = { app_id: INT8, dt: DATE } as const;
const LOCATION = 's3://bucket/lake/events/';

let workspace: Workspace;
let server: S3Server;
let lake: Connector;
let caches = 0;
let file: Buffer;

beforeAll(async () => {
  workspace = await openWorkspace();
  file = await parquet(`SELECT 1::BIGINT AS user_id, 'e' AS event`);
});

afterAll(async () => {
  await workspace.close();
});

beforeEach(async () => {
  server = await S3Server.start();
  lake = connect();
});

afterEach(async () => {
  await lake.close();
  await server.close();
});

async function parquet(select: string): Promise<Buffer> {
  const path = `${workspace.folder}fixture.parquet`;
  await workspace.writer.run(`COPY (${select}) TO '${path}' (FORMAT parquet)`);
  return readFileSync(path);
}

function connect(rest: Partial<LakeConfig> = {}): Connector {
  caches += 1;
  return createLakeConnector(
    {
      source: 'lake',
      root: 's3://bucket/lake/',
      s3: {
        endpoint: server.endpoint,
        accessKeyId: server.accessKeyId,
        secretAccessKey: server.secretAccessKey,
        pathStyle: true,
      },
      cache: cacheOf(caches),
      ...rest,
    },
    services(workspace.engine),
  );
}

function cacheOf(serial: number) {
  return {
    directory: `${workspace.folder}cache-${serial}/`,
    maxBytes: 1e9,
    wholeObjectLimit: 16e6,
  };
}

function put(key: string, body = file): void {
  server.bucket('bucket').put(`lake/${key}`, body);
}

function events(range: string, apps = '1,40') {
  return tableOf(LOCATION, EVENT_COLUMNS, PARTITIONS, {
    properties: { ...projectedProperties(range), 'projection.app_id.range': apps },
  });
}

function plain(folder: string, columns: Readonly<Record<string, SqlType>> = EVENT_COLUMNS) {
  return tableOf(`s3://bucket/lake/${folder}/`, columns);
}

function cachedFiles(serial: number): readonly string[] {
  return filesBelow(`${workspace.folder}cache-${serial}/objects`);
}

function pinnedFiles(serial: number): readonly string[] {
  return filesBelow(`${workspace.folder}cache-${serial}/leases`);
}

function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => `${entry.parentPath}/${entry.name}`);
}

function days(count: number): readonly string[] {
  return Array.from({ length: count }, (_, day) =>
    new Date(Date.UTC(2024, 0, 1 + day)).toISOString().slice(0, 10),
  );
}

const COUNT = 'SELECT count(*) FROM r';

describe('listing', () => {
  test('takes one request for the days of one app among longer histories', async () => {
    for (const day of days(366)) put(`events/app_id=7/dt=${day}/a.parquet`);
    const relation = await lake.scan(
      request(events('2024-03-01,2024-08-27', '7,7'), ['user_id', 'dt']),
      context(),
    );
    expect(server.count('list')).toBe(1);
    expect(relation.statistics).toMatchObject({ files: 180, requests: 181, retries: 0 });
    expect(await read(workspace.engine, relation, 'SELECT count(DISTINCT c2) FROM r')).toEqual([
      [180n],
    ]);
    await relation.release();
  });

  test('goes app by app where the app comes before the date', async () => {
    for (let app = 1; app <= 10; app++) {
      for (const day of days(120)) put(`events/app_id=${app}/dt=${day}/a.parquet`);
    }
    const table = events('2024-02-01,2024-03-31', '1,10');
    const relation = await lake.scan(request(table, []), context());
    expect(relation.statistics.files).toBe(600);
    expect(server.count('list')).toBeLessThanOrEqual(12);
    await relation.release();
  });

  test('splits where most of a page was not asked for, and learns from it', async () => {
    for (const day of days(60)) {
      for (let app = 1; app <= 100; app++) put(`sparse/dt=${day}/app_id=${app}/a.parquet`);
    }
    const table = tableOf(
      's3://bucket/lake/sparse/',
      EVENT_COLUMNS,
      { dt: DATE, app_id: INT8 },
      {
        properties: {
          ...projectedProperties('2024-01-01,2024-02-29'),
          'projection.app_id.range': '50,50',
        },
      },
    );
    const first = await lake.scan(request(table, []), context());
    expect(first.statistics.files).toBe(60);
    await first.release();
    const before = server.count('list');
    expect(before).toBeLessThanOrEqual(70);
    const second = await lake.scan(request(table, []), context());
    expect(second.statistics.files).toBe(60);
    expect(server.count('list') - before).toBeLessThanOrEqual(60);
    await second.release();
  });

  test('pages through a folder of thousands of objects and skips what is hidden or empty', async () => {
    for (let index = 0; index < 2300; index++) {
      server.bucket('bucket').put(`lake/wide/${index}/a.parquet`, file);
    }
    put('wide/_SUCCESS');
    put('wide/_temporary/0/a.parquet');
    put('wide/x/.a.parquet.crc');
    put('wide/empty.parquet', Buffer.alloc(0));
    const relation = await lake.scan(request(plain('wide'), []), context());
    expect(relation.statistics.files).toBe(2300);
    expect(server.count('list')).toBe(3);
    await relation.release();
  });

  test('keeps neighbours apart: app_id=1 is not app_id=10, and the root pre/ is not pre-other/', async () => {
    put('events/app_id=1/dt=2024-01-01/a.parquet');
    put('events/app_id=10/dt=2024-01-01/a.parquet');
    server.bucket('bucket').put('lake-other/a.parquet', file);
    const rows = await rowsOf(
      workspace,
      lake,
      request(events('2024-01-01,2024-01-01', '1,1'), []),
      COUNT,
    );
    expect(rows).toEqual([[1n]]);
    await expect(lake.resolveLocation('s3://bucket/lake-other/')).rejects.toMatchObject({
      code: 'invalidParameterValue',
    });
    await expect(lake.resolveLocation('s3://bucket/lake/../lake-other/')).rejects.toThrow(
      /not below/,
    );
    await expect(lake.resolveLocation('s3://other/lake/')).rejects.toThrow(/not below/);
    await expect(lake.resolveLocation('/etc/')).rejects.toThrow(/not below/);
    expect(await lake.resolveLocation('s3a://bucket/lake/x')).toBe('s3://bucket/lake/x/');
  });

  test('reads keys with every kind of character', async () => {
    const names = ['a b+c%41&d<é>.parquet', 'x*?[1].parquet', 'q"\'😀.parquet'];
    for (const name of names) put(`odd/${name}`);
    expect(await rowsOf(workspace, lake, request(plain('odd'), ['event']), COUNT)).toEqual([[3n]]);
  });

  test('discovers Hive partitions', async () => {
    put('hive/dt=2024-01-01/city=a%2Fb/a.parquet');
    put('hive/dt=__HIVE_DEFAULT_PARTITION__/city=x/a.parquet');
    put('hive/other/a.parquet');
    const table = tableOf('s3://bucket/lake/hive/', EVENT_COLUMNS, { dt: DATE, city: TEXT });
    const found: unknown[] = [];
    for await (const partition of lake.discoverPartitions(table, context())) found.push(partition);
    expect(found).toEqual([
      {
        values: ['2024-01-01', 'a/b'],
        location: 's3://bucket/lake/hive/dt=2024-01-01/city=a%2Fb/',
      },
      {
        values: [null, 'x'],
        location: 's3://bucket/lake/hive/dt=__HIVE_DEFAULT_PARTITION__/city=x/',
      },
    ]);
  });
});

describe('objects', () => {
  test('are fetched once while their ETag stands', async () => {
    put('one/a.parquet');
    const asked = request(plain('one'), ['user_id']);
    expect(await rowsOf(workspace, lake, asked)).toEqual([[1n]]);
    expect(await rowsOf(workspace, lake, asked)).toEqual([[1n]]);
    expect(server.count('get')).toBe(1);
    put('one/a.parquet', await parquet(`SELECT 2::BIGINT AS user_id`));
    expect(await rowsOf(workspace, lake, asked)).toEqual([[2n]]);
    expect(server.count('get')).toBe(2);
  });

  test('that change between listing and fetching are dataChanged, and nothing stays pinned', async () => {
    put('moving/a.parquet');
    put('moving/b.parquet');
    const changed = await parquet(`SELECT 3::BIGINT AS user_id`);
    server.onRequest = ({ operation, key }) => {
      if (operation === 'get' && key.endsWith('b.parquet')) put('moving/b.parquet', changed);
    };
    await expect(lake.scan(request(plain('moving'), ['user_id']), context())).rejects.toMatchObject(
      {
        code: 'dataChanged',
      },
    );
    expect(pinnedFiles(caches)).toEqual([]);
  });

  test('that go away between listing and fetching are dataChanged', async () => {
    put('gone/a.parquet');
    server.onRequest = ({ operation, key }) => {
      if (operation === 'get') server.bucket('bucket').delete(key);
    };
    await expect(lake.scan(request(plain('gone'), ['user_id']), context())).rejects.toMatchObject({
      code: 'dataChanged',
    });
  });

  test('survive throttling, errors, resets and bodies that end early', async () => {
    for (let index = 0; index < 40; index++) put(`faulty/${index}.parquet`);
    server.faults = { throttle: 0.1, error: 0.1, reset: 0.1, truncate: 0.1 };
    const relation = await lake.scan(request(plain('faulty'), ['user_id']), context());
    expect(await read(workspace.engine, relation, COUNT)).toEqual([[40n]]);
    expect(relation.statistics.retries).toBeGreaterThan(5);
    expect(relation.statistics.requests).toBe(41 + relation.statistics.retries);
    await relation.release();
    expect(pinnedFiles(caches)).toEqual([]);
  });

  test('that cannot be had for long end in sourceUnavailable', async () => {
    put('down/a.parquet');
    server.onRequest = () => 'error';
    const started = server.log.length;
    await expect(lake.scan(request(plain('down'), []), context())).rejects.toMatchObject({
      code: 'sourceUnavailable',
    });
    expect(server.log.length - started).toBe(6);
  });

  test('are refused to wrong secrets without showing them', async () => {
    const wrong = connect({
      s3: {
        endpoint: server.endpoint,
        accessKeyId: server.accessKeyId,
        secretAccessKey: 'not-the-secret',
        pathStyle: true,
      },
    });
    put('one/a.parquet');
    const failed = wrong.scan(request(plain('one'), []), context());
    await expect(failed).rejects.toThrow(/S3 refused access .*SignatureDoesNotMatch/);
    await expect(failed).rejects.not.toThrow(/not-the-secret/);
    await wrong.close();
  });

  test('above the limits name the extensions command', async () => {
    put('large/a.parquet');
    const small = connect({ cache: { ...cacheOf(999), wholeObjectLimit: 10, downloadLimit: 100 } });
    await expect(small.scan(request(plain('large'), []), context())).rejects.toMatchObject({
      code: 'programLimitExceeded',
      hint: expect.stringContaining('tributary extensions'),
    });
    await small.close();
  });

  test('stop at once when the statement is cancelled, and nothing stays pinned', async () => {
    for (let index = 0; index < 300; index++) put(`slow/${index}.parquet`);
    const controller = new AbortController();
    server.onRequest = () => {
      if (server.count('get') === 150) controller.abort();
    };
    await expect(
      lake.scan(request(plain('slow'), ['user_id']), context(controller.signal)),
    ).rejects.toMatchObject({ code: 'queryCanceled' });
    expect(server.count('get')).toBeLessThan(300);
    expect(pinnedFiles(caches)).toEqual([]);
  });
});

describe('the object cache', () => {
  test.each([
    ['truncated', (path: string) => truncateSync(path, 50)],
    [
      'damaged',
      (path: string) => {
        const bytes = readFileSync(path);
        bytes[20] = (bytes[20] ?? 0) ^ 0xff;
        writeFileSync(path, bytes);
      },
    ],
  ])('fetches a %s entry again', async (_, damage) => {
    put('one/a.parquet');
    const asked = request(plain('one'), ['user_id']);
    await rowsOf(workspace, lake, asked);
    const [entry = ''] = cachedFiles(caches);
    damage(entry);
    expect(await rowsOf(workspace, lake, asked)).toEqual([[1n]]);
    expect(server.count('get')).toBe(2);
    // A process that starts anew finds it as well.
    const fresh = connect({ cache: cacheOf(caches) });
    const [again = ''] = cachedFiles(caches - 1);
    expect(readFileSync(again).equals(file)).toBe(true);
    await fresh.close();
  });

  test('is shared between processes, one of which may evict what the other reads', async () => {
    put('one/a.parquet');
    put('two/b.parquet', await parquet(`SELECT 2::BIGINT AS user_id`));
    const cache = cacheOf(caches);
    const other = connect({ cache });
    const asked = request(plain('one'), ['user_id']);
    await rowsOf(workspace, lake, asked);
    const held = await other.scan(asked, context());
    expect(server.count('get')).toBe(1);
    const tiny = connect({ cache: { ...cache, maxBytes: 500 } });
    await rowsOf(workspace, tiny, request(plain('two'), ['user_id']));
    expect(filesBelow(`${cache.directory}objects`).length).toBeLessThan(2);
    expect(await read(workspace.engine, held)).toEqual([[1n]]);
    await held.release();
    await tiny.close();
    await other.close();
  });

  test('stays within its bytes, dropping what was used longest ago', async () => {
    const cache = { ...cacheOf(500), maxBytes: file.length * 5 };
    const bounded = connect({ cache });
    for (let index = 0; index < 12; index++) {
      put(
        `many${index}/a.parquet`,
        await parquet(`SELECT ${index + 10}::BIGINT AS user_id, 'e' AS event`),
      );
      await rowsOf(workspace, bounded, request(plain(`many${index}`), ['user_id']));
    }
    const sizes = filesBelow(`${cache.directory}objects`).map((path) => readFileSync(path).length);
    expect(sizes.length).toBeGreaterThan(1);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(cache.maxBytes);
    const before = server.count('get');
    await rowsOf(workspace, bounded, request(plain('many11'), ['user_id']));
    expect(server.count('get')).toBe(before);
    await bounded.close();
  });
});
