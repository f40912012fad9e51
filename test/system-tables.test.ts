import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { demoTables, generateLake } from '@tributary/server';
import { startTributary } from './support/tributary.ts';
import type { TestServer } from './support/tributary.ts';

const SHAPE = { apps: 4, days: 10, rowsPerFile: 50, lastDay: new Date(Date.UTC(2024, 5, 30)) };

let folder: string;
let server: TestServer;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tributary-system-'));
  const root = join(folder, 'lake');
  await generateLake(root, SHAPE, () => undefined, new AbortController().signal);
  server = await startTributary({
    sources: `lake: { connector: lake, root: ${root} }`,
    bootstrap: demoTables(SHAPE),
  });
});

afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

const WEEK = "dt BETWEEN date '2024-06-24' AND date '2024-06-30' AND app_id = 3";

describe('tributary.last_query', () => {
  test("is one row on the session's last statement, which looking at it does not replace", async () => {
    const { rows } = await server.query(`SELECT count(event) FROM lake.events WHERE ${WEEK}`);
    expect(rows).toEqual([['350']]);
    const look =
      'SELECT partitions_kept, files_read, rows_read, windows_total, retries, state FROM tributary.last_query';
    const first = await server.query(look);
    const second = await server.query(look);
    expect(first.rows).toEqual([['7', '7', '350', '7', '0', 'succeeded']]);
    expect(second.rows).toEqual(first.rows);
  });

  test('belongs to its session', async () => {
    const other = await server.connect();
    await server.query(`SELECT count(*) FROM lake.events WHERE ${WEEK}`);
    expect((await other.query('SELECT * FROM tributary.last_query')).rows).toEqual([]);
    await other.query('SELECT count(*) FROM lake.apps');
    expect((await other.query('SELECT query_text FROM tributary.last_query')).rows).toEqual([
      ['SELECT count(*) FROM lake.apps'],
    ]);
  });

  test('tells the SQLSTATE of a statement that failed while it ran', async () => {
    await expect(
      server.query('SELECT sum(1 / (app_id - app_id)) FROM lake.apps'),
    ).rejects.toMatchObject({ code: '22012' });
    const { rows } = await server.query('SELECT state, sqlstate FROM tributary.last_query');
    expect(rows).toEqual([['failed', '22012']]);
  });
});

test('tributary.queries lists the newest statement first, the running one included', async () => {
  await server.query('SELECT 41 + 1');
  const { rows } = await server.query(
    'SELECT state, query_text FROM tributary.queries ORDER BY query_id DESC LIMIT 2',
  );
  expect(rows[0]?.[0]).toBe('running');
  expect(rows[1]).toEqual(['succeeded', 'SELECT 41 + 1']);
});

describe('tributary.partitions', () => {
  test('lists what a query with the predicate would read', async () => {
    const { rows } = await server.query(
      "SELECT partition, location FROM tributary.partitions('lake.events', 'dt > date ''2024-06-28'' and dt < ''2024-07-01'' and app_id = 2') ORDER BY 1",
    );
    expect(rows).toEqual([
      ['dt=2024-06-29/app_id=2', expect.stringContaining('/events/dt=2024-06-29/app_id=2/')],
      ['dt=2024-06-30/app_id=2', expect.stringContaining('/events/dt=2024-06-30/app_id=2/')],
    ]);
  });

  test('evaluates predicates that no range expresses', async () => {
    const { rows } = await server.query(
      "SELECT count(*), min(partition_values ->> 'dt') FROM tributary.partitions('lake.default.events', 'extract(day from dt) = 25 and dt < ''2024-07-01'' and app_id % 2 = 0')",
    );
    expect(rows).toEqual([['2', '2024-06-25']]);
  });

  test.each([
    ["tributary.partitions('lake.nowhere')", '42P01'],
    ["tributary.partitions('lake.events', 'nothing = 1')", '42703'],
    ["tributary.partitions('lake.events', 'true union select 1')", '42809'],
    ["tributary.partitions('lake.events; select 1')", '42601'],
  ])('refuses %s', async (call, code) => {
    await expect(server.query(`SELECT * FROM ${call}`)).rejects.toMatchObject({ code });
  });
});

describe('EXPLAIN', () => {
  test('says what is kept and which rules applied, in text', async () => {
    const { rows } = await server.query(
      `EXPLAIN SELECT sum(revenue) FROM lake.events WHERE ${WEEK}`,
    );
    const text = rows.map(([line]) => line).join('\n');
    expect(text).toContain('keep: dt [2024-06-24, 2024-06-30]; app_id 3');
    expect(text).toMatch(/partitions: 7 of \d+/);
    expect(text).toContain('files: 7');
    expect(text).toContain('Rules: prune-partitions, drop-implied-predicates, prune-columns');
    expect(text).not.toContain('read_parquet');
  });

  test('gives the same as data, and what ANALYZE measured', async () => {
    const { rows } = await server.query(
      `EXPLAIN (ANALYZE, FORMAT JSON) SELECT event, count(*) FROM lake.events WHERE ${WEEK} GROUP BY event`,
    );
    const [explained] = JSON.parse(rows[0]?.[0] ?? '[]') as Record<string, unknown>[];
    expect(explained).toMatchObject({ rows: 4, 'files read': 7, 'rows read': 350, retries: 0 });
    expect(JSON.stringify(explained?.['Plan'])).toContain('Scan lake.default.events');
  });

  test('answers the same rows with every rule off', async () => {
    const sql = `SELECT event, count(*), max(revenue) FROM lake.events WHERE ${WEEK} GROUP BY event ORDER BY event`;
    const on = await server.query(sql);
    await server.query("SET tributary.rules_off = 'all'");
    const off = await server.query(sql);
    const { rows } = await server.query('SELECT files_read FROM tributary.last_query');
    await server.query('RESET tributary.rules_off');
    expect(off.rows).toEqual(on.rows);
    expect(rows).toEqual([['40']]);
  });
});
