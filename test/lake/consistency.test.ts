import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdir, readFile, readdir, readlink, rename, rm, writeFile } from 'node:fs/promises';
import { DuckDBInstance } from '@duckdb/node-api';
import type { DuckDBConnection } from '@duckdb/node-api';
import type { SqlSession, StatementResult } from '@tributary/planner';
import { openQueryStack, query } from '../support/query-stack.ts';
import type { QueryStack } from '../support/query-stack.ts';

const MAX_CONCURRENT = 2;
/** Many times what is held back before the first row leaves. */
const MANY_ROWS = 1_000_000;
const CHUNKS_BEFORE_CHANGE = 40;

let stack: QueryStack;
let session: SqlSession;
let instance: DuckDBInstance;
let writer: DuckDBConnection;
let beforeRead: () => Promise<void>;

beforeEach(async () => {
  beforeRead = () => Promise.resolve();
  stack = await openQueryStack({ beforeRead: () => beforeRead(), maxConcurrent: MAX_CONCURRENT });
  session = await stack.service.createSession('tributary', new Map());
  instance = await DuckDBInstance.create(':memory:');
  writer = await instance.connect();
  await mkdir(`${stack.root}t/p=1`, { recursive: true });
  await mkdir(`${stack.root}t/p=2`, { recursive: true });
  await stack.service.runScript(
    `CREATE EXTERNAL TABLE lake.default.t (n bigint, version int) PARTITIONED BY (p int) STORED AS PARQUET
       LOCATION '${stack.root}t/' TBLPROPERTIES ('projection.enabled' = 'true', 'projection.p.type' = 'integer', 'projection.p.range' = '1,9')`,
    new AbortController().signal,
  );
});

afterEach(async () => {
  writer.closeSync();
  instance.closeSync();
  await session.close();
  await stack.close();
});

const path = (partition: number): string => `${stack.root}t/p=${partition}/a.parquet`;

/** Writes beside and renames over, as careful writers do. */
async function replace(partition: number, version: number, rows = 10): Promise<void> {
  const beside = `${stack.root}t/_new.parquet`;
  await writer.run(
    `COPY (SELECT i AS n, ${version}::INTEGER AS version FROM range(${rows}) AS r(i)) TO '${beside}' (FORMAT parquet)`,
  );
  await mkdir(`${stack.root}t/p=${partition}`, { recursive: true });
  await rename(beside, path(partition));
}

/** Writes new bytes into the same file. */
async function rewrite(partition: number, version: number, rows: number): Promise<void> {
  const kept = `${stack.root}t/_kept.parquet`;
  await rename(path(partition), kept);
  await replace(partition, version, rows);
  const bytes = await readFile(path(partition));
  await rename(kept, path(partition));
  await writeFile(path(partition), bytes);
}

const SUMMARY = 'SELECT version, count(*) FROM lake.t GROUP BY version ORDER BY version';

async function texts(text: string): Promise<readonly (readonly string[])[]> {
  return (await query(session, text)).rows.map((row) => row.map(String));
}

async function start(text: string, signal: AbortSignal): Promise<StatementResult> {
  const [statement] = await session.parse(text);
  if (statement === undefined) throw new Error('no statement');
  return session.execute(await session.prepare(statement, []), [], signal);
}

interface Streamed {
  readonly versions: readonly string[];
  readonly rows: number;
}

/** Reads a result slowly: once some chunks have left, `change` happens before the next is asked for. */
async function stream(
  text: string,
  change: () => Promise<void>,
  seen: { versions: Set<string>; rows: number } = { versions: new Set(), rows: 0 },
): Promise<Streamed> {
  const result = await start(text, new AbortController().signal);
  if (result.kind !== 'rows') throw new Error('no rows');
  let chunks = 0;
  for await (const chunk of result.chunks()) {
    for (const [, version] of chunk.getRows()) seen.versions.add(String(version));
    seen.rows += chunk.rowCount;
    if (++chunks === CHUNKS_BEFORE_CHANGE) await change();
  }
  return { versions: [...seen.versions], rows: seen.rows };
}

/** Descriptors of this process that lead to the lake's files. */
async function openFiles(): Promise<readonly string[]> {
  const links = await Promise.all(
    (await readdir('/proc/self/fd')).map((name) =>
      readlink(`/proc/self/fd/${name}`).catch(() => ''),
    ),
  );
  return links.filter((target) => target.startsWith(stack.root));
}

/** All that a statement can hold is free again. */
async function expectReleased(): Promise<void> {
  expect(stack.queries.runningCount).toBe(0);
  expect(await openFiles()).toEqual([]);
  const results = await Promise.all(
    Array.from({ length: MAX_CONCURRENT }, () => stack.engine.rows('SELECT 42', [])),
  );
  expect(results).toHaveLength(MAX_CONCURRENT);
}

