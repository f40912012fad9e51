import type { ColumnBuffer } from '@tributary/engine';
import { QueryError, digitsOf, formatType } from '@tributary/sql';
import type { ScalarType, SqlType } from '@tributary/sql';
import { readArray } from './array-reader.ts';
import { readNumeric } from './numeric-reader.ts';

/** Bytes from a source, and a view over the same ones: numbers are read by it at a fraction of the cost. */
export interface ReceivedBytes {
  readonly bytes: Uint8Array;
  readonly view: DataView;
}

/** Writes one value of PostgreSQL's binary format, `length` bytes at `at`, into a row of a column. */
export type ValueReader = (
  source: ReceivedBytes,
  at: number,
  length: number,
  column: ColumnBuffer,
  row: number,
) => void;

/** 1970-01-01 to 2000-01-01, PostgreSQL's zero. */
const EPOCH_DAYS = 10_957;
const EPOCH_MICROSECONDS = 946_684_800_000_000;
const WORD = 2 ** 32;
/** Below, a 64-bit number is exact as a JavaScript number, also after the epochs' difference is added. */
const SAFE_HIGH_WORD = 2 ** 20;
const INFINITE_DATE = 0x7fff_ffff;
const MINUS_INFINITE_DATE = -0x8000_0000;
const INFINITE_TIMESTAMP = 2n ** 63n - 1n;
const MINUS_INFINITE_TIMESTAMP = -(2n ** 63n);
/** The engine's own: the least value is -infinity's negation. */
const ENGINE_MINUS_INFINITY = -(2n ** 63n - 1n);
/** The engine keeps times of day with their zone as microseconds and (this minus the zone's seconds east). */
const LARGEST_OFFSET = 57_599;

/** A value that the engine cannot hold. Whoever reads a column names it. */
export class UnreadableValue extends Error {
  /** The value, shortened. */
  readonly shown: string;
  readonly reason: string;

  constructor(shown: string, reason: string) {
    super(reason);
    this.name = 'UnreadableValue';
    this.shown = shown.length > 60 ? `${shown.slice(0, 57)}...` : shown;
    this.reason = reason;
  }
}

const readText: ValueReader = (source, at, length, column, row) => {
  column.setBytes(row, source.bytes, at, at + length);
};

const readDate: ValueReader = (source, at, _, column, row) => {
  const days = source.view.getInt32(at);
  const place = row * column.width;
  if (days === INFINITE_DATE) column.view.setInt32(place, INFINITE_DATE, true);
  else if (days === MINUS_INFINITE_DATE) column.view.setInt32(place, -INFINITE_DATE, true);
  else column.view.setInt32(place, days + EPOCH_DAYS, true);
};

const readTimestamp: ValueReader = (source, at, _, column, row) => {
  const high = source.view.getInt32(at);
  const place = row * column.width;
  if (Math.abs(high) < SAFE_HIGH_WORD) {
    // Exact as a number, and a quarter of the cost.
    const microseconds = high * WORD + source.view.getUint32(at + 4) + EPOCH_MICROSECONDS;
    column.view.setUint32(place, microseconds % WORD, true);
    column.view.setInt32(place + 4, Math.floor(microseconds / WORD), true);
    return;
  }
  const value = source.view.getBigInt64(at);
  let microseconds = value + BigInt(EPOCH_MICROSECONDS);
  if (value === INFINITE_TIMESTAMP) microseconds = INFINITE_TIMESTAMP;
  else if (value === MINUS_INFINITE_TIMESTAMP) microseconds = ENGINE_MINUS_INFINITY;
  else if (microseconds >= INFINITE_TIMESTAMP) {
    throw new UnreadableValue('a timestamp after the year 294247', 'is out of the engine’s range');
  }
  column.view.setBigInt64(place, microseconds, true);
};

/** Eight bytes in the other order: a big integer would have to be made and thrown away. */
const readEightBytes: ValueReader = (source, at, _, column, row) => {
  const place = row * 8;
  column.view.setUint32(place, source.view.getUint32(at + 4), true);
  column.view.setUint32(place + 4, source.view.getUint32(at), true);
};

const readTimeWithZone: ValueReader = (source, at, _, column, row) => {
  const microseconds = source.view.getBigInt64(at);
  // PostgreSQL counts seconds west of UTC.
  const west = source.view.getInt32(at + 8);
  column.view.setBigUint64(
    row * column.width,
    (microseconds << 24n) | BigInt(LARGEST_OFFSET + west),
    true,
  );
};

const readInterval: ValueReader = (source, at, _, column, row) => {
  const microseconds = source.view.getBigInt64(at);
  const days = source.view.getInt32(at + 8);
  const months = source.view.getInt32(at + 12);
  if (months === INFINITE_DATE || months === MINUS_INFINITE_DATE) {
    throw new UnreadableValue(months > 0 ? 'infinity' : '-infinity', 'is no interval here');
  }
  const place = row * column.width;
  column.view.setInt32(place, months, true);
  column.view.setInt32(place + 4, days, true);
  column.view.setBigInt64(place + 8, microseconds, true);
};

const readUuid: ValueReader = (source, at, _, column, row) => {
  const place = row * column.width;
  column.view.setBigUint64(place, source.view.getBigUint64(at + 8), true);
  // The engine flips the highest bit, so that its order of signed numbers is that of the text.
  column.view.setBigUint64(place + 8, source.view.getBigUint64(at) ^ (1n << 63n), true);
};

/** The version byte comes first. */
const readJsonb: ValueReader = (source, at, length, column, row) => {
  column.setBytes(row, source.bytes, at + 1, at + length);
};

const SCALARS: Readonly<Partial<Record<ScalarType['name'], ValueReader>>> = {
  bool: (source, at, _, column, row) => column.view.setUint8(row, source.view.getUint8(at)),
  int2: (source, at, _, column, row) =>
    column.view.setInt16(row * 2, source.view.getInt16(at), true),
  int4: (source, at, _, column, row) =>
    column.view.setInt32(row * 4, source.view.getInt32(at), true),
  int8: readEightBytes,
  oid: (source, at, _, column, row) =>
    column.view.setUint32(row * 4, source.view.getUint32(at), true),
  float4: (source, at, _, column, row) =>
    column.view.setFloat32(row * 4, source.view.getFloat32(at), true),
  float8: readEightBytes,
  text: readText,
  varchar: readText,
  bpchar: readText,
  char: readText,
  name: readText,
  json: readText,
  bytea: readText,
  jsonb: readJsonb,
  date: readDate,
  time: readEightBytes,
  timetz: readTimeWithZone,
  timestamp: readTimestamp,
  timestamptz: readTimestamp,
  interval: readInterval,
  uuid: readUuid,
};

/**
 * How values of a type are read; `exact`: digits that a numeric column has no place for are refused, else rounded. Throws featureNotSupported
 * for types that no source column has.
 */
export function valueReader(type: SqlType, exact: boolean): ValueReader {
  if (type.kind === 'array') {
    const item = valueReader(type.element, exact);
    return (source, at, _, column, row) => readArray(source, at, column, row, item);
  }
  if (type.kind === 'scalar' && type.name === 'numeric') {
    const shape = { ...digitsOf(type), exact };
    return (source, at, _, column, row) => readNumeric(source, at, shape, column, row);
  }
  const reader = type.kind === 'scalar' ? SCALARS[type.name] : undefined;
  if (reader !== undefined) return reader;
  throw new QueryError(
    'featureNotSupported',
    `values of type ${formatType(type)} cannot be read from a Postgres source`,
  );
}
