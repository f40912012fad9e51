import type { RandomSource } from '../support/random-source.ts';
import { either } from './dialects.ts';
import { truncatedDate } from './partition-predicates.ts';
import { day, DAYS, quote } from './lake-tables.ts';
import type { Kind } from './lake-tables.ts';

export interface ScopeColumn {
  /** `alias.name`. */
  readonly text: string;
  readonly kind: Kind;
}

const KINDS: readonly Kind[] = ['int', 'num', 'float', 'text', 'date', 'ts', 'bool'];

/** A cast binds closer than a sign. */
function literal(value: number | string): string {
  const text = String(value);
  return text.startsWith('-') ? `(${text})` : text;
}

export function randomKind(random: RandomSource): Kind {
  return random.pick(['int', 'int', 'text', 'text', 'date', 'num', ...KINDS]);
}

/** Expressions over columns in scope whose value is the same, to the bit, in PostgreSQL's dialect and DuckDB's. */
export class ExpressionMaker {
  readonly #random: RandomSource;
  readonly #columns: readonly ScopeColumn[];

  constructor(random: RandomSource, columns: readonly ScopeColumn[]) {
    this.#random = random;
    this.#columns = columns;
  }

  column(kind: Kind): string {
    const found = this.#columns.filter((column) => column.kind === kind);
    return found.length === 0 ? this.constant(kind) : this.#random.pick(found).text;
  }

  constant(kind: Kind): string {
    const random = this.#random;
    switch (kind) {
      case 'int':
        return literal(random.integer(-9, 30));
      case 'num':
        return literal(`${random.integer(-99, 99)}.${random.integer(10, 99)}`);
      case 'float':
        return `${literal(random.integer(-20, 20) / 4)}::double precision`;
      case 'text':
        return quote(random.pick(['red', 'a', '', "it's", 'ünï', 'blue', '%']));
      case 'date':
        return `date '${day(random.integer(0, DAYS))}'`;
      case 'ts':
        return `timestamp '${day(random.integer(0, DAYS))} 08:15:00'`;
      case 'bool':
        return random.pick(['true', 'false']);
    }
  }

