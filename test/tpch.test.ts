import { readFile, readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { DuckDBInstance } from '@duckdb/node-api';
import type { DuckDBConnection } from '@duckdb/node-api';
import pg from 'pg';
import { startTributary } from './support/tributary.ts';
import type { TestServer } from './support/tributary.ts';

const FIXTURES = resolve('test/fixtures/tpch');
const queries = (await readdir(join(FIXTURES, 'queries'))).sort();

let server: TestServer;
let instance: DuckDBInstance;
let truth: DuckDBConnection;
const clients: { text?: pg.Client; binary?: pg.Client } = {};

const NUMERIC = 1700;
const FLOATS = new Set([700, 701]);

/** A value of the base, cast to what the plan says the column is, in comparable text. */
function comparable(value: unknown, oid: number): string | null {
  if (value === null || value === undefined) {
    return null;
  }
  if (oid === NUMERIC || FLOATS.has(oid)) {
    return Number(value).toPrecision(12);
  }
  if (value instanceof Date) {
    return new Date(value.getTime() - value.getTimezoneOffset() * 60_000)
      .toISOString()
      .slice(0, 10);
  }
  return typeof value === 'string' ? value : JSON.stringify(value);
}

beforeAll(async () => {
  server = await startTributary({
    sources: `lake: { connector: lake, root: ${join(FIXTURES, 'data')} }`,
    bootstrap: await readFile(join(FIXTURES, 'tables.sql'), 'utf8'),
  });
  for (const binary of [false, true]) {
    // The driver reads `binary`, its type declarations do not know it.
    const config = { connectionString: server.url, binary };
    const client = new pg.Client(config);
    await client.connect();
    await client.query("SET search_path = 'lake_tpch'");
    clients[binary ? 'binary' : 'text'] = client;
  }
  instance = await DuckDBInstance.create(':memory:');
  truth = await instance.connect();
  for (const table of await readdir(join(FIXTURES, 'data'))) {
    await truth.run(
      `CREATE VIEW ${table} AS FROM read_parquet('${join(FIXTURES, 'data', table)}/*.parquet')`,
    );
  }
});

afterAll(async () => {
  await Promise.all(Object.values(clients).map((client) => client.end()));
  await server.close();
  truth.closeSync();
  instance.closeSync();
});

describe.each(['text', 'binary'] as const)('TPC-H in %s', (format) => {
  test.each(queries)('%s answers what DuckDB answers over the same files', async (file) => {
    const sql = await readFile(join(FIXTURES, 'queries', file), 'utf8');
    const base = await (await truth.run(sql)).getRowsJson();
    const answer = await clients[format]?.query<unknown[]>({ text: sql, rowMode: 'array' });
    const types = answer?.fields.map((field) => field.dataTypeID) ?? [];
    const rows = (list: readonly (readonly unknown[])[]): readonly (string | null)[][] =>
      list.map((row) => row.map((value, index) => comparable(value, types[index] ?? 0)));
    expect(rows(answer?.rows ?? [])).toEqual(rows(base));
    expect(base.length).toBeGreaterThan(0);
  });
});
