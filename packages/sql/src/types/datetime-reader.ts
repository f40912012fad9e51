import { QueryError } from '../errors.ts';
import { DAY_MICROS, daysInMonth, daysOf, isZone, zoneOffset } from './calendar.ts';
import type { LiteralOptions } from './literal.ts';
import { fieldOutOfRange, invalidDatetime } from './literal-error.ts';
import { ZONE_ABBREVIATIONS } from './zone-abbreviations.ts';

/** What the fields of a date/time text say. Absent parts were not written. */
export interface DatetimeFields {
  days?: number;
  micros?: bigint;
  /** Seconds east of Greenwich, or a zone's name. */
  zone?: number | string;
  special?: 'infinity' | '-infinity' | 'now' | 'epoch';
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const WEEKDAY =
  /^(mon|tue|tues|wed|weds|thu|thur|thurs|fri|sat|sun|(?:mon|tues|wednes|thurs|fri|satur|sun)day)$/;

function monthNumber(word: string): number | undefined {
  const index = MONTHS.findIndex((name) => word.slice(0, 3) === name);
  const full =
    /^(january|february|march|april|may|june|july|august|september|october|november|december|sept)$/;
  return index >= 0 && (word.length === 3 || full.test(word)) ? index + 1 : undefined;
}

/** Two digits mean 1970 to 2069. */
function fullYear(text: string): number {
  const year = Number(text);
  if (text.length > 2) return year;
  return year < 70 ? year + 2000 : year + 1900;
}

interface DateParts {
  readonly year: string;
  readonly month: number;
  readonly day: number;
}

/** A date of digits and separators, in the order that DateStyle MDY reads it. */
function delimited(a: string, b: string, c: string): DateParts | undefined {
  const named = (word: string): number | undefined =>
    /^[a-z]/.test(word) ? monthNumber(word) : undefined;
  const middle = named(b);
  if (middle !== undefined) {
    return a.length > 2
      ? { year: a, month: middle, day: Number(c) }
      : { year: c, month: middle, day: Number(a) };
  }
  const first = named(a);
  if (first !== undefined) return { year: c, month: first, day: Number(b) };
  if (/\D/.test(a + b + c)) return undefined;
  if (a.length > 2) return { year: a, month: Number(b), day: Number(c) };
  return { year: c, month: Number(a), day: Number(b) };
}

/** Reads the fields of one text in the order they stand in, as PostgreSQL's ParseDateTime and DecodeDateTime do. */
export class DatetimeReader {
  private readonly text: string;
  private readonly label: string;
  private readonly options: LiteralOptions;
  private rest: string;
  private readonly fields: DatetimeFields = {};
  private readonly numbers: string[] = [];
  private month: number | undefined;
  private parts: DateParts | undefined;
  private beforeChrist = false;
  private meridiem: 'am' | 'pm' | undefined;

  constructor(text: string, label: string, options: LiteralOptions) {
    this.text = text;
    this.label = label;
    this.options = options;
    this.rest = text.trim().toLowerCase();
  }

  read(): DatetimeFields {
    if (this.rest === '' || this.rest.length > 200) throw this.invalid();
    while (this.rest !== '') {
      if (!this.step()) throw this.invalid();
    }
    this.finishTime();
    this.finishDate();
    return this.fields;
  }

  private invalid(): QueryError {
    return invalidDatetime(this.label, this.text);
  }

  private take(pattern: RegExp): RegExpExecArray | undefined {
    const match = pattern.exec(this.rest);
    if (match === null) return undefined;
    this.rest = this.rest.slice(match[0].length);
    return match;
  }

  private step(): boolean {
    if (this.take(/^[\s,]+/) !== undefined) return true;
    const infinity = this.take(/^([+-]?)infinity$/);
    if (infinity !== undefined)
      return this.setSpecial(infinity[1] === '-' ? '-infinity' : 'infinity');
    const clock = this.take(/^t?(\d{1,2}):(\d{1,2})?(?::(\d{1,2})(?:\.(\d*))?)?(?![\d:])/);
    if (clock !== undefined) return this.setTime(clock[1], clock[2], clock[3], clock[4]);
    const packed = this.take(/^t(\d{2})(\d{2})?(\d{2})?(?:\.(\d*))?(?!\d)/);
    if (packed !== undefined)
      return this.setTime(packed[1], packed[2] ?? '00', packed[3], packed[4]);
    if (this.fields.micros !== undefined || this.parts !== undefined) {
      const offset = this.take(/^([+-])(\d{1,2}):?(\d{2})?(?::?(\d{2}))?(?!\d)/);
      if (offset !== undefined) return this.setOffset(offset);
    }
    const julian = this.take(/^j(\d+)(?!\w)/);
    if (julian !== undefined) return this.setDays(Number(julian[1]) - 2440588);
    const dotted = this.take(/^(\d{4,})\.(\d{3})(?!\w)/);
    if (dotted !== undefined) {
      return this.setDays(daysOf(Number(dotted[1]), 1, 1) + Number(dotted[2]) - 1);
    }
    const date = this.take(/^(\d+|[a-z]{3,9})([-/.])(\d{1,3}|[a-z]{3,9})\2(\d+)(?=$|[^\d])/);
    if (date !== undefined)
      return this.setParts(delimited(date[1] ?? '', date[3] ?? '', date[4] ?? ''));
    const compact = this.take(/^(\d{4,6})(\d{2})(\d{2})(?=$|[^\d.])/);
    if (compact !== undefined && this.parts === undefined && this.month === undefined) {
      return this.setParts({
        year: compact[1] ?? '',
        month: Number(compact[2]),
        day: Number(compact[3]),
      });
    }
    const short = /^(\d{2})(\d{2})(\d{2})(?=$|[^\d.])/.exec(this.rest);
    if (short !== null && this.month === undefined && this.numbers.length === 0) {
      this.take(/^\d{6}/);
      const [, a = '', b = '', c = ''] = short;
      const isTime = this.parts !== undefined || this.label.startsWith('time ');
      if (isTime) return this.setTime(a, b, c, undefined);
      return this.setParts({ year: a, month: Number(b), day: Number(c) });
    }
    const number = this.take(/^\d+(?=$|[\s,]|[a-z])/);
    if (number !== undefined) {
      this.numbers.push(number[0]);
      return this.numbers.length <= 3;
    }
    return this.word();
  }

