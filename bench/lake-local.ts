import { join } from 'node:path';
import { DuckDBInstance, listValue } from '@duckdb/node-api';
import { startTributary } from '../test/support/tributary.ts';
import {
  TABLE,
  TRIBUTARY_QUERY,
  benchLake,
  exactQuery,
  globQuery,
  readEachTime,
  wantedFiles,
} from './bench-lake.ts';
import type { Benchmark } from './report.ts';
import { median, ms, ratio, time, timePair } from './report.ts';

const RUNS = 41;
/** Calls of both sides before the first that counts: the server's code is compiled as it gets hot. */
const WARM_UP = 60;

export const lakeLocal: Benchmark = {
  name: 'lake-local',
  description: '180 of 100,000 partition files on local disk, through the wire',
  async run(report) {
    const root = await benchLake();
    const instance = await DuckDBInstance.create(':memory:', { threads: '2' });
    const connection = await instance.connect();
    const server = await startTributary({
      sources: `lake: { connector: lake, root: ${root} }`,
      bootstrap: TABLE,
    });
    try {
      await readEachTime(server);
      const files = listValue(wantedFiles().map((file) => join(root, file)));
      const exact = async (): Promise<unknown> => {
        const prepared = await connection.prepare(exactQuery('read_parquet($1)'));
        try {
          prepared.bind([files]);
          return await (await prepared.run()).getRows();
        } finally {
          prepared.destroySync();
        }
      };
      const ours = (): Promise<unknown> => server.query(TRIBUTARY_QUERY);
      const pair = await timePair(RUNS, ours, exact, WARM_UP);
      const glob = await time(3, async () => (await connection.run(globQuery(root))).getRows());
      const [a, b, g] = [median(pair.first), median(pair.second), median(glob)];
      report({
        what: 'against DuckDB over the glob with hive partitioning',
        figure: `${ms(a)} : ${ms(g)} = ${ratio(g / a)} faster`,
        bar: 'at least 80 x',
        met: g / a >= 80,
      });
      report({
        what: 'against DuckDB given exactly the 180 paths, listing included',
        figure: `${ms(a)} : ${ms(b)}`,
        bar: `at most 1.3 x + 5 ms = ${ms(1.3 * b + 5)}`,
        met: a <= 1.3 * b + 5,
      });
    } finally {
      await server.close();
      connection.closeSync();
      instance.closeSync();
    }
  },
};
