import { QueryError } from '../errors.ts';
import {
  DAY_MICROS,
  daysOf,
  formatDate,
  formatTime,
  formatTimestamp,
  localOffset,
  zoneOffset,
} from './calendar.ts';
import { DatetimeReader } from './datetime-reader.ts';
import type { DatetimeFields } from './datetime-reader.ts';
import type { LiteralOptions } from './literal.ts';
import { invalidDatetime } from './literal-error.ts';
import type { ScalarType } from './sql-type.ts';
import { typeLabel } from './type-info.ts';

function readFields(text: string, type: ScalarType, options: LiteralOptions): DatetimeFields {
  return new DatetimeReader(text, typeLabel(type), options).read();
}

const FIRST_DAY = daysOf(-4713, 11, 24);
const LAST_DATE = daysOf(5874897, 12, 31);
const LAST_TIMESTAMP = daysOf(294276, 12, 31);

/** Rounds to the places of the modifier, half away from 2000-01-01, where PostgreSQL's count begins. */
function toPlaces(micros: bigint, typmod: number): bigint {
  if (typmod < 0 || typmod >= 6) return micros;
  const unit = 10n ** BigInt(6 - typmod);
  const half = unit / 2n;
  const sincePostgresEpoch = micros - POSTGRES_EPOCH;
  const rounded =
    sincePostgresEpoch >= 0n
      ? ((sincePostgresEpoch + half) / unit) * unit
      : -(((-sincePostgresEpoch + half) / unit) * unit);
  return rounded + POSTGRES_EPOCH;
}

const POSTGRES_EPOCH = 946_684_800_000_000n;

/** Local time now in the session's zone, in microseconds as if UTC. */
function localNow(options: LiteralOptions): bigint {
  const millis = options.now.getTime();
  return BigInt(millis + zoneOffset(options.timeZone, millis) * 1000) * 1000n;
}

/** date input. Times of day and zones that stand beside the date are ignored. */
export function parseDate(text: string, options: LiteralOptions): string {
  const fields = new DatetimeReader(text, 'date', options).read();
  switch (fields.special) {
    case 'infinity':
    case '-infinity':
      return fields.special;
    case 'epoch':
      return '1970-01-01';
    case 'now':
      return formatTimestamp(localNow(options)).slice(0, 10);
    case undefined:
      break;
  }
  if (fields.days === undefined) throw invalidDatetime('date', text);
  if (fields.days < FIRST_DAY || fields.days > LAST_DATE) {
    throw new QueryError('datetimeOverflow', `date out of range: "${text}"`);
  }
  return formatDate(fields.days);
}

/** time and timetz input. */
export function parseTime(text: string, type: ScalarType, options: LiteralOptions): string {
  const fields = readFields(text, type, options);
  const zoned = type.name === 'timetz';
  const micros =
    fields.special === 'now'
      ? ((localNow(options) % DAY_MICROS) + DAY_MICROS) % DAY_MICROS
      : fields.micros;
  if (micros === undefined) throw invalidDatetime(typeLabel(type), text);
  const time = formatTime(toPlaces(micros, type.typmod));
  if (!zoned) return time;
  const zone = fields.zone ?? options.timeZone;
  const offset = typeof zone === 'number' ? zone : zoneOffset(zone, options.now.getTime());
  return time + formatOffset(offset);
}

function formatOffset(seconds: number): string {
  const size = Math.abs(seconds);
  const pad = (value: number): string => value.toString().padStart(2, '0');
  const minutes = Math.floor(size / 60) % 60;
  const rest = size % 60;
  const tail = rest > 0 ? `:${pad(minutes)}:${pad(rest)}` : minutes > 0 ? `:${pad(minutes)}` : '';
  return `${seconds < 0 ? '-' : '+'}${pad(Math.floor(size / 3600))}${tail}`;
}

/** timestamp and timestamptz input; the latter is answered in UTC. A timestamp ignores a zone. */
export function parseTimestamp(text: string, type: ScalarType, options: LiteralOptions): string {
  const fields = readFields(text, type, options);
  const zoned = type.name === 'timestamptz';
  const suffix = zoned ? '+00' : '';
  switch (fields.special) {
    case 'infinity':
    case '-infinity':
      return fields.special;
    case 'epoch':
      return `1970-01-01 00:00:00${suffix}`;
    case 'now': {
      const now = zoned ? BigInt(options.now.getTime()) * 1000n : localNow(options);
      return formatTimestamp(toPlaces(now, type.typmod), suffix);
    }
    case undefined:
      break;
  }
  if (fields.days === undefined) throw invalidDatetime(typeLabel(type), text);
  if (fields.days < FIRST_DAY || fields.days > LAST_TIMESTAMP) {
    throw new QueryError('datetimeOverflow', `timestamp out of range: "${text}"`);
  }
  let micros = BigInt(fields.days) * DAY_MICROS + (fields.micros ?? 0n);
  if (zoned) {
    const zone = fields.zone ?? options.timeZone;
    const offset = typeof zone === 'number' ? zone : localOffset(zone, Number(micros / 1000n));
    micros -= BigInt(offset) * 1_000_000n;
  }
  return formatTimestamp(toPlaces(micros, type.typmod), suffix);
}
