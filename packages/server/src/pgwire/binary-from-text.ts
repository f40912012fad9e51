import type { SqlType } from '@tributary/sql';
import { QueryError } from '@tributary/sql';
import { writeBinaryNumeric } from './binary-numeric.ts';
import type { Writer } from './writer.ts';

/** The types that results made without the engine have. */
export function writeBinaryFromText(out: Writer, type: SqlType, text: string): void {
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
    case 'regtype':
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
