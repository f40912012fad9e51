import { mkdtemp, mkdir, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DuckDBValue } from '@duckdb/node-api';
import {
  mountSources,
  openCatalogStore,
  openReuseStore,
  projectPartitions,
} from '@tributary/catalog';
import type { CatalogStore, ReuseStore, ReuseStoreConfig, TimesStore } from '@tributary/catalog';
import {
  EXTENSION_USES,
  createLakeConnector,
  createPostgresConnector,
  postgresAccess,
} from '@tributary/connectors';
import type { LakeConfig, PostgresConfig, QueryConnector } from '@tributary/connectors';
import { createEngine } from '@tributary/engine';
import type { Engine } from '@tributary/engine';
import { QueryLog, createQueryService, createReuseService } from '@tributary/planner';
import type { QueryService, ReuseConfig, ReuseService, SqlSession } from '@tributary/planner';
import type { PlanColumn } from '@tributary/sql';
import { EXTENSIONS } from './engine-extensions.ts';

/** `TRIBUTARY_POSTGRES_EXTENSION=always` runs the suites over Postgres sources by the engine's extension. */
const EXTENSION_USE = EXTENSION_USES.find(
  (use) => use === process.env['TRIBUTARY_POSTGRES_EXTENSION'],
);

export interface QueryRows {
  readonly columns: readonly PlanColumn[];
  readonly rows: readonly (readonly DuckDBValue[])[];
}

/** The service that the server's protocols call, over a lake in a temporary folder, without a socket. */
export interface QueryStack {
  /** Root of the source `lake`; ends in `/`. */
  readonly root: string;
  readonly engine: Engine;
  readonly service: QueryService;
  readonly queries: QueryLog;
  /** Present when the options ask for it. */
  readonly reuse: ReuseService | undefined;
  /** The sources of `postgres`, by name. */
  readonly querySources: ReadonlyMap<string, QueryConnector>;
  /** What is remembered of files' times. */
  readonly times: TimesStore;
  close(): Promise<void>;
}

export interface QueryStackOptions {
  /** Called when a statement's files, or a scan unit's, are listed and the engine is about to read them with this text. */
  readonly beforeRead?: (sql: string) => Promise<void>;
  readonly maxConcurrent?: number;
  /** Ends in `/`; holds the lake and the state, and stays when the stack closes. Absent: a temporary one. */
  readonly folder?: string;
  /** Keeps what was computed in `reuse/` of the folder. Absent: everything is computed anew. */
  readonly reuse?: StackReuse;
  /** The lake is a bucket's prefix and not a folder. */
  readonly lake?: Partial<Pick<LakeConfig, 'root' | 's3' | 'now'>>;
  /** Puts something between the service and its catalog. */
  readonly wrapCatalog?: (store: CatalogStore) => CatalogStore;
  /** Everybody may write to the lake. */
  readonly writable?: boolean;
  /** PostgreSQL sources beside the lake. */
  readonly postgres?: readonly PostgresConfig[];
}

export interface StackReuse extends ReuseConfig {
  readonly store?: Partial<Pick<ReuseStoreConfig, 'maxBytes' | 'files'>>;
  /** Puts something between the server and its store. */
  readonly wrapStore?: (store: ReuseStore) => ReuseStore;
  /** Told of work in the background that failed. */
  readonly failed?: (error: unknown) => void;
}

function withHook(engine: Engine, beforeRead: QueryStackOptions['beforeRead']): Engine {
  if (beforeRead === undefined) return engine;
  return {
    async run(sql, parameters, options) {
      if (sql.includes('read_parquet')) await beforeRead(sql);
      return engine.run(sql, parameters, options);
    },
    async rows(sql, parameters, options) {
      // A scan unit, not a footer.
      if (sql.startsWith('COPY') && sql.includes('read_parquet')) await beforeRead(sql);
      return engine.rows(sql, parameters, options);
    },
    load: (columns) => engine.load(columns),
    session: (signal) => engine.session(signal),
    postgres: (source) => engine.postgres(source),
    extensions: () => engine.extensions(),
    hasExtension: (name) => engine.hasExtension(name),
    close: (signal) => engine.close(signal),
  };
}

