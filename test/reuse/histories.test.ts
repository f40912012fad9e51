import { describe, expect, test } from '@jest/globals';
import { describeReport, emptyReport, playHistory } from './play-history.ts';
import type { Report, Wrong } from './play-history.ts';
import { shrink } from './shrink.ts';
import { describeStep } from './steps.ts';

const RUNS = Number(process.env['REUSE_RUNS'] ?? (process.env['CI'] === undefined ? 500 : 5000));
const SEED = Number(process.env['REUSE_SEED'] ?? 20261122);
const SOAK_MINUTES = Number(process.env['REUSE_SOAK_MINUTES'] ?? 0);
const SHRINK_MINUTES = Number(process.env['REUSE_SHRINK_MINUTES'] ?? 0);
const RUNS_PER_HISTORY = 250;
const MOST_FAILURES = 0.03;
/** Of the windows with files that were asked for in parts, so many were not computed anew. */
const HIT_SHARE = 0.35;
const LAST_STEPS = 40;

async function describeWrong({ seed, steps, outcome }: Wrong): Promise<string> {
  const small =
    SHRINK_MINUTES > 0
      ? await shrink(seed, steps, outcome, Date.now() + SHRINK_MINUTES * 60_000)
      : { steps: steps.slice(-LAST_STEPS), outcome };
  return [
    `REUSE_SEED=${seed}: ${outcome.kind} after ${steps.length} steps${SHRINK_MINUTES > 0 ? `, shrunk to ${small.steps.length}` : ' (REUSE_SHRINK_MINUTES=5 shrinks them)'}:`,
    ...small.steps.map((step) => `  - ${describeStep(step)}`),
    small.outcome.detail,
  ].join('\n');
}

async function playAll(report: Report): Promise<void> {
  const until = Date.now() + SOAK_MINUTES * 60_000;
  for (let history = 0; report.wrong.length === 0; history++) {
    const left = RUNS - report.statements;
    if (left <= 0 && Date.now() >= until) return;
    await playHistory(
      SEED + history,
      left > 0 ? Math.min(RUNS_PER_HISTORY, left) : RUNS_PER_HISTORY,
      report,
    );
  }
}

describe('random histories of a lake', () => {
  test(
    `${RUNS} statements answer as DuckDB does over the files as they stand (REUSE_SEED=${SEED})`,
    async () => {
      const report = emptyReport();
      const started = performance.now();
      await playAll(report);
      const seconds = Math.round((performance.now() - started) / 1000);
      process.stdout.write(
        `random histories: REUSE_SEED=${SEED} REUSE_RUNS=${RUNS} ${describeReport(report)}, ${seconds} s\n`,
      );
      const [wrong] = report.wrong;
      expect(wrong === undefined ? '' : await describeWrong(wrong)).toBe('');
      expect(report.counts['bothFailed'] ?? 0).toBeLessThanOrEqual(
        report.statements * MOST_FAILURES,
      );
      expect(report.withRows).toBeGreaterThan(report.statements / 2);
      if (report.reuse)
        expect(report.hits).toBeGreaterThan((report.hits + report.misses) * HIT_SHARE);
    },
    (60 + SOAK_MINUTES + SHRINK_MINUTES) * 60_000,
  );
});
