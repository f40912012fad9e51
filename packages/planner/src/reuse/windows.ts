import { hash } from 'node:crypto';
import type { StoredCell } from '@tributary/catalog';
import { isProjected } from '@tributary/catalog';
import type { TableDefinition } from '@tributary/catalog';
import type { ListedPartition, ScanListing } from '@tributary/connectors';
import { domainContains, parseDomainValue } from '@tributary/sql';
import type { Fragment } from './fragment.ts';
import type { TimeBounds } from './tied-time.ts';
import type { Span, TimeAxis } from './time-axis.ts';

/** One tuple of time partition values, with what of the data lies in it. */
export interface Window {
  /** The tuple as text. */
  readonly id: string;
  /** In the axis' order of columns. */
  readonly values: readonly (string | null)[];
  /** Null: the window of rows without a time. */
  readonly span: Span | null;
  /** Places in the listing, of partitions that have files. */
  readonly partitions: readonly number[];
  readonly files: number;
  readonly bytes: number;
  /** Fingerprint of exactly its kept files. */
  readonly version: string;
  /** Of its newest file. */
  readonly modifiedAt: number | undefined;
}

/** What cells of a window are found by. */
export function spanKey({ span }: Pick<Window, 'span'>): string {
  return `${span?.from ?? null}:${span?.to ?? null}`;
}

/** A listing's windows in the order of time, the NULL window last. Undefined: a value that is not a time. */
export function windowsOf(
  listing: Pick<ScanListing, 'partitions'>,
  table: TableDefinition,
  axis: TimeAxis,
): readonly Window[] | undefined {
  const places = axis.columns.map((name) =>
    table.partitionColumns.findIndex((column) => column.name === name),
  );
  const groups = new Map<string, { readonly values: (string | null)[]; members: number[] }>();
  let last: { readonly values: (string | null)[]; members: number[] } | undefined;
  for (const [index, { partition }] of listing.partitions.entries()) {
    // Partitions of a window mostly follow each other.
    if (
      !last?.values.every((value, at) => value === (partition.values[places[at] ?? -1] ?? null))
    ) {
      const values = places.map((place) => partition.values[place] ?? null);
      const id = JSON.stringify(values);
      last = groups.get(id);
      if (last === undefined) groups.set(id, (last = { values, members: [] }));
    }
    last.members.push(index);
  }
  const windows: Window[] = [];
  for (const [id, { values, members }] of groups) {
    const span = values.includes(null) ? null : axis.span(values);
    if (span === undefined) return undefined;
    windows.push(windowOf(id, values, span, members, listing.partitions));
  }
  return windows.sort((a, b) => (a.span?.from ?? Infinity) - (b.span?.from ?? Infinity));
}

function windowOf(
  id: string,
  values: readonly (string | null)[],
  span: Span | null,
  members: readonly number[],
  listed: readonly ListedPartition[],
): Window {
  const partitions: number[] = [];
  let files = 0;
  let bytes = 0;
  let modifiedAt: number | undefined;
  for (const place of members) {
    const each = listed[place];
    if (each === undefined || each.files === 0) continue;
    partitions.push(place);
    files += each.files;
    bytes += each.bytes;
    if (each.modifiedAt !== undefined) modifiedAt = Math.max(modifiedAt ?? 0, each.modifiedAt);
  }
  let version: string | undefined;
  return {
    id,
    values,
    span,
    partitions,
    files,
    bytes,
    modifiedAt,
    // Who accepts an age does not ask for it.
    get version() {
      return (version ??= versionOf(id, partitions, listed));
    },
  };
}

function versionOf(
  id: string,
  partitions: readonly number[],
  listed: readonly ListedPartition[],
): string {
  let content = id;
  for (const place of partitions) {
    const each = listed[place];
    if (each !== undefined) content += `\n${contentOf(each)}`;
  }
  return hash('sha1', content);
}

/** Equal for partitions of equal values, place and files only: every part is preceded by its length. */
function contentOf({ partition: { values, location }, version }: ListedPartition): string {
  let text = `${values.length}`;
  for (const value of values) text += value === null ? ' -' : ` ${value.length}:${value}`;
  return `${text} ${location.length}:${location} ${version.length}:${version}`;
}

function partitionKey({ partition }: ListedPartition): string {
  return JSON.stringify([partition.values, partition.location]);
}

/**
 * What a cell records besides its version: how many windows its file holds, the bounds of its rows' time column where known, and the
 * version of each partition, so that a narrower question can tell whether its part is unchanged.
 */
