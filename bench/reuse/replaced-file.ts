import { cp, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { DuckDBInstance } from '@duckdb/node-api';
import type { BenchRow } from '../report.ts';
import { ms, ratio } from '../report.ts';
import { dayFiles } from './audience-shape.ts';
import type { Layout } from './audience-shape.ts';
import type { ServedRun } from './audience-server.ts';
import { STATEMENTS } from './audience-statements.ts';
import { RANGE, RANGE_DAYS } from './ladder.ts';
import { openSite } from './site.ts';

/** A file younger than this is answered but not stored (`reuse.settle`, 2 s). */
const SETTLED_MS = 2500;
const REPLACED = RANGE.from + 90;
const ROUNDS = 2;

/** Works on a copy of the range's days, in which one file of one day gets other rows. */
export async function reportReplacedFile(
  lake: string,
  layout: Layout,
  report: (row: BenchRow) => void,
): Promise<void> {
  const copy = await mkdtemp(join(tmpdir(), 'tributary-bench-lake-'));
  try {
    await cp(join(lake, layout, 'apps'), join(copy, layout, 'apps'), { recursive: true });
    for (const file of dayFiles(layout, RANGE.from, RANGE.to)) {
      await mkdir(dirname(join(copy, file)), { recursive: true });
      await cp(join(lake, file), join(copy, file));
    }
    await pause(SETTLED_MS);
    for (const statement of STATEMENTS) {
      const site = await openSite({ lake: copy, layout });
      const what = `${site.label}, ${statement.name}, one file of one day replaced`;
      try {
        // Code is warm on both sides.
        await site.ours(statement, { from: RANGE.from, to: RANGE.from + 1 });
        let coldest = Infinity;
        let soonest = Infinity;
        let after: ServedRun | undefined;
        let bypassed = false;
        for (let round = 0; round < ROUNDS; round++) {
          await site.server.forget();
          await site.server.quiet();
          const cold = await site.ours(statement, RANGE);
          bypassed ||= cold.bypass !== null && cold.misses === 0;
          const [file = ''] = dayFiles(layout, REPLACED, REPLACED + 1);
          await halve(join(copy, file));
          await pause(SETTLED_MS);
          site.forgetAnswers();
          await site.server.quiet();
          after = await site.ours(statement, RANGE);
          coldest = Math.min(coldest, cold.elapsed);
          soonest = Math.min(soonest, after.elapsed);
        }
        if (bypassed || after === undefined) continue;
        report({
          what: `${what}: days recomputed`,
          figure: `${after.misses} of ${after.windows}, ${site.wrong.length === 0 ? 'the new answer' : `a wrong answer: ${site.wrong[0] ?? ''}`}`,
          bar: `1 of ${RANGE_DAYS}, the new answer`,
          met: after.misses === 1 && after.hits === RANGE_DAYS - 1 && site.wrong.length === 0,
        });
        report({
          what,
          figure: `${ms(soonest)} = ${ratio(coldest / soonest)} faster than cold, ${ms(coldest)}`,
          bar: layout === 'day' ? 'at least 10 x' : '',
          met: layout === 'day' ? coldest / soonest >= 10 : undefined,
        });
      } catch (error) {
        report({ what, figure: `failed: ${String(error)}`, bar: '', met: false });
      } finally {
        await site.close();
      }
    }
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
}

/** Replaces a file by one with every other row of it. */
async function halve(file: string): Promise<void> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  const connection = await instance.connect();
  try {
    await connection.run(
      `COPY (SELECT * EXCLUDE (file_row_number) FROM read_parquet('${file}', hive_partitioning = false, file_row_number = true) WHERE file_row_number % 2 = 0) TO '${file}.new' (FORMAT parquet)`,
    );
    await rename(`${file}.new`, file);
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}
