import { civilFromDays, daysFromCivil, daysInMonth } from '@tributary/sql';

/** Instants are nanoseconds since 1970-01-01T00:00:00 without a zone, as Java's LocalDateTime counts. */
export type Instant = bigint;

export const NANOS_PER_SECOND = 1_000_000_000n;
export const NANOS_PER_DAY = 86_400n * NANOS_PER_SECOND;

/** The finest field of a pattern; fraction digits are counted apart. */
export type Precision = 'year' | 'month' | 'day' | 'hour' | 'minute' | 'second' | 'fraction';
const PRECISIONS: readonly Precision[] = [
  'year',
  'month',
  'day',
  'hour',
  'minute',
  'second',
  'fraction',
];

/** A compiled Java DateTimeFormatter pattern. */
export interface DateFormat {
  readonly pattern: string;
  readonly precision: Precision;
  /** Digits after the second: 0 unless the precision is `fraction`. */
  readonly fractionDigits: number;
  /** Whether the order of rendered texts (by bytes) is the order of time, for the years 1 to 9999. */
  readonly sortable: boolean;
  /** What the instant looks like; finer parts are cut off. */
  render(instant: Instant): string;
  /**
   * The instant of a text in exactly this format: missing months and days are 1, missing times 0. As java.time's smart
   * resolver, the 29th to 31st of a shorter month is its last day and 24:00 is the next midnight. undefined: no match.
   */
  parse(text: string): Instant | undefined;
}

interface Fields {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
  nano: number;
  days: number;
}

interface Token {
  /** Regular expression source with one group, or none for literal text. */
  readonly source: string;
  readonly gives: readonly Precision[];
  /** The rendering always has one width, so texts compare as numbers do. */
  readonly fixed: boolean;
  readonly render: (fields: Fields) => string;
  readonly read?: (text: string, into: Map<string, number>) => boolean;
}

const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];
const WEEKDAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const MAX_YEAR = 294_275;

/**
 * Compiles a pattern of Java's DateTimeFormatter: y u M L d D H h K k a m s S E, quoted and plain literal text.
 * Throws a TypeError that says what is wrong with the pattern.
 */
export function compileDateFormat(pattern: string): DateFormat {
  const tokens = tokenize(pattern);
  const letters = withoutQuotedText(pattern);
  if (/[hK]/.test(letters) !== letters.includes('a')) {
    throw new TypeError('the half-day letters h and K stand with a, and a with one of them');
  }
  const given = new Set(tokens.flatMap((token) => token.gives));
  const finest = PRECISIONS.findLastIndex((precision) => given.has(precision));
  const missing = PRECISIONS.slice(0, finest + 1).find((precision) => !given.has(precision));
  if (finest < 0 || missing !== undefined) {
    throw new TypeError(`the pattern has no ${missing ?? 'year'}`);
  }
  const precision = PRECISIONS[finest] ?? 'year';
  const fraction = /S+/.exec(letters);
  const expression = new RegExp(`^${tokens.map((token) => token.source).join('')}$`, 'u');
  const rendered = new Map<Instant, string>();
  return {
    pattern,
    precision,
    fractionDigits: precision === 'fraction' ? (fraction?.[0].length ?? 0) : 0,
    sortable: isSortable(tokens),
    render: (instant) => {
      const known = rendered.get(instant);
      if (known !== undefined) return known;
      const fields = fieldsOf(instant);
      let text = '';
      for (const token of tokens) text += token.render(fields);
      if (rendered.size >= REMEMBERED) rendered.clear();
      rendered.set(instant, text);
      return text;
    },
    parse: (text) => {
      const match = expression.exec(text);
      if (match === null) return undefined;
      const values = new Map<string, number>();
      let group = 1;
      for (const token of tokens) {
        if (token.read === undefined) continue;
        if (!token.read(match[group++] ?? '', values)) return undefined;
      }
      return resolve(values);
    },
  };
}

/** The pattern with its quoted text taken out. */
export function withoutQuotedText(pattern: string): string {
  return pattern.replace(/'[^']*'/g, '');
}

/** Texts that a format keeps: queries ask for the same days again and again. */
const REMEMBERED = 10_000;

