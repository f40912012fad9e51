import type { Notice } from '@tributary/planner';
import type { QueryError } from '@tributary/sql';
import { BACKEND } from './codes.ts';
import type { Writer } from './writer.ts';

export type Severity = 'ERROR' | 'FATAL';

/** ErrorResponse. FATAL says that the connection ends. */
export function writeError(out: Writer, error: QueryError, severity: Severity = 'ERROR'): void {
  const start = out.begin(BACKEND.errorResponse);
  writeField(out, 'S', severity);
  writeField(out, 'V', severity);
  writeField(out, 'C', error.sqlstate);
  writeField(out, 'M', error.message);
  if (error.detail !== undefined) writeField(out, 'D', error.detail);
  if (error.hint !== undefined) writeField(out, 'H', error.hint);
  if (error.position !== undefined) writeField(out, 'P', String(error.position));
  out.byte(0).end(start);
}

export function writeNotice(out: Writer, notice: Notice): void {
  const start = out.begin(BACKEND.noticeResponse);
  writeField(out, 'S', notice.severity);
  writeField(out, 'V', notice.severity);
  writeField(out, 'C', notice.sqlstate);
  writeField(out, 'M', notice.message);
  if (notice.hint !== undefined) writeField(out, 'H', notice.hint);
  out.byte(0).end(start);
}

function writeField(out: Writer, field: string, value: string): void {
  out.ascii(field).cstring(value);
}
