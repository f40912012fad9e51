import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { listValue } from '@duckdb/node-api';
import { QueryError } from '@tributary/sql';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { cp, readFile, stat, utimes, writeFile } from 'node:fs/promises';
import type { TemporaryEngine } from './support/temporary-engine.ts';
import { temporaryEngine } from './support/temporary-engine.ts';

const ENDLESS =
  'select count(*) from range(100000000) a(i), range(100000) b(j) where (i * j) % 7 = 3';

let own: TemporaryEngine;
beforeAll(async () => {
  own = await temporaryEngine();
});
afterAll(() => own.remove());

describe('a statement', () => {
  it('reads its parameters, lists and empty lists included', async () => {
    const rows = await own.engine.rows(
      'select $1, len($2), len($3), $4::bigint in (select unnest($2::bigint[]))',
      ['x', listValue(['1', '2', null]), listValue([]), 2n],
    );
    expect(rows).toEqual([['x', 3n, 0n, true]]);
  });

  it('keeps the items of a list that begins with NULL', async () => {
    const rows = await own.engine.rows('select $1::varchar[], $2::bigint[], len($3)', [
      listValue([null, 'a', null, 'b']),
      listValue([null, 5n]),
      listValue([null, null]),
    ]);
    expect(rows).toEqual([[listValue([null, 'a', null, 'b']), listValue([null, 5n]), 2n]]);
  });

  it('may read small files in another way than the statement before it, and only that can be changed', async () => {
    const setting = (smallFiles: boolean) =>
      own.engine.rows("select current_setting('prefetch_all_parquet_files')", [], { smallFiles });
    expect(await setting(true)).toEqual([[true]]);
    expect(await setting(false)).toEqual([[false]]);
    expect(await own.engine.rows("select current_setting('allowed_configs')", [])).toEqual([
      [listValue(['prefetch_all_parquet_files'])],
    ]);
  });

  it('reads nothing when what runs beside its preparation fails, and gives its connection back', async () => {
    for (let attempt = 0; attempt < 5; attempt++) {
      await expect(
        own.engine.rows("select * from read_parquet('missing')", [], {
          whilePreparing: () => Promise.reject(new QueryError('dataChanged', 'changed')),
        }),
      ).rejects.toThrow();
      await expect(
        own.engine.rows('select error($1)', ['was read'], {
          whilePreparing: () => Promise.reject(new QueryError('dataChanged', 'changed')),
        }),
      ).rejects.toMatchObject({ code: 'dataChanged' });
    }
    expect(await own.engine.rows('select 1', [])).toEqual([[1]]);
  });

  it('divides integers and sorts NULLs as PostgreSQL does, on every connection', async () => {
    const query = () =>
      own.engine.rows('select 7 / 2, x from (values (1), (null)) t(x) order by x desc', []);
    const [first, second] = await Promise.all([query(), query()]);
    expect(first).toEqual([
      [3, null],
      [3, 1],
    ]);
    expect(second).toEqual(first);
  });

  it('tells columns and types before its rows', async () => {
    const result = await own.engine.run("select 1::bigint as a, 'x' as b", []);
    expect(result.columns.map(({ name, type }) => `${name} ${type.toString()}`)).toEqual([
      'a BIGINT',
      'b VARCHAR',
    ]);
    await result.close();
  });

  it('streams: the first chunk of an endless result comes at once, and the rest is not computed', async () => {
    const result = await own.engine.run('select i from range(1000000000000) r(i)', []);
    let rows = 0;
    for await (const chunk of result.chunks()) {
      rows += chunk.rowCount;
      if (rows > 10_000) break;
    }
    expect(rows).toBeLessThan(20_000);
    expect(await own.engine.rows('select 1', [])).toEqual([[1]]);
  });

  it('gives its connection back when it fails, is closed unread or its reader throws', async () => {
    for (let attempt = 0; attempt < 5; attempt++) {
      await expect(own.engine.rows('select error($1)', ['no'])).rejects.toThrow();
      await (await own.engine.run('select i from range(1000000000) r(i)', [])).close();
      const reader = async () => {
        const result = await own.engine.run('select i from range(1000000000) r(i)', []);
        for await (const chunk of result.chunks()) throw new Error(`stop at ${chunk.rowCount}`);
      };
      await expect(reader()).rejects.toThrow('stop at');
    }
    expect(await own.engine.rows('select 1', [])).toEqual([[1]]);
  });

  it('is never more than one', async () => {
    await expect(own.engine.rows('select 1; select 2', [])).rejects.toMatchObject({
      code: 'dataException',
    });
  });
});

