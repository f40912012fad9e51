import { hash } from 'node:crypto';
import { statSync } from 'node:fs';
import type { BaseKey, FileLease } from '@tributary/catalog';
import { codecOf, printDuckdb } from '@tributary/sql';
import type { Plan } from '@tributary/sql';
import { printFacts } from '../execute/run-plan.ts';
import type { RunContext } from '../execute/run-plan.ts';
import { canonicalText } from './canonical-text.ts';
import { columnNames } from './cell-columns.ts';
import { columnOf } from './chain.ts';
import type { CellsPlan } from './cells-plan.ts';
import { CELL_FILE } from './cell-file.ts';
import type { Fragment, IdSource } from './fragment.ts';
import type { ReuseService } from './reuse-service.ts';
import { shapeOf } from './shape.ts';
import { storedGrouping, codecFor } from './unit-plan.ts';
import type { Span } from './time-axis.ts';
import type { Window } from './windows.ts';

/** Merging cells of fewer bytes than this is as quick as finding what was merged. */
export const WORTH_MERGING = 64 * 1024;
/** So few windows are not merged. */
const FEWEST_WINDOWS = 4;

/** Windows whose cells are merged into one. */
export interface WindowGroup {
  readonly kind: 'rollUp' | 'result';
  readonly from: number;
  readonly to: number;
  readonly windows: readonly Window[];
  readonly version: string;
  /** Fingerprint of which windows it is made of, those without files included. */
  readonly selection: string;
}

/**
 * Under which text merged cells of a fragment are kept: what they hold is the fragment's own keys, times included, and its partials, so
 * that only the very same question finds them.
 */
export function rolledText(fragment: Fragment): string {
  const names = columnNames(fragment.scan);
  return JSON.stringify({
    rolled: shapeOf(fragment),
    keys: rolledKeys(fragment).map(({ text }) => text),
    conditions: fragment.timeConditions.map((each) => canonicalText(each, names)).sort(),
  });
}

/**
 * Under which text the finished answer of a fragment is kept: only the very same question over the same rows finds it. Undefined where it
 * cannot be kept.
 */
export function finalText(fragment: Fragment): string | undefined {
  if (fragment.finalText === undefined) return undefined;
  if (fragment.whole.columns.some(({ type }) => codecOf(type) === undefined)) return undefined;
  const names = columnNames(fragment.scan);
  const { filters, domains } = shapeOf(fragment);
  return JSON.stringify({
    final: fragment.finalText,
    filters,
    domains,
    conditions: fragment.timeConditions.map((each) => canonicalText(each, names)).sort(),
  });
}

/** The keys of merged cells in the order of their columns. */
export function rolledKeys(fragment: Fragment): readonly Fragment['keys'][number][] {
  const byText = new Map(fragment.keys.map((key) => [key.text, key]));
  return [...byText.values()].sort((a, b) => (a.text < b.text ? -1 : 1));
}

/** The partials of merged cells in the order of their columns. */
export function rolledPartials(fragment: Fragment): readonly Fragment['partials'][number][] {
  return [...fragment.partials].sort((a, b) => (a.text < b.text ? -1 : 1));
}

/** Fingerprint of a set of windows and their data. */
function versionOf(windows: readonly Window[]): string {
  let content = '';
  for (const { id, version } of windows) content += `${id}\n${version}\n`;
  return hash('sha1', content);
}

function selectionOf(windows: readonly Window[], empty: readonly Window[]): string {
  const ids = [...windows, ...empty].map(({ id }) => id).sort();
  return hash('sha1', ids.join('\n'));
}

function groupOf(
  kind: WindowGroup['kind'],
  { from, to }: Span,
  windows: readonly Window[],
  empty: readonly Window[],
): WindowGroup {
  let version: string | undefined;
  let selection: string | undefined;
  return {
    kind,
    from,
    to,
    windows,
    // Who accepts an age does not ask for it.
    get version() {
      return (version ??= versionOf(windows));
    },
    get selection() {
      return (selection ??= selectionOf(windows, empty));
    },
  };
}

/**
 * The whole selection as one group; undefined without a window that has a time. `empty`: its windows without files, which have
 * no part in the version.
 */
export function wholeGroup(
  windows: readonly Window[],
  empty: readonly Window[] = [],
): WindowGroup | undefined {
  const spans = [...windows, ...empty]
    .flatMap(({ span }) => span ?? [])
    .sort((a, b) => a.from - b.from);
  const [first] = spans;
  const last = spans.at(-1);
  return first === undefined || last === undefined
    ? undefined
    : groupOf('result', { from: first.from, to: last.to }, windows, empty);
}