export function cellDetail(
  window: Window,
  listing: Pick<ScanListing, 'partitions'>,
  file: { readonly windows: number; readonly bounds: TimeBounds | undefined },
): string {
  const versions: Record<string, string> = {};
  for (const place of window.partitions) {
    const listed = listing.partitions[place];
    if (listed !== undefined) versions[partitionKey(listed)] = shortHash(listed.version);
  }
  const bounds = file.bounds === undefined ? '' : ` ${file.bounds.low} ${file.bounds.high}`;
  return `${file.windows}${bounds}\n${JSON.stringify(versions)}`;
}

/** The least and greatest time of a cell's rows, where it tells. */
export function cellBounds({ detail }: StoredCell): TimeBounds | undefined {
  const [, low, high] = detail.slice(0, detail.indexOf('\n')).split(' ');
  return low === undefined || high === undefined
    ? undefined
    : { low: BigInt(low), high: BigInt(high) };
}

/** How many windows the file of a cell holds, live or not. */
export function windowsInFile(cell: StoredCell): number {
  return Number.parseInt(cell.detail, 10);
}

/** The detail of a cell whose rows were copied to a file of so many windows. */
export function withWindowsInFile({ detail }: StoredCell, windows: number): string {
  return `${windows}${detail.slice(String(Number.parseInt(detail, 10)).length)}`;
}

/** The values of a partition that a cell has rows of, by partition column; undefined where it has none. */
export function partitionValues({ detail }: StoredCell): readonly (string | null)[] | undefined {
  const [key] = Object.keys(parseDetail(detail) ?? {});
  return key === undefined ? undefined : (JSON.parse(key) as [(string | null)[], string])[0];
}

function shortHash(text: string): string {
  return hash('sha1', text, 'base64').slice(0, 22);
}

/**
 * Whether a cell was computed from exactly the data that a window now has. `narrower`: the statement keeps fewer partitions than
 * the cell has rows of; those it keeps must be unchanged, and what the cell has beyond them must be outside its domains.
 */
export function isCurrent(
  cell: StoredCell,
  window: Window,
  context: {
    readonly listing: Pick<ScanListing, 'partitions'>;
    readonly fragment: Fragment;
    readonly table: TableDefinition;
    readonly narrower: boolean;
  },
): boolean {
  if (!context.narrower) return cell.version === window.version;
  const stored = parseDetail(cell.detail);
  if (stored === undefined) return false;
  const kept = new Set<string>();
  for (const place of window.partitions) {
    const listed = context.listing.partitions[place];
    if (listed === undefined) return false;
    const key = partitionKey(listed);
    if (stored[key] !== shortHash(listed.version)) return false;
    kept.add(key);
  }
  const candidates = isProjected(context.table) ? candidateKeys(window, context) : undefined;
  return Object.keys(stored).every(
    (key) => kept.has(key) || isOutside(key, candidates, context.fragment, context.table),
  );
}

/** The keys of a window's candidate partitions, files or not. */
function candidateKeys(
  window: Window,
  { listing, fragment, table }: Parameters<typeof isCurrent>[2],
): ReadonlySet<string> {
  const places = fragment.axis.columns.map((name) =>
    table.partitionColumns.findIndex((column) => column.name === name),
  );
  return new Set(
    listing.partitions
      .filter(({ partition }) =>
        places.every((place, index) => (partition.values[place] ?? null) === window.values[index]),
      )
      .map(partitionKey),
  );
}

/** Whether the statement would not have kept a partition that a cell holds, had it still existed. */
function isOutside(
  key: string,
  candidates: ReadonlySet<string> | undefined,
  fragment: Fragment,
  table: TableDefinition,
): boolean {
  // A projected table's candidates are all that could be kept: one without files is among them.
  if (candidates !== undefined) return !candidates.has(key);
  const [values] = JSON.parse(key) as [(string | null)[], string];
  return table.partitionColumns.some(({ name, type }, index) => {
    const domain = fragment.domains.get(name);
    const text = values[index] ?? null;
    const value = text === null ? null : parseDomainValue(text, type);
    return domain !== undefined && value !== undefined && !domainContains(domain, value);
  });
}

function parseDetail(text: string): Readonly<Record<string, string>> | undefined {
  try {
    return JSON.parse(text.slice(text.indexOf('\n') + 1)) as Record<string, string>;
  } catch {
    return undefined;
  }
}