  value(kind: Kind, depth: number): string {
    const random = this.#random;
    if (depth <= 0 || random.chance(0.35)) {
      return random.chance(0.85) ? this.column(kind) : this.constant(kind);
    }
    const same = (): string => this.value(kind, depth - 1);
    const common = (): string =>
      random.choose(
        () => `coalesce(${same()}, ${this.constant(kind)})`,
        () => `CASE WHEN ${this.predicate(depth - 1)} THEN ${same()} ELSE ${same()} END`,
        () => `CASE WHEN ${this.predicate(depth - 1)} THEN ${same()} END`,
        () => `nullif(${same()}, ${this.constant(kind)})`,
      );
    if (random.chance(0.25)) return common();
    switch (kind) {
      case 'int':
        return random.choose(
          () => `(${same()} ${random.pick(['+', '-'])} ${same()})`,
          () => `(${same()} * ${random.integer(-4, 4)})`,
          () => `(${same()} ${random.pick(['/', '%'])} ${random.pick([2, 3, -7, 10])})`,
          () => `abs(${same()})`,
          () => `(- ${same()})`,
          () => `length(${this.value('text', depth - 1)})`,
          () =>
            `extract(${random.pick(['year', 'month', 'day', 'dow', 'doy', 'week', 'quarter'])} from ${this.value('date', depth - 1)})::int`,
          () => `(${this.value('date', depth - 1)} - ${this.constant('date')})`,
          () => `greatest(${same()}, ${same()})`,
          () => `least(${same()}, ${same()})`,
          () => `floor(${this.value('float', depth - 1)})::int`,
          () => `sign(${same()})::int`,
          () => `position('e' in ${this.value('text', depth - 1)})`,
          () => `(${same()} / nullif(${same()}, 0))`,
        );
      case 'num':
        return random.choose(
          () => `(${same()} ${random.pick(['+', '-'])} ${same()})`,
          () => `(${this.column('num')} * ${random.integer(-4, 4)})`,
          () => `(${this.column('num')} + ${this.column('int')})`,
          () => `round(${this.column('num')}, 1)`,
          () => `abs(${same()})`,
          () => `${this.value('int', depth - 1)}::numeric(10,2)`,
          () => `(${this.column('num')} * 1.5)`,
          // A plain DuckDB rounds what stands beside a DECIMAL(38,0), as the ceiling of a sum is, to whole numbers.
          () => `ceil(${this.column('num')})::decimal(18, 0)`,
        );
      case 'float':
        return random.choose(
          () => `(${same()} ${random.pick(['+', '-'])} ${same()})`,
          () => `(${same()} * 0.5::double precision)`,
          () => `(${same()} / 2)`,
          () => `${this.value('int', depth - 1)}::double precision`,
          () => `abs(${same()})`,
          () => `greatest(${same()}, ${same()})`,
        );
      case 'text':
        return random.choose(
          () => `upper(${this.column('text')})`,
          () => `lower(${same()})`,
          () => `substr(${same()}, ${random.integer(1, 3)}, ${random.integer(1, 4)})`,
          () => `(${same()} || ${same()})`,
          () => `(${same()} || '-' || ${this.value('int', depth - 1)})`,
          () => `concat(${same()}, '/', ${same()})`,
          () => `${this.value('int', depth - 1)}::text`,
          () => `${this.value('date', depth - 1)}::text`,
          () => `replace(${same()}, 'e', 'E')`,
          () => `left(${same()}, 2)`,
          () => `right(${same()}, 2)`,
          () => `trim(${same()})`,
          () => `split_part(${same()}, '-', 2)`,
          () => `lpad(${this.column('text')}, 4, '*')`,
          () => {
            const date = this.value('date', depth - 1);
            return either(`to_char(${date}, 'YYYY-MM')`, `strftime(${date}, '%Y-%m')`);
          },
        );
      case 'date':
        return random.choose(
          () => `(${same()} + ${random.integer(-9, 9)})`,
          () => `(${same()} - ${random.integer(0, 9)})`,
          () => `${truncatedDate(random.pick(['week', 'month', 'quarter', 'year']), same())}::date`,
          () => `(${same()} + interval '1 month')::date`,
          () => `${this.value('ts', depth - 1)}::date`,
          () => `greatest(${same()}, ${same()})`,
        );
      case 'ts':
        return random.choose(
          () => `${this.value('date', depth - 1)}::timestamp`,
          () =>
            `(${same()} + interval '${random.integer(1, 40)} ${random.pick(['hours', 'days', 'minutes'])}')`,
          () => `date_trunc('${random.pick(['hour', 'day', 'month'])}', ${same()})`,
          () => `(${this.value('date', depth - 1)} + interval '90 minutes')`,
        );
      case 'bool':
        return `(${this.predicate(depth - 1)})`;
    }
  }

  /** Of a kind that has columns in scope. */
  any(depth: number): { readonly text: string; readonly kind: Kind } {
    const kind = this.#random.chance(0.7)
      ? this.#random.pick(this.#columns).kind
      : randomKind(this.#random);
    return { kind, text: this.value(kind, depth) };
  }

  predicate(depth: number): string {
    const random = this.#random;
    if (depth > 0 && random.chance(0.35)) {
      return random.choose(
        () => `(${this.predicate(depth - 1)} AND ${this.predicate(depth - 1)})`,
        () => `(${this.predicate(depth - 1)} OR ${this.predicate(depth - 1)})`,
        () => `(NOT ${this.predicate(depth - 1)})`,
        () =>
          `(${this.predicate(depth - 1)}) IS ${random.pick(['TRUE', 'NOT TRUE', 'FALSE', 'NOT NULL'])}`,
      );
    }
    const kind = randomKind(random);
    const left = this.value(kind, depth - 1);
    const operator = random.pick(['=', '<>', '<', '<=', '>', '>=']);
    return random.choose(
      () => `${left} ${operator} ${this.constant(kind)}`,
      () => `${left} ${operator} ${this.value(kind, depth - 1)}`,
      () => `${left} BETWEEN ${this.constant(kind)} AND ${this.constant(kind)}`,
      () =>
        `${left} ${random.pick(['', 'NOT '])}IN (${this.constant(kind)}, ${this.constant(kind)}, ${this.constant(kind)})`,
      () => `${left} IS ${random.pick(['', 'NOT '])}NULL`,
      () => `${left} IS ${random.pick(['', 'NOT '])}DISTINCT FROM ${this.value(kind, depth - 1)}`,
      () =>
        `${this.column('text')} ${random.pick(['LIKE', 'NOT LIKE', 'ILIKE'])} ${quote(random.pick(['%e%', 'r_d', '%', 'B%', '']))}`,
      () => `(${this.column('bool')})`,
    );
  }
}
