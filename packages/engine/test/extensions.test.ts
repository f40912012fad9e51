import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import type { Server } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isQueryError } from '@tributary/sql';
import { temporaryEngine } from './support/temporary-engine.ts';

/** A folder with a real httpfs.duckdb_extension of the engine's version; without it those tests are skipped. */
const HTTPFS_DIRECTORY = process.env['TRIBUTARY_EXTENSIONS'] ?? '';
const withHttpfs = existsSync(join(HTTPFS_DIRECTORY, 'httpfs.duckdb_extension')) ? it : it.skip;

describe('extensions', () => {
  it('reports what is built in, what is missing and what is no extension', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tributary-extensions-'));
    await writeFile(join(folder, 'broken.duckdb_extension'), 'not an extension');
    const own = await temporaryEngine({
      extensions: ['parquet', 'httpfs', 'broken'],
      extensionDirectories: [folder],
    });
    try {
      expect(own.engine.extensions()).toEqual([
        { name: 'parquet', state: 'loaded', detail: 'part of the engine' },
        {
          name: 'httpfs',
          state: 'missing',
          detail: `no httpfs.duckdb_extension found (${folder})`,
        },
        {
          name: 'broken',
          state: 'failed',
          detail: expect.stringContaining('broken.duckdb_extension'),
        },
      ]);
      expect(own.engine.hasExtension('parquet')).toBe(true);
      expect(own.engine.hasExtension('httpfs')).toBe(false);
      expect(own.engine.hasExtension('broken')).toBe(false);
    } finally {
      await own.remove();
      await rm(folder, { recursive: true });
    }
  });

  it('refuses a name that would reach another folder', async () => {
    await expect(temporaryEngine({ extensions: ['../httpfs'] })).rejects.toMatchObject({
      code: 'invalidConfiguration',
    });
  });
});

describe('httpfs', () => {
  const requests: string[] = [];
  let objects: Buffer;
  let server: Server;
  beforeAll(async () => {
    const own = await temporaryEngine();
    const file = `${own.directory}a.parquet`;
    await own.engine.rows(
      `copy (select i from range(1000) r(i)) to '${file}' (format parquet)`,
      [],
      { allowCopy: true },
    );
    objects = await readFile(file);
    await own.remove();
    server = createServer((request, response) => {
      requests.push(`${request.method} ${request.url}`);
      if (request.url !== '/bucket/prefix/a.parquet') {
        response.statusCode = 404;
        response.end();
        return;
      }
      const [, from, to] = /bytes=(\d+)-(\d+)/.exec(request.headers.range ?? '') ?? [];
      if (from !== undefined && to !== undefined) {
        response.statusCode = 206;
        response.setHeader('content-range', `bytes ${from}-${to}/${objects.length}`);
        response.end(objects.subarray(Number(from), Number(to) + 1));
        return;
      }
      response.setHeader('content-length', objects.length);
      response.end(request.method === 'HEAD' ? undefined : objects);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterAll(() => {
    server.close();
    server.closeAllConnections();
  });

  withHttpfs(
    'reads the configured prefix after the lock, and nothing else on the net',
    async () => {
      const { port } = server.address() as AddressInfo;
      const own = await temporaryEngine({
        extensions: ['httpfs'],
        extensionDirectories: [HTTPFS_DIRECTORY],
        s3: [
          {
            scope: 's3://bucket/prefix/',
            endpoint: `http://127.0.0.1:${port}`,
            region: 'us-east-1',
            accessKeyId: 'KEY',
            secretAccessKey: 'WORD',
            pathStyle: true,
          },
        ],
      });
      try {
        const count = 'select count(*) from read_parquet($1)';
        expect(await own.engine.rows(count, ['s3://bucket/prefix/a.parquet'])).toEqual([[1000n]]);
        const before = requests.length;
        for (const url of [
          's3://bucket/prefix-other/a.parquet',
          's3://bucket/a.parquet',
          's3://other/prefix/a.parquet',
          `http://127.0.0.1:${port}/bucket/prefix/a.parquet`,
        ]) {
          await expect(own.engine.rows(count, [url])).rejects.toMatchObject({
            code: 'insufficientPrivilege',
          });
        }
        expect(requests.length).toBe(before);
        await expect(own.engine.rows(count, ['s3://bucket/prefix/none.parquet'])).rejects.toThrow(
          'HTTP 404',
        );
      } finally {
        await own.remove();
      }
    },
  );

  withHttpfs('a refused secret is not quoted', async () => {
    const error: unknown = await temporaryEngine({
      extensions: ['httpfs'],
      extensionDirectories: [HTTPFS_DIRECTORY],
      s3: [{ scope: 's3://bucket/', region: "x\u0000y'", secretAccessKey: 'THEWORD' }],
    }).then(
      (own) => own.remove(),
      (caught: unknown) => caught,
    );
    if (isQueryError(error)) {
      expect(JSON.stringify([error.message, error.hint, String(error.cause)])).not.toContain(
        'THEWORD',
      );
    }
  });
});
