import { statSync } from 'node:fs';
import type { ScanListing } from '@tributary/connectors';
import type { CellSearchContext, Found } from './cell-search.ts';
import { cellSources } from './cell-sources.ts';
import { cellsPlan } from './cells-plan.ts';
import type { Fragment } from './fragment.ts';
import type { HeldFiles } from './held-files.ts';
import {
  WORTH_MERGING,
  disjointGroups,
  grainGroups,
  isWorthMerging,
  leadWithoutFirst,
  mergedGrains,
  rollUp,
  rangeWithoutLead,
  wholeGroup,
} from './roll-up.ts';
import type { WindowGroup } from './roll-up.ts';
import type { Window } from './windows.ts';

/** A large merged cell of more than this part of what it is made of is not kept: to read it would take about as long. */
const MERGED_PART = 0.5;
/** A merged cell with this part of the windows is as good as one with all. */
const NEARLY = 0.9;

/** What an answer was made of. */
export interface MergeableAnswer {
  readonly fragment: Fragment;
  readonly found: Found;
  /** Windows that have files. */
  readonly selected: readonly Window[];
  readonly listing: ScanListing;
  readonly verifiedAt: number;
}

/** Whether the months of an answer, and the whole of it, are worth cells of their own: whether the next question will win by them. */
export function isMergeable(
  { fragment, found }: MergeableAnswer,
  { reuse }: CellSearchContext,
): boolean {
  return (
    reuse.policy.populate &&
    fragment.form === 'groups' &&
    fragment.bounds === undefined &&
    found.filled.length > 1 &&
    found.filled.every(({ stored }) => stored) &&
    isWorthMerging(new Set(found.filled.map(({ path }) => path)), reuse.service.config.mergeAbove)
  );
}

/** Merges an answer's months, what the next range will have in common with it, and the whole of it, into cells of their own. */
export async function mergeGroups(
  { fragment, found, selected, listing, verifiedAt }: MergeableAnswer,
  context: CellSearchContext,
  held: HeldFiles,
  signal: AbortSignal,
): Promise<void> {
  const { run, reuse, ids, table, base, empty, generation } = context;
  // It would not be kept.
  if (reuse.service.store.generation() !== generation) return;
  const groups = [...found.rolled];
  const merge = async (group: WindowGroup, inFull = false): Promise<void> => {
    const members = new Set(group.windows);
    const inside = disjointGroups(
      groups.filter((each) => each.group.windows.every((one) => members.has(one))),
    );
    const covered = new Set(inside.flatMap((each) => each.group.windows));
    const filled = found.filled.filter(({ window }) => members.has(window) && !covered.has(window));
    // Windows that came in a merged cell which reaches beyond the group are not there one by one.
    if (covered.size + filled.length < group.windows.length) return;
    const sources = cellSources({ filled, rolled: inside }, table, listing);
    const cells = cellsPlan(fragment, table, sources, ids);
    const most =
      group.kind === 'result'
        ? Infinity
        : Math.max(WORTH_MERGING, MERGED_PART * bytesOf(filled, inside, inFull));
    const job = { fragment, base, group, cells, run, ids, verifiedAt, generation, most };
    const lease = await rollUp(job, reuse.service, signal);
    if (lease === undefined) return;
    held.hold(lease);
    const [path] = lease.paths.values();
    if (path !== undefined) groups.push({ group, path });
  };
  // The coarsest first: finer ones only where none of these reaches.
  for (const grain of mergedGrains(selected)) {
    for (const group of grainGroups(selected, empty, grain)) {
      const length = group.to - group.from;
      const isCovered = groups.some(
        ({ group: { from, to } }) =>
          from < group.to &&
          group.from < to &&
          (to - from > length || (from <= group.from && group.to <= to)),
      );
      if (!isCovered) await merge(group);
    }
  }
  const common = rangeWithoutLead(selected, empty);
  if (common !== undefined && !isNearlyCovered(common, groups)) {
    await merge(common);
    const lead = leadWithoutFirst(selected, empty);
    if (lead !== undefined && !isNearlyCovered(lead, groups)) await merge(lead, true);
  }
  const whole = wholeGroup(selected, empty);
  if (whole !== undefined) await merge(whole);
}

/** Bytes of windows' cells: a file's size is shared among its windows, unless all of it is read for them (`inFull`). */
function bytesOf(
  filled: Found['filled'],
  rolled: readonly { readonly path: string }[],
  inFull: boolean,
): number {
  const sizes = new Map<string, number>();
  const sizeOf = (path: string): number => {
    const size = sizes.get(path) ?? statSync(path, { throwIfNoEntry: false })?.size ?? 0;
    sizes.set(path, size);
    return size;
  };
  const paths = new Set(filled.map(({ path }) => path));
  return (
    (inFull
      ? [...paths].reduce((sum, path) => sum + sizeOf(path), 0)
      : filled.reduce((sum, { path, windowsInFile }) => sum + sizeOf(path) / windowsInFile, 0)) +
    rolled.reduce((sum, { path }) => sum + sizeOf(path), 0)
  );
}

/** Whether one group leaves out so few windows of a range that another merge would win little. */
function isNearlyCovered(
  { windows }: WindowGroup,
  groups: readonly { readonly group: WindowGroup }[],
): boolean {
  const members = new Set(windows);
  return groups.some(
    ({ group }) =>
      group.windows.filter((each) => members.has(each)).length >= windows.length * NEARLY,
  );
}
