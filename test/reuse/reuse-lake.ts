import { mkdir, mkdtemp, readdir, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import type { DuckDBConnection } from '@duckdb/node-api';
import type { SqlSession } from '@tributary/planner';
import { openQueryStack, query } from '../support/query-stack.ts';
import type { QueryStack, StackReuse } from '../support/query-stack.ts';
import { writeRows } from './lake-files.ts';

export const DAYS = 10;
export const ROWS_PER_DAY = 100;

/** What the last statement of a session reused. */
export interface Reused {
  readonly hits: number;
  readonly misses: number;
}

/** A lake of ten days with a server that can be closed and opened again over it. */
export class ReuseLake {
  readonly folder: string;
  readonly root: string;
  readonly writer: DuckDBConnection;
  readonly #instance: DuckDBInstance;
  #stack: QueryStack | undefined;
  #session: SqlSession | undefined;
  /** The lake's clock (ms since 1970), from the next opening on. */
  now: () => number = Date.now;
  /** Called when a unit or a statement is about to read files of the lake. */
  beforeRead: (sql: string) => Promise<void> = () => Promise.resolve();

  private constructor(folder: string, instance: DuckDBInstance, writer: DuckDBConnection) {
    this.folder = folder;
    this.root = `${folder}lake/`;
    this.#instance = instance;
    this.writer = writer;
  }

  /** With table `lake.t (n, v, s)` by day, and `lake.d (k, name)` in one file. */
  static async create(reuse: Partial<StackReuse> = {}): Promise<ReuseLake> {
    const folder = `${await realpath(await mkdtemp(join(tmpdir(), 'tributary-reuse-')))}/`;
    const instance = await DuckDBInstance.create(':memory:');
    const lake = new ReuseLake(folder, instance, await instance.connect());
    await mkdir(lake.root);
    for (let day = 1; day <= DAYS; day++) await lake.write(day, 'a', day * 1000);
    await writeRows(
      lake.writer,
      "SELECT i::INTEGER AS k, 'name ' || i AS name FROM range(5) AS r(i)",
      `${lake.root}d/a.parquet`,
      true,
    );
    await lake.open(reuse);
    await lake.stack.service.runScript(
      `CREATE EXTERNAL TABLE lake.default.t (n bigint, v int, s string) PARTITIONED BY (dt date) STORED AS PARQUET
         LOCATION '${lake.root}t/' TBLPROPERTIES ('projection.enabled' = 'true', 'projection.dt.type' = 'date',
           'projection.dt.format' = 'yyyy-MM-dd', 'projection.dt.range' = '2024-01-01,2024-01-31');
       CREATE EXTERNAL TABLE lake.default.d (k int, name string) STORED AS PARQUET LOCATION '${lake.root}d/'`,
      new AbortController().signal,
    );
    return lake;
  }

  get stack(): QueryStack {
    if (this.#stack === undefined) throw new Error('the server is not running');
    return this.#stack;
  }

  get session(): SqlSession {
    if (this.#session === undefined) throw new Error('the server is not running');
    return this.#session;
  }

  /** Days count from the first of January 2024. */
  path(day: number, name = 'a'): string {
    const date = new Date(Date.UTC(2024, 0, day)).toISOString().slice(0, 10);
    return `${this.root}t/dt=${date}/${name}.parquet`;
  }

  /** Writes a day's file; `base` makes its values. The file looks old. */
  async write(day: number, name: string, base: number, rows = ROWS_PER_DAY): Promise<void> {
    await writeRows(
      this.writer,
      `SELECT (${base} + i)::BIGINT AS n, (i % 5)::INTEGER AS v, 's' || (i % 3) AS s FROM range(${rows}) AS r(i)`,
      this.path(day, name),
      true,
    );
  }

  async open(reuse: Partial<StackReuse> = {}): Promise<void> {
    this.#stack = await openQueryStack({
      folder: this.folder,
      reuse: { settle: 0, ...reuse },
      lake: { now: () => this.now() },
      beforeRead: (sql) => this.beforeRead(sql),
    });
    this.#session = await this.#stack.service.createSession('tributary', new Map());
  }

  async stop(): Promise<void> {
    await this.#session?.close();
    this.#session = undefined;
    await this.#stack?.close();
    this.#stack = undefined;
  }

  async texts(
    text: string,
    session = this.session,
    signal?: AbortSignal,
  ): Promise<readonly (readonly string[])[]> {
    return (await query(session, text, signal)).rows.map((row) => row.map(String));
  }

  async reused(session = this.session): Promise<Reused> {
    const [row = []] = await this.texts(
      'SELECT windows_hit, windows_miss FROM tributary.last_query',
      session,
    );
    const [hits = 0, misses = 0] = row.map(Number);
    return { hits, misses };
  }

  /** The same statement by a plain DuckDB over the files as they stand; `lake.t` and `lake.d` stand for their files. */
  async expected(text: string): Promise<readonly (readonly string[])[]> {
    const plain = text
      .replaceAll(
        /\blake\.t\b/g,
        `read_parquet('${this.root}t/*/*.parquet', hive_partitioning = true, hive_types = {'dt': DATE})`,
      )
      .replaceAll(/\blake\.d\b/g, `read_parquet('${this.root}d/*.parquet')`);
    const result = await this.writer.runAndReadAll(plain);
    return result.getRows().map((row) => row.map(String));
  }

  /** Files of the store, as paths. */
  async storeFiles(): Promise<readonly string[]> {
    const entries = await readdir(`${this.folder}reuse`, { recursive: true });
    return entries
      .filter((each) => each.endsWith('.parquet'))
      .map((each) => `${this.folder}reuse/${each}`)
      .sort();
  }

  /** Files of the store that its index does not know, and files of the index that are not there. */
  async strayFiles(): Promise<readonly string[]> {
    const store = this.stack.reuse?.store;
    await this.stack.reuse?.background.settled();
    await store?.settled();
    const known = new Set<string>();
    for await (const cell of store?.list() ?? []) known.add(cell.path);
    const present = await this.storeFiles();
    return [
      ...present.filter((each) => !known.has(each)),
      ...[...known].filter((each) => !present.includes(each)),
    ];
  }

  async close(): Promise<void> {
    await this.stop();
    this.writer.closeSync();
    this.#instance.closeSync();
    await rm(this.folder, { recursive: true, force: true });
  }
}