async function openReuse(
  directory: string,
  database: ReuseStoreConfig['database'],
  { store, wrapStore = (each) => each, failed, ...config }: StackReuse,
): Promise<ReuseService> {
  const clock = config.now === undefined ? {} : { now: config.now };
  const opened = await openReuseStore({ directory, maxBytes: 1e9, database, ...clock, ...store });
  return createReuseService(wrapStore(opened), config, failed);
}

export async function openQueryStack(options: QueryStackOptions = {}): Promise<QueryStack> {
  const folder =
    options.folder ?? `${await realpath(await mkdtemp(join(tmpdir(), 'tributary-stack-')))}/`;
  const root = `${folder}lake/`;
  const cache = `${folder}objects/`;
  const spill = `${folder}spill/`;
  const cells = `${folder}reuse/`;
  const database = { path: `${folder}catalog.db` };
  await Promise.all([root, cache, spill, cells].map((each) => mkdir(each, { recursive: true })));
  const store = await openCatalogStore(database);
  const opened = await createEngine({
    threads: 2,
    memoryLimit: 1e9,
    spillDirectory: spill,
    spillLimit: 10e9,
    allowedDirectories: [root, cache, cells],
    s3: [],
    extensionDirectories: [EXTENSIONS],
    extensions: [],
    postgres: (options.postgres ?? [])
      .map((config) => ({ extension: EXTENSION_USE ?? 'never', ...config }))
      .flatMap((config) => postgresAccess(config) ?? []),
    maxConcurrent: options.maxConcurrent ?? 4,
  });
  const engine = withHook(opened, options.beforeRead);
  const lake = createLakeConnector(
    {
      source: 'lake',
      root,
      cache: { directory: cache, maxBytes: 1e9, wholeObjectLimit: 1e7 },
      ...options.lake,
    },
    {
      engine,
      partitions: (table, constraint, { now }) => projectPartitions(table, constraint, { now }),
      registeredPartitions: (table, constraint) => store.partitions(table, constraint),
      times: store.times,
    },
  );
  const querySources = new Map(
    (options.postgres ?? []).map((config) => [
      config.source,
      createPostgresConnector(
        { ...(EXTENSION_USE === undefined ? {} : { extension: EXTENSION_USE }), ...config },
        { engine },
      ),
    ]),
  );
  const reuse =
    options.reuse === undefined ? undefined : await openReuse(cells, database, options.reuse);
  const queries = new QueryLog();
  const service = await createQueryService({
    store: mountSources(
      (options.wrapCatalog ?? ((each) => each))(store),
      [...querySources.values()].map(({ catalog }) => catalog),
    ),
    engine,
    connectors: new Map([['lake', lake]]),
    querySources,
    queries,
    ...(reuse === undefined ? {} : { reuse }),
    mayWrite: () => options.writable === true,
    log: () => undefined,
  });
  return {
    root: options.lake?.root ?? root,
    times: store.times,
    engine,
    service,
    queries,
    querySources,
    reuse,
    async close() {
      await reuse?.background.close();
      await Promise.all([...querySources.values()].map((source) => source.close()));
      await lake.close();
      await engine.close();
      await reuse?.store.close();
      await store.close();
      if (options.folder === undefined) await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Runs one statement and collects its rows; a statement without rows answers none. */
export async function query(
  session: SqlSession,
  text: string,
  signal: AbortSignal = new AbortController().signal,
): Promise<QueryRows> {
  const [statement] = await session.parse(text);
  if (statement === undefined) return { columns: [], rows: [] };
  const result = await session.execute(await session.prepare(statement, []), [], signal);
  if (result.kind === 'command') return { columns: [], rows: [] };
  if (result.kind === 'textRows') return { columns: result.columns, rows: result.rows };
  const rows: (readonly DuckDBValue[])[] = [];
  try {
    for await (const chunk of result.chunks()) rows.push(...chunk.getRows());
  } finally {
    await result.close();
  }
  return { columns: result.columns, rows };
}
