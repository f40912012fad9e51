import type { ScanRelation, ScanStatistics } from './connector.ts';

/** The counts of a scan that has read nothing yet. `path` names how its data reaches the engine. */
export function noScanStatistics(path: string): ScanStatistics {
  return {
    partitionsConsidered: 0n,
    partitionsKept: 0n,
    files: 0,
    fileBytes: 0,
    rows: 0,
    bytesRead: 0,
    requests: 0,
    retries: 0,
    listingMs: 0,
    windowsWidened: 0,
    path,
  };
}

/** A relation whose rows lie in its text, its parameters or the server's own files: nothing can change and nothing is held. */
export function relationWithoutSource(
  relation: Pick<ScanRelation, 'text' | 'parameters'>,
  path: string,
): ScanRelation {
  return {
    text: relation.text,
    parameters: relation.parameters,
    statistics: noScanStatistics(path),
    verify: () => Promise.resolve(),
    content: () => ({ version: '', modifiedAt: undefined }),
    release: () => Promise.resolve(),
  };
}