  private word(): boolean {
    const zone = /^[a-z]+(?:[/_+-][a-z0-9_+-]+)+/.exec(this.rest);
    if (zone !== null && /[/_]/.test(zone[0]) && isZone(zone[0])) {
      this.take(/^[a-z]+(?:[/_+-][a-z0-9_+-]+)+/);
      this.fields.zone = zone[0];
      return true;
    }
    const word = this.take(/^[a-z]+\.?/)?.[0].replace(/\.$/, '');
    if (word === undefined) return false;
    switch (word) {
      case 'now':
      case 'epoch':
        return this.setSpecial(word);
      case 'today':
      case 'tomorrow':
      case 'yesterday':
        return this.setDays(this.today() + { today: 0, tomorrow: 1, yesterday: -1 }[word]);
      case 'allballs':
        this.fields.zone = 0;
        return this.setTime('00', '00', '00', undefined);
      case 'am':
      case 'pm':
        this.meridiem = word;
        return true;
      case 'bc':
        this.beforeChrist = true;
        return true;
      case 'ad':
      case 'at':
      case 'on':
      case 't':
        return true;
    }
    const month = monthNumber(word);
    if (month !== undefined) {
      this.month = month;
      return true;
    }
    if (WEEKDAY.test(word)) return true;
    const hours = ZONE_ABBREVIATIONS.get(word);
    if (hours !== undefined) {
      this.fields.zone = hours * 3600;
      return true;
    }
    if (!isZone(word)) return false;
    this.fields.zone = word;
    return true;
  }

  private today(): number {
    const millis = this.options.now.getTime();
    return Math.floor((millis / 1000 + zoneOffset(this.options.timeZone, millis)) / 86400);
  }

  private setSpecial(special: NonNullable<DatetimeFields['special']>): boolean {
    this.fields.special = special;
    return true;
  }

  private setDays(days: number): boolean {
    if (this.fields.days !== undefined) return false;
    this.fields.days = days;
    return true;
  }

  private setParts(parts: DateParts | undefined): boolean {
    if (parts === undefined || this.parts !== undefined) return false;
    this.parts = parts;
    return true;
  }

  private setTime(
    hours = '0',
    minutes = '0',
    seconds = '0',
    fraction: string | undefined,
  ): boolean {
    if (this.fields.micros !== undefined) return false;
    const digits = Number(`0.${fraction === undefined || fraction === '' ? '0' : fraction}`);
    const [h, m, s] = [Number(hours), Number(minutes), Number(seconds)];
    const micros = BigInt(h * 3600 + m * 60 + s) * 1_000_000n + BigInt(Math.round(digits * 1e6));
    if (m > 59 || s > 60 || micros > DAY_MICROS) throw fieldOutOfRange(this.text);
    this.fields.micros = micros;
    return true;
  }

  private setOffset(match: RegExpExecArray): boolean {
    const [, sign, hours = '0', minutes = '0', seconds = '0'] = match;
    const size = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
    if (Number(hours) > 15 || Number(minutes) > 59) {
      throw new QueryError(
        'datetimeOverflow',
        `time zone displacement out of range: "${this.text}"`,
      );
    }
    this.fields.zone = sign === '-' ? -size : size;
    return true;
  }

  private finishTime(): void {
    if (this.meridiem === undefined) return;
    const [hour] = this.numbers;
    if (this.fields.micros === undefined && hour !== undefined) {
      this.setTime(this.numbers.pop(), '0', '0', undefined);
    }
    const micros = this.fields.micros;
    if (micros === undefined) throw this.invalid();
    const hours = Number(micros / 3_600_000_000n);
    if (hours > 12 || hours === 0) throw fieldOutOfRange(this.text);
    const shift = this.meridiem === 'pm' ? (hours === 12 ? 0n : 12n) : hours === 12 ? -12n : 0n;
    this.fields.micros = micros + shift * 3_600_000_000n;
  }

  private finishDate(): void {
    if (this.month !== undefined && this.parts === undefined) {
      const [a = '', b = ''] = this.numbers;
      if (this.numbers.length !== 2) throw this.invalid();
      const yearFirst = a.length > 2;
      this.parts = { year: yearFirst ? a : b, month: this.month, day: Number(yearFirst ? b : a) };
    } else if (this.numbers.length === 3 && this.parts === undefined) {
      const [a = '', b = '', c = ''] = this.numbers;
      this.parts = delimited(a, b, c);
    } else if (this.numbers.length > 0) {
      throw this.invalid();
    }
    if (this.parts === undefined) {
      if (this.beforeChrist) throw this.invalid();
      return;
    }
    const { month, day } = this.parts;
    const written = fullYear(this.parts.year);
    const year = this.beforeChrist ? 1 - written : written;
    if (written === 0 || month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) {
      throw fieldOutOfRange(this.text);
    }
    this.fields.days = daysOf(year, month, day);
  }
}
