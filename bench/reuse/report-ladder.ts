import { ms, ratio } from '../report.ts';
import type { BenchRow } from '../report.ts';
import type { ServedRun } from './audience-server.ts';
import type { AudienceStatement } from './audience-statements.ts';
import { RANGE_DAYS, climb } from './ladder.ts';
import type { Ladder } from './ladder.ts';
import type { Site } from './site.ts';

type Report = (row: BenchRow) => void;

/** Runs a statement's steps and reports each with its bar. Only the raw extract may be bypassed without missing bars. */
export async function reportLadder(
  site: Site,
  statement: AudienceStatement,
  rounds: number,
  report: Report,
): Promise<void> {
  const what = (step: string): string => `${site.label}, ${statement.name}: ${step}`;
  let ladder: Awaited<ReturnType<typeof climb>>;
  try {
    ladder = await climb(site, statement, rounds);
  } catch (error) {
    await site.server.set('tributary.reuse', 'exact');
    report({ what: what('all steps'), figure: `failed: ${String(error)}`, bar: '', met: false });
    return;
  }
  reportCold(ladder, site.remote, (row) => report({ ...row, what: what('cold') }));
  if ('bypass' in ladder) {
    const met = statement.name === 'raw rows';
    report({ what: what('later steps'), figure: `bypassed: ${ladder.bypass}`, bar: 'reused', met });
    return;
  }
  for (const row of rows(ladder, site.layout === 'day')) {
    report({ ...row, what: what(row.what) });
  }
}

function reportCold(
  ladder: Awaited<ReturnType<typeof climb>>,
  remote: boolean,
  report: (row: Omit<BenchRow, 'what'>) => void,
): void {
  const { base, cold } = ladder;
  const limit = 'bypass' in ladder ? undefined : ladder.baseLimit;
  const reason = 'bypass' in ladder ? `, bypassed: ${ladder.bypass}` : '';
  const bar = remote ? 'faster than the base' : 'at most 1.2 x the base, or bypassed';
  if (base === undefined) {
    const shown = limit === undefined ? 'no base' : `the base stopped after ${ms(limit)}`;
    report({
      figure: `${ms(cold.elapsed)} : ${shown}${reason}`,
      bar,
      met: limit === undefined ? undefined : true,
    });
    return;
  }
  const against = cold.elapsed / base.elapsed;
  report({
    figure: `${ms(cold.elapsed)} : ${ms(base.elapsed)} = ${ratio(against)} (processor ${ms(cold.cpu)} : ${ms(base.cpu)} = ${ratio(cold.cpu / base.cpu)})${reason}`,
    bar,
    met: remote ? against < 1 : against <= 1.2 || reason !== '',
  });
}

function rows(ladder: Ladder, fileADay: boolean): readonly BenchRow[] {
  const { cold, listing, again, aged, agedMedian, widened, missing } = ladder;
  const faster = (
    what: string,
    run: ServedRun,
    times: number,
    reused?: number,
  ): readonly BenchRow[] => [
    {
      what,
      figure: `${ms(run.elapsed)} = ${ratio(cold.elapsed / run.elapsed)} faster than cold (processor ${ratio(cold.cpu / run.cpu)})`,
      bar: `at least ${times} x`,
      met: cold.elapsed / run.elapsed >= times,
    },
    ...(reused === undefined
      ? []
      : [
          {
            what: `${what}, windows reused`,
            figure: `${run.hits} of ${run.windows}`,
            bar: `at least ${reused} of ${RANGE_DAYS}`,
            met: run.hits >= reused && run.windows === RANGE_DAYS,
          },
        ]),
  ];
  const withListing = listing + 20;
  const withMissing = 1.15 * missing.elapsed + 20;
  return [
    {
      what: 'the same again, verified',
      figure: `${ms(again.elapsed)}, listing alone ${ms(listing)}`,
      bar: `at most listing + 20 ms = ${ms(withListing)}`,
      met: again.elapsed <= withListing,
    },
    ...faster('the same again, verified', again, fileADay ? 20 : 5),
    ...faster('the same again, 60 seconds', aged, 20),
    {
      what: 'the same again, 60 seconds, p50',
      figure: ms(agedMedian),
      bar: 'below 30 ms',
      met: agedMedian < 30,
    },
    ...faster('moved by 1 day', ladder.movedByDay, fileADay ? 10 : 4, RANGE_DAYS - 1),
    ...faster('moved by 7 days', ladder.movedByWeek, fileADay ? 5 : 3, RANGE_DAYS - 7),
    {
      what: 'widened to 365 days',
      figure: `${ms(widened.elapsed)}, the missing 185 days alone ${ms(missing.elapsed)}`,
      bar: `at most 1.15 x + 20 ms = ${ms(withMissing)}`,
      met: widened.elapsed <= withMissing,
    },
  ];
}
