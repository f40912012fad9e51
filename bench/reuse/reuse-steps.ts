import type { Benchmark } from '../report.ts';
import { audienceLake } from './audience-lake.ts';
import { reportCancelled } from './cancelled.ts';
import { reportCoarser } from './coarser.ts';
import { reportDistinctYear } from './distinct-year.ts';
import { reportReplacedFile } from './replaced-file.ts';
import { reportAnswers } from './reuse-ladders.ts';
import { reportSameTime } from './same-time.ts';
import { openSite } from './site.ts';
import type { Site } from './site.ts';
import { reportStoreSize } from './store-size.ts';

export const reuseSteps: Benchmark = {
  name: 'reuse-steps',
  description:
    'coarser questions, replaced files, clients at the same time, cancelling, a year of users, the size of the store',
  async run(report) {
    const lake = await audienceLake();
    for (const layout of ['day', 'partition'] as const) {
      const site = await openSite({ lake, layout });
      const parts: readonly ((site: Site) => Promise<void>)[] = [
        (each) => reportCoarser(each, report),
        (each) => reportSameTime(each, report),
        (each) => reportCancelled(each, report),
        ...(layout === 'day' ? [(each: Site) => reportDistinctYear(each, report)] : []),
        (each) => reportStoreSize(each, report),
      ];
      try {
        for (const part of parts) {
          try {
            await part(site);
          } catch (error) {
            report({ what: site.label, figure: `failed: ${String(error)}`, bar: '', met: false });
          }
        }
        reportAnswers(site, report);
      } finally {
        await site.close();
      }
      await reportReplacedFile(lake, layout, report);
    }
  },
};
