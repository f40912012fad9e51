import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { LocalPublishing } from '../../packages/connectors/src/lake/write/local-publishing.ts';
import { LakeWriter } from '../../packages/connectors/src/lake/write/lake-writer.ts';
import { PublishGate } from '../../packages/connectors/src/lake/write/publish-gate.ts';
import { query } from '../support/query-stack.ts';
import { writeAndDie } from './killed-writer.ts';
import type { KilledWrite } from './killed-writer.ts';
import { listFiles, openWritingLake } from './writing-lake.ts';
import type { WritingLake } from './writing-lake.ts';

const EVENTS = `CREATE EXTERNAL TABLE IF NOT EXISTS lake.default.events (n bigint) PARTITIONED BY (p int)
  STORED AS PARQUET LOCATION 'events/'`;
const NUMBERS =
  "CREATE TABLE lake.default.numbers WITH (external_location = 'numbers/') AS SELECT 1::bigint AS n";

let folder: string;
let lake: WritingLake;

beforeEach(async () => {
  folder = `${await realpath(await mkdtemp(join(tmpdir(), 'tributary-writing-')))}/`;
  lake = await openWritingLake({ folder });
  await lake.run(EVENTS);
}, 60_000);

afterEach(async () => {
  await lake.close();
  await rm(folder, { recursive: true, force: true });
});

