import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { StoredTimes, TimesStore } from '@tributary/catalog';
import { createLakeConnector } from '@tributary/connectors';
import type { Connector, ScanListing } from '@tributary/connectors';
import { DATE, INT8, TIMESTAMP, isQueryError, rangesDomain } from '@tributary/sql';
import { readFileSync } from 'node:fs';
import { S3Server } from '../../../../test/support/s3-server.ts';
import { context, openWorkspace, request, services, tableOf } from './support.ts';
import type { Workspace } from './support.ts';

const DAYS = 300;
const DAY = 86_400_000;
const START = Date.UTC(2024, 0, 1);
/** Days that are declared to hold the range. */
const [FROM, TO] = [100, 103];

let workspace: Workspace;
let server: S3Server;
let lake: Connector;
let files: readonly Buffer[];
let stored: Map<string, StoredTimes>;

const day = (at: number): string => new Date(START + at * DAY).toISOString().slice(0, 10);
const key = (at: number): string => `lake/events/dt=${day(at)}/a.parquet`;

/** A file with the noon of a day. */
async function file(at: number): Promise<Buffer> {
  const path = `${workspace.folder}${at}.parquet`;
  await workspace.writer.run(
    `COPY (SELECT 1::BIGINT AS n, TIMESTAMP '${day(at)} 12:00:00' AS ts) TO '${path}' (FORMAT parquet)`,
  );
  return readFileSync(path);
}

beforeAll(async () => {
  workspace = await openWorkspace();
  const written: Buffer[] = [];
  for (let at = 0; at < DAYS; at++) written.push(await file(at));
  files = written;
});

afterAll(() => workspace.close());

beforeEach(async () => {
  server = await S3Server.start({ latency: 5 });
  files.forEach((each, at) => server.bucket('bucket').put(key(at), each));
  stored = new Map();
  lake = connect();
});

afterEach(async () => {
  await lake.close();
  await server.close();
});

function connect(): Connector {
  const times: TimesStore = {
    read: (_, places) =>
      Promise.resolve(
        new Map(
          places.flatMap((place) => {
            const known = stored.get(place);
            return known === undefined ? [] : [[place, known]];
          }),
        ),
      ),
    write: (_, all) => {
      for (const each of all) stored.set(each.place, each);
      return Promise.resolve();
    },
    settled: () => Promise.resolve(),
  };
  const registered = files.map((_, at) => ({
    values: [day(at)],
    location: `s3://bucket/lake/events/dt=${day(at)}/`,
  }));
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
      cache: { directory: `${workspace.folder}cache/`, maxBytes: 1e9, wholeObjectLimit: 16e6 },
    },
    { ...services(workspace.engine, registered), times },
  );
}

const TABLE = tableOf('s3://bucket/lake/events/', { n: INT8, ts: TIMESTAMP }, { dt: DATE });

function list(signal?: AbortSignal): Promise<ScanListing> {
  const micros = (at: number): bigint => BigInt(START + at * DAY) * 1000n;
  const range = {
    low: { value: micros(FROM), inclusive: true },
    high: { value: micros(TO), inclusive: false },
  };
  const { list: listing } = lake;
  if (listing === undefined) throw new Error('a lake lists its files');
  return listing.call(
    lake,
    request(TABLE, [], {
      constraint: new Map([['ts', rangesDomain(TIMESTAMP, [range])]]),
      times: {
        column: 'ts',
        window: ([value = '']) => ({
          id: value ?? '',
          expected: value !== null && value >= day(FROM) && value < day(TO),
        }),
      },
    }),
    context(signal),
  );
}

const kept = ({ partitions }: ScanListing): readonly (string | null | undefined)[] =>
  partitions.map(({ partition }) => partition.values[0]);

test('the last bytes of each file that may be left out are asked for, many at once and once for a version', async () => {
  server.bucket('bucket').put(key(200), await file(101));
  const expected = [day(100), day(101), day(102), day(200)];
  const first = await list();
  expect(kept(first)).toEqual(expected);
  expect(first.statistics.windowsWidened).toBe(1);
  const outside = DAYS - (TO - FROM);
  expect(server.count('get')).toBe(outside);
  expect(
    server.log
      .filter(({ operation }) => operation === 'get')
      .every(({ range }) => range !== undefined),
  ).toBe(true);
  expect(server.mostInFlight).toBeGreaterThan(16);
  expect(kept(await list())).toEqual(expected);
  expect(server.count('get')).toBe(outside);
  // Another process knows what this one has read.
  await lake.close();
  lake = connect();
  expect(kept(await list())).toEqual(expected);
  expect(server.count('get')).toBe(outside);
  server.bucket('bucket').put(key(200), await file(200));
  server.bucket('bucket').put(key(201), await file(102));
  expect(kept(await list())).toEqual([day(100), day(101), day(102), day(201)]);
  expect(server.count('get')).toBe(outside + 2);
});

test('requests that fail are sent again', async () => {
  server.faults = { throttle: 0.03, error: 0.03, reset: 0.03, truncate: 0.03 };
  const listing = await list();
  expect(kept(listing)).toEqual([day(100), day(101), day(102)]);
  expect(listing.statistics.retries).toBeGreaterThan(15);
});

test('a file that is replaced before it is looked at is a change of the data', async () => {
  const other = await file(101);
  server.onRequest = ({ operation }) => {
    if (operation === 'get') server.bucket('bucket').put(key(200), other);
  };
  const error: unknown = await list().catch((each: unknown) => each);
  expect(isQueryError(error) && error.code).toBe('dataChanged');
});

test('a statement that is cancelled asks for no more', async () => {
  const controller = new AbortController();
  let aborted = 0;
  server.onRequest = () => {
    if (aborted > 0 || server.count('get') < 50) return;
    aborted = performance.now();
    controller.abort();
  };
  const error: unknown = await list(controller.signal).catch((each: unknown) => each);
  expect(isQueryError(error) && error.code).toBe('queryCanceled');
  expect(performance.now() - aborted).toBeLessThan(1_000);
  expect(server.count('get')).toBeLessThan(250);
  expect(stored.size).toBe(0);
});
