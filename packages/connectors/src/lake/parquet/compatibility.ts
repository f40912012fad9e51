import { digitsOf, type ScalarType, type SqlType } from '@tributary/sql';
import type { FileType } from './file-type.ts';

/** Signed bits that hold every value of a file's integer type. */
const INTEGER_BITS: Readonly<Record<string, number>> = {
  TINYINT: 8,
  UTINYINT: 9,
  SMALLINT: 16,
  USMALLINT: 17,
  INTEGER: 32,
  UINTEGER: 33,
  BIGINT: 64,
  UBIGINT: 65,
};

/**
 * Whether every value of a file's column can be read as the declared type without loss: the same type or a wider one. Text
 * is never taken for numbers, nor numbers for text, although the engine could cast them.
 */
export function isReadableAs(file: FileType, declared: SqlType): boolean {
  if (file.kind === 'scalar' && file.name === 'NULL') return true;
  switch (declared.kind) {
    case 'scalar':
      return isScalarReadable(file, declared);
    case 'array':
      return file.kind === 'list' && isReadableAs(file.element, declared.element);
    case 'map':
      return (
        file.kind === 'map' &&
        isReadableAs(file.key, declared.key) &&
        isReadableAs(file.value, declared.value)
      );
    case 'struct':
      return (
        file.kind === 'struct' &&
        declared.fields.every((field) => {
          const name = field.name.toLowerCase();
          const stored = file.fields.find((other) => other.name.toLowerCase() === name);
          return stored === undefined || isReadableAs(stored.type, field.type);
        })
      );
  }
}

function isScalarReadable(file: FileType, declared: ScalarType): boolean {
  if (file.kind === 'decimal') return isDecimalReadable(file, declared);
  if (file.kind !== 'scalar') return false;
  const bits = INTEGER_BITS[file.name];
  switch (declared.name) {
    case 'int2':
      return bits !== undefined && bits <= 16;
    case 'int4':
      return bits !== undefined && bits <= 32;
    case 'int8':
      return bits !== undefined && bits <= 64;
    case 'oid':
      return bits !== undefined && bits <= 33 && file.name.startsWith('U');
    case 'float4':
      return file.name === 'FLOAT' || (bits !== undefined && bits <= 17);
    case 'float8':
      return ['FLOAT', 'DOUBLE'].includes(file.name) || (bits !== undefined && bits <= 33);
    case 'numeric': {
      if (bits === undefined) return false;
      const { precision, scale } = digitsOf(declared);
      return precision - scale >= decimalDigits(bits);
    }
    case 'text':
    case 'varchar':
    case 'bpchar':
    case 'char':
    case 'name':
      // Old writers leave text without an annotation.
      return ['VARCHAR', 'JSON', 'BLOB'].includes(file.name);
    case 'json':
    case 'jsonb':
      return ['VARCHAR', 'JSON'].includes(file.name);
    case 'bool':
      return file.name === 'BOOLEAN';
    case 'bytea':
      return file.name === 'BLOB';
    case 'date':
      return file.name === 'DATE';
    case 'timestamp':
    case 'timestamptz':
      return ['DATE', 'TIMESTAMP', 'TIMESTAMP WITH TIME ZONE'].includes(file.name);
    case 'time':
      return file.name === 'TIME';
    case 'uuid':
      return file.name === 'UUID';
    case 'interval':
      return file.name === 'INTERVAL';
    default:
      return false;
  }
}

function isDecimalReadable(
  file: { readonly precision: number; readonly scale: number },
  declared: ScalarType,
): boolean {
  if (declared.name === 'float8') return file.precision <= 15;
  if (declared.name !== 'numeric') return false;
  const { precision, scale } = digitsOf(declared);
  return scale >= file.scale && precision - scale >= file.precision - file.scale;
}

/** Decimal digits of the largest value of a signed integer of that many bits. */
function decimalDigits(bits: number): number {
  return String(2n ** BigInt(bits - 1)).length;
}

/** Whether text is stored without saying so anywhere in a type that is declared as text. */
export function storesTextAsBytes(file: FileType, declared: SqlType): boolean {
  return (
    file.kind === 'scalar' &&
    file.name === 'BLOB' &&
    declared.kind === 'scalar' &&
    declared.name !== 'bytea'
  );
}
