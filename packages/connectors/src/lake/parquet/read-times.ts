import type { ScalarType, SqlType } from '@tributary/sql';
import { FOOTER_FIELD, LOGICAL, readElement, type SchemaElement } from './read-schema.ts';
import { THRIFT, ThriftReader } from './thrift-reader.ts';

/** Least and greatest time of rows, in microseconds since 1970. `none`: no row has a time. `unknown`: it cannot be told. */
export type Times = { readonly low: bigint; readonly high: bigint } | 'none' | 'unknown';

/** The times of rows that have one or the other. */
export function joinTimes(one: Times, other: Times): Times {
  if (one === 'unknown' || other === 'none') return one;
  if (other === 'unknown' || one === 'none') return other;
  return {
    low: one.low < other.low ? one.low : other.low,
    high: one.high > other.high ? one.high : other.high,
  };
}

const INT64 = 2;
const CONVERTED_MILLIS = 9;
const CONVERTED_MICROS = 10;
const UNIT = { millis: 1, micros: 2, nanos: 3 } as const;
/** The engine's infinities: the same numbers in each unit. */
const ENDLESS = 2n ** 63n - 1n;

/** Microseconds of a stored value, by unit; where one cannot hold it, the next in a direction, -1 or 1, however the engine rounds. */
const STEPS: Readonly<Record<number, (value: bigint, direction: bigint) => bigint>> = {
  [UNIT.millis]: (value, direction) => (isEndless(value) ? endless(direction) : value * 1000n),
  [UNIT.micros]: (value, direction) => (isEndless(value) ? endless(direction) : value),
  [UNIT.nanos]: (value, direction) =>
    isEndless(value) ? endless(direction) : value / 1000n + direction,
};

function isEndless(value: bigint): boolean {
  return value >= ENDLESS || value <= -ENDLESS;
}

/** The widest bound, of whichever infinity: both may be among a file's values. */
function endless(direction: bigint): bigint {
  return direction < 0n ? -(2n ** 63n) : ENDLESS;
}

/** What a column chunk tells of its values. */
interface ChunkStatistics {
  min: Buffer | undefined;
  max: Buffer | undefined;
  nulls: number | undefined;
  values: number;
}

/**
 * The times in a column of a Parquet file by its FileMetaData (the bytes before the last 8): those of its row groups together. A
 * column that the file does not have is NULL in each row. Throws RangeError on malformed input.
 */
export function readTimes(metadata: Buffer, column: string, type: SqlType): Times {
  const reader = new ThriftReader(metadata);
  let element: SchemaElement | 'absent' | undefined;
  let found: Times | undefined;
  reader.struct((field, fieldType) => {
    if (fieldType !== THRIFT.list) return false;
    if (field === FOOTER_FIELD.schema) {
      element = topLevel(reader, column.toLowerCase());
      return true;
    }
    if (field !== FOOTER_FIELD.rowGroups) return false;
    const unit = typeof element === 'object' ? unitOf(element, type) : undefined;
    if (unit === undefined || typeof element !== 'object') return false;
    const { size } = reader.list();
    found = 'none';
    for (let group = 0; group < size; group++) {
      found = joinTimes(found, groupTimes(reader, element.name, unit));
    }
    return true;
  });
  return element === 'absent' ? 'none' : (found ?? 'unknown');
}

/** The one column of a name outside of structs; undefined where several differ in case alone. */
function topLevel(reader: ThriftReader, name: string): SchemaElement | 'absent' | undefined {
  const { size } = reader.list();
  const elements = Array.from({ length: size }, () => readElement(reader));
  const matches: SchemaElement[] = [];
  /** Behind the element at a place and all below it. */
  const behind = (place: number): number => {
    let next = place + 1;
    const children = elements[place]?.children ?? 0;
    for (let child = 0; child < children && next < size; child++) next = behind(next);
    return next;
  };
  let at = 1;
  for (let child = 0; child < (elements[0]?.children ?? 0) && at < size; child++) {
    const element = elements[at];
    if (element?.name.toLowerCase() === name) matches.push(element);
    at = behind(at);
  }
  const [only, ...others] = matches;
  return only === undefined ? 'absent' : others.length > 0 ? undefined : only;
}

/** How the engine would read the column without converting it; undefined where it would convert, or the order is not that of times. */
function unitOf(element: SchemaElement, type: SqlType): number | undefined {
  if (element.physical !== INT64 || element.repeated || element.children > 0) return undefined;
  const wanted: ScalarType['name'] = element.utc ? 'timestamptz' : 'timestamp';
  if (type.kind !== 'scalar' || type.name !== wanted) return undefined;
  if (element.logical === LOGICAL.timestamp) return element.timeUnit;
  if (element.logical !== undefined) return undefined;
  if (element.converted === CONVERTED_MILLIS) return UNIT.millis;
  return element.converted === CONVERTED_MICROS ? UNIT.micros : undefined;
}

function groupTimes(reader: ThriftReader, name: string, unit: number): Times {
  let times: Times | undefined;
  reader.struct((field, type) => {
    if (field !== 1 || type !== THRIFT.list) return false;
    const { size } = reader.list();
    for (let chunk = 0; chunk < size; chunk++) {
      reader.struct((part, partType) => {
        if (part !== 3 || partType !== THRIFT.struct) return false;
        times = chunkTimes(reader, name, unit) ?? times;
        return true;
      });
    }
    return true;
  });
  return times ?? 'unknown';
}

/** Of a ColumnMetaData; undefined where it is another column's. */
function chunkTimes(reader: ThriftReader, name: string, unit: number): Times | undefined {
  const chunk: ChunkStatistics = { min: undefined, max: undefined, nulls: undefined, values: -1 };
  let own = false;
  reader.struct((field, type) => {
    if (field === 3 && type === THRIFT.list) {
      const { size } = reader.list();
      const path = Array.from({ length: size }, () => reader.text());
      own = path.length === 1 && path[0] === name;
      return true;
    }
    if (field === 5 && type === THRIFT.i64) {
      chunk.values = reader.integer();
      return true;
    }
    if (field !== 12 || type !== THRIFT.struct || !own) return false;
    readStatistics(reader, chunk);
    return true;
  });
  return own ? timesOf(chunk, unit) : undefined;
}

function readStatistics(reader: ThriftReader, chunk: ChunkStatistics): void {
  reader.struct((field, type) => {
    if (type === THRIFT.i64 && field === 3) chunk.nulls = reader.integer();
    // The older fields mean the same for signed integers.
    else if (type === THRIFT.binary && (field === 1 || field === 5)) chunk.max = reader.bytes();
    else if (type === THRIFT.binary && (field === 2 || field === 6)) chunk.min = reader.bytes();
    else return false;
    return true;
  });
}

function timesOf({ min, max, nulls, values }: ChunkStatistics, unit: number): Times {
  if (values === 0 || (values > 0 && nulls === values)) return 'none';
  if (min?.length !== 8 || max?.length !== 8) return 'unknown';
  const steps = STEPS[unit];
  if (steps === undefined) return 'unknown';
  return { low: steps(min.readBigInt64LE(), -1n), high: steps(max.readBigInt64LE(), 1n) };
}
