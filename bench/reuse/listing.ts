import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { projectPartitions } from '@tributary/catalog';
import type { TableDefinition } from '@tributary/catalog';
import { createLakeConnector } from '@tributary/connectors';
import { createEngine } from '@tributary/engine';
import { DATE, FLOAT8, INT4, INT8, TEXT, TIMESTAMP } from '@tributary/sql';
import { S3_ACCESS } from '../s3-lake.ts';
import { AUDIENCE, FIRST_DAY } from './audience-shape.ts';
import type { Layout } from './audience-shape.ts';
import type { DayRange } from './audience-statements.ts';

export interface Listing {
  /** Milliseconds that the connector takes to list a range's files with their versions: the floor of a verified answer. */
  time(range: DayRange): Promise<{ readonly elapsed: number; readonly bytes: number }>;
  close(): Promise<void>;
}

/** The lake connector alone. `root` is a folder, or a prefix of the bucket behind `endpoint`; it ends in `/`. */
export async function openListing(
  layout: Layout,
  root: string,
  endpoint: string | undefined,
): Promise<Listing> {
  const folder = await mkdtemp(join(tmpdir(), 'tributary-listing-'));
  const engine = await createEngine({
    threads: 1,
    memoryLimit: 256e6,
    spillDirectory: join(folder, 'spill/'),
    spillLimit: 1e9,
    allowedDirectories: [`${folder}/`],
    s3: [],
    extensionDirectories: [],
    extensions: [],
    maxConcurrent: 1,
  });
  const connector = createLakeConnector(
    {
      source: 'lake',
      root,
      ...(endpoint === undefined ? {} : { s3: { ...S3_ACCESS, endpoint } }),
      cache: { directory: join(folder, 'objects'), maxBytes: 0, wholeObjectLimit: 1e6 },
      limits: { listConcurrency: 96, fetchConcurrency: 96 },
    },
    {
      engine,
      partitions: (table, constraint, { now }) => projectPartitions(table, constraint, { now }),
      registeredPartitions: () => {
        throw new Error('the table is projected');
      },
    },
  );
  const table = definition(layout, `${root}events/`);
  return {
    async time({ from, to }) {
      const bound = (day: number): { readonly value: bigint; readonly inclusive: boolean } => ({
        value: BigInt(FIRST_DAY + day),
        inclusive: true,
      });
      const dt = { type: DATE, nulls: false, ranges: [{ low: bound(from), high: bound(to - 1) }] };
      const started = performance.now();
      const listing = await connector.list?.(
        { table, columns: [], constraint: new Map([['dt', dt]]) },
        { signal: new AbortController().signal, now: new Date() },
      );
      const elapsed = performance.now() - started;
      const expected = (to - from) * (layout === 'day' ? 1 : AUDIENCE.apps);
      if (listing?.statistics.files !== expected) {
        throw new Error(`${listing?.statistics.files ?? 0} files are listed, not ${expected}`);
      }
      return { elapsed, bytes: listing.statistics.fileBytes };
    },
    async close() {
      await connector.close();
      await engine.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function definition(layout: Layout, location: string): TableDefinition {
  const app = { name: 'app_id', type: INT4 };
  const dt = { name: 'dt', type: DATE };
  return {
    kind: 'table',
    id: 'events',
    database: 'lake',
    schema: 'default',
    name: 'events',
    version: 1,
    source: 'lake',
    location,
    storage: { format: 'parquet' },
    columns: [
      { name: 'user_id', type: INT8 },
      { name: 'event', type: TEXT },
      { name: 'revenue', type: FLOAT8 },
      { name: 'country', type: TEXT },
      { name: 'device', type: TEXT },
      { name: 'ts', type: TIMESTAMP },
      ...(layout === 'day' ? [app] : []),
    ],
    partitionColumns: layout === 'day' ? [dt] : [dt, app],
    properties: {
      'projection.enabled': 'true',
      'projection.dt.type': 'date',
      'projection.dt.format': 'yyyy-MM-dd',
      'projection.dt.range': '2023-01-01,2024-12-31',
      ...(layout === 'day'
        ? {}
        : {
            'projection.app_id.type': 'integer',
            'projection.app_id.range': `1,${AUDIENCE.apps}`,
          }),
    },
  };
}
