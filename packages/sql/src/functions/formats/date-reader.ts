import { raise, reuse, textLiteral } from '../template-parts.ts';
import type { DateShape, Part } from './date-shape.ts';

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];

const overflow = raise('datetimeOverflow', 'date/time field value out of range');
const badHour = raise('invalidDatetimeFormat', 'hour is invalid for the 12-hour clock');

/** DuckDB texts of the parts of `group`, a struct of texts: what is not there is zero or the like. */
class Parts {
  readonly #shape: DateShape;
  readonly #group: string;

  constructor(shape: DateShape, group: string) {
    this.#shape = shape;
    this.#group = group;
  }

  text(part: Part): string | undefined {
    return this.#shape.parts.includes(part) ? `${this.#group}.${part}` : undefined;
  }

  number(part: Part): string {
    const text = this.text(part);
    if (text === undefined) return '0';
    return `CASE WHEN ${text} = '' THEN 0 ELSE coalesce(TRY_CAST(${text} AS INTEGER), ${overflow}) END`;
  }

  is(part: Part, beginning: string): string {
    const text = this.text(part);
    return text === undefined ? 'false' : `starts_with(lower(${text}), '${beginning}')`;
  }

  /** Digits after the point: fewer than all are the first ones. */
  fraction(part: Part, digits: number): string {
    const text = this.text(part);
    if (text === undefined) return '0';
    const factors = Array.from({ length: digits - 1 }, (_, index) => {
      const length = index + 1;
      return `WHEN ${length} THEN ${10 ** (digits - length)}`;
    });
    return `CAST(${this.number(part)} AS BIGINT) * CASE length(${text}) ${factors.join(' ')} ELSE 1 END`;
  }

  year(): string {
    const text = this.text('year');
    if (text === undefined) return '0';
    const year = this.number('year');
    if (!this.#shape.partialYear) return year;
    return `CASE WHEN ${text} = '' OR length(${text}) >= 4 THEN ${year} WHEN (${year}) < 70 THEN (${year}) + 2000 WHEN (${year}) < 100 THEN (${year}) + 1900 WHEN (${year}) < 520 THEN (${year}) + 2000 WHEN (${year}) < 1000 THEN (${year}) + 1000 ELSE ${year} END`;
  }

  month(): string {
    const name = this.text('monthName');
    if (name === undefined) return this.number('month');
    const names = MONTHS.map((each) => `'${each}'`).join(', ');
    return `coalesce(list_position([${names}], left(lower(${name}), 3)), 0)`;
  }

  /** Whether the 12-hour clock is told by what was read. */
  isHour12(): string {
    const half = this.text('half');
    const told = half === undefined ? 'false' : `${half} <> ''`;
    const hour = this.#shape.hour12 ? this.text('hour') : undefined;
    return hour === undefined ? told : `${told} OR ${hour} <> ''`;
  }
}

/**
 * DuckDB text of the timestamp of a text (a name, used several times) whose shape is that of the format. Fields that are zero count as
 * not there, as in PostgreSQL. A text of another shape fails with 22007, a value out of range with 22008.
 */
export function readDate(text: string, shape: DateShape): string {
  const names = shape.parts.map((part) => `'${part}'`).join(', ');
  const expression = textLiteral(`^(?:${shape.expression})?$`);
  const groups = `regexp_extract(${text}, ${expression}, [${names}])`;
  const failed = raise('invalidDatetimeFormat', 'the text does not have the format');
  const read = reuse([groups], (group) => {
    const parts = new Parts(shape, group);
    const values =
      `{'y': ${parts.year()}, 'm': ${parts.month()}, 'd': ${parts.number('day')}, 'h': ${parts.number('hour')}, ` +
      `'i': ${parts.number('minute')}, 's': ${parts.number('second')}, 'f': ${parts.fraction('millis', 3)} * 1000 + ${parts.fraction('micros', 6)}, ` +
      `'twelve': ${parts.isHour12()}, 'pm': ${parts.is('half', 'p')}, 'bc': ${parts.is('era', 'b')}}`;
    return reuse([values], momentOf);
  });
  return `CASE WHEN regexp_matches(${text}, ${expression}) THEN ${read} ELSE ${failed} END`;
}

/** The timestamp of the values that were read. */
function momentOf(v: string): string {
  const signed = `CASE WHEN ${v}.bc THEN -${v}.y ELSE ${v}.y END`;
  const year = `(CASE WHEN ${v}.y = 0 THEN 0 WHEN (${signed}) < 0 THEN (${signed}) + 1 ELSE ${signed} END)`;
  const hour = `CASE WHEN NOT ${v}.twelve THEN ${v}.h WHEN ${v}.h < 1 OR ${v}.h > 12 THEN ${badHour} WHEN ${v}.pm AND ${v}.h < 12 THEN ${v}.h + 12 WHEN NOT ${v}.pm AND ${v}.h = 12 THEN 0 ELSE ${v}.h END`;
  const first = `make_date(${year}, CASE WHEN ${v}.m = 0 THEN 1 ELSE ${v}.m END, 1)`;
  const day = `CASE WHEN ${v}.d = 0 THEN 1 ELSE ${v}.d END`;
  const wrong =
    `${v}.m < 0 OR ${v}.m > 12 OR ${v}.d < 0 OR ${v}.d > 31 OR ${v}.h < 0 OR ${v}.h > 23 OR ${v}.i < 0 OR ${v}.i > 59 ` +
    `OR ${v}.s < 0 OR ${v}.s > 59 OR ${v}.f < 0 OR ${v}.f > 999999 OR ${v}.y < -4713 OR (${v}.bc AND ${v}.y > 4713) OR ${v}.y > 290000`;
  const pastMonth = `${v}.y <> 0 AND ${v}.m <> 0 AND ${v}.d > day(last_day(${first}))`;
  const moment = `CAST(${first} + CAST((${day}) - 1 AS INTEGER) AS TIMESTAMP) + to_microseconds((CAST(${hour} AS BIGINT) * 3600 + ${v}.i * 60 + ${v}.s) * 1000000 + ${v}.f)`;
  return `CASE WHEN ${v}.twelve AND (${v}.h < 1 OR ${v}.h > 12) THEN ${badHour} WHEN ${wrong} THEN ${overflow} ELSE CASE WHEN ${pastMonth} THEN ${overflow} ELSE ${moment} END END`;
}
