import { DuckDBInstance, listValue } from '@duckdb/node-api';
import { metered } from '../report.ts';
import { loadHttpfs } from '../s3-lake.ts';
import type { Answer } from './answers.ts';

export interface BaseRun {
  readonly elapsed: number;
  readonly cpu: number;
  readonly rows: Answer;
}

/** Plain DuckDB with two threads and nothing of ours. */
export interface BaseEngine {
  /** Runs text whose `$1` is the list of files. Undefined: it was stopped after `limit` milliseconds. */
  run(text: string, files: readonly string[], limit?: number): Promise<BaseRun | undefined>;
  close(): void;
}

/** With an endpoint it reads `s3://bench/` by httpfs; undefined where that extension does not load. */
export async function openBaseEngine(endpoint?: string): Promise<BaseEngine | undefined> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '2' });
  const connection = await instance.connect();
  const close = (): void => {
    connection.closeSync();
    instance.closeSync();
  };
  if (endpoint !== undefined && !(await loadHttpfs(connection, endpoint))) {
    close();
    return undefined;
  }
  return {
    async run(text, files, limit) {
      const started = performance.now();
      const timer =
        limit === undefined ? undefined : setTimeout(() => connection.interrupt(), limit);
      try {
        const prepared = await connection.prepare(text);
        try {
          prepared.bind([listValue([...files])]);
          const { elapsed, cpu, value } = await metered(async () =>
            (await prepared.run()).getRows(),
          );
          return {
            elapsed,
            cpu,
            rows: value.map((row) => row.map((value) => (value === null ? null : String(value)))),
          };
        } finally {
          prepared.destroySync();
        }
      } catch (error) {
        if (limit !== undefined && performance.now() - started >= limit) return undefined;
        throw error;
      } finally {
        clearTimeout(timer);
      }
    },
    close,
  };
}
