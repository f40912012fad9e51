import type { RandomSource } from '../support/random-source.ts';
import { either } from './dialects.ts';
import { day, DAYS, ENUM_VALUES, quote } from './lake-tables.ts';
import type { PartitionRole } from './lake-tables.ts';

export interface PartitionReference {
  readonly role: PartitionRole;
  readonly isText: boolean;
  /** `alias.name`. */
  readonly text: string;
}

const COMPARISONS = ['=', '<', '<=', '>', '>=', '<>'];
const TURNED: Readonly<Record<string, string>> = {
  '=': '=',
  '<': '>',
  '<=': '>=',
  '>': '<',
  '>=': '<=',
  '<>': '<>',
};

function compared(left: string, right: string, random: RandomSource): string {
  const operator = random.pick(COMPARISONS);
  return random.chance(0.25)
    ? `${right} ${TURNED[operator] ?? operator} ${left}`
    : `${left} ${operator} ${right}`;
}

/** A comparison of rows, which DuckDB compares with NULL as a value: spelled out for the truth. */
function rowsCompared(left: readonly string[], operator: string, right: readonly string[]): string {
  const strict = operator.slice(0, 1);
  const terms = left.map((each, index) => {
    const equal = left.slice(0, index).map((one, at) => `${one} = ${right[at] ?? ''}`);
    const last = index === left.length - 1 || operator === '=' ? operator : strict;
    return `(${[...equal, `${each} ${last} ${right[index] ?? ''}`].join(' AND ')})`;
  });
  const spelled = operator === '=' ? terms.join(' AND ') : terms.join(' OR ');
  return either(`(${left.join(', ')}) ${operator} (${right.join(', ')})`, `(${spelled})`);
}

const someDay = (random: RandomSource): string => day(random.integer(-10, DAYS + 10));

function span(random: RandomSource): readonly [string, string] {
  const from = random.integer(-5, DAYS);
  return [day(from), day(from + random.integer(-1, 20))];
}

/** Days from a day to today: `current_date - n` names that day. */
function daysAgo(date: string): number {
  return Math.floor(Date.now() / 86_400_000) - Date.parse(date) / 86_400_000;
}

/** PostgreSQL truncates a date as a moment of the session's zone; DuckDB truncates it as a date. */
export function truncatedDate(unit: string, date: string): string {
  return either(`date_trunc('${unit}', ${date})`, `date_trunc('${unit}', (${date})::timestamptz)`);
}

