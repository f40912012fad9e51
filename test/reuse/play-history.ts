import { History, playerOptions } from './history.ts';
import { Player } from './player.ts';
import type { Outcome } from './player.ts';
import type { Step } from './steps.ts';

const WRONG: ReadonlySet<Outcome['kind']> = new Set(['different', 'productFailed', 'truthFailed']);

export function isWrong(outcome: Outcome | undefined): outcome is Outcome {
  return outcome !== undefined && WRONG.has(outcome.kind);
}

export interface Wrong {
  readonly seed: number;
  readonly steps: readonly Step[];
  readonly outcome: Outcome;
}

export interface Report {
  readonly counts: Record<string, number>;
  readonly wrong: Wrong[];
  statements: number;
  withRows: number;
  windows: number;
  hits: number;
  misses: number;
  readonly reasons: Record<string, number>;
  reuse: boolean;
}

/** A line on what happened. */
export function describeReport(report: Report): string {
  return `${JSON.stringify(report.counts)}, ${report.withRows} with rows, windows: ${report.windows}, ${report.hits} reused, ${report.misses} computed, computed whole: ${JSON.stringify(report.reasons)}`;
}

export function emptyReport(): Report {
  return {
    counts: {},
    wrong: [],
    statements: 0,
    withRows: 0,
    windows: 0,
    hits: 0,
    misses: 0,
    reasons: {},
    reuse: false,
  };
}

const MOST_WRONG = 3;

/** Plays one random history until it has asked so many statements; what is wrong is put into the report with all that led to it. */
export async function playHistory(seed: number, statements: number, report: Report): Promise<void> {
  const player = await Player.open(playerOptions(seed));
  const steps: Step[] = [];
  let found = 0;
  const play = async (step: Step): Promise<void> => {
    steps.push(step);
    const outcome = await player.play(step);
    if (outcome === undefined) return;
    report.counts[outcome.kind] = (report.counts[outcome.kind] ?? 0) + 1;
    report.statements++;
    report.windows += outcome.windows.total;
    report.hits += outcome.windows.hits;
    report.misses += outcome.windows.misses;
    for (const reason of outcome.windows.reasons)
      report.reasons[reason] = (report.reasons[reason] ?? 0) + 1;
    if (outcome.rows > 0) report.withRows++;
    if (isWrong(outcome)) {
      found++;
      report.wrong.push({ seed, steps: [...steps], outcome });
    }
  };
  try {
    report.reuse ||= player.reuse;
    const history = new History(seed, player);
    for (const step of history.beginning()) await play(step);
    for (const from = report.statements; report.statements - from < statements;) {
      await play(await history.next());
      if (found >= MOST_WRONG) return;
    }
  } finally {
    await player.close();
  }
}
