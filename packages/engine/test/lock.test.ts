import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { access, mkdir, symlink, writeFile } from 'node:fs/promises';
import type { TemporaryEngine } from './support/temporary-engine.ts';
import { temporaryEngine } from './support/temporary-engine.ts';

let own: TemporaryEngine;
beforeAll(async () => {
  own = await temporaryEngine();
  await writeFile(`${own.directory}allowed.csv`, 'a\n1\n');
  await writeFile(`${own.outside}secret.csv`, 'a\n2\n');
  await symlink(`${own.outside}secret.csv`, `${own.directory}link.csv`);
  await symlink(own.outside.slice(0, -1), `${own.directory}folder`);
  await mkdir(`${own.directory}deep`);
});
afterAll(() => own.remove());

const NOT_A_QUERY = 'the engine was given a statement that is not a query';
const OUTSIDE = 'access outside the configured sources is refused';

describe('the locked engine', () => {
  it('reads below the allowed directory', async () => {
    expect(
      await own.engine.rows(`select a from read_csv('${own.directory}allowed.csv')`, []),
    ).toEqual([[1n]]);
  });

  it('reads no file elsewhere by any reader or spelling', async () => {
    const paths = [
      '/etc/passwd',
      'file:///etc/passwd',
      '/proc/self/environ',
      `${own.outside}secret.csv`,
      `${own.outside}*`,
      `${own.directory}../data-other/secret.csv`,
      `${own.directory}deep/../../data-other/secret.csv`,
      `${own.directory}link.csv`,
      `${own.directory}folder/secret.csv`,
      `${own.directory.slice(0, -1)}-other/secret.csv`,
      'http://127.0.0.1:9/x.csv',
      's3://bucket/x.csv',
    ];
    for (const path of paths) {
      for (const reader of ['read_csv', 'read_text', 'read_blob', 'read_json', 'read_parquet']) {
        await expect(own.engine.rows(`select * from ${reader}('${path}')`, [])).rejects.toThrow();
        await expect(own.engine.rows(`select * from ${reader}($1)`, [path])).rejects.toThrow();
      }
      await expect(own.engine.rows(`select * from "${path}"`, [])).rejects.toThrow();
      if (['link.csv', 'folder/secret.csv'].some((name) => path === own.directory + name)) continue;
      const listed = await own.engine
        .rows(`select file from glob('${path}')`, [])
        .catch(() => 'refused');
      expect([[], 'refused']).toContainEqual(listed);
    }
  });

  it('has no way to the environment', async () => {
    await expect(own.engine.rows("select getenv('HOME')", [])).rejects.toMatchObject({
      code: 'internalError',
    });
  });

  it.each([
    "attach ':memory:' as other",
    'set threads = 1',
    'set variable x = 1',
    'reset threads',
    'set lock_configuration = false',
    'pragma enable_profiling',
    "call enable_logging('HTTP')",
    'install tpch',
    'load tpch',
    "create secret s (type s3, key_id 'x', secret 'y')",
    'create table t(a int)',
    "create macro m() as 'x'",
    'use memory',
    'begin',
    'checkpoint',
    "copy (select 1) to 'x.csv'",
    "export database 'x'",
    'prepare p as select 1',
  ])('runs only queries, not: %s', async (sql) => {
    await expect(own.engine.rows(sql, [])).rejects.toThrow();
    expect(await own.engine.rows('select 7 / 2', [])).toEqual([[3]]);
  });

  it('a refused kind of statement is named before it has any effect', async () => {
    const target = `${own.directory}effect.csv`;
    await expect(own.engine.rows(`copy (select 1) to '${target}'`, [])).rejects.toThrow(
      NOT_A_QUERY,
    );
    await expect(access(target)).rejects.toThrow();
    await expect(own.engine.rows(`attach '${own.directory}x.db' as x`, [])).rejects.toThrow(
      NOT_A_QUERY,
    );
    await expect(access(`${own.directory}x.db`)).rejects.toThrow();
  });

  it('writes with COPY only when asked to, and only below the allowed directory', async () => {
    const copy = (path: string) =>
      own.engine.rows(`copy (select 1 as a) to '${path}' (format csv)`, [], { allowCopy: true });
    await expect(copy(`${own.outside}out.csv`)).rejects.toThrow(OUTSIDE);
    await expect(
      own.engine.rows(`copy (select 1) to '/dev/stdout'`, [], { allowCopy: true }),
    ).rejects.toThrow(OUTSIDE);
    await copy(`${own.directory}out.csv`);
    await access(`${own.directory}out.csv`);
  });

  it('spills to its own folder although that is not an allowed directory', async () => {
    const tight = await temporaryEngine({ memoryLimit: 100 * 1024 * 1024 });
    try {
      const rows = await tight.engine.rows(
        'select count(*) from (select i, hash(i)::varchar s from range(3000000) r(i) order by s limit 2000000)',
        [],
      );
      expect(rows).toEqual([[2000000n]]);
    } finally {
      await tight.remove();
    }
  });

  it('refuses a configuration that would not mean what it says', async () => {
    await expect(temporaryEngine({ allowedDirectories: ['/tmp/no-slash'] })).rejects.toMatchObject({
      code: 'invalidConfiguration',
    });
    await expect(temporaryEngine({ allowedDirectories: ['relative/'] })).rejects.toMatchObject({
      code: 'invalidConfiguration',
    });
    await expect(temporaryEngine({ s3: [{ scope: 's3://bucket/prefix' }] })).rejects.toMatchObject({
      code: 'invalidConfiguration',
    });
    await expect(temporaryEngine({ maxConcurrent: 0 })).rejects.toMatchObject({
      code: 'invalidConfiguration',
    });
  });
});
