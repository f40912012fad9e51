import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { readFile, rename, rm, stat, truncate, utimes, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import type { ReuseStore } from '@tributary/catalog';
import { runAndKill } from './killed-server.ts';
import { disguise, writeRows } from './lake-files.ts';
import { DAYS, ReuseLake } from './reuse-lake.ts';

const BY_DAY = 'SELECT dt, count(*), sum(n), max(s) FROM lake.t GROUP BY dt ORDER BY dt';
const BY_VALUE =
  "SELECT v, count(*), sum(n), count(DISTINCT s) FROM lake.t WHERE dt BETWEEN '2024-01-02' AND '2024-01-09' GROUP BY v ORDER BY v";
const ROWS = "SELECT n, v FROM lake.t WHERE v = 3 AND n % 7 = 0 AND dt >= '2024-01-04' ORDER BY n";
const JOINED =
  'SELECT d.name, sum(t.n), count(*) FROM lake.t AS t JOIN lake.d AS d ON d.k = t.v GROUP BY d.name ORDER BY d.name';
const STATEMENTS = [BY_DAY, BY_VALUE, ROWS, JOINED];

/** Other values of the same width. */
const DISGUISES = ['n + 1000000 AS n', 'n + 1 AS n', 'n + 256 AS n', '4 - v AS v'];

let lake: ReuseLake;

beforeEach(async () => {
  lake = await ReuseLake.create();
});

afterEach(() => lake.close());

/** Every statement's answer is that of the files as they stand. */
async function expectRight(statements: readonly string[] = STATEMENTS): Promise<void> {
  for (const text of statements) expect(await lake.texts(text)).toEqual(await lake.expected(text));
}

async function fill(): Promise<void> {
  await expectRight();
  await expectRight();
  expect(await lake.reused()).toEqual({ hits: DAYS, misses: 0 });
  expect((await lake.storeFiles()).length).toBeGreaterThan(2);
}

async function expectClean(): Promise<void> {
  expect(await lake.strayFiles()).toEqual([]);
  await lake.stop();
  await lake.open();
  expect(await lake.strayFiles()).toEqual([]);
  await expectRight();
}

async function keepTimes(path: string, change: () => Promise<void>): Promise<void> {
  const { atime, mtime } = await stat(path);
  await change();
  await utimes(path, atime, mtime);
}

describe('files of the store', () => {
  const harms: readonly [string, (path: string, other: string) => Promise<void>][] = [
    [
      'damaged in the middle',
      (path) =>
        keepTimes(path, async () => {
          const bytes = await readFile(path);
          bytes.fill(0x5a, bytes.length >> 2, bytes.length >> 1);
          await writeFile(path, bytes);
        }),
    ],
    ['truncated', async (path) => truncate(path, (await stat(path)).size >> 1)],
    ['emptied', (path) => truncate(path, 0)],
    ['removed', (path) => rm(path)],
    [
      'swapped',
      async (path, other) => {
        await rename(path, `${path}.kept`);
        await rename(other, path);
        await rename(`${path}.kept`, other);
      },
    ],
    [
      'overwritten by one another',
      (path, other) =>
        keepTimes(path, async () => {
          await writeFile(path, await readFile(other));
        }),
    ],
  ];
  for (const [name, harm] of harms) {
    for (const restarted of [false, true]) {
      test(`${name}${restarted ? ' while the server is down' : ''}: they are misses`, async () => {
        await fill();
        if (restarted) await lake.stop();
        const files = await lake.storeFiles();
        for (let at = 0; at + 1 < files.length; at += 2) {
          await harm(files[at] ?? '', files[at + 1] ?? '');
        }
        if (restarted) await lake.open();
        await expectRight();
        await fill();
        await expectClean();
      });
    }
  }

  test('that the store never wrote are left alone or removed, never read', async () => {
    await fill();
    const [file = ''] = await lake.storeFiles();
    const stranger = file.replace(/[^/]*$/, 'cells-00000000deadbeef.parquet');
    await writeFile(stranger, await readFile(file));
    await lake.stop();
    await lake.open();
    await expectRight();
    await expectClean();
  });
});

/** A store whose keys all have the same hash. */
function colliding(store: ReuseStore): ReuseStore {
  return new Proxy(store, {
    get(target, name) {
      const hash = 'collision';
      if (name === 'shapes') {
        return (base: Parameters<ReuseStore['shapes']>[0]) => target.shapes({ ...base, hash });
      }
      if (name === 'put') {
        return (unit: Parameters<ReuseStore['put']>[0]) =>
          target.put({ ...unit, base: { ...unit.base, hash } });
      }
      if (name === 'setShapeNote') {
        return (...[base, ...rest]: Parameters<ReuseStore['setShapeNote']>) =>
          target.setShapeNote({ ...base, hash }, ...rest);
      }
      const value: unknown = Reflect.get(target, name);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}

test('keys whose hashes collide are told apart by their texts', async () => {
  await lake.stop();
  await lake.open({ wrapStore: colliding });
  const zones = ['UTC', 'America/New_York', 'Asia/Kolkata'];
  const text =
    "SELECT v, min(dt::timestamptz)::text, count(*) FROM lake.t WHERE s = 's1' GROUP BY v ORDER BY v";
  for (let round = 0; round < 2; round++) {
    for (const zone of zones) {
      await lake.texts(`SET TimeZone = '${zone}'`);
      await lake.writer.run(`SET TimeZone = '${zone}'`);
      await expectRight([...STATEMENTS, text]);
    }
  }
  expect((await lake.reused()).hits).toBe(DAYS);
  expect(await lake.strayFiles()).toEqual([]);
});

describe('files of the lake', () => {
  for (const how of ['beside', 'inPlace'] as const) {
    test(`replaced ${how === 'beside' ? 'by cp -p' : 'in place'} with the old size and time: that day alone is computed anew`, async () => {
      await fill();
      expect(await disguise(lake.writer, lake.path(4), how, DISGUISES)).toBe(true);
      await lake.texts(BY_DAY);
      expect(await lake.reused()).toEqual({ hits: DAYS - 1, misses: 1 });
      await expectRight();
      await expectClean();
    });
  }

  test('replaced while a unit reads them: the answer is of one version, and nothing old is kept', async () => {
    let reads = 0;
    lake.beforeRead = async () => {
      if (reads++ === 0) await lake.write(5, 'a', 777_000, 50);
    };
    expect(await lake.texts(BY_DAY)).toEqual(await lake.expected(BY_DAY));
    expect(reads).toBeGreaterThan(1);
    await expectRight();
    await expectClean();
  });

  test('replaced at each read: the statement says so, and nothing is kept of it', async () => {
    let version = 0;
    lake.beforeRead = () => lake.write(5, 'a', ++version * 10_000, 20 + version);
    await expect(lake.texts(BY_DAY)).rejects.toMatchObject({ code: 'dataChanged' });
    lake.beforeRead = () => Promise.resolve();
    await expectRight();
    await expectClean();
  });

  test('removed while a unit reads them are left out', async () => {
    let reads = 0;
    lake.beforeRead = async () => {
      if (reads++ === 0) await rm(lake.path(6));
    };
    expect(await lake.texts(BY_DAY)).toEqual(await lake.expected(BY_DAY));
    await expectRight();
    await expectClean();
  });

  test('of days that come late, and days that go', async () => {
    await fill();
    await lake.write(11, 'a', 50_000);
    await lake.write(3, 'late', 60_000, 5);
    await rm(lake.path(7));
    await expectRight();
    await expectRight();
    await expectClean();
  });
});

test('a joined table that changes touches no cell and changes the answer', async () => {
  await fill();
  await writeRows(
    lake.writer,
    "SELECT i::INTEGER AS k, 'other ' || (i % 2) AS name FROM range(4) AS r(i)",
    `${lake.root}d/a.parquet`,
    true,
  );
  expect(await lake.texts(JOINED)).toEqual(await lake.expected(JOINED));
  expect(await lake.reused()).toMatchObject({ hits: DAYS, misses: 0 });
  await expectClean();
});

describe('what narrows rows', () => {
  test('a LIMIT while cells are filled leaves them whole', async () => {
    for (const text of [
      'SELECT count(*) FROM (SELECT n, v FROM lake.t LIMIT 3) AS x',
      'SELECT count(*) FROM (SELECT dt, v, count(*) FROM lake.t GROUP BY dt, v LIMIT 2) AS x',
      'SELECT n FROM lake.t ORDER BY n DESC LIMIT 4',
      'SELECT n FROM lake.t ORDER BY n DESC LIMIT 2',
      'SELECT n FROM lake.t ORDER BY n DESC LIMIT 9 OFFSET 3',
      'SELECT count(*) FROM (SELECT n, v FROM lake.t) AS x',
      'SELECT n FROM lake.t ORDER BY n',
      'SELECT dt, v, count(*) FROM lake.t GROUP BY dt, v ORDER BY dt, v',
    ]) {
      expect(await lake.texts(text)).toEqual(await lake.expected(text));
    }
    await expectClean();
  });

  test('a reader that leaves after the first rows leaves them whole', async () => {
    const [statement] = await lake.session.parse('SELECT n, v, s FROM lake.t');
    if (statement === undefined) throw new Error('no statement');
    const result = await lake.session.execute(
      await lake.session.prepare(statement, []),
      [],
      new AbortController().signal,
    );
    if (result.kind !== 'rows') throw new Error('no rows');
    for await (const _ of result.chunks()) break;
    await result.close();
    const all = 'SELECT n, v, s FROM lake.t ORDER BY n';
    expect(await lake.texts(all)).toEqual(await lake.expected(all));
    await expectClean();
  });

  test('a selective join while cells are filled leaves them whole', async () => {
    for (const text of [
      "SELECT t.v, count(*) FROM lake.t AS t WHERE t.v IN (SELECT k FROM lake.d WHERE name = 'name 2') GROUP BY t.v",
      "SELECT t.v, count(*) FROM lake.t AS t JOIN lake.d AS d ON d.k = t.v WHERE d.name = 'name 1' GROUP BY t.v",
      'SELECT t.v, count(*) FROM lake.t AS t GROUP BY t.v ORDER BY t.v',
      JOINED,
    ]) {
      expect(await lake.texts(text)).toEqual(await lake.expected(text));
    }
    await expectClean();
  });
});

test('a clock that jumps stores nothing stale', async () => {
  let offset = 0;
  await lake.stop();
  await lake.open({ settle: 2000, now: () => Date.now() + offset });
  for (const jump of [0, 86_400_000, -86_400_000, 365 * 86_400_000, -7_200_000, 0]) {
    offset = jump;
    await expectRight();
    await lake.write(2, 'a', 5000 + jump / 100_000, 30);
    await expectRight();
    expect(await disguise(lake.writer, lake.path(2), 'inPlace', DISGUISES)).toBe(true);
    await expectRight();
  }
  await expectClean();
});

test('files that have not settled are answered, not stored', async () => {
  await lake.stop();
  await lake.open({ settle: 3 * 3_600_000 });
  await expectRight();
  await expectRight();
  expect(await lake.reused()).toMatchObject({ hits: 0, misses: DAYS });
  expect(await lake.storeFiles()).toEqual([]);
  await lake.stop();
  expect(await lake.storeFiles()).toEqual([]);
});

const asRoot = process.getuid?.() === 0 ? test : test.skip;

asRoot('a full disk: statements are answered without the store', async () => {
  await lake.stop();
  const run = promisify(execFile);
  await rm(`${lake.folder}reuse`, { recursive: true, force: true });
  await run('mkdir', [`${lake.folder}reuse`]);
  await run('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', `${lake.folder}reuse`]);
  try {
    await lake.open();
    const many = 'SELECT n, v, s, dt FROM lake.t ORDER BY n';
    for (let round = 0; round < 3; round++) {
      for (let at = 0; at < 12; at++) {
        const text = `SELECT n % ${50 + at} AS m, v, s, count(*), sum(n) FROM lake.t GROUP BY 1, 2, 3 ORDER BY 1, 2, 3`;
        expect(await lake.texts(text)).toEqual(await lake.expected(text));
      }
      expect(await lake.texts(many)).toEqual(await lake.expected(many));
      await expectRight();
    }
    expect(await lake.strayFiles()).toEqual([]);
  } finally {
    await lake.stop();
    await run('umount', [`${lake.folder}reuse`]);
  }
});

describe('a statement that ends early', () => {
  test('stops its units; complete ones stay, the others leave nothing', async () => {
    await lake.texts('SET tributary.window_days = 1');
    const cancel = new AbortController();
    let reads = 0;
    lake.beforeRead = () => {
      if (++reads === 3) cancel.abort();
      return Promise.resolve();
    };
    await expect(lake.texts(BY_DAY, lake.session, cancel.signal)).rejects.toMatchObject({
      code: 'queryCanceled',
    });
    expect(reads).toBeLessThan(DAYS);
    lake.beforeRead = () => Promise.resolve();
    expect(await lake.strayFiles()).toEqual([]);
    expect(lake.stack.queries.runningCount).toBe(0);
    await expectRight();
    await expectClean();
  });

  test('while the engine computes a unit: it is interrupted within 100 ms, and no other begins', async () => {
    await lake.write(1, 'long', 0, 2_000_000);
    await lake.texts('SET tributary.window_days = 1');
    const hashed = Array.from({ length: 60 }).reduce<string>((text) => `md5(${text})`, 'n::text');
    const text = `SELECT v, max(${hashed}) FROM lake.t GROUP BY v`;
    const tries: number[] = [];
    // A machine that is busy with something else may take longer once.
    while (tries.length < 5 && tries.every((each) => each > 100)) {
      const cancel = new AbortController();
      let reads = 0;
      let abortedAt = 0;
      lake.beforeRead = async () => {
        // The unit of the long day is the first one.
        if (++reads > 1) return;
        setTimeout(() => {
          abortedAt = performance.now();
          cancel.abort();
        }, 300);
        await new Promise(setImmediate);
      };
      await expect(lake.texts(text, lake.session, cancel.signal)).rejects.toMatchObject({
        code: 'queryCanceled',
      });
      // The unit would take minutes.
      tries.push(performance.now() - abortedAt);
      const readsAtEnd = reads;
      lake.beforeRead = () => Promise.resolve();
      expect(await lake.strayFiles()).toEqual([]);
      expect(lake.stack.queries.runningCount).toBe(0);
      expect(reads).toBe(readsAtEnd);
    }
    expect(Math.max(...tries)).toBeLessThan(5000);
    expect(Math.min(...tries)).toBeLessThan(100);
    await expectClean();
  }, 60_000);

  test('and was computing what others wait for: they go on without it', async () => {
    const cancel = new AbortController();
    let waiting: Promise<readonly (readonly string[])[]> | undefined;
    const other = await lake.stack.service.createSession('tributary', new Map());
    let reads = 0;
    lake.beforeRead = async () => {
      if (reads++ > 0) return;
      waiting = lake.texts(BY_DAY, other);
      // It is waiting for this unit once it has listed the files, which takes a few turns.
      while (lake.stack.queries.runningCount < 2) await new Promise(setImmediate);
      cancel.abort();
    };
    await expect(lake.texts(BY_DAY, lake.session, cancel.signal)).rejects.toMatchObject({
      code: 'queryCanceled',
    });
    expect(await waiting).toEqual(await lake.expected(BY_DAY));
    await other.close();
    await expectClean();
  });

  test('because its process was killed: the next one finds complete files only', async () => {
    await expectRight([BY_VALUE]);
    await lake.stop();
    for (const milliseconds of [10]) {
      await runAndKill({
        folder: lake.folder,
        reuse: { settle: 0 },
        texts: [
          ...STATEMENTS,
          ...STATEMENTS.map((each) => each.replaceAll('count(*)', 'count(v)')),
        ],
        unharmed: 1,
        milliseconds,
      });
    }
    await lake.open();
    expect(await lake.strayFiles()).toEqual([]);
    await expectRight();
    await expectClean();
  }, 120_000);
});

test('fifty clients that ask the same cold query at once compute it once', async () => {
  const sessions = await Promise.all(
    Array.from({ length: 50 }, () => lake.stack.service.createSession('tributary', new Map())),
  );
  let units = 0;
  lake.beforeRead = (sql) => {
    if (sql.startsWith('COPY')) units++;
    return Promise.resolve();
  };
  const expected = await lake.expected(BY_DAY);
  const answers = await Promise.all(sessions.map((session) => lake.texts(BY_DAY, session)));
  for (const answer of answers) expect(answer).toEqual(expected);
  const reused = await Promise.all(sessions.map((session) => lake.reused(session)));
  expect(reused.reduce((sum, { misses }) => sum + misses, 0)).toBe(DAYS);
  expect(units).toBe(1);
  await Promise.all(sessions.map((session) => session.close()));
  await expectClean();
});
