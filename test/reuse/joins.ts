import type { ScopeColumn } from '../random/random-expression.ts';
import type { RandomSource } from '../support/random-source.ts';
import { SELF } from './time-slots.ts';
import type { Layout, SlotRange } from './time-slots.ts';
import type { TableColumn, TableState } from './windowed-tables.ts';

/** Stands for the alias of a fragment's other relation. */
export const OTHER = '\u00a4';

/** What FROM may name: a table with time partitions, or a view of one that keeps their names. */
export interface Source {
  readonly name: string;
  readonly table: TableState;
  readonly layout: Layout;
  readonly columns: readonly TableColumn[];
}

export interface Join {
  /** Follows the windowed table in FROM. */
  readonly text: string;
  readonly where?: string;
  readonly columns: readonly ScopeColumn[];
}

/** The other tables of a lake, for joins. */
export interface Surroundings {
  readonly sources: readonly Source[];
  readonly dimension: TableState;
}

function otherSource(source: Source, others: Surroundings, random: RandomSource): Source {
  return random.pick([source, ...others.sources]);
}

function timeEquality(one: Source, other: Source): string | undefined {
  const names = one.layout.partitionColumns
    .filter((column) =>
      other.layout.partitionColumns.some(
        ({ name, type }) => name === column.name && type === column.type,
      ),
    )
    .map(({ name }) => `${OTHER}.${name} = ${SELF}.${name}`);
  return names.length === 0 ? undefined : names.join(' AND ');
}

/** A range as a predicate over a source's time, in one of the forms that it can be written in. */
export function rangeOf({ layout }: Source, form: number, range: SlotRange, alias: string): string {
  const forms = layout.ranges(range);
  return (forms[form % forms.length] ?? '').replaceAll(SELF, alias);
}

/** Another relation beside a source: joined, tested for, or compared with. */
export function randomJoin(source: Source, others: Surroundings, random: RandomSource): Join {
  const dimension = `lake.${others.dimension.name}`;
  const on = random.pick([
    `${OTHER}.k = ${SELF}.k`,
    `${OTHER}.k = ${SELF}.k`,
    `${OTHER}.s = ${SELF}.s AND ${OTHER}.k = ${SELF}.k`,
    `${OTHER}.k = ${SELF}.k AND ${OTHER}.w > ${random.integer(-10, 10)}`,
    `${OTHER}.k = ${SELF}.k % 7`,
  ]);
  const named: ScopeColumn[] = [
    { text: `${OTHER}.name`, kind: 'text' },
    { text: `${OTHER}.w`, kind: 'int' },
  ];
  const other = otherSource(source, others, random);
  const near = random.integer(0, 20);
  const otherRange = rangeOf(
    other,
    random.integer(0, 60),
    { from: near, to: near + random.pick([3, 10]) },
    OTHER,
  );
  const equality = timeEquality(source, other);
  const otherOn = [
    `${OTHER}.k = ${SELF}.k`,
    ...(equality !== undefined && random.chance(0.6) ? [equality] : []),
    ...(otherRange !== '' ? [`(${otherRange})`] : []),
  ].join(' AND ');
  const nothing: readonly ScopeColumn[] = [];
  return random.choose<Join>(
    () => ({ text: ` JOIN ${dimension} AS ${OTHER} ON ${on}`, columns: named }),
    () => ({ text: ` JOIN ${dimension} AS ${OTHER} ON ${on}`, columns: named }),
    () => ({ text: ` LEFT JOIN ${dimension} AS ${OTHER} ON ${on}`, columns: named }),
    () => ({ text: ` LEFT JOIN ${dimension} AS ${OTHER} ON ${on}`, columns: named }),
    () => ({
      text: ` ${random.pick(['RIGHT', 'FULL'])} JOIN ${dimension} AS ${OTHER} ON ${OTHER}.k = ${SELF}.k`,
      columns: named,
    }),
    () => ({ text: `, ${dimension} AS ${OTHER}`, where: on, columns: named }),
    () => ({
      text: ` JOIN (VALUES (0, 'zero'), (1, 'one'), (2, NULL), (2, 'two')) AS ${OTHER}(k, name) ON ${OTHER}.k = ${SELF}.k`,
      columns: [{ text: `${OTHER}.name`, kind: 'text' }],
    }),
    () => ({
      text: ` JOIN (SELECT o.k, max(o.name) AS name, count(*) AS w FROM ${dimension} AS o GROUP BY o.k) AS ${OTHER} ON ${OTHER}.k = ${SELF}.k`,
      columns: named,
    }),
    () => ({
      text: ` ${random.pick(['', 'LEFT '])}JOIN lake.${other.table.name} AS ${OTHER} ON ${otherOn}`,
      columns: [{ text: `${OTHER}.s`, kind: 'text' }],
    }),
    () => ({
      text: ` ${random.pick(['', 'LEFT '])}JOIN lake.${other.table.name} AS ${OTHER} ON ${otherOn}`,
      columns: [{ text: `${OTHER}.s`, kind: 'text' }],
    }),
    () => ({
      text: '',
      where: `${SELF}.k ${random.pick(['', '', 'NOT '])}IN (SELECT o.k FROM ${dimension} AS o WHERE o.w > ${random.integer(-10, 10)})`,
      columns: nothing,
    }),
    () => ({
      text: '',
      where: `${SELF}.s IN (SELECT o.s FROM lake.${other.table.name} AS o WHERE o.k = ${random.integer(0, 4)})`,
      columns: nothing,
    }),
    () => ({
      text: '',
      where: `${random.pick(['', 'NOT '])}EXISTS (SELECT 1 FROM ${dimension} AS o WHERE o.k = ${SELF}.k${random.pick(['', ' AND o.w > 0'])})`,
      columns: nothing,
    }),
    () => ({
      text: '',
      where: `${random.pick(['', 'NOT '])}EXISTS (SELECT 1 FROM lake.${other.table.name} AS ${OTHER} WHERE ${otherOn})`,
      columns: nothing,
    }),
    () => ({
      text: '',
      where: `${SELF}.k > (SELECT min(o.w) FROM ${dimension} AS o)`,
      columns: nothing,
    }),
    () => ({
      text: '',
      where: `${SELF}.k = (SELECT max(o.k) FROM ${dimension} AS o WHERE o.s = ${SELF}.s)`,
      columns: nothing,
    }),
    () => ({
      text: ` CROSS JOIN (VALUES (1), (2)) AS ${OTHER}(w)`,
      columns: [{ text: `${OTHER}.w`, kind: 'int' }],
    }),
  );
}
