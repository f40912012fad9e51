import type { SqlType } from '@tributary/sql';
import type { Cell } from './cell.ts';

/** Types whose text is a JSON number; the values NaN and Infinity have none and become strings. */
const NUMBERS: ReadonlySet<string> = new Set([
  'int2',
  'int4',
  'int8',
  'oid',
  'float4',
  'float8',
  'numeric',
]);

export function isJsonNumber(type: SqlType): boolean {
  return type.kind === 'scalar' && NUMBERS.has(type.name);
}

export function isJsonDocument(type: SqlType): boolean {
  return type.kind === 'scalar' && (type.name === 'json' || type.name === 'jsonb');
}

/** Wraps a text cell so that it writes a JSON string, as PostgreSQL's to_json does. */
export function quotedJson(cell: Cell): Cell {
  return (row, out) => {
    const start = out.length;
    cell(row, out);
    const text = out.buffer.toString('utf8', start, out.length);
    out.length = start;
    out.text(JSON.stringify(text));
  };
}