/** Tells when a file that matches is below the root. */
async function appeared(pattern: RegExp): Promise<void> {
  for (;;) {
    const names = await listFiles(lake.stack.root).catch(() => []);
    if (names.some((name) => pattern.test(name))) return;
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
}

describe('a write leaves nothing when', () => {
  test('it is cancelled in the middle', async () => {
    const abort = new AbortController();
    const running = lake.run(
      'INSERT INTO lake.events SELECT i, i % 5 FROM generate_series(1, 20000000) g(i)',
      abort.signal,
    );
    const failed = expect(running).rejects.toMatchObject({ code: 'queryCanceled' });
    await appeared(/^_tributary\/writes\/.*\.parquet$/);
    abort.abort();
    await failed;
    expect(await lake.files()).toEqual([]);
    expect(await lake.rows('SELECT count(*) FROM lake.events')).toEqual([[0]]);
    expect(await lake.rows('SHOW PARTITIONS lake.events')).toEqual([]);
  }, 60_000);

  test('one of its files cannot be put in its place', async () => {
    await lake.run('INSERT INTO lake.events VALUES (1, 1)');
    const before = await lake.files();
    // Where a partition's folder would be stands a file.
    await writeFile(`${lake.stack.root}events/p=7`, 'x');
    expect(
      await lake.failure('INSERT INTO lake.events SELECT i, i FROM generate_series(1, 9) g(i)'),
    ).toMatch(/^58000 Files could not be put in their places/);
    expect(await lake.files()).toEqual([...before, 'events/p=7'].sort());
    expect(await lake.rows('SELECT n FROM lake.events')).toEqual([[1]]);
    await rm(`${lake.stack.root}events/p=7`);
    expect(
      await lake.tag('INSERT INTO lake.events SELECT i, i FROM generate_series(1, 9) g(i)'),
    ).toBe('INSERT 0 9');
  });

  test('the files of a new table cannot be put in their places: the table goes again', async () => {
    class Failing extends LocalPublishing {
      #published = 0;

      override async publish(file: Parameters<LocalPublishing['publish']>[0]): Promise<void> {
        if (++this.#published > 1) throw Object.assign(new Error('no'), { code: 'ENOSPC' });
        await super.publish(file);
      }
    }
    const { root } = lake.stack;
    const writer = new LakeWriter(
      new Failing(root, `${root}_tributary/writes/`),
      new PublishGate(),
    );
    const write = await writer.begin(new AbortController().signal);
    const folder = await write.newFolder();
    const location = `${root}made/`;
    const files = ['a', 'b'].map((name) => ({ path: folder + name, location, name }));
    for (const { path } of files) await writeFile(path, 'rows');
    const happened: string[] = [];
    await expect(
      write.publish(files, {
        location,
        mustBeEmpty: true,
        created: {
          table: { database: 'lake', schema: 'default', name: 'made', location },
          register: async () => void happened.push('registered'),
          undo: async () => void happened.push('undone'),
        },
      }),
    ).rejects.toMatchObject({ code: 'diskFull' });
    await write.discard();
    writer.close();
    expect(happened).toEqual(['registered', 'undone']);
    expect(await lake.files()).toEqual([]);
  });

  test('a file stands on the way to a location: it is not empty', async () => {
    await writeFile(`${lake.stack.root}blocked`, 'x');
    expect(
      await lake.failure(
        "CREATE TABLE lake.default.made WITH (external_location = 'blocked/in/') AS SELECT 1 AS a",
      ),
    ).toMatch(/^55000 .* is not empty$/);
    expect(await lake.files()).toEqual(['blocked']);
  });

  test('the table was dropped while its rows were computed', async () => {
    await lake.run('INSERT INTO lake.events SELECT i, 1 FROM generate_series(1, 10) g(i)');
    const before = await lake.files();
    const other = await lake.stack.service.createSession('tributary', new Map());
    const running = lake.run(
      'INSERT INTO lake.events SELECT i, 2 FROM generate_series(1, 5000000) g(i)',
    );
    const failed = expect(running).rejects.toMatchObject({ code: 'undefinedTable' });
    await appeared(/^_tributary\/writes\/.*\.parquet$/);
    await query(other, 'DROP TABLE lake.events');
    await failed;
    expect(await lake.files()).toEqual(before);
  }, 60_000);
});

const disk = join(tmpdir(), `tributary-small-disk-${process.pid}`);
const mounts =
  process.getuid?.() === 0 &&
  spawnSync('sh', [
    '-c',
    `mkdir -p ${disk} && mount -t tmpfs -o size=2m none ${disk} && umount ${disk}`,
  ]).status === 0;

// A real full disk takes the right to mount one.
(mounts ? test : test.skip)(
  'a full disk fails the write by name and leaves nothing',
  async () => {
    spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'none', disk]);
    const small = await openWritingLake({ folder: `${disk}/` }).catch(async () => undefined);
    try {
      if (small === undefined) throw new Error('2 MB do not hold a catalog');
      await small.run(EVENTS);
      for (const text of [
        'INSERT INTO lake.events SELECT i, i % 3 FROM generate_series(1, 2000000) g(i)',
        'CREATE TABLE lake.default.made AS SELECT md5(i::text) AS a FROM generate_series(1, 200000) g(i)',
      ]) {
        expect(await small.failure(text)).toMatch(/^53100 /);
      }
      expect(await small.files()).toEqual([]);
      expect(await small.tag('INSERT INTO lake.events VALUES (1, 1)')).toBe('INSERT 0 1');
      expect(await small.rows('SELECT count(*) FROM lake.events')).toEqual([[1]]);
    } finally {
      await small?.close();
      spawnSync('umount', ['-l', disk]);
      await rm(disk, { recursive: true, force: true });
    }
  },
  60_000,
);

describe('a process that is killed', () => {
  async function killed(
    moment: KilledWrite['moment'],
    location: string,
    table?: string,
  ): Promise<void> {
    const [fixture] = (await lake.files()).filter((file) => file.startsWith('numbers/'));
    await lake.close();
    await writeAndDie({
      root: `${folder}lake/`,
      catalog: `${folder}catalog.db`,
      fixture: `${folder}lake/${fixture}`,
      location: `${folder}lake/${location}`,
      moment,
      ...(table === undefined ? {} : { table }),
    });
    expect(existsSync(`${folder}lake/_tributary/writes`)).toBe(true);
    lake = await openWritingLake({ folder });
    expect((await lake.files()).filter((file) => file.startsWith('_'))).toEqual([]);
  }

  test('before its journal leaves nothing', async () => {
    await lake.run(NUMBERS);
    await killed('staged', 'numbers/');
    expect(await lake.rows('SELECT count(*) FROM lake.numbers')).toEqual([[1]]);
    expect(await lake.files()).toHaveLength(1);
  }, 60_000);

  test('when half of its files are in their places is finished by the next start', async () => {
    await lake.run(NUMBERS);
    await killed('half published', 'numbers/');
    expect(await lake.rows('SELECT count(*) FROM lake.numbers')).toEqual([[5]]);
  }, 60_000);

  test('before its table is in the catalog leaves neither table nor files', async () => {
    await lake.run(NUMBERS);
    await killed('journal written', 'created/', 'created');
    expect(await lake.failure('SELECT * FROM lake.created')).toMatch(/^42P01/);
    expect(await lake.files()).toHaveLength(1);
  }, 60_000);

  test('after its table came into the catalog leaves the table with all its files', async () => {
    await lake.run(NUMBERS);
    await killed('registered', 'created/', 'created');
    expect(await lake.rows('SELECT count(*) FROM lake.created')).toEqual([[4]]);
  }, 60_000);
});