function fieldsOf(instant: Instant): Fields {
  const ofDay = ((instant % NANOS_PER_DAY) + NANOS_PER_DAY) % NANOS_PER_DAY;
  const days = Number((instant - ofDay) / NANOS_PER_DAY);
  const seconds = Number(ofDay / NANOS_PER_SECOND);
  return {
    ...civilFromDays(days),
    days,
    hour: Math.floor(seconds / 3600),
    minute: Math.floor(seconds / 60) % 60,
    second: seconds % 60,
    nano: Number(ofDay % NANOS_PER_SECOND),
  };
}

function tokenize(pattern: string): readonly Token[] {
  const tokens: Token[] = [];
  let index = 0;
  while (index < pattern.length) {
    const char = pattern.charAt(index);
    if (char === "'") {
      let text = '';
      let end = index + 1;
      for (; ; end++) {
        if (end >= pattern.length) throw new TypeError('a quote is not closed');
        if (pattern.charAt(end) !== "'") text += pattern.charAt(end);
        else if (pattern.charAt(end + 1) === "'") text += pattern.charAt(end++);
        else break;
      }
      tokens.push(literal(end === index + 1 ? "'" : text));
      index = end + 1;
    } else if (/[A-Za-z]/.test(char)) {
      let count = 1;
      while (pattern.charAt(index + count) === char) count++;
      tokens.push(fieldToken(char, count));
      index += count;
    } else if (/[[\]{}#]/.test(char)) {
      throw new TypeError(`the character ${char} must be quoted`);
    } else {
      tokens.push(literal(char));
      index++;
    }
  }
  return tokens;
}

function literal(text: string): Token {
  return {
    source: text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&'),
    gives: [],
    fixed: true,
    render: () => text,
  };
}

function fieldToken(letter: string, count: number): Token {
  switch (letter) {
    case 'y':
    case 'u':
      return yearToken(count);
    case 'M':
    case 'L':
      return monthToken(letter, count);
    case 'd':
      return numberToken(letter, count, ['day'], 'day', 1, 31, (f) => f.day);
    case 'D':
      return dayOfYearToken(count);
    case 'H':
      return numberToken(letter, count, ['hour'], 'hour', 0, 24, (f) => f.hour);
    case 'k':
      return numberToken(letter, count, ['hour'], 'clockHour', 1, 24, (f) => f.hour || 24);
    case 'K':
      return numberToken(letter, count, ['hour'], 'halfHour', 0, 11, (f) => f.hour % 12);
    case 'h':
      return numberToken(letter, count, ['hour'], 'clockHalfHour', 1, 12, (f) => f.hour % 12 || 12);
    case 'a':
      return halfDayToken(count);
    case 'm':
      return numberToken(letter, count, ['minute'], 'minute', 0, 59, (f) => f.minute);
    case 's':
      return numberToken(letter, count, ['second'], 'second', 0, 59, (f) => f.second);
    case 'S':
      return fractionToken(count);
    case 'E':
      return textToken(count > 3 ? WEEKDAYS : WEEKDAYS.map((name) => name.slice(0, 3)), [], (f) =>
        mod(f.days + 4, 7),
      );
    default:
      throw new TypeError(`the pattern letter ${letter} is not supported`);
  }
}

function numberToken(
  letter: string,
  count: number,
  gives: readonly Precision[],
  name: string,
  low: number,
  high: number,
  value: (fields: Fields) => number,
): Token {
  if (count > 2) throw new TypeError(`too many pattern letters: ${letter}`);
  return {
    source: count === 2 ? '(\\d{2})' : '(\\d{1,19})',
    gives,
    fixed: count === 2 && letter !== 'h' && letter !== 'K' && letter !== 'k',
    render: (fields) => String(value(fields)).padStart(count, '0'),
    read: (text, into) => {
      const number = Number(text);
      into.set(name, number);
      return number >= low && number <= high;
    },
  };
}

function yearToken(count: number): Token {
  const source =
    count === 2
      ? '(\\d{2})'
      : count < 4
        ? `(\\d{${count},19})`
        : `(\\+\\d{${count + 1},19}|\\d{${count}})`;
  return {
    source,
    gives: ['year'],
    fixed: count === 2 || count >= 4,
    render: ({ year }) => {
      if (count === 2) return String(mod(year, 100)).padStart(2, '0');
      const text = String(year).padStart(count, '0');
      return count >= 4 && text.length > count ? `+${text}` : text;
    },
    read: (text, into) => {
      const year = count === 2 ? 2000 + Number(text) : Number(text);
      into.set('year', year);
      return year >= 1 && year <= MAX_YEAR;
    },
  };
}

function monthToken(letter: string, count: number): Token {
  if (count > 4) throw new TypeError(`too many pattern letters: ${letter}`);
  if (count <= 2) return numberToken(letter, count, ['month'], 'month', 1, 12, (f) => f.month);
  const names = count === 4 ? MONTHS : MONTHS.map((name) => name.slice(0, 3));
  return textToken(names, ['month'], (f) => f.month - 1, 'month', 1);
}

function dayOfYearToken(count: number): Token {
  if (count > 3) throw new TypeError('too many pattern letters: D');
  return {
    source: count === 3 ? '(\\d{3})' : `(\\d{${count},3})`,
    gives: ['month', 'day'],
    fixed: count === 3,
    render: (f) => String(f.days - daysFromCivil(f.year, 1, 1) + 1).padStart(count, '0'),
    read: (text, into) => {
      into.set('dayOfYear', Number(text));
      return Number(text) >= 1 && Number(text) <= 366;
    },
  };
}

function fractionToken(count: number): Token {
  if (count > 9) throw new TypeError('too many pattern letters: S');
  return {
    source: `(\\d{${count}})`,
    gives: ['fraction'],
    fixed: true,
    render: (f) => String(f.nano).padStart(9, '0').slice(0, count),
    read: (text, into) => {
      into.set('nano', Number(text.padEnd(9, '0')));
      return true;
    },
  };
}

function halfDayToken(count: number): Token {
  if (count > 1) throw new TypeError('too many pattern letters: a');
  return textToken(['AM', 'PM'], [], (f) => (f.hour < 12 ? 0 : 1), 'halfDay');
}

/** A name out of a list. A weekday is rendered and recognised, but decides nothing. */
function textToken(
  names: readonly string[],
  gives: readonly Precision[],
  place: (fields: Fields) => number,
  name = 'weekday',
  first = 0,
): Token {
  return {
    source: `(${names.join('|')})`,
    gives,
    fixed: false,
    render: (fields) => names[place(fields)] ?? '',
    read: (text, into) => {
      into.set(name, names.indexOf(text) + first);
      return true;
    },
  };
}

function resolve(values: ReadonlyMap<string, number>): Instant | undefined {
  const year = values.get('year');
  if (year === undefined) return undefined;
  const month = values.get('month') ?? 1;
  const dayOfYear = values.get('dayOfYear');
  let days = daysFromCivil(year, month, Math.min(values.get('day') ?? 1, daysInMonth(year, month)));
  if (dayOfYear !== undefined) {
    days = daysFromCivil(year, 1, 1) + dayOfYear - 1;
    if (days >= daysFromCivil(year + 1, 1, 1)) return undefined;
  }
  const hour = hourOf(values);
  if (hour === undefined) return undefined;
  const minute = values.get('minute') ?? 0;
  const second = values.get('second') ?? 0;
  const nano = values.get('nano') ?? 0;
  if (hour === 24 && minute + second + nano > 0) return undefined;
  const seconds = BigInt(hour * 3600 + minute * 60 + second);
  const weekday = values.get('weekday');
  if (weekday !== undefined && weekday !== mod(days + 4, 7)) return undefined;
  return BigInt(days) * NANOS_PER_DAY + seconds * NANOS_PER_SECOND + BigInt(nano);
}

function hourOf(values: ReadonlyMap<string, number>): number | undefined {
  const halfDay = values.get('halfDay');
  if (halfDay !== undefined) {
    const clock = values.get('clockHalfHour');
    const half = clock === undefined ? values.get('halfHour') : clock % 12;
    return half === undefined ? undefined : halfDay * 12 + half;
  }
  const clock = values.get('clockHour');
  return clock === undefined ? (values.get('hour') ?? 0) : clock % 24;
}

/** Fixed-width fields in falling order of size, all between the first and the last. */
function isSortable(tokens: readonly Token[]): boolean {
  let next = 0;
  for (const token of tokens) {
    if (token.read === undefined) continue;
    if (!token.fixed) return false;
    for (const precision of token.gives) {
      if (PRECISIONS[next] !== precision) return false;
      next++;
    }
  }
  return true;
}

function mod(a: number, b: number): number {
  return ((a % b) + b) % b;
}
