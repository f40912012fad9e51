import type { SqlType } from '@tributary/sql';
import { formatType, QueryError, sameType, typeFromOid } from '@tributary/sql';
import { EPOCH_DAYS, EPOCH_MICROS } from './binary-codecs.ts';
import { readBinaryNumeric } from './binary-numeric.ts';
import type { Format } from './codes.ts';
import {
  DATE_INFINITY,
  TIMESTAMP_INFINITY,
  writeClock,
  writeDate,
  writeOffset,
  writeTimestamp,
} from './datetime-text.ts';
import { writeFloat } from './float-text.ts';
import { writeInterval } from './interval-text.ts';
import { decodeText, Reader } from './reader.ts';
import { Writer } from './writer.ts';

/**
 * A bound parameter in PostgreSQL's text form.
 *
 * @throws QueryError characterNotInRepertoire for text that is not UTF-8, invalidBinaryRepresentation for bytes that are
 *   no value of the type, featureNotSupported for a type without a binary form here.
 */
export function parameterText(bytes: Buffer, format: Format, type: SqlType): string {
  if (format === 0) return decodeText(bytes);
  const reader = new Reader(bytes);
  try {
    const text = readBinary(reader, type);
    reader.end();
    return text;
  } catch (error) {
    if (error instanceof QueryError && error.code === 'protocolViolation') {
      throw new QueryError(
        'invalidBinaryRepresentation',
        `incorrect binary data for a parameter of type ${formatType(type)}`,
        { cause: error },
      );
    }
    throw error;
  }
}

function written(write: (out: Writer) => void): string {
  const out = new Writer(64);
  write(out);
  return out.buffer.toString('latin1', 0, out.length);
}

function readBinary(reader: Reader, type: SqlType): string {
  if (type.kind === 'array') return readArray(reader, type.element);
  if (type.kind !== 'scalar') return decodeText(reader.take(reader.remaining));
  switch (type.name) {
    case 'bool':
      return reader.byte() === 0 ? 'f' : 't';
    case 'int2':
      return String(reader.int16());
    case 'int4':
      return String(reader.int32());
    case 'oid':
    case 'regclass':
    case 'regtype':
      return String(reader.uint32());
    case 'int8':
      return String(reader.take(8).readBigInt64BE());
    case 'float4': {
      const value = reader.take(4).readFloatBE();
      return written((out) => writeFloat(out, value, true, 1));
    }
    case 'float8': {
      const value = reader.take(8).readDoubleBE();
      return written((out) => writeFloat(out, value, false, 1));
    }
    case 'numeric':
      return readBinaryNumeric(reader);
    case 'bytea':
      return `\\x${reader.take(reader.remaining).toString('hex')}`;
    case 'date': {
      const days = reader.int32();
      if (days === 2_147_483_647) return 'infinity';
      if (days === -2_147_483_648) return '-infinity';
      const since1970 = days + EPOCH_DAYS;
      if (since1970 >= DATE_INFINITY) throw outOfRange('date');
      return written((out) => writeDate(out, since1970));
    }
    case 'time':
      return readClock(reader.take(8).readBigInt64BE());
    case 'timetz': {
      const clock = readClock(reader.take(8).readBigInt64BE());
      const west = reader.int32();
      if (Math.abs(west) >= 57_600) throw outOfRange('time zone displacement');
      return clock + written((out) => writeOffset(out, -west));
    }
    case 'timestamp':
      return readTimestamp(reader, false);
    case 'timestamptz':
      return readTimestamp(reader, true);
    case 'interval': {
      const micros = reader.take(8).readBigInt64BE();
      const days = reader.int32();
      const months = reader.int32();
      return written((out) => writeInterval(out, months, days, micros));
    }
    case 'uuid': {
      const hex = reader.take(16).toString('hex');
      return [
        hex.slice(0, 8),
        hex.slice(8, 12),
        hex.slice(12, 16),
        hex.slice(16, 20),
        hex.slice(20),
      ].join('-');
    }
    case 'jsonb': {
      const version = reader.byte();
      if (version !== 1) {
        throw new QueryError(
          'invalidBinaryRepresentation',
          `unsupported jsonb version number ${version}`,
        );
      }
      return decodeText(reader.take(reader.remaining));
    }
    case 'text':
    case 'varchar':
    case 'bpchar':
    case 'char':
    case 'name':
    case 'json':
    case 'unknown':
    case 'void':
      return decodeText(reader.take(reader.remaining));
    case 'record':
      throw new QueryError('featureNotSupported', 'a parameter of type record has no binary form');
  }
}

function readClock(micros: bigint): string {
  if (micros < 0n || micros > 86_400_000_000n) throw outOfRange('time');
  return written((out) =>
    writeClock(out, Number(micros / 1_000_000n), Number(micros % 1_000_000n)),
  );
}

function readTimestamp(reader: Reader, zoned: boolean): string {
  const value = reader.take(8).readBigInt64BE();
  if (value === 9_223_372_036_854_775_807n) return 'infinity';
  if (value === -9_223_372_036_854_775_808n) return '-infinity';
  const micros = value + EPOCH_MICROS;
  if (micros >= TIMESTAMP_INFINITY) throw outOfRange('timestamp');
  const view = new DataView(new ArrayBuffer(8));
  view.setBigInt64(0, micros, true);
  return written((out) => writeTimestamp(out, view, 0, zoned ? () => 0 : undefined));
}

function outOfRange(what: string): QueryError {
  return new QueryError('datetimeOverflow', `${what} out of range`);
}

/** array_recv, printed as an array literal. */
function readArray(reader: Reader, declared: SqlType): string {
  const dimensions = reader.int32();
  const flags = reader.int32();
  const oid = reader.uint32();
  if (dimensions < 0 || dimensions > 6 || (flags !== 0 && flags !== 1)) throw invalidArray();
  const element = innermostOf(declared);
  const sent = typeFromOid(oid);
  if (sent === undefined || !sameType(sent, element)) {
    throw new QueryError('datatypeMismatch', `binary data has array element type ${oid}`, {
      detail: `Expected elements of type ${formatType(element)}.`,
    });
  }
  const lengths: number[] = [];
  let total = dimensions === 0 ? 0 : 1;
  for (let index = 0; index < dimensions; index++) {
    const length = reader.int32();
    reader.int32();
    // Every element takes four bytes at least: a larger count is a lie that would cost memory.
    total *= length;
    if (length < 0 || total > reader.remaining) throw invalidArray();
    lengths.push(length);
  }
  if (total === 0) return '{}';
  const level = (depth: number): string => {
    const parts: string[] = [];
    for (let index = 0; index < (lengths[depth] ?? 0); index++) {
      parts.push(depth + 1 < lengths.length ? level(depth + 1) : readElement(reader, element));
    }
    return `{${parts.join(',')}}`;
  };
  return level(0);
}

function readElement(reader: Reader, type: SqlType): string {
  const length = reader.int32();
  if (length === -1) return 'NULL';
  const own = new Reader(reader.take(length));
  const text = readBinary(own, type);
  own.end();
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}

function innermostOf(type: SqlType): SqlType {
  return type.kind === 'array' ? innermostOf(type.element) : type;
}

function invalidArray(): QueryError {
  return new QueryError('invalidBinaryRepresentation', 'invalid binary array');
}
