import type { ScanStatistics } from '@tributary/connectors';
import type { BypassReason } from '../reuse/reasons.ts';

/** What one statement considered, read and spent. Counts are totals over its scans. */
export interface QueryStatistics {
  partitionsConsidered: bigint;
  partitionsKept: bigint;
  filesRead: number;
  /** Undefined where a scan's files do not tell. */
  rowsRead: number | undefined;
  bytesRead: number;
  requests: number;
  retries: number;
  planningMs: number;
  listingMs: number;
  executionMs: number;
  totalMs: number;
  windowsTotal: number;
  windowsHit: number;
  windowsMiss: number;
  windowsBypass: number;
  /** Why windows, or whole blocks, were not answered from cells. */
  readonly bypassReasons: Set<BypassReason>;
}

export function emptyStatistics(): QueryStatistics {
  return {
    partitionsConsidered: 0n,
    partitionsKept: 0n,
    filesRead: 0,
    rowsRead: 0,
    bytesRead: 0,
    requests: 0,
    retries: 0,
    planningMs: 0,
    listingMs: 0,
    executionMs: 0,
    totalMs: 0,
    windowsTotal: 0,
    windowsHit: 0,
    windowsMiss: 0,
    windowsBypass: 0,
    bypassReasons: new Set(),
  };
}

/** Adds the files that a scan reads. */
export function addFiles(statistics: QueryStatistics, scan: ScanStatistics): void {
  statistics.filesRead += scan.files;
  statistics.rowsRead =
    statistics.rowsRead === undefined || scan.rows === undefined
      ? undefined
      : statistics.rowsRead + scan.rows;
}

/** Adds what a scan that has ended fetched. On local disk the engine reads by itself: what it may have read is counted. */
export function addTransfers(statistics: QueryStatistics, scan: ScanStatistics): void {
  statistics.bytesRead += scan.path === 'local' ? scan.fileBytes : scan.bytesRead;
  statistics.requests += scan.requests;
  statistics.retries += scan.retries;
}

/** What of a statement's counts tells how its answer was made: of its last attempt, while times and transfers are of all. */
type AnswerCounts = Pick<
  QueryStatistics,
  | 'partitionsConsidered'
  | 'partitionsKept'
  | 'filesRead'
  | 'rowsRead'
  | 'windowsTotal'
  | 'windowsHit'
  | 'windowsMiss'
  | 'windowsBypass'
  | 'bypassReasons'
>;

/** The counts as they are now. */
export function countsOf(statistics: QueryStatistics): AnswerCounts {
  return { ...statistics, bypassReasons: new Set(statistics.bypassReasons) };
}

/** Goes back to counts of before. */
export function setCounts(statistics: QueryStatistics, counts: AnswerCounts): void {
  const { bypassReasons, ...numbers } = counts;
  statistics.partitionsConsidered = numbers.partitionsConsidered;
  statistics.partitionsKept = numbers.partitionsKept;
  statistics.filesRead = numbers.filesRead;
  statistics.rowsRead = numbers.rowsRead;
  statistics.windowsTotal = numbers.windowsTotal;
  statistics.windowsHit = numbers.windowsHit;
  statistics.windowsMiss = numbers.windowsMiss;
  statistics.windowsBypass = numbers.windowsBypass;
  statistics.bypassReasons.clear();
  for (const reason of bypassReasons) statistics.bypassReasons.add(reason);
}