function datePredicate(c: string, random: RandomSource): string {
  const literal = (): string => `date '${someDay(random)}'`;
  const [from, to] = span(random);
  const unit = random.pick(['day', 'week', 'month', 'quarter', 'year']);
  const part = random.pick(['year', 'month', 'day', 'dow', 'doy', 'isodow', 'quarter', 'week']);
  return random.choose(
    () => compared(c, literal(), random),
    () => compared(c, `'${someDay(random)}'`, random),
    () => `${c} BETWEEN '${from}' AND '${to}'`,
    () => `${c} >= date '${from}' AND ${c} < date '${to}'`,
    () => `${c} NOT BETWEEN date '${from}' AND date '${to}'`,
    () => `${c} IN (${Array.from({ length: random.integer(1, 5) }, literal).join(', ')})`,
    () => `${c} NOT IN (${literal()}, ${literal()})`,
    () => `(${c} = ${literal()} OR ${c} BETWEEN '${from}' AND '${to}')`,
    () => `NOT (${c} < ${literal()} OR ${c} > ${literal()})`,
    () => compared(`${c}::text`, `'${someDay(random)}'`, random),
    () =>
      `CAST(${c} AS varchar) LIKE '${someDay(random).slice(0, random.pick([4, 7, 8, 9, 10]))}%'`,
    () =>
      compared(
        `${c}::timestamp`,
        `timestamp '${someDay(random)} ${random.pick(['00:00:00', '12:30:00'])}'`,
        random,
      ),
    () =>
      compared(
        c,
        `timestamp '${someDay(random)} ${random.pick(['00:00:00', '12:30:00'])}'`,
        random,
      ),
    () => compared(truncatedDate(unit, c), literal(), random),
    () =>
      compared(
        `${c}::timestamptz`,
        `timestamptz '${someDay(random)} ${random.pick(['00:00:00+00', '12:30:00-05', '23:00:00+13'])}'`,
        random,
      ),
    () =>
      compared(
        `${c}::timestamp AT TIME ZONE 'Asia/Tokyo'`,
        `'${someDay(random)} 15:00:00+00'::timestamptz`,
        random,
      ),
    () => compared(c, `'${someDay(random)} 05:00:00+00'::timestamptz`, random),
    () => `${c} IN (SELECT d.d FROM lake.dim AS d WHERE d.d >= ${literal()})`,
    () => `${c} = (SELECT max(d.d) FROM lake.dim AS d WHERE d.d < ${literal()})`,
    () => `${truncatedDate(unit, c)}::date = ${truncatedDate(unit, literal())}::date`,
    () =>
      `${truncatedDate('month', c)} IN (timestamp '2024-01-01', timestamp '2024-02-01 00:00:00')`,
    () => compared(`extract(${part} from ${c})`, String(random.integer(1, 12)), random),
    () =>
      `extract(year from ${c}) = ${random.pick([2023, 2024])} AND extract(month from ${c}) IN (${random.integer(1, 3)}, ${random.integer(1, 12)})`,
    () => compared(`date_part('${part}', ${c})`, String(random.integer(1, 30)), random),
    () => compared(`${c} + ${random.integer(-20, 20)}`, literal(), random),
    () =>
      compared(
        `${c} - interval '${random.integer(1, 40)} ${random.pick(['day', 'days', 'hours', 'month', 'weeks'])}'`,
        literal(),
        random,
      ),
    () => compared(`${c} + interval '1 month'`, `timestamp '${someDay(random)} 00:00:00'`, random),
    () =>
      compared(
        c,
        `${literal()} ${random.pick(['+', '-'])} interval '${random.integer(1, 3)} ${random.pick(['month', 'week', 'day', 'hour'])}'`,
        random,
      ),
    () => compared(c, `${literal()} + ${random.integer(-20, 20)}`, random),
    () => compared(c, `current_date - ${daysAgo(someDay(random))}`, random),
    () => compared(`${literal()} - ${c}`, String(random.integer(-20, 40)), random),
    () => compared(`${c} - ${literal()}`, String(random.integer(-40, 20)), random),
    () => `${c} IS ${random.pick(['', 'NOT '])}NULL`,
    () => `${c} IS ${random.pick(['', 'NOT '])}DISTINCT FROM ${literal()}`,
    () => `coalesce(${c}, ${literal()}) >= '${from}'`,
    () => `CASE WHEN ${c} < ${literal()} THEN ${c} > ${literal()} ELSE ${c} < '${to}' END`,
    () => rowsCompared([c, '1'], random.pick(['=', '>', '<=']), [`date '${from}'`, '1']),
    () => `${c} = (date '${from}' + ${random.integer(0, 9)})`,
    () =>
      compared(
        either(`to_char(${c}, 'YYYY-MM')`, `strftime(${c}, '%Y-%m')`),
        `'${someDay(random).slice(0, 7)}'`,
        random,
      ),
    () => compared(`greatest(${c}, ${literal()})`, literal(), random),
    () =>
      `${c} = ANY (ARRAY[${literal()}, ${literal()}])`.replace(
        /= ANY \(ARRAY(.*)\)$/,
        (_, list: string) => either(`= ANY (ARRAY${list})`, `IN (${list.slice(1, -1)})`),
      ),
  );
}

function textDatePredicate(c: string, random: RandomSource): string {
  const literal = (): string => `'${someDay(random).slice(0, random.pick([10, 10, 10, 7, 4]))}'`;
  const [from, to] = span(random);
  return random.choose(
    () => compared(c, literal(), random),
    () => `${c} BETWEEN '${from}' AND '${to}'`,
    () => `${c} IN (${Array.from({ length: random.integer(1, 5) }, literal).join(', ')})`,
    () => `${c} LIKE '${someDay(random).slice(0, random.pick([4, 7, 8, 9]))}%'`,
    () => `${c} LIKE '2024-__-1_'`,
    () => `${c} NOT LIKE '%-01-%'`,
    () => datePredicate(`${c}::date`, random),
    () => datePredicate(`CAST(${c} AS date)`, random),
    () => compared(`${c}::timestamp`, `timestamp '${someDay(random)} 00:00:00'`, random),
    () => compared(`substring(${c}, 1, 7)`, `'${someDay(random).slice(0, 7)}'`, random),
    () => compared(`left(${c}, 4)`, `'2024'`, random),
    () => compared(`substr(${c}, 6, 2)::int`, String(random.integer(1, 12)), random),
    () => compared(`replace(${c}, '-', '')`, `'${someDay(random).replaceAll('-', '')}'`, random),
    () => `${c} >= ${either(`to_char(date '${from}', 'YYYY-MM-DD')`, `'${from}'`)}`,
    () => compared(c, `(date '${from}' + ${random.integer(0, 9)})::text`, random),
    () => `${c} IS NOT NULL`,
    () => compared(`upper(${c})`, literal(), random),
  );
}

