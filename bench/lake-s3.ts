import { DuckDBInstance, listValue } from '@duckdb/node-api';
import { startTributary } from '../test/support/tributary.ts';
import type { TestServer } from '../test/support/tributary.ts';
import {
  FIRST_DAY,
  LAST_DAY,
  TABLE,
  TRIBUTARY_QUERY,
  benchLake,
  exactQuery,
  readEachTime,
  wantedFiles,
} from './bench-lake.ts';
import type { Benchmark } from './report.ts';
import { median, ms, ratio, time } from './report.ts';
import type { S3Process } from './s3-lake.ts';
import { S3_LATENCY_MS, loadHttpfs, s3Source, startS3 } from './s3-lake.ts';

/** The same files laid out with the app before the day: listing by leaf would take 7,200 requests. */
const APP_FIRST = `CREATE EXTERNAL TABLE lake.default.by_app (user_id bigint, event string, revenue double, ts timestamp)
PARTITIONED BY (dt date, app_id int) STORED AS PARQUET LOCATION 'by_app/'
TBLPROPERTIES ('projection.enabled'='true', 'projection.dt.type'='date', 'projection.dt.format'='yyyy-MM-dd',
 'projection.dt.range'='2023-01-01,2025-12-31', 'projection.app_id.type'='integer', 'projection.app_id.range'='1,5000',
 'storage.location.template'='s3://bench/by_app/app_id=\${app_id}/dt=\${dt}/');`;

async function withServer<T>(s3: S3Process, run: (server: TestServer) => Promise<T>): Promise<T> {
  const server = await startTributary({
    sources: s3Source(s3.endpoint),
    bootstrap: TABLE + APP_FIRST,
  });
  try {
    return await run(server);
  } finally {
    await server.close();
  }
}

async function httpfs(endpoint: string): Promise<number | undefined> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '2' });
  const connection = await instance.connect();
  try {
    if (!(await loadHttpfs(connection, endpoint))) {
      return undefined;
    }
    const prepared = await connection.prepare(exactQuery('read_parquet($1)'));
    prepared.bind([listValue(wantedFiles().map((each) => `s3://bench/${each}`))]);
    const [elapsed] = await time(1, async () => (await prepared.run()).getRows(), 0);
    return elapsed;
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

export const lakeS3: Benchmark = {
  name: 'lake-s3',
  description: `180 of 100,000 partition files on S3 with ${S3_LATENCY_MS} ms added to each request`,
  async run(report) {
    const s3 = await startS3(await benchLake());
    try {
      const cold: number[] = [];
      let warm: readonly number[] = [];
      for (let run = 0; run < 3; run++) {
        await withServer(s3, async (server) => {
          // A first statement, so that connections and code are warm and only the object cache is cold.
          await readEachTime(server);
          await server.query(
            `SELECT count(*) FROM lake.events WHERE dt = date '2024-12-30' AND app_id = 9`,
          );
          cold.push(...(await time(1, () => server.query(TRIBUTARY_QUERY), 0)));
          warm = await time(5, () => server.query(TRIBUTARY_QUERY), 1);
        });
      }
      const [c, w] = [median(cold), median(warm)];
      report({ what: 'object cache cold', figure: ms(c), bar: 'at most 700 ms', met: c <= 700 });
      const base = await httpfs(s3.endpoint);
      report({
        what: 'against DuckDB httpfs with its default threads over the 180 paths',
        figure:
          base === undefined
            ? 'the extension does not load here'
            : `${ms(base)} = ${ratio(base / c)} faster`,
        bar: 'at least 10 x',
        met: base === undefined ? undefined : base / c >= 10,
      });
      report({
        what: 'object cache warm, listing verified',
        figure: ms(w),
        bar: 'at most 250 ms',
        met: w <= 250,
      });
      const listing = await withServer(s3, async (server) => {
        const times: number[] = [];
        let files = '';
        for (let run = 0; run < 3; run++) {
          await server.query(
            `EXPLAIN SELECT count(*) FROM lake.by_app WHERE dt BETWEEN date '${FIRST_DAY}' AND date '${LAST_DAY}' AND app_id <= 40`,
          );
          const { rows } = await server.query(
            'SELECT listing_ms, files_read FROM tributary.last_query',
          );
          times.push(Number(rows[0]?.[0]));
          files = rows[0]?.[1] ?? '';
        }
        return { elapsed: median(times), files };
      });
      report({
        what: `listing of ${listing.files} files, app before date in the path`,
        figure: ms(listing.elapsed),
        bar: 'at most 500 ms',
        met: listing.elapsed <= 500,
      });
    } finally {
      s3.stop();
    }
  },
};