describe('writers side by side', () => {
  test('readers of the same server see each write whole', async () => {
    const writers = await Promise.all(
      [1, 2, 3].map(() => lake.stack.service.createSession('tributary', new Map())),
    );
    const reader = await lake.stack.service.createSession('tributary', new Map());
    let writing = true;
    const seen: number[] = [];
    const reading = (async () => {
      while (writing) {
        const { rows } = await query(reader, 'SELECT count(*) FROM lake.events');
        seen.push(Number(rows[0]?.[0]));
      }
    })();
    await Promise.all(
      writers.map(async (session) => {
        for (let round = 0; round < 4; round++) {
          await query(
            session,
            'INSERT INTO lake.events SELECT i, i FROM generate_series(1, 40) g(i)',
          );
        }
      }),
    );
    writing = false;
    await reading;
    expect(seen.filter((count) => count % 40 !== 0)).toEqual([]);
    expect(new Set(seen).size).toBeGreaterThan(1);
    expect(await lake.rows('SELECT count(*), count(DISTINCT p) FROM lake.events')).toEqual([
      [480, 40],
    ]);
  }, 60_000);

  test('two CREATE TABLE at one location: one has it', async () => {
    const other = await lake.stack.service.createSession('tributary', new Map());
    const text = (name: string): string =>
      `CREATE TABLE lake.default.${name} WITH (external_location = 'same/') AS SELECT '${name}' AS a`;
    const outcomes = await Promise.allSettled([lake.run(text('one')), query(other, text('two'))]);
    const states = outcomes.map(({ status }) => status).sort();
    expect(states).toEqual(['fulfilled', 'rejected']);
    const [table] = (await lake.rows("SHOW TABLES IN lake.default LIKE 'one|two'")).flat();
    expect(await lake.rows(`SELECT a FROM lake.${String(table)}`)).toEqual([[table]]);
  });

  test('what a living process has aside stays, what a dead one had goes', async () => {
    const staging = `${lake.stack.root}_tributary/writes/`;
    const store = new LocalPublishing(lake.stack.root, staging);
    const [one, two] = [
      new LakeWriter(store, new PublishGate()),
      new LakeWriter(store, new PublishGate()),
    ];
    const { signal } = new AbortController();
    const write = await one.begin(signal);
    const path = `${await write.newFolder()}rows`;
    await writeFile(path, 'rows');
    await mkdir(`${staging}dead/0`, { recursive: true });
    await writeFile(`${staging}dead/0/rows`, 'rows');
    await two.recover(() => Promise.resolve(false));
    expect([existsSync(path), existsSync(`${staging}dead`)]).toEqual([true, false]);
    await mkdir(`${staging}dead later/0`, { recursive: true });
    await (await two.begin(signal)).discard();
    expect([existsSync(path), existsSync(`${staging}dead later`)]).toEqual([true, false]);
    await write.publish([{ path, location: `${lake.stack.root}x/`, name: 'rows' }], {
      location: `${lake.stack.root}x/`,
      mustBeEmpty: true,
    });
    expect(await lake.files()).toEqual(['x/rows']);
    one.close();
    two.close();
  });
});
