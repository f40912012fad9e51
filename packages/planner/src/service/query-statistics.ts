import type { BypassReason } from '../reuse/reasons.ts';

/** What one statement considered, read and spent. Counts are totals over its scans. */
export interface QueryStatistics {
  partitionsConsidered: bigint;
  partitionsKept: bigint;
  filesRead: number;
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
    rowsRead: undefined,
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
