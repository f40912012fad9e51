import type { BenchRow } from '../report.ts';
import { ms } from '../report.ts';
import { difference } from './answers.ts';
import { REVENUE, tributaryText } from './audience-statements.ts';
import { RANGE, RANGE_DAYS } from './ladder.ts';
import type { Site } from './site.ts';

const CLIENTS = 50;

/** Clients that ask the same cold statement at once. */
export async function reportSameTime(site: Site, report: (row: BenchRow) => void): Promise<void> {
  const clients = await Promise.all(Array.from({ length: CLIENTS }, () => site.server.connect()));
  const text = tributaryText(REVENUE, RANGE);
  const reference = await site.ours(REVENUE, RANGE);
  await site.server.forget();
  const started = performance.now();
  const runs = await Promise.all(clients.map((client) => site.server.run(text, client)));
  const elapsed = performance.now() - started;
  const files = runs.reduce((sum, { filesRead }) => sum + filesRead, 0);
  const expected = RANGE_DAYS * (site.layout === 'day' ? 1 : 40);
  const unequal = runs.filter(({ rows }) => difference(rows, reference.rows) !== undefined);
  report({
    what: `${site.label}, ${CLIENTS} clients ask the same cold statement at once`,
    figure: `${files} files read by all in ${ms(elapsed)}, ${unequal.length} answers differ`,
    bar: `one execution (${expected} files), all equal`,
    met: files === expected && unequal.length === 0,
  });
}
