import type { PlanColumn, SqlType } from '@tributary/sql';
import { QueryError } from '@tributary/sql';
import { writeBinaryNumeric } from './binary-numeric.ts';
import type { Format } from './codes.ts';
import { BACKEND } from './codes.ts';
import type { Writer } from './writer.ts';

/** Writes one row whose values are already in PostgreSQL's text form as a DataRow message. */
export function writeTextRow(
  out: Writer,
  columns: readonly PlanColumn[],
  formats: readonly Format[],
  values: readonly (string | null)[],
): void {
  const before = out.length;
  const message = out.begin(BACKEND.dataRow);
  out.int16(columns.length);
  for (const [index, { type }] of columns.entries()) {
    const value = values[index] ?? null;
    if (value === null) {
      out.int32(-1);
      continue;
    }
    const start = out.length;
    out.int32(0);
    if (formats[index] === 1) {
      try {
        writeBinaryFromText(out, type, value);
      } catch (error) {
        // Half a message would break the stream that the error is to be sent in.
        out.length = before;
        throw error;
      }
    } else out.text(value);
    out.buffer.writeInt32BE(out.length - start - 4, start);
  }
  out.end(message);
}

/** The types that results made without the engine have. */
function writeBinaryFromText(out: Writer, type: SqlType, text: string): void {
  const name = type.kind === 'scalar' ? type.name : undefined;
  switch (name) {
    case 'bool':
      out.byte(text.startsWith('t') ? 1 : 0);
      return;
    case 'int2':
      out.int16(Number(text));
      return;
    case 'int4':
    case 'oid':
    case 'regclass':
      out.int32(Number(text));
      return;
    case 'int8':
      out.int64(BigInt(text));
      return;
    case 'float4':
      out.float32(Number(text));
      return;
    case 'float8':
      out.float64(Number(text));
      return;
    case 'numeric':
      writeBinaryNumeric(out, text);
      return;
    case 'jsonb':
      out.byte(1).text(text);
      return;
    case 'text':
    case 'varchar':
    case 'bpchar':
    case 'char':
    case 'name':
    case 'json':
    case 'unknown':
      out.text(text);
      return;
    default:
      throw new QueryError(
        'featureNotSupported',
        'this result has no binary form: ask for it as text',
      );
  }
}
