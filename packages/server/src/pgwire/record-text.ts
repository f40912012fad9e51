import type { DuckDBVector } from '@duckdb/node-api';
import type { SqlType } from '@tributary/sql';
import type { Cell, CellMaker, TextStyle } from './cell.ts';
import { fieldsOf } from './elements.ts';
import { writeQuoted } from './quoted-text.ts';
import { isNull, validityOf } from './vector-access.ts';
import { Writer } from './writer.ts';

const COMMA = 0x2c;

const RECORD_SPECIAL: ReadonlySet<number> = new Set(Buffer.from('()",\\ \t\n\r\v\f'));

/** `(1,,"a b")`: record_out. */
export function recordTextCell(
  record: SqlType,
  vector: DuckDBVector,
  rows: number,
  style: TextStyle,
  make: CellMaker,
): Cell {
  const fields = fieldsOf(record, vector).map(({ type, vector: own }) => ({
    cell: make(type, own, rows, style),
    validity: validityOf(own),
  }));
  const scratch = new Writer(256);
  return (row, out) => {
    out.byte(0x28);
    for (const [index, { cell, validity }] of fields.entries()) {
      if (index > 0) out.byte(COMMA);
      if (isNull(validity, row)) continue;
      scratch.length = 0;
      cell(row, scratch);
      const bytes = scratch.buffer.subarray(0, scratch.length);
      if (bytes.length === 0 || bytes.some((byte) => RECORD_SPECIAL.has(byte))) {
        writeQuoted(out, scratch, undefined);
      } else out.bytes(bytes);
    }
    out.byte(0x29);
  };
}
