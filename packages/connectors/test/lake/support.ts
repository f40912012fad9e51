import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';
import {
  projectPartitions,
  type ColumnDefinition,
  type RegisteredPartition,
  type TableDefinition,
} from '@tributary/catalog';
import type {
  Connector,
  LakeConfig,
  LakeServices,
  ScanContext,
  ScanRelation,
  ScanRequest,
} from '@tributary/connectors';
import { createLakeConnector } from '@tributary/connectors';
import { createEngine, type Engine } from '@tributary/engine';
import { INT8, TEXT, type SqlType } from '@tributary/sql';
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Workspace {
  /** Ends in `/`. */
  readonly folder: string;
  readonly engine: Engine;
  /** An unlocked engine that writes fixtures. */
  readonly writer: DuckDBConnection;
  close(): Promise<void>;
}

/** A temporary folder, an engine locked to it, and an engine that writes files. */
export async function openWorkspace(): Promise<Workspace> {
  const folder = `${realpathSync(mkdtempSync(join(tmpdir(), 'tributary-lake-')))}/`;
  const engine = await createEngine({
    threads: 2,
    memoryLimit: 1e9,
    spillDirectory: `${folder}spill/`,
    spillLimit: 1e9,
    allowedDirectories: [folder],
    s3: [],
    extensionDirectories: [],
    extensions: [],
    maxConcurrent: 2,
  });
  const instance = await DuckDBInstance.create(':memory:');
  const writer = await instance.connect();
  return {
    folder,
    engine,
    writer,
    close: async () => {
      await engine.close();
      writer.disconnectSync();
      instance.closeSync();
      rmSync(folder, { recursive: true });
    },
  };
}

export type Columns = Readonly<Record<string, SqlType>>;

export function tableOf(
  location: string,
  columns: Columns,
  partitionColumns: Columns = {},
  rest: Partial<TableDefinition> = {},
): TableDefinition {
  return {
    kind: 'table',
    id: 't1',
    database: 'lake',
    schema: 'default',
    name: 'events',
    version: 1,
    source: 'lake',
    columns: definitions(columns),
    partitionColumns: definitions(partitionColumns),
    storage: { format: 'parquet' },
    location,
    properties: {},
    ...rest,
  };
}

function definitions(columns: Columns): readonly ColumnDefinition[] {
  return Object.entries(columns).map(([name, type]) => ({ name, type }));
}

/** `user_id bigint, event string` partitioned by `dt date, app_id bigint`, both projected. */
export function projectedProperties(range: string): Readonly<Record<string, string>> {
  return {
    'projection.enabled': 'true',
    'projection.dt.type': 'date',
    'projection.dt.format': 'yyyy-MM-dd',
    'projection.dt.range': range,
    'projection.app_id.type': 'integer',
    'projection.app_id.range': '1,1000',
  };
}

export const EVENT_COLUMNS = { user_id: INT8, event: TEXT } as const;

export function services(
  engine: Engine,
  registered: readonly RegisteredPartition[] = [],
): LakeServices {
  return {
    engine,
    partitions: (table, constraint, context) =>
      projectPartitions(table, constraint, { now: context.now }),
    registeredPartitions: async function* () {
      await Promise.resolve();
      yield* registered;
    },
  };
}

export function localLake(
  workspace: Workspace,
  registered: readonly RegisteredPartition[] = [],
  rest: Partial<LakeConfig> = {},
): Connector {
  return createLakeConnector(
    {
      source: 'lake',
      root: workspace.folder,
      cache: { directory: `${workspace.folder}cache/`, maxBytes: 1e9, wholeObjectLimit: 16e6 },
      ...rest,
    },
    services(workspace.engine, registered),
  );
}

export function context(signal = new AbortController().signal): ScanContext {
  return { signal, now: new Date('2024-06-01T00:00:00Z') };
}

/** A request for columns by name; ids count from 1. */
export function request(
  table: TableDefinition,
  columns: readonly string[],
  rest: Partial<ScanRequest> = {},
): ScanRequest {
  return {
    table,
    columns: columns.map((name, index) => ({ name, id: index + 1 })),
    constraint: new Map(),
    ...rest,
  };
}

/** The relation's rows as the engine reads them, with `sql` around the relation `r`. */
export async function read(
  engine: Engine,
  relation: ScanRelation,
  sql = 'SELECT * FROM r ORDER BY ALL',
): Promise<readonly (readonly unknown[])[]> {
  const text = relation.text.replace(/\{(\d+)\}/g, (_, index: string) => `$${Number(index) + 1}`);
  const rows = await engine.rows(`WITH r AS ${text} ${sql}`, relation.parameters);
  return rows.map((row) =>
    row.map((value) =>
      value !== null && typeof value === 'object' ? String(value) : (value as unknown),
    ),
  );
}

/** Scans, reads, verifies and releases. */
export async function rowsOf(
  workspace: Workspace,
  connector: Connector,
  asked: ScanRequest,
  sql?: string,
): Promise<readonly (readonly unknown[])[]> {
  const relation = await connector.scan(asked, context());
  try {
    const rows = await read(workspace.engine, relation, sql);
    await relation.verify();
    return rows;
  } finally {
    await relation.release();
  }
}