/** Coarser grains that windows are merged to. */
export type Grain = 'day' | 'month';

const DAY = 86_400_000;
/** The next question often begins a day or a week later: what it has in common with this one is merged too. */
const LEAD = 7 * DAY;
/** A range that is shorter than so many leads is not merged without its lead. */
const LEADS = 4;

/** The span of a grain that a moment lies in. */
function grainSpan(moment: number, grain: Grain): Span {
  if (grain === 'day') {
    const from = Math.floor(moment / DAY) * DAY;
    return { from, to: from + DAY };
  }
  const date = new Date(moment);
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()];
  return { from: Date.UTC(year, month, 1), to: Date.UTC(year, month + 1, 1) };
}

/** The grains that windows are merged to, the coarsest first: months, and days where windows are shorter. */
export function mergedGrains(windows: readonly Window[]): readonly Grain[] {
  const isShort = windows.some(({ span }) => span !== null && span.to - span.from < DAY);
  return isShort ? ['month', 'day'] : ['month'];
}

/** The windows that begin within a span, as one group; undefined where there are none. */
export function groupWithin(
  windows: readonly Window[],
  empty: readonly Window[],
  { from, to }: Span,
): WindowGroup | undefined {
  const begins = ({ span }: Window): boolean =>
    span !== null && from <= span.from && span.from < to;
  const members = windows.filter(begins);
  return members.length === 0
    ? undefined
    : groupOf('rollUp', { from, to }, members, empty.filter(begins));
}

/** The spans of a grain that lie within the selection whole, with their windows. */
export function grainGroups(
  windows: readonly Window[],
  empty: readonly Window[],
  grain: Grain,
): readonly WindowGroup[] {
  const whole = wholeGroup(windows, empty);
  if (whole === undefined) return [];
  const spans = new Map<number, Span>();
  for (const { span } of windows) {
    if (span === null) continue;
    const around = grainSpan(span.from, grain);
    if (whole.from <= around.from && around.to <= whole.to) spans.set(around.from, around);
  }
  return [...spans.values()].flatMap((span) => {
    const group = groupWithin(windows, empty, span);
    return group !== undefined && group.windows.length >= FEWEST_WINDOWS ? [group] : [];
  });
}

/** A range without its first days: what a range that was moved by up to these has in common with it. Undefined for a short one. */
export function rangeWithoutLead(
  windows: readonly Window[],
  empty: readonly Window[],
): WindowGroup | undefined {
  const whole = wholeGroup(windows, empty);
  return whole === undefined || whole.to - whole.from < LEADS * LEAD
    ? undefined
    : groupWithin(windows, empty, { from: whole.from + LEAD, to: whole.to });
}

/**
 * The first days but one: with what is merged behind them, what a range that was moved by a day has in common with it. They are few in a
 * file of many, all of which would have to be read for them.
 */
export function leadWithoutFirst(
  windows: readonly Window[],
  empty: readonly Window[],
): WindowGroup | undefined {
  const whole = wholeGroup(windows, empty);
  if (whole === undefined || whole.to - whole.from < LEADS * LEAD) return undefined;
  const span = { from: whole.from + DAY, to: whole.from + LEAD };
  const group = groupWithin(windows, empty, span);
  return group !== undefined && group.windows.length >= FEWEST_WINDOWS ? group : undefined;
}

/** Of groups that may overlap, the largest that do not. */
export function disjointGroups<T extends { readonly group: WindowGroup }>(
  groups: readonly T[],
): readonly T[] {
  const taken = new Set<Window>();
  return [...groups]
    .sort((a, b) => b.group.windows.length - a.group.windows.length)
    .filter(({ group }) => {
      if (group.windows.some((window) => taken.has(window))) return false;
      for (const window of group.windows) taken.add(window);
      return true;
    });
}

/** What merging in the background needs. */
export interface RollUpJob {
  readonly fragment: Fragment;
  readonly base: BaseKey;
  readonly group: WindowGroup;
  /** Reads the group's windows from what is stored. */
  readonly cells: CellsPlan;
  readonly run: Pick<RunContext, 'engine' | 'timeZone' | 'now'>;
  readonly ids: IdSource;
  readonly verifiedAt: number;
  /** The store's when the cells were found. */
  readonly generation: number;
  /** Bytes above which it is not kept. */
  readonly most: number;
}