describe('cancelling', () => {
  it('stops a running statement', async () => {
    const abort = new AbortController();
    const running = own.engine.rows(ENDLESS, [], { signal: abort.signal });
    await nextTurn();
    const started = performance.now();
    abort.abort();
    await expect(running).rejects.toMatchObject({ code: 'queryCanceled', sqlstate: '57014' });
    expect(performance.now() - started).toBeLessThan(500);
  });

  it('stops a statement between two chunks', async () => {
    const abort = new AbortController();
    const result = await own.engine.run('select i from range(1000000000000) r(i)', [], {
      signal: abort.signal,
    });
    const read = async () => {
      for await (const _chunk of result.chunks()) abort.abort();
    };
    await expect(read()).rejects.toMatchObject({ code: 'queryCanceled' });
  });

  it('results that nobody reads take no turn, up to a number, and go on when they are read', async () => {
    const few = await temporaryEngine({ maxConcurrent: 1, maxParked: 2 });
    try {
      const open = () => few.engine.run('select i from range(100000) r(i)', []);
      const results = [await open(), await open(), await open()];
      await expect(open()).rejects.toMatchObject({ code: 'configurationLimitExceeded' });
      for (const result of results) {
        let rows = 0;
        for await (const chunk of result.chunks()) rows += chunk.rowCount;
        expect(rows).toBe(100_000);
      }
      expect(await few.engine.rows('select 1', [])).toEqual([[1]]);
    } finally {
      await few.remove();
    }
  });

  it('closing ends results that nobody reads', async () => {
    const few = await temporaryEngine({ maxConcurrent: 1 });
    const abandoned = [
      await few.engine.run('select i from range(100000) r(i)', []),
      await few.engine.run('select i from range(100000) r(i)', []),
    ];
    await few.engine.close();
    const reading = abandoned[0]?.chunks()[Symbol.asyncIterator]().next();
    await expect(reading).rejects.toMatchObject({ code: 'adminShutdown' });
    await few.remove();
  });

  it('stops a statement that waits for its turn, and lets the others through', async () => {
    const running = new AbortController();
    const busy = [1, 2].map(() => own.engine.rows(ENDLESS, [], { signal: running.signal }));
    const waiting = new AbortController();
    const cancelled = own.engine.rows('select 1', [], { signal: waiting.signal });
    const admitted = own.engine.rows('select 2', []);
    waiting.abort();
    await expect(cancelled).rejects.toMatchObject({ code: 'queryCanceled' });
    running.abort();
    for (const statement of busy) {
      await expect(statement).rejects.toMatchObject({ code: 'queryCanceled' });
    }
    expect(await admitted).toEqual([[2]]);
  });

  it('reports the reason of the signal where that is an error of ours', async () => {
    const abort = new AbortController();
    const running = own.engine.rows(ENDLESS, [], { signal: abort.signal });
    await nextTurn();
    abort.abort(new QueryError('queryCanceled', 'canceling statement due to statement timeout'));
    await expect(running).rejects.toThrow('statement timeout');
  });
});

describe('limits', () => {
  it('out of memory is an error with a hint, and the engine goes on', async () => {
    const small = await temporaryEngine({ memoryLimit: 64 * 1024 * 1024, spillLimit: 1024 * 1024 });
    try {
      await expect(
        small.engine.rows('select len(array_agg(i)) from range(50000000) r(i)', []),
      ).rejects.toMatchObject({ kind: 'resource', hint: expect.any(String) });
      expect(await small.engine.rows('select 1', [])).toEqual([[1]]);
    } finally {
      await small.remove();
    }
  });

  it('progress is told while a statement runs', async () => {
    const file = `${own.directory}numbers.parquet`;
    await own.engine.rows(
      `copy (select i, md5(i::varchar) h from range(200000) r(i)) to '${file}' (format parquet)`,
      [],
      { allowCopy: true },
    );
    const abort = new AbortController();
    const seen: number[] = [];
    const running = own.engine.rows(
      "select count(*) from read_parquet($1) where sha256(h) like '%0000000%'",
      [listValue(Array<string>(2000).fill(file))],
      {
        signal: abort.signal,
        onProgress: (fraction) => {
          seen.push(fraction);
          abort.abort();
        },
      },
    );
    await expect(running).rejects.toMatchObject({ code: 'queryCanceled' });
    expect(seen[0]).toBeGreaterThanOrEqual(0);
    expect(seen[0]).toBeLessThanOrEqual(1);
  });

  it('a closing engine finishes what runs and refuses what comes', async () => {
    const closing = await temporaryEngine();
    const result = await closing.engine.run('select i from range(10000) r(i)', []);
    const closed = closing.engine.close();
    await expect(closing.engine.rows('select 1', [])).rejects.toMatchObject({
      code: 'adminShutdown',
    });
    let rows = 0;
    for await (const chunk of result.chunks()) rows += chunk.rowCount;
    await closed;
    expect(rows).toBe(10_000);
    await closing.remove();
  });

  it('a closing engine interrupts what runs when its patience ends', async () => {
    const closing = await temporaryEngine();
    const running = closing.engine.rows(ENDLESS, []);
    const patience = new AbortController();
    const closed = closing.engine.close(patience.signal);
    patience.abort();
    await expect(running).rejects.toMatchObject({ code: 'adminShutdown' });
    await closed;
    await closing.remove();
  });
});

describe('files', () => {
  it('a file rewritten in place under its old time is read anew', async () => {
    const file = `${own.directory}replaced.parquet`;
    const write = (path: string, from: number) =>
      own.engine.rows(
        `copy (select (i + ${from})::bigint as a from range(1000) r(i)) to '${path}' (format parquet)`,
        [],
        { allowCopy: true },
      );
    const count = () =>
      own.engine.rows('select count(*) from read_parquet($1) where a >= 2000000', [
        listValue([file]),
      ]);
    await write(file, 1_000_000);
    const past = new Date('2024-01-01T00:00:00Z');
    await utimes(file, past, past);
    expect(await count()).toEqual([[0n]]);
    await write(`${file}.new`, 2_000_000);
    const replacement = await readFile(`${file}.new`);
    expect(replacement.length).toBe((await stat(file)).size);
    await writeFile(file, replacement);
    await utimes(file, past, past);
    expect(await count()).toEqual([[1000n]]);
    await cp(`${file}.new`, `${own.outside}x.parquet`);
    await expect(
      own.engine.rows(`select * from read_parquet('${own.outside}x.parquet')`, []),
    ).rejects.toMatchObject({ code: 'insufficientPrivilege' });
  });
});
