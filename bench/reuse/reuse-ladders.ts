import type { Benchmark, BenchRow } from '../report.ts';
import { S3_LATENCY_MS, startS3 } from '../s3-lake.ts';
import { audienceLake } from './audience-lake.ts';
import type { Layout } from './audience-shape.ts';
import { STATEMENTS } from './audience-statements.ts';
import type { AudienceStatement } from './audience-statements.ts';
import { reportLadder } from './report-ladder.ts';
import { openSite } from './site.ts';
import type { Site, SiteOptions } from './site.ts';

export function reportAnswers(site: Site, report: (row: BenchRow) => void): void {
  report({
    what: `${site.label}: answers that are not plain DuckDB's`,
    figure: `${site.wrong.length} of ${site.compared()}${site.wrong[0] === undefined ? '' : `: ${site.wrong[0]}`}`,
    bar: 'none',
    met: site.wrong.length === 0,
  });
}

/** Those named by `--only=<part of the name>,...`; all without it. */
function chosenStatements(): readonly AudienceStatement[] {
  const option = '--only=';
  const names = process.argv
    .filter((each) => each.startsWith(option))
    .flatMap((each) => each.slice(option.length).split(','));
  return names.length === 0
    ? STATEMENTS
    : STATEMENTS.filter(({ name }) => names.some((part) => name.includes(part)));
}

async function ladders(
  options: SiteOptions,
  rounds: number,
  report: (row: BenchRow) => void,
): Promise<void> {
  const site = await openSite(options);
  try {
    for (const statement of chosenStatements()) {
      await reportLadder(site, statement, rounds, report);
    }
    reportAnswers(site, report);
  } finally {
    await site.close();
  }
}

const local = (layout: Layout): Benchmark => ({
  name: `reuse-${layout}`,
  description: `180 of 730 days on local disk, a file a ${layout}, best of 3`,
  async run(report) {
    await ladders({ lake: await audienceLake(), layout }, 3, report);
  },
});

export const reuseDay = local('day');
export const reusePartition = local('partition');

export const reuseS3: Benchmark = {
  name: 'reuse-s3',
  description: `180 of 730 days on S3 with ${S3_LATENCY_MS} ms added to each request, no object cache`,
  async run(report) {
    const lake = await audienceLake();
    const s3 = await startS3(lake);
    try {
      for (const layout of ['day', 'partition'] as const) {
        await ladders({ lake, layout, s3 }, 1, report);
      }
    } finally {
      s3.stop();
    }
  },
};
