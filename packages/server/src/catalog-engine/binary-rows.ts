import type { BinaryRows } from './worker-protocol.ts';

const DATA_ROW = 0x44;
const ERROR_RESPONSE = 0x45;
const PORTAL_SUSPENDED = 0x73;

/** What PostgreSQL answered to an Execute, with values as they came. */
export interface BinaryAnswer {
  readonly rows: BinaryRows;
  readonly failed: boolean;
  readonly suspended: boolean;
}

/** Reads the DataRow messages of an answer; its other messages are only looked at. */
export function readBinaryRows(answer: Uint8Array): BinaryAnswer {
  const bytes = Buffer.from(answer);
  const rows: (Uint8Array | null)[][] = [];
  let failed = false;
  let suspended = false;
  for (let at = 0; at + 5 <= bytes.length; at += 1 + bytes.readInt32BE(at + 1)) {
    const type = bytes[at];
    failed ||= type === ERROR_RESPONSE;
    suspended ||= type === PORTAL_SUSPENDED;
    if (type !== DATA_ROW) {
      continue;
    }
    let next = at + 7;
    const row = Array.from({ length: bytes.readInt16BE(at + 5) }, () => {
      const length = bytes.readInt32BE(next);
      next += 4;
      if (length < 0) {
        return null;
      }
      next += length;
      return new Uint8Array(bytes.subarray(next - length, next));
    });
    rows.push(row);
  }
  return { rows, failed, suspended };
}
