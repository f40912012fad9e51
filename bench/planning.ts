import { startTributary } from '../test/support/tributary.ts';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Benchmark } from './report.ts';
import { median, ms } from './report.ts';

/** date x integer x enum x injected: 20 years x 1,000 x 10 declared partitions for each tenant asked for. */
const TABLE = `CREATE EXTERNAL TABLE lake.default.wide (user_id bigint, revenue double)
PARTITIONED BY (dt date, app_id int, region string, tenant string) STORED AS PARQUET LOCATION 'wide/'
TBLPROPERTIES ('projection.enabled'='true',
 'projection.dt.type'='date', 'projection.dt.format'='yyyy-MM-dd', 'projection.dt.range'='2005-01-01,2024-12-31',
 'projection.app_id.type'='integer', 'projection.app_id.range'='1,APPS',
 'projection.region.type'='enum', 'projection.region.values'='a,b,c,d,e,f,g,h,i,j',
 'projection.tenant.type'='injected');`;

const QUERY = `SELECT dt, sum(revenue) FROM lake.wide
WHERE dt BETWEEN date '2024-01-01' AND date '2024-06-28' AND app_id = 7 AND region = 'c' AND tenant = 'acme' GROUP BY dt`;

async function measure(apps: number): Promise<{
  readonly planning: number;
  readonly considered: string;
  readonly kept: string;
  readonly heap: number;
}> {
  const root = await mkdtemp(join(tmpdir(), 'tributary-bench-'));
  const server = await startTributary({
    sources: `lake: { connector: lake, root: ${root} }`,
    bootstrap: TABLE.replace('APPS', String(apps)),
  });
  try {
    const times: number[] = [];
    let considered = '';
    let kept = '';
    for (let run = 0; run < 60; run++) {
      await server.query(QUERY);
      const { rows } = await server.query(
        'SELECT planning_ms, partitions_considered, partitions_kept FROM tributary.last_query',
      );
      const [planningMs, all, left] = rows[0] ?? [];
      considered = all ?? '';
      kept = left ?? '';
      if (run >= 10) {
        times.push(Number(planningMs));
      }
    }
    globalThis.gc?.();
    return { planning: median(times), considered, kept, heap: process.memoryUsage().heapUsed };
  } finally {
    await server.close();
    await rm(root, { recursive: true, force: true });
  }
}

export const planning: Benchmark = {
  name: 'planning',
  description: 'a query that keeps 180 of 73,050,000 projected partitions',
  async run(report) {
    const few = await measure(10);
    const many = await measure(1000);
    report({
      what: `planning, ${many.kept} of ${many.considered} partitions kept, p50`,
      figure: ms(many.planning),
      bar: 'at most 5 ms',
      met: many.planning <= 5,
    });
    report({
      what: `heap after ${few.considered} and after ${many.considered} partitions`,
      figure: `${(few.heap / 2 ** 20).toFixed(1)} and ${(many.heap / 2 ** 20).toFixed(1)} MiB`,
      bar: 'no growth with partitions',
      met: many.heap - few.heap < 16 * 2 ** 20,
    });
  },
};