describe('a file that changes between listing and reading', () => {
  test('is read once more in silence', async () => {
    await replace(1, 1);
    let reads = 0;
    beforeRead = async () => {
      if (reads++ === 0) await replace(1, 2, 7);
    };
    expect(await texts(SUMMARY)).toEqual([['2', '7']]);
    expect(reads).toBe(2);
    expect(await texts('SELECT retries, state FROM tributary.last_query')).toEqual([
      ['1', 'succeeded'],
    ]);
  });

  test('and changes again gives a clear error', async () => {
    await replace(1, 1);
    let reads = 0;
    beforeRead = () => replace(1, 2, 10 + ++reads);
    await expect(texts(SUMMARY)).rejects.toMatchObject({
      code: 'dataChanged',
      message: `'${path(1)}' changed while it was read.`,
      hint: 'Run the query again.',
    });
    expect(reads).toBe(2);
    await expectReleased();
  });

  test('is never mixed with what another scan of the statement read', async () => {
    await replace(1, 1);
    await replace(2, 1);
    let reads = 0;
    beforeRead = async () => {
      if (reads++ === 0) {
        await replace(1, 2);
        await replace(2, 2);
      }
    };
    expect(
      await texts(
        'SELECT DISTINCT a.version, b.version FROM lake.t AS a JOIN lake.t AS b ON a.n = b.n AND a.p = 1 AND b.p = 2',
      ),
    ).toEqual([['2', '2']]);
  });

  test('because it was removed is left out', async () => {
    await replace(1, 1);
    await replace(2, 1, 3);
    let reads = 0;
    beforeRead = async () => {
      if (reads++ === 0) await rm(path(1));
    };
    expect(await texts(SUMMARY)).toEqual([['1', '3']]);
  });

  test('because it was added belongs to the next statement', async () => {
    await replace(1, 1);
    let reads = 0;
    beforeRead = async () => {
      if (reads++ === 0) await replace(2, 1, 5);
    };
    expect(await texts(SUMMARY)).toEqual([['1', '10']]);
    expect(reads).toBe(1);
    expect(await texts(SUMMARY)).toEqual([['1', '15']]);
  });
});

describe('a file that changes while its rows leave', () => {
  const all = 'SELECT n, version FROM lake.t';

  test.each(['replaced', 'rewritten', 'removed'] as const)(
    '%s: the statement fails and nothing stays open',
    async (how) => {
      await replace(1, 1, MANY_ROWS);
      const seen = { versions: new Set<string>(), rows: 0 };
      const changed = stream(
        all,
        async () => {
          if (how === 'replaced') await replace(1, 2, MANY_ROWS);
          else if (how === 'rewritten') await rewrite(1, 2, MANY_ROWS);
          else await rm(path(1));
        },
        seen,
      );
      await expect(changed).rejects.toMatchObject({ code: 'dataChanged' });
      expect(seen.rows).toBeGreaterThan(0);
      await expectReleased();
      expect(await texts('SELECT state, sqlstate FROM tributary.last_query')).toEqual([
        ['failed', '40001'],
      ]);
    },
  );

  test('added: the statement answers what was listed', async () => {
    await replace(1, 1, MANY_ROWS);
    expect(await stream(all, () => replace(2, 2))).toEqual({ versions: ['1'], rows: MANY_ROWS });
  });

  test('is read once more while all its rows are still held', async () => {
    await replace(1, 1, MANY_ROWS);
    let reads = 0;
    beforeRead = async () => {
      if (reads++ === 0) await rewrite(1, 2, 1000);
    };
    expect(await texts(SUMMARY)).toEqual([['2', '1000']]);
  });
});

describe('a statement that ends early', () => {
  const all = 'SELECT n, version FROM lake.t';

  test('by cancellation frees its files, its connection and its place', async () => {
    await replace(1, 1, MANY_ROWS);
    const cancel = new AbortController();
    const result = await start(all, cancel.signal);
    if (result.kind !== 'rows') throw new Error('no rows');
    const reading = (async () => {
      for await (const _ of result.chunks()) cancel.abort();
    })();
    await expect(reading).rejects.toMatchObject({ code: 'queryCanceled' });
    await expectReleased();
    expect(await texts('SELECT state, sqlstate FROM tributary.last_query')).toEqual([
      ['cancelled', '57014'],
    ]);
  });

  test('because its reader left frees the same', async () => {
    await replace(1, 1, MANY_ROWS);
    const result = await start(all, new AbortController().signal);
    if (result.kind !== 'rows') throw new Error('no rows');
    for await (const _ of result.chunks()) break;
    await result.close();
    await expectReleased();
  });

  test('before its first row frees the same', async () => {
    await replace(1, 1, MANY_ROWS);
    const cancel = new AbortController();
    beforeRead = () => {
      cancel.abort();
      return Promise.resolve();
    };
    await expect(query(session, all, cancel.signal)).rejects.toMatchObject({
      code: 'queryCanceled',
    });
    await expectReleased();
  });
});
