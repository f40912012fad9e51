import { QueryError, isQueryError, printDuckdb } from '@tributary/sql';
import type { ScanListing } from '@tributary/connectors';
import { printFacts } from '../execute/run-plan.ts';
import type { CellSearchContext, Found } from './cell-search.ts';
import { cellSources } from './cell-sources.ts';
import { cellsPlan, finalPlan } from './cells-plan.ts';
import { compareAnswers, compareWhole, isComparableWhole } from './compare-answers.ts';
import type { Fragment } from './fragment.ts';
import type { Window } from './windows.ts';

/** Cells over more data than this are not computed again. */
const MOST_BYTES = 512 * 1024 * 1024;

/** A cell that answered, and the windows that it answered for. */
export interface Audit {
  readonly fragment: Fragment;
  readonly cell: number;
  readonly windows: readonly Window[];
  readonly found: Pick<Found, 'filled' | 'rolled'>;
}

/** One of the stored cells that an answer was made of, by chance; undefined mostly, where `share` is small. */
export function chooseAudit(
  answers: readonly { readonly fragment: Fragment; readonly found: Found }[],
  share: number,
): Audit | undefined {
  if (Math.random() >= share) return undefined;
  const audits = answers.flatMap(({ fragment, found }): Audit[] => [
    ...found.filled.flatMap((each): Audit[] =>
      each.cell === undefined || each.windowsInFile === 0
        ? []
        : [
            {
              fragment,
              cell: each.cell,
              windows: [each.window],
              found: { filled: [each], rolled: [] },
            },
          ],
    ),
    ...found.rolled.flatMap((each): Audit[] =>
      each.cell === undefined || (each.final === true && !isComparableWhole(fragment))
        ? []
        : [
            {
              fragment,
              cell: each.cell,
              windows: each.group.windows,
              found: { filled: [], rolled: [each] },
            },
          ],
    ),
  ]);
  const small = audits.filter(
    ({ windows }) => windows.reduce((sum, { bytes }) => sum + bytes, 0) <= MOST_BYTES,
  );
  return small[Math.floor(Math.random() * small.length)];
}

/**
 * Computes what a stored cell answered from the rows that it stands for, which are those that were listed, and compares. A cell that
 * differs is taken out of use, with the merged ones that may have been made of it. No verdict where the data changed meanwhile.
 *
 * @throws QueryError internalError where they differ
 */
export async function audit(
  { fragment, cell, windows, found }: Audit,
  listing: ScanListing,
  context: CellSearchContext,
  signal: AbortSignal,
): Promise<void> {
  const { run, reuse, table, ids } = context;
  const { counts } = reuse.service;
  const final = found.rolled.find((each) => each.final === true);
  const cells =
    final === undefined
      ? cellsPlan(fragment, table, cellSources(found, table, listing), ids)
      : finalPlan(fragment, final.path, ids);
  const comparison =
    final === undefined
      ? compareAnswers(fragment, table, cells.plan, ids)
      : compareWhole(fragment, cells.plan, ids);
  const relation = await listing.open(
    { table, columns: comparison.scan.scanColumns.map(({ id, source }) => ({ id, name: source })) },
    windows.flatMap(({ partitions }) => partitions),
    { signal, now: run.now },
  );
  let differences: unknown;
  try {
    const printed = printDuckdb(comparison.plan, {
      relation: ({ occurrence }) => cells.relations.get(occurrence) ?? relation,
      ...printFacts(run),
    });
    try {
      const [row] = await run.engine.rows(comparison.text(printed.text), printed.parameters, {
        signal,
      });
      differences = row?.[0];
    } finally {
      await relation.verify();
    }
  } catch (error) {
    if (isQueryError(error) && error.code === 'dataChanged') return;
    throw error;
  } finally {
    await relation.release();
  }
  counts.auditsDone++;
  if (differences === 0n) return;
  counts.auditDifferences++;
  await quarantine(cell, windows, found.rolled.length > 0, context);
  const times = windows.map(({ id }) => id);
  throw new QueryError(
    'internalError',
    `stored cell ${cell} of ${table.database}.${table.schema}.${table.name}, window ${[times[0], ...times.slice(1).slice(-1)].join(' to ')}, is not what its data give: it was taken out of use`,
  );
}

/** Takes a cell out of use, and whatever was merged over its time; of a merged one also what it may have been made of. */
async function quarantine(
  cell: number,
  windows: readonly Window[],
  isMerged: boolean,
  { reuse, base }: CellSearchContext,
): Promise<void> {
  const { store } = reuse.service;
  const shapes = await store.shapes(base);
  const spans = windows.flatMap(({ span }) => span ?? []);
  const others = await store.cells(
    shapes.map(({ id }) => id),
    spans.length === windows.length ? Math.min(...spans.map(({ from }) => from)) : -Infinity,
    spans.length === windows.length ? Math.max(...spans.map(({ to }) => to)) : Infinity,
  );
  await store.quarantine([
    cell,
    ...others
      .filter(({ id, kind }) => (isMerged || kind !== 'cell') && id !== cell)
      .map(({ id }) => id),
  ]);
}
