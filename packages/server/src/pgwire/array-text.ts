import type { DuckDBVector } from '@duckdb/node-api';
import { DuckDBTypeId } from '@duckdb/node-api';
import type { SqlType } from '@tributary/sql';
import type { Cell, CellMaker, TextStyle } from './cell.ts';
import { elementsOf, elementType } from './elements.ts';
import { writeQuoted } from './quoted-text.ts';
import { isNull, validityOf } from './vector-access.ts';
import { Writer } from './writer.ts';

const COMMA = 0x2c;
const BACKSLASH = 0x5c;

/** `{1,NULL,"a b"}`. */
export function arrayTextCell(
  type: SqlType,
  vector: DuckDBVector,
  style: TextStyle,
  make: CellMaker,
): Cell {
  const elements = elementsOf(vector);
  const { vector: child } = elements;
  const element = elementType(type, child);
  const cell = make(element, child, child.itemCount, style);
  const validity = validityOf(child);
  const nested = child.type.typeId === DuckDBTypeId.LIST;
  const scratch = new Writer(256);
  return (row, out) => {
    const start = elements.offset(row);
    const end = start + elements.length(row);
    out.byte(0x7b);
    for (let index = start; index < end; index++) {
      if (index > start) out.byte(COMMA);
      if (isNull(validity, index)) {
        out.ascii('NULL');
        continue;
      }
      scratch.length = 0;
      cell(index, scratch);
      if (nested || !needsQuotes(scratch)) out.bytes(scratch.buffer.subarray(0, scratch.length));
      else writeQuoted(out, scratch, BACKSLASH);
    }
    out.byte(0x7d);
  };
}

const SPECIAL: ReadonlySet<number> = new Set(Buffer.from('{}",\\ \t\n\r\v\f'));

/** What array_out puts in quotes: nothing, NULL, and braces, commas, quotes, backslashes, white space. */
function needsQuotes({ buffer, length }: Writer): boolean {
  if (length === 0) return true;
  if (length === 4 && buffer.toString('latin1', 0, 4).toUpperCase() === 'NULL') return true;
  for (let index = 0; index < length; index++) if (SPECIAL.has(buffer[index] ?? 0)) return true;
  return false;
}
