import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { BenchRow } from '../report.ts';
import { STATEMENTS } from './audience-statements.ts';
import { RANGE } from './ladder.ts';
import type { Site } from './site.ts';

/** Bytes of the files below a folder. Those that vanish meanwhile do not count. */
export async function folderSize(folder: string): Promise<number> {
  let bytes = 0;
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile()) continue;
    bytes += await stat(join(entry.parentPath, entry.name)).then(
      ({ size }) => size,
      () => 0,
    );
  }
  return bytes;
}

export const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;

/** Asks each statement once: what is stored against what was scanned for it. */
export async function reportStoreSize(site: Site, report: (row: BenchRow) => void): Promise<void> {
  await site.server.forget();
  const each: string[] = [];
  let before = 0;
  let scanned = 0;
  const { bytes: once } = await site.listing.time(RANGE);
  for (const statement of STATEMENTS) {
    const served = await site.ours(statement, RANGE);
    await site.server.quiet();
    const bytes = await folderSize(join(site.server.state, 'state', 'reuse'));
    scanned += once;
    each.push(
      `${statement.name} ${megabytes(bytes - before)}${served.bypass === null ? '' : ` (${served.bypass})`}`,
    );
    before = bytes;
  }
  report({
    what: `${site.label}, bytes stored against bytes scanned (${each.join(', ')})`,
    figure: `${megabytes(before)} of ${STATEMENTS.length} x ${megabytes(once)} = ${((100 * before) / scanned).toFixed(1)} %`,
    bar: 'at most 5 %',
    met: before <= 0.05 * scanned,
  });
}
