import { mkdtemp, chmod, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { startPostgres } from '../../packages/sql/test/support/postgres.ts';
import type { TestPostgres } from '../../packages/sql/test/support/postgres.ts';

/** Tables of the benchmarks beside TPC-H: how each is made, and what has to be there first. */
const TABLES: Readonly<Record<string, readonly string[]>> = {
  wide: [
    `CREATE TABLE wide AS SELECT i AS id, (i % 1000)::int AS part, ((i * 7919) % 1000003) / 100.0::float8 AS amount,
      timestamp '2024-01-01' + i * interval '1 second' AS at, 'user ' || (i % 10000) AS name, md5(i::text) AS note
      FROM generate_series(0, 4999999::bigint) i`,
  ],
  profiles: [
    `CREATE TABLE profiles AS SELECT i AS user_id, 'user ' || i AS name, (i % 200)::int AS country,
      date '2015-01-01' + (i % 3000)::int AS since, (i % 7)::int AS plan FROM generate_series(0, 4999999::bigint) i`,
    'ALTER TABLE profiles ADD PRIMARY KEY (user_id)',
  ],
  apps: [
    `CREATE TABLE apps AS SELECT i AS app_id, 'app ' || i AS name, CASE WHEN i IN (7, 19, 33) THEN 'puzzle' ELSE 'other' END AS genre
      FROM generate_series(1, 40) i`,
  ],
  facts: [
    `CREATE TABLE facts AS SELECT i AS id, timestamp '2024-01-01' + i * interval '3.1536 seconds' AS at,
      (i * 7919 % 200000)::int AS user_id, (i % 40)::int + 1 AS app_id, (i * 31 % 10007)::int AS amount
      FROM generate_series(0, 9999999::bigint) i`,
    'CREATE INDEX ON facts (at)',
  ],
};

const KEYS: Readonly<Record<string, readonly string[]>> = {
  region: ['PRIMARY KEY (r_regionkey)'],
  nation: ['PRIMARY KEY (n_nationkey)'],
  supplier: ['PRIMARY KEY (s_suppkey)'],
  customer: ['PRIMARY KEY (c_custkey)'],
  part: ['PRIMARY KEY (p_partkey)'],
  partsupp: ['PRIMARY KEY (ps_partkey, ps_suppkey)'],
  orders: ['PRIMARY KEY (o_orderkey)'],
  lineitem: ['PRIMARY KEY (l_orderkey, l_linenumber)'],
};

/**
 * A PostgreSQL with the benchmarks' tables in memory, made once below `.cache/bench/postgres` (4 minutes). Columns of TPC-H are
 * of the types that the Parquet files have.
 */
export async function benchPostgres(tpch: string): Promise<TestPostgres> {
  const postgres = await startPostgres({
    directory: resolve('.cache/bench/postgres'),
    settings: {
      shared_buffers: '4GB',
      work_mem: '256MB',
      maintenance_work_mem: '512MB',
      effective_cache_size: '8GB',
      max_wal_size: '8GB',
      random_page_cost: '1.1',
      jit: 'off',
    },
  });
  try {
    const there = new Set(
      (
        await postgres.query(
          "SELECT relname FROM pg_class WHERE relkind = 'r' AND reltuples > 0 AND relnamespace IN (to_regnamespace('tpch'), to_regnamespace('public'))",
        )
      ).map(([name]) => String(name)),
    );
    for (const [name, statements] of Object.entries(TABLES)) {
      if (there.has(name)) continue;
      await postgres.query(`DROP TABLE IF EXISTS ${name}`);
      for (const statement of statements) await postgres.query(statement);
      await postgres.query(`VACUUM (ANALYZE, FREEZE) ${name}`);
    }
    for (const [name, keys] of Object.entries(KEYS)) {
      if (!there.has(name)) await copyTable(postgres, tpch, name, keys);
    }
    // Pages that were read before are not a matter of what is measured.
    await postgres.query('CREATE EXTENSION IF NOT EXISTS pg_prewarm');
    await postgres.query(
      "SELECT pg_prewarm(oid) FROM pg_class WHERE relkind IN ('r', 'i') AND relnamespace IN (to_regnamespace('tpch'), to_regnamespace('public'))",
    );
    return postgres;
  } catch (error) {
    await postgres.stop();
    throw error;
  }
}

/** Copies a Parquet table into schema `tpch`, by a file that the server reads. */
async function copyTable(
  postgres: TestPostgres,
  tpch: string,
  name: string,
  keys: readonly string[],
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'tributary-bench-'));
  const instance = await DuckDBInstance.create(':memory:');
  try {
    await chmod(folder, 0o755);
    const connection = await instance.connect();
    const from = `read_parquet('${join(tpch, name, '*.parquet')}')`;
    const columns = (await connection.runAndReadAll(`DESCRIBE FROM ${from}`))
      .getRows()
      .map(([column, type]) => `${String(column)} ${String(type).replace('VARCHAR', 'text')}`);
    const file = join(folder, 'rows.csv');
    await connection.run(`COPY (FROM ${from}) TO '${file}' (FORMAT csv, HEADER false)`);
    connection.closeSync();
    await postgres.query('CREATE SCHEMA IF NOT EXISTS tpch');
    await postgres.query(`DROP TABLE IF EXISTS tpch.${name}`);
    await postgres.query(`CREATE TABLE tpch.${name} (${columns.join(', ')})`);
    await postgres.query(`COPY tpch.${name} FROM '${file}' (FORMAT csv)`);
    for (const key of keys) await postgres.query(`ALTER TABLE tpch.${name} ADD ${key}`);
    await postgres.query(`VACUUM (ANALYZE, FREEZE) tpch.${name}`);
  } finally {
    instance.closeSync();
    await rm(folder, { recursive: true, force: true });
  }
}
