import { cp, readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { DuckDBInstance } from '@duckdb/node-api';
import type { DuckDBConnection, DuckDBValue } from '@duckdb/node-api';
import type { SqlSession } from '@tributary/planner';
import { RULE_NAMES } from '../../packages/planner/src/rules/rules.ts';
import { startPostgres } from '../../packages/sql/test/support/postgres.ts';
import type { TestPostgres } from '../../packages/sql/test/support/postgres.ts';
import { openQueryStack, query } from '../support/query-stack.ts';
import type { QueryStack } from '../support/query-stack.ts';
import { FIXTURES, TPCH_TABLES, loadTpch, viewTpch } from './tpch-tables.ts';

const queries = (await readdir(join(FIXTURES, 'queries'))).sort();

const FACTS = new Set(['lineitem', 'orders', 'partsupp']);
/** Which tables the warehouse holds; the lake has the others. */
const PLACEMENTS: Readonly<Record<string, (table: string) => boolean>> = {
  everything: () => true,
  dimensions: (table) => !FACTS.has(table),
  facts: (table) => FACTS.has(table),
  some: (table) => ['orders', 'part', 'supplier', 'region'].includes(table),
};

let postgres: TestPostgres;
let stack: QueryStack;
let session: SqlSession;
let instance: DuckDBInstance;
let truth: DuckDBConnection;

/** Floating-point sums differ in their last digits from run to run. */
function comparable(value: DuckDBValue): string | null {
  if (value === null) return null;
  const text = String(value);
  return /^-?\d+(\.\d+)?(e[+-]?\d+)?$/.test(text) ? Number(text).toPrecision(10) : text;
}

const rowsOf = (rows: readonly (readonly DuckDBValue[])[]): readonly string[] =>
  rows.map((row) => JSON.stringify(row.map(comparable)));

beforeAll(async () => {
  instance = await DuckDBInstance.create(':memory:');
  truth = await instance.connect();
  await viewTpch(truth);
  postgres = await startPostgres();
  await loadTpch(truth, postgres);
  stack = await openQueryStack({
    postgres: [{ source: 'warehouse', url: postgres.connectionString }],
  });
  await cp(join(FIXTURES, 'data'), stack.root, { recursive: true });
  session = await stack.service.createSession('ana', new Map());
  await stack.service.runScript(
    await readFile(join(FIXTURES, 'tables.sql'), 'utf8'),
    new AbortController().signal,
  );
  for (const [placement, inWarehouse] of Object.entries(PLACEMENTS)) {
    await query(session, `CREATE SCHEMA main.${placement}`);
    for (const table of TPCH_TABLES) {
      const from = `${inWarehouse(table) ? 'warehouse' : 'lake'}.tpch.${table}`;
      await query(session, `CREATE VIEW main.${placement}.${table} AS SELECT * FROM ${from}`);
    }
  }
}, 300_000);

afterAll(async () => {
  await stack.close();
  await postgres.stop();
  truth.closeSync();
  instance.closeSync();
});

/** Each is switched off by itself: in CI all, else those that decide what a source is asked. */
const SWITCHED =
  process.env['CI'] === undefined
    ? ['join-in-source', 'push-to-source', 'source-windows', 'prune-columns', 'dynamic-filters']
    : RULE_NAMES;

describe.each(Object.keys(PLACEMENTS))('TPC-H with %s in the warehouse', (placement) => {
  test.each(queries)(
    '%s answers what DuckDB answers, with the rules and without each',
    async (file) => {
      const sql = await readFile(join(FIXTURES, 'queries', file), 'utf8');
      const wanted = rowsOf((await truth.runAndReadAll(sql)).getRows());
      await query(session, `SET search_path = '${placement}'`);
      for (const off of ['', 'all', ...SWITCHED]) {
        await query(session, `SET tributary.rules_off = '${off}'`);
        const rows = rowsOf((await query(session, sql)).rows);
        expect({ off, rows }).toEqual({ off, rows: wanted });
      }
    },
  );
});

test('a question over one source goes there whole', async () => {
  await query(session, "SET tributary.rules_off = ''");
  await query(session, "SET search_path = 'everything'");
  const sql = await readFile(join(FIXTURES, 'queries', queries[2] ?? ''), 'utf8');
  const { rows } = await query(session, `EXPLAIN ${sql}`);
  const lines = rows.map(([line]) => String(line));
  expect(lines.filter((line) => line.includes('Remote Query'))).toHaveLength(1);
  expect(lines.some((line) => /Scan/.test(line))).toBe(false);
});
