import { truncatedDate } from '../random/partition-predicates.ts';
import type { Kind } from '../random/lake-tables.ts';

/** Stands for the alias of the windowed table in a fragment's expressions. */
export const SELF = '\u00a7';

export interface TimedColumn {
  readonly name: string;
  readonly kind: Kind;
  /** Hive type. */
  readonly type: string;
}

/** A span of a layout's slots, `[from, to)`. */
export interface SlotRange {
  readonly from: number;
  readonly to: number;
}

/** How a table is cut by time: its partition columns, their texts in folder names, and the predicates and keys over them. */
export interface Layout {
  readonly name: string;
  readonly unit: 'hour' | 'day' | 'month';
  /** Slots that have data at first; later ones are new days. */
  readonly slots: number;
  readonly partitionColumns: readonly TimedColumn[];
  /** Values of the second partition column, if there is one. */
  readonly apps: readonly string[];
  /** Table properties of partition projection; undefined: partitions are registered. */
  readonly projection?: Readonly<Record<string, string>>;
  readonly properties?: Readonly<Record<string, string>>;
  /** Rows without a time lie in Hive's default partition. */
  readonly nullPartition?: true;
  /** A timestamp column of the rows that goes with its partition's day; rows and whole files may lie elsewhere. */
  readonly inside?: 'ts' | 'tz';
  /** Texts of the partition columns for a slot (and app), as folder names have them. */
  texts(slot: number, app: string): readonly string[];
  /** A column's value as a SQL literal, from its text. */
  literal(column: number, text: string): string;
  /** Predicates on the time columns, by form. */
  ranges(range: SlotRange): readonly string[];
  /** Keys that the time columns give. */
  buckets(): readonly { readonly text: string; readonly kind: Kind }[];
}

/** The days that have data hold an end of a year, and both changes of the clock in Fiji. */
const START = Date.UTC(2020, 11, 12);
/** Slots of the projected range, beyond those that have data. */
export const SPARE = 30;
export const DAY_SLOTS = 42;
const pad = (value: number): string => String(value).padStart(2, '0');

export function dayOf(slot: number): string {
  return new Date(START + slot * 86_400_000).toISOString().slice(0, 10);
}

export function hourOf(slot: number): string {
  return new Date(START + slot * 3_600_000).toISOString().slice(0, 13).replace('T', ' ');
}

export function monthOf(slot: number): string {
  const month = 10 + slot;
  return `${2019 + Math.floor(month / 12)}-${pad((month % 12) + 1)}`;
}

export function monthSpan(first: string): string {
  const [year = 0, month = 0] = first.split('-').map(Number);
  return new Date(Date.UTC(year, month, 0)).toISOString().slice(0, 10);
}

/** Every form of comparing one column with literals. */
export function comparisons(
  column: string,
  literal: (slot: number) => string,
  { from, to }: SlotRange,
): string[] {
  const [low, high] = [literal(from), literal(Math.max(from, to - 1))];
  const list = Array.from({ length: Math.max(1, Math.min(6, to - from)) }, (_, at) =>
    literal(from + at),
  );
  const middle = Math.floor((from + to) / 2);
  return [
    `${column} BETWEEN ${low} AND ${high}`,
    `${column} >= ${low} AND ${column} < ${literal(to)}`,
    `${column} > ${literal(from - 1)} AND ${column} <= ${high}`,
    `${column} BETWEEN ${low} AND ${high}`,
    `${column} >= ${low} AND ${column} < ${literal(to)}`,
    `${column} IN (${list.join(', ')})`,
    `${column} = ${low}`,
    `(${column} BETWEEN ${low} AND ${literal(middle)} OR ${column} BETWEEN ${literal(middle + 3)} AND ${literal(to + 4)})`,
    `${column} >= ${low}`,
    `${column} < ${literal(to)}`,
    `${column} BETWEEN ${low} AND ${high} AND ${column} <> ${literal(middle)}`,
    `${column} NOT BETWEEN ${low} AND ${high}`,
    `(${column} >= ${low} OR ${column} IS NULL)`,
    `NOT (${column} < ${low} OR ${column} > ${high})`,
    `${column} IS NOT NULL`,
    `${column} IS NULL`,
    '',
  ];
}

export function dateForms(column: string, range: SlotRange): string[] {
  const literal = (slot: number): string => `date '${dayOf(slot)}'`;
  const [low, high] = [dayOf(range.from), dayOf(Math.max(range.from, range.to - 1))];
  const month = low.slice(0, 7);
  return [
    ...comparisons(column, literal, range),
    `${column} BETWEEN '${low}' AND '${high}'`,
    `${column} >= '${low}'::date AND ${column} < date '${high}' + 1`,
    `${column} >= timestamp '${low} 00:00:00' AND ${column} < timestamp '${high} 23:30:00'`,
    `${truncatedDate('month', column)} = date '${month}-01'`,
    `${truncatedDate('week', column)}::date IN (date '${dayOf(range.from - ((range.from + 5) % 7))}', date '${dayOf(range.to)}')`,
    `extract(month from ${column}) = ${Number(month.slice(5))} AND extract(year from ${column}) = ${Number(month.slice(0, 4))}`,
    `${column} BETWEEN '${low}' AND '${high}' AND extract(dow from ${column}) IN (1, 2, 5)`,
    `extract(isodow from ${column}) < 6 AND ${column} >= '${low}'`,
    `${column} + 1 > date '${low}' AND ${column} - interval '1 day' < date '${high}'`,
  ];
}

export function dateBuckets(column: string): { text: string; kind: Kind }[] {
  return [
    { text: column, kind: 'date' },
    { text: column, kind: 'date' },
    { text: `${truncatedDate('week', column)}::date`, kind: 'date' },
    { text: `${truncatedDate('month', column)}::date`, kind: 'date' },
    { text: `extract(dow from ${column})::int`, kind: 'int' },
    { text: `extract(month from ${column})::int`, kind: 'int' },
    { text: `(${column} - date '2020-12-01') / 10`, kind: 'int' },
    { text: `${column}::text`, kind: 'text' },
  ];
}

export const DATE: TimedColumn = { name: 'dt', kind: 'date', type: 'date' };
export const identity = (iso: string): string => iso;
export const compact = (iso: string): string => iso.replaceAll('-', '');

export function projectedDates(column: string, format: string): Record<string, string> {
  const render = (iso: string): string =>
    format
      .replace('yyyy', iso.slice(0, 4))
      .replace('MM', iso.slice(5, 7))
      .replace('dd', iso.slice(8, 10));
  return {
    [`projection.${column}.type`]: 'date',
    [`projection.${column}.format`]: format,
    [`projection.${column}.range`]: `${render(dayOf(0))},${render(dayOf(DAY_SLOTS + SPARE))}`,
  };
}
