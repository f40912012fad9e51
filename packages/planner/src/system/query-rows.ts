import type { QueryRecord } from '../service/query-log.ts';
import type { SystemRows } from './system-relation.ts';
import { SYSTEM_TABLES } from './system-tables.ts';

const milliseconds = (value: number): string => value.toFixed(3);

function queryRow(record: QueryRecord): readonly (string | null)[] {
  const { statistics } = record;
  return [
    String(record.id),
    String(record.sessionId),
    record.user,
    record.application,
    record.state,
    record.progress?.toFixed(3) ?? null,
    record.text,
    record.startedAt.toISOString(),
    record.finishedAt?.toISOString() ?? null,
    record.sqlstate ?? null,
    String(statistics.windowsTotal),
    String(statistics.windowsHit),
    String(statistics.windowsMiss),
    String(statistics.windowsBypass),
    statistics.bypassReasons.size === 0 ? null : [...statistics.bypassReasons].sort().join(','),
    String(statistics.partitionsConsidered),
    String(statistics.partitionsKept),
    String(statistics.filesRead),
    statistics.rowsRead === undefined ? null : String(statistics.rowsRead),
    String(statistics.bytesRead),
    String(statistics.requests),
    String(statistics.retries),
    milliseconds(statistics.planningMs),
    milliseconds(statistics.listingMs),
    milliseconds(statistics.executionMs),
    milliseconds(statistics.totalMs),
  ];
}

/** Rows of `tributary.queries` and `tributary.last_query`. */
export function queryRows(records: readonly QueryRecord[]): SystemRows {
  const table = SYSTEM_TABLES.find((each) => each.name === 'queries');
  return { columns: table?.columns ?? [], rows: records.map(queryRow) };
}
