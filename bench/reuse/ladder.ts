import { median } from '../report.ts';
import type { ServedRun } from './audience-server.ts';
import { days, moved } from './audience-statements.ts';
import type { AudienceStatement, DayRange } from './audience-statements.ts';
import type { BaseRun } from './base-engine.ts';
import type { Site } from './site.ts';

/** 180 days that start and end within a month. */
export const RANGE: DayRange = { from: 409, to: 589 };
export const WIDE: DayRange = { from: RANGE.to - 365, to: RANGE.to };
/** What the wide range has beyond the narrow one. */
export const MISSING: DayRange = { from: WIDE.from, to: RANGE.from };

/** What one statement's steps took; the best of the rounds on every side. */
export interface Ladder {
  /** Undefined: the base was stopped at `baseLimit`, or cannot read the place. */
  readonly base: BaseRun | undefined;
  readonly baseLimit: number | undefined;
  readonly cold: ServedRun;
  readonly listing: number;
  readonly again: ServedRun;
  /** Reused by age. */
  readonly aged: ServedRun;
  /** The middle of the aged runs. */
  readonly agedMedian: number;
  readonly movedByDay: ServedRun;
  readonly movedByWeek: ServedRun;
  readonly widened: ServedRun;
  /** The missing days alone, nothing stored. */
  readonly missing: ServedRun;
}

/** Statements over a few other days before the first that counts, on both sides: each moves by a day. */
const WARM_RUNS = 30;
const WARM_DAYS = 8;
/** A base that is slow by itself is not warmed for long (ms). */
const BASE_WARM_LIMIT = 500;

/** Where the base is slow it is given this many times our own cold time. */
const BASE_PATIENCE = 3;

/** Runs a statement's steps `rounds` times, each from an empty store. A bypassed one stops after the cold step. */
export async function climb(
  site: Site,
  statement: AudienceStatement,
  rounds: number,
): Promise<
  Ladder | { readonly bypass: string; readonly cold: ServedRun; readonly base: BaseRun | undefined }
> {
  const { server } = site;
  const kept = new Map<string, ServedRun>();
  const step = async (name: string, range: DayRange, runs = 1): Promise<ServedRun> => {
    let best = kept.get(name);
    for (let run = 0; run < runs; run++) {
      const found = await site.ours(statement, range);
      if (best === undefined || found.elapsed < best.elapsed) best = found;
    }
    if (best === undefined) throw new Error('no runs');
    kept.set(name, best);
    return best;
  };
  const listings: number[] = [];
  const aged: number[] = [];
  let base: BaseRun | undefined;
  let baseLimit: number | undefined;
  // Code and connections are warm and the store is empty when the clock starts.
  for (let run = 0; run < WARM_RUNS; run++) {
    await site.ours(statement, { from: run, to: run + WARM_DAYS });
    await site.base(statement, { from: run, to: run + WARM_DAYS }, BASE_WARM_LIMIT);
  }
  for (let round = 0; round < rounds; round++) {
    await server.forget();
    // What follows an answer in the background would slow down the next step, ours or the base's.
    await server.quiet();
    const cold = await step('cold', RANGE);
    await server.quiet();
    baseLimit = site.remote ? cold.elapsed * BASE_PATIENCE : undefined;
    const found = await site.base(statement, RANGE, baseLimit);
    if (found !== undefined && found.elapsed < (base?.elapsed ?? Infinity)) base = found;
    if (cold.bypass !== null && cold.misses === 0) {
      if (round + 1 === rounds) return { bypass: cold.bypass, cold, base };
      continue;
    }
    await step('again', RANGE, 4);
    for (let run = 0; run < 3; run++) listings.push((await site.listing.time(RANGE)).elapsed);
    await server.set('tributary.reuse', '60 seconds');
    for (let run = 0; run < 10; run++) {
      const served = await site.ours(statement, RANGE);
      aged.push(served.elapsed);
      if (served.elapsed <= Math.min(...aged)) kept.set('aged', served);
    }
    await server.set('tributary.reuse', 'exact');
    await server.quiet();
    await step('movedByDay', moved(RANGE, 1));
    await server.forget({ from: RANGE.to, to: RANGE.to + 7 });
    await server.quiet();
    await step('movedByWeek', moved(RANGE, 7));
    await server.forget({ from: RANGE.to, to: RANGE.to + 7 });
    await server.quiet();
    await step('widened', WIDE);
    await server.forget();
    await server.quiet();
    await step('missing', MISSING);
  }
  const the = (name: string): ServedRun => {
    const found = kept.get(name);
    if (found === undefined) throw new Error(`the step "${name}" did not run`);
    return found;
  };
  return {
    base,
    baseLimit,
    cold: the('cold'),
    listing: Math.min(...listings),
    again: the('again'),
    aged: the('aged'),
    agedMedian: median(aged),
    movedByDay: the('movedByDay'),
    movedByWeek: the('movedByWeek'),
    widened: the('widened'),
    missing: the('missing'),
  };
}

export const RANGE_DAYS = days(RANGE);