function hourPredicate(c: string, random: RandomSource): string {
  const literal = (): string =>
    `timestamp '${someDay(random)} ${random.pick(['00:00:00', '06:00:00', '12:00:00', '13:14:15'])}'`;
  const [from, to] = span(random);
  return random.choose(
    () => compared(c, literal(), random),
    () => compared(c, `'${someDay(random)} 06:00:00'`, random),
    () => compared(c, `date '${someDay(random)}'`, random),
    () => `${c} BETWEEN '${from}' AND '${to}'`,
    () => `${c} IN (${literal()}, ${literal()})`,
    () => compared(`${c}::date`, `date '${from}'`, random),
    () => `${c}::date BETWEEN '${from}' AND '${to}'`,
    () => `date_trunc('${random.pick(['hour', 'day', 'month', 'week'])}', ${c}) = ${literal()}`,
    () => compared(`date_trunc('day', ${c})`, `date '${from}'`, random),
    () => compared(`extract(hour from ${c})`, String(random.integer(0, 20)), random),
    () => `extract(year from ${c}) = 2024 AND extract(month from ${c}) = ${random.integer(1, 3)}`,
    () =>
      compared(
        `${c} - interval '${random.integer(1, 50)} ${random.pick(['hours', 'days', 'minutes'])}'`,
        literal(),
        random,
      ),
    () => compared(c, `${literal()} + interval '1 month'`, random),
    () => `${c}::text LIKE '${someDay(random).slice(0, 7)}%'`,
    () => compared(`${c}::text`, `'${from} 06:00:00'`, random),
    () => `NOT (${c} < ${literal()})`,
    () => compared(`extract(epoch from ${c})`, String(Date.parse(from) / 1000), random),
  );
}

function numberPredicate(c: string, random: RandomSource): string {
  const value = (): number => random.integer(-3, 13);
  return random.choose(
    () => compared(c, String(value()), random),
    () => `${c} BETWEEN ${value()} AND ${value()}`,
    () => `${c} IN (${value()}, ${value()}, ${value()})`,
    () => `${c} NOT IN (${value()}, ${value()})`,
    () => compared(`${c} + 1`, String(value()), random),
    () => compared(`${c} * 2`, String(value()), random),
    () => `${c} % 2 = ${random.integer(0, 1)}`,
    () => compared(c, `${value()}.5`, random),
    () => `${c}::text = '${value()}'`,
    () => `${c}::text LIKE '1%'`,
    () => compared(`-${c}`, String(value()), random),
    () => `abs(${c}) <= ${value()}`,
    () => `(${c} = ${value()} OR ${c} > ${value()})`,
    () => `NOT ${c} = ${value()}`,
    () => `${c} IS ${random.pick(['', 'NOT '])}NULL`,
    () => `coalesce(${c}, 7) = ${value()}`,
    () => compared(`${c}::bigint`, `${value()}::smallint`, random),
  );
}

function choicePredicate(c: string, random: RandomSource): string {
  const value = (): string => quote(random.pick([...ENUM_VALUES, 'none', '', 'e']));
  return random.choose(
    () => `${c} = ${value()}`,
    () => `${value()} = ${c}`,
    () => `${c} <> ${value()}`,
    () => compared(c, value(), random),
    () => `${c} IN (${value()}, ${value()}, ${value()})`,
    () => `${c} NOT IN (${value()}, ${value()})`,
    () =>
      `${c} LIKE ${quote(random.pick(['e%', '%', '_u', '%s%', '50\\%', 'u_ %', '%=%', 'x:%']))}${either('', " ESCAPE '\\'")}`,
    () => `${c} NOT LIKE 'e%'`,
    () => `${c} ILIKE 'eu'`,
    () => `upper(${c}) = 'EU'`,
    () => `lower(${c}) IN ('eu', 'us west')`,
    () => `${c} IS ${random.pick(['', 'NOT '])}NULL`,
    () => `length(${c}) ${random.pick(['<', '>', '='])} 3`,
    () => `coalesce(${c}, 'eu') = 'eu'`,
    () => `(${c} = ${value()} OR ${c} IS NULL)`,
    () => `${c} || '!' = 'eu!'`,
    () => `NOT (${c} = ${value()} OR ${c} = ${value()})`,
    () => `${c} IS DISTINCT FROM ${value()}`,
  );
}