/** Whether files are large enough for their merge to be worth keeping. */
export function isWorthMerging(paths: ReadonlySet<string>, above = WORTH_MERGING): boolean {
  let bytes = 0;
  for (const path of paths) {
    bytes += statSync(path, { throwIfNoEntry: false })?.size ?? 0;
    if (bytes > above) return true;
  }
  return false;
}

interface RowsToKeep {
  readonly plan: Plan;
  /** `c<id> AS <name in the file>` */
  readonly names: readonly string[];
}

/** The finished answer: column `a<place>` of the file for each column. */
function finishedRows({ fragment, cells, ids }: RollUpJob): RowsToKeep {
  const input = fragment.merge(cells.plan);
  const expressions = fragment.whole.columns.map((column) =>
    codecFor(column.type).encode(columnOf(column)),
  );
  const columns = expressions.map(({ type }) => ({ id: ids.next(), name: 'stored', type }));
  return {
    plan: { kind: 'project', input, expressions, columns },
    names: columns.map(({ id }, place) => `c${id} AS a${place}`),
  };
}

/** Partials by the fragment's keys: columns `k<place>` and `p<place>` of the file. */
function mergedRows({ fragment, cells, ids }: RollUpJob): RowsToKeep {
  const keys = rolledKeys(fragment);
  const partials = rolledPartials(fragment);
  const merged = fragment.rollUp(
    new Map(fragment.partials.map(({ text, column }) => [text, columnOf(column)])),
  );
  const aggregates = partials.flatMap(({ text }) => {
    const call = merged.get(text);
    return call === undefined ? [] : [{ id: ids.next(), call }];
  });
  const grouping = storedGrouping(
    keys.map(({ column }) => ({ expression: columnOf(column) })),
    ids,
  );
  const partialColumns = aggregates.map(({ id, call }) => ({
    id,
    name: 'partial',
    type: call.type,
  }));
  const aggregated: Plan = {
    kind: 'aggregate',
    input: cells.plan,
    keys: grouping.keys,
    aggregates,
    columns: [...grouping.columns, ...partialColumns],
  };
  const written = [...grouping.columns.slice(0, keys.length), ...partialColumns];
  const plan: Plan = {
    kind: 'project',
    input: aggregated,
    expressions: written.map(columnOf),
    columns: written.map(({ type }) => ({ id: ids.next(), name: 'stored', type })),
  };
  return {
    plan,
    names: plan.columns.map(({ id }, place) =>
      place < keys.length ? `c${id} AS k${place}` : `c${id} AS p${place - keys.length}`,
    ),
  };
}

/** What is merged, and of which data. */
function mergeKey({ fragment, base, group }: RollUpJob): string {
  const { kind, from, to, version } = group;
  return hash(
    'sha1',
    JSON.stringify([base.table, base.text, rolledText(fragment), kind, from, to, version]),
  );
}

/** Merges a group's cells into one, or the whole into the answer itself, and keeps it. */
export async function rollUp(
  job: RollUpJob,
  service: ReuseService,
  signal: AbortSignal,
): Promise<FileLease | undefined> {
  const { fragment, group, cells, run, base } = job;
  if (service.refusedMerges.has(mergeKey(job))) return undefined;
  const final = group.kind === 'result' ? finalText(fragment) : undefined;
  const { plan, names } = final === undefined ? mergedRows(job) : finishedRows(job);
  const path = await service.store.newFile(job.generation);
  try {
    const printed = printDuckdb(plan, {
      relation: ({ occurrence }) =>
        cells.relations.get(occurrence) ?? { text: '(SELECT 1)', parameters: [] },
      ...printFacts(run),
    });
    await run.engine.rows(
      `COPY (SELECT ${names.length === 0 ? '1 AS one' : names.join(', ')} FROM (${printed.text})) TO '${path.replaceAll("'", "''")}' ${CELL_FILE}`,
      printed.parameters,
      { signal, allowCopy: true },
    );
    if (statSync(path).size > job.most) {
      service.refusedMerges.set(mergeKey(job), true);
      return undefined;
    }
    const stored = await service.store.put({
      base,
      shapeText: final ?? rolledText(fragment),
      path,
      inputBytes: group.windows.reduce((sum, { bytes }) => sum + bytes, 0),
      cells: [
        {
          kind: group.kind,
          from: group.from,
          to: group.to,
          version: group.version,
          detail: group.selection,
          rows: 0,
          verifiedAt: job.verifiedAt,
        },
      ],
    });
    return stored?.lease;
  } finally {
    // Which leaves a file that was put.
    await service.store.discard(path);
  }
}
