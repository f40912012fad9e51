import { describe, expect, test } from '@jest/globals';
import { openDifferential } from './differential.ts';
import { dialectText } from './dialects.ts';

const RUNS = Number(process.env['RANDOM_RUNS'] ?? (process.env['CI'] === undefined ? 400 : 3000));
const SEED = Number(process.env['RANDOM_SEED'] ?? 1637898116);
const RUNS_PER_LAKE = 1000;
const RULES_OFF_EVERY = 10;
const MOST_FAILURES = 0.02;
const SHOWN = 5;

interface Report {
  readonly counts: Record<string, number>;
  readonly differences: string[];
  withRows: number;
}

async function runLake(seed: number, runs: number, report: Report): Promise<void> {
  const differential = await openDifferential(seed);
  try {
    for (let run = 0; run < runs; run++) {
      const statement = differential.maker.statement();
      const rulesOff = run % RULES_OFF_EVERY === 0 && !statement.needsPruning;
      const outcome = await differential.compare(statement, rulesOff);
      report.counts[outcome.kind] = (report.counts[outcome.kind] ?? 0) + 1;
      if (outcome.rows > 0) report.withRows++;
      if (['different', 'onlyProductFailed', 'onlyTruthFailed'].includes(outcome.kind)) {
        const text = dialectText(statement.text, 'postgres');
        report.differences.push(
          `seed ${seed}, statement ${run}: ${outcome.kind}: ${outcome.detail}\n${text}`,
        );
      }
    }
  } finally {
    await differential.close();
  }
}

describe('random statements over random lakes', () => {
  test(
    `${RUNS} statements answer as DuckDB does over all files (RANDOM_SEED=${SEED})`,
    async () => {
      const report: Report = { counts: {}, differences: [], withRows: 0 };
      const started = performance.now();
      for (let done = 0, lake = 0; done < RUNS; done += RUNS_PER_LAKE, lake++) {
        await runLake(SEED + lake, Math.min(RUNS_PER_LAKE, RUNS - done), report);
      }
      const seconds = Math.round((performance.now() - started) / 1000);
      process.stdout.write(
        `random statements: RANDOM_SEED=${SEED} RANDOM_RUNS=${RUNS} ${JSON.stringify(report.counts)}, ${report.withRows} with rows, ${seconds} s\n`,
      );
      expect(report.differences.slice(0, SHOWN)).toEqual([]);
      const failed = (report.counts['bothFailed'] ?? 0) + (report.counts['truthCannot'] ?? 0);
      expect(failed).toBeLessThanOrEqual(RUNS * MOST_FAILURES);
      expect(report.withRows).toBeGreaterThan(RUNS / 3);
    },
    30 * 60_000,
  );
});
