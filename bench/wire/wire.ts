import { execFile, fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { DuckDBInstance } from '@duckdb/node-api';
import { startPostgres } from '../../packages/sql/test/support/postgres.ts';
import type { Benchmark } from '../report.ts';
import { median, ms, ratio } from '../report.ts';

const ROWS = 1_000_000;
const RUNS = 5;
const run = promisify(execFile);

/** The same six columns for both, two of them text. */
const COLUMNS = `i::bigint AS id, (i % 1000)::int AS part, ((i::bigint * 7919) % 1000003) / 100.0::float8 AS amount,
  timestamp '2024-01-01 00:00:00' + i * interval '1 second' AS at, 'user ' || (i % 10000) AS name, md5(i::text) AS note`;
const QUERY = 'SELECT id, part, amount, at, name, note FROM wide';

interface Reading {
  readonly ms: number;
  readonly rows: number;
}

/** A client that reads the whole table; undefined where it is not installed. */
interface Client {
  readonly what: string;
  readonly read: (url: string) => Promise<Reading>;
}

async function reported(command: string, args: readonly string[]): Promise<Reading> {
  const { stdout } = await run(command, [...args]);
  return JSON.parse(stdout) as Reading;
}

function psql(text: string): Client['read'] {
  return async (url) => {
    const started = performance.now();
    await run('psql', ['-X', '-A', '-t', '-o', '/dev/null', '-d', url, '-c', text]);
    return { ms: performance.now() - started, rows: ROWS };
  };
}

async function jdbcJar(): Promise<string | undefined> {
  const folder = join(homedir(), '.m2/repository/org/postgresql/postgresql');
  const versions = await readdir(folder).catch(() => []);
  return versions
    .map((version) => join(folder, version, `postgresql-${version}.jar`))
    .find((jar) => existsSync(jar));
}

function jdbcUrl(url: string, options: string): string {
  const { hostname, port, pathname, username, password, search } = new URL(url);
  return `jdbc:postgresql://${hostname}:${port}${pathname}?user=${username}&password=${password}&${options}&${search.slice(1)}`;
}

async function clients(): Promise<readonly Client[]> {
  const node =
    (format: string): Client['read'] =>
    (url) =>
      reported(process.execPath, [resolve('bench/wire/node-reader.mjs'), url, format, QUERY]);
  const jar = await jdbcJar();
  const jdbc =
    (options: string): Client['read'] =>
    (url) =>
      reported('java', [
        '-cp',
        jar ?? '',
        resolve('bench/wire/JdbcReader.java'),
        jdbcUrl(url, options),
        QUERY,
      ]);
  const python = process.env['BENCH_PYTHON'];
  return [
    { what: 'psql, text', read: psql(QUERY) },
    { what: 'psql, COPY as text', read: psql(`COPY (${QUERY}) TO STDOUT`) },
    { what: 'psql, COPY as CSV', read: psql(`COPY (${QUERY}) TO STDOUT (FORMAT csv)`) },
    { what: 'psql, COPY in binary', read: psql(`COPY (${QUERY}) TO STDOUT (FORMAT binary)`) },
    { what: 'node-postgres, text', read: node('text') },
    { what: 'node-postgres, binary', read: node('binary') },
    ...(jar === undefined
      ? []
      : [
          { what: 'pgjdbc, text', read: jdbc('binaryTransfer=false') },
          { what: 'pgjdbc, binary', read: jdbc('prepareThreshold=-1') },
        ]),
    ...(python === undefined
      ? []
      : [
          {
            what: 'ADBC (COPY in binary)',
            read: (url: string) =>
              reported(python, [resolve('bench/wire/adbc_reader.py'), url, QUERY]),
          },
        ]),
  ];
}

async function writeLake(folder: string): Promise<void> {
  if (existsSync(join(folder, 'wide/data.parquet'))) return;
  await mkdir(join(folder, 'wide'), { recursive: true });
  const instance = await DuckDBInstance.create(':memory:');
  try {
    const connection = await instance.connect();
    await connection.run(
      `COPY (SELECT ${COLUMNS} FROM range(${ROWS}) t(i)) TO '${join(folder, 'wide/data.parquet')}'`,
    );
    connection.closeSync();
  } finally {
    instance.closeSync();
  }
}

export function answer<T>(child: ChildProcess): Promise<T> {
  return new Promise((found, failed) => {
    const ended = (): void => failed(new Error('the server ended'));
    child.once('exit', ended);
    child.once('message', (message) => {
      child.off('exit', ended);
      found(message as T);
    });
  });
}

export const wire: Benchmark = {
  name: 'wire',
  description: `${ROWS} rows x 6 columns (2 text) to clients, against PostgreSQL`,
  async run(report) {
    const folder = resolve('.cache/bench/wire/');
    await writeLake(folder);
    const postgres = await startPostgres();
    const server = fork(resolve('bench/wire/wire-server.ts'), [folder], {
      execArgv: [
        '--import',
        'tsx',
        ...(process.env['BENCH_EXEC_ARGV'] ?? '').split(' ').filter((each) => each !== ''),
      ],
      env: { ...process.env, UV_THREADPOOL_SIZE: '32' },
    });
    try {
      await postgres.query(
        `CREATE TABLE wide AS SELECT ${COLUMNS} FROM generate_series(0, ${ROWS - 1}) t(i)`,
      );
      await postgres.query('VACUUM ANALYZE wide');
      const { url } = await answer<{ url: string }>(server);
      const ours = url.replace(/\/main$/, '/main?options=-csearch_path%3Dlake');
      const wanted = process.env['BENCH_CLIENT'] ?? '';
      for (const { what, read } of (await clients()).filter((each) => each.what.includes(wanted))) {
        await read(ours);
        await read(postgres.connectionString);
        const delays: { p99: number; max: number }[] = [];
        const times: { readonly ours: number[]; readonly theirs: number[] } = {
          ours: [],
          theirs: [],
        };
        for (let round = 0; round < RUNS; round++) {
          server.send('reset');
          const mine = await read(ours);
          if (mine.rows !== ROWS) throw new Error(`${what} read ${mine.rows} rows`);
          times.ours.push(mine.ms);
          server.send('delay');
          delays.push(await answer<{ p99: number; max: number }>(server));
          times.theirs.push((await read(postgres.connectionString)).ms);
        }
        const [a, b] = [median(times.ours), median(times.theirs)];
        report({
          what,
          figure: `${ms(a)} : ${ms(b)} = ${ratio(b / a)} the speed of PostgreSQL`,
          bar: 'at least 1.0 x',
          met: b / a >= 1,
        });
        const worst = Math.max(...delays.map(({ p99 }) => p99));
        report({
          what: `${what}: event loop delay`,
          figure: `p99 ${ms(worst)}, max ${ms(Math.max(...delays.map(({ max }) => max)))}`,
          bar: 'p99 below 50 ms',
          met: worst < 50,
        });
      }
    } finally {
      server.disconnect();
      await postgres.stop();
    }
  },
};