/** year, month and day as columns of their own, numbers or texts. */
function calendarPredicate(
  parts: readonly string[],
  isText: boolean,
  random: RandomSource,
): string {
  const [year = '', month = '', dayOf = ''] = parts;
  const number = (c: string): string => (isText ? `${c}::int` : c);
  const text = (c: string): string => (isText ? c : `lpad(${c}::text, 2, '0')`);
  const literal = (value: number): string =>
    isText ? quote(String(value).padStart(2, '0')) : String(value);
  const [y, m, d] = [number(year), number(month), number(dayOf)];
  const date = someDay(random);
  const [from, to] = span(random);
  return random.choose(
    () => `${year} = ${literal(2024)} AND ${month} = ${literal(random.integer(1, 3))}`,
    () =>
      `(${year} = ${literal(2023)} AND ${month} = ${literal(12)} OR ${year} = ${literal(2024)} AND ${month} <= ${literal(random.integer(1, 2))})`,
    () =>
      `${year} = ${literal(2024)} AND ${month} IN (${literal(1)}, ${literal(2)}) AND ${dayOf} ${random.pick(['<', '>=', '='])} ${literal(random.integer(1, 28))}`,
    () =>
      compared(`${year} || '-' || ${text(month)} || '-' || ${text(dayOf)}`, `'${date}'`, random),
    () =>
      `concat(${year}, ${text(month)}, ${text(dayOf)}) BETWEEN '${from.replaceAll('-', '')}' AND '${to.replaceAll('-', '')}'`,
    () => compared(`make_date(${y}, ${m}, ${d})`, `date '${date}'`, random),
    () => compared(`${y} * 10000 + ${m} * 100 + ${d}`, date.replaceAll('-', ''), random),
    () =>
      rowsCompared([year, month], random.pick(['>=', '<', '=']), [
        literal(2024),
        literal(random.integer(1, 2)),
      ]),
    () =>
      rowsCompared(
        [year, month, dayOf],
        random.pick(['>', '<=', '=']),
        date.split('-').map((part) => literal(Number(part))),
      ),
    () => `${dayOf} BETWEEN ${literal(5)} AND ${literal(random.integer(3, 25))}`,
    () => `${d} % 7 = ${random.integer(0, 6)}`,
    () =>
      compared(
        `cast(${year} || '-' || ${text(month)} || '-' || ${text(dayOf)} as date)`,
        `date '${date}'`,
        random,
      ),
    () => `NOT (${year} = ${literal(2024)} AND ${month} > ${literal(1)})`,
    () => `${month} IS NOT NULL AND ${year} <> ${literal(2023)}`,
    () => `${month} = ${literal(random.integer(1, 3))}`,
  );
}

/** A random predicate over a relation's partition columns. */
export function partitionPredicate(
  columns: readonly PartitionReference[],
  random: RandomSource,
): string {
  const calendar = columns.filter(({ role }) => ['year', 'monthOf', 'dayOf'].includes(role));
  if (calendar.length === 3) {
    return `(${calendarPredicate(
      calendar.map(({ text }) => text),
      calendar[0]?.isText === true,
      random,
    )})`;
  }
  const { text, role } = random.pick(columns);
  const one = (): string => {
    switch (role) {
      case 'date':
      case 'month':
        return datePredicate(text, random);
      case 'textDate':
        return textDatePredicate(text, random);
      case 'hour':
        return hourPredicate(text, random);
      case 'choice':
        return choicePredicate(text, random);
      default:
        return numberPredicate(text, random);
    }
  };
  const first = `(${one()})`;
  return random.chance(0.2)
    ? `(${first} ${random.pick(['AND', 'OR', 'OR NOT'])} (${one()}))`
    : first;
}
