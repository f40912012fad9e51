import type { ColumnDefinition, SourceTimeColumn } from '@tributary/catalog';
import { compareValues, parseDomainValue } from '@tributary/sql';
import type { DomainValue, SqlType } from '@tributary/sql';
import { quoteText } from '../text/table-text.ts';

/** A column of time as the source's configuration names it. */
export interface DeclaredTime {
  readonly schema: string;
  readonly name: string;
  readonly column: string;
}

/** Reads `schema.table` or `table`, of schema public. */
export function declaredTimes(
  timeColumns: Readonly<Record<string, string>>,
): readonly DeclaredTime[] {
  return Object.entries(timeColumns).map(([table, column]) => {
    const dot = table.indexOf('.');
    return dot < 0
      ? { schema: 'public', name: table, column }
      : { schema: table.slice(0, dot), name: table.slice(dot + 1), column };
  });
}

/** What the source knows of a declared column; `found` false: there is none of the name. */
export interface TimeRow {
  readonly relation: number;
  readonly column: string;
  readonly found: boolean;
  /** The table's partitions are ranges of it. */
  readonly partitions: boolean;
  readonly indexed: boolean;
  readonly correlation: number | null;
  readonly bounds: readonly string[] | null;
  readonly values: readonly string[] | null;
  readonly frequencies: readonly number[] | null;
}

/** Below, rows next to each other in time lie all over the table: a range of them is no cheaper than all. */
const LEAST_CORRELATION = 0.8;
/** As many are enough to choose from. */
const MOST_CUTS = 100;

export function timeQuery(declared: readonly DeclaredTime[]): string {
  const rows = declared.map(
    ({ schema, name, column }) =>
      `(${quoteText(schema)}, ${quoteText(name)}, ${quoteText(column)})`,
  );
  return `
select coalesce(json_agg(json_build_object('relation', c.oid::int8, 'column', w.own, 'found', a.attnum is not null,
  'partitions', exists (select from pg_partitioned_table p
    where p.partrelid = c.oid and p.partstrat = 'r' and p.partattrs[0] = a.attnum),
  'indexed', exists (select from pg_index i join pg_class x on x.oid = i.indexrelid join pg_am m on m.oid = x.relam
    where i.indrelid = c.oid and i.indkey[0] = a.attnum and i.indisvalid and i.indpred is null and m.amname in ('btree', 'brin')),
  'correlation', s.correlation, 'bounds', s.histogram_bounds::text::text[], 'values', s.most_common_vals::text::text[],
  'frequencies', s.most_common_freqs)), '[]')::text
from (values ${rows.join(', ')}) w(schema, name, own)
  join pg_namespace n on n.nspname = w.schema join pg_class c on c.relnamespace = n.oid and c.relname = w.name
  left join pg_attribute a on a.attrelid = c.oid and a.attname = w.own and a.attnum > 0 and not a.attisdropped
  left join lateral (select * from pg_stats t where t.schemaname = w.schema and t.tablename = w.name and t.attname = w.own
    order by t.inherited desc limit 1) s on true`;
}

/** How a table's rows can be cut along its declared column, or why not. */
export function timeColumn(row: TimeRow, columns: readonly ColumnDefinition[]): SourceTimeColumn {
  const { column } = row;
  const type = columns.find(({ name }) => name === column)?.type;
  const problem = problemOf(row, type);
  return problem !== undefined || type === undefined
    ? { column, cuts: [], problem: problem ?? 'it does not exist' }
    : { column, cuts: equalCuts(row, type) };
}

function problemOf(row: TimeRow, type: SqlType | undefined): string | undefined {
  if (!row.found || type === undefined) return 'it does not exist';
  if (type.kind !== 'scalar' || !['date', 'timestamp', 'timestamptz'].includes(type.name)) {
    return 'it is no date or timestamp';
  }
  if (row.bounds === null && row.values === null) return 'there are no statistics of it: ANALYZE';
  if (row.partitions) return undefined;
  if (!row.indexed) return 'no index begins with it';
  return Math.abs(row.correlation ?? 0) < LEAST_CORRELATION
    ? 'the rows do not lie in the order of it'
    : undefined;
}

/** The source's sample as values that about equally many rows lie between. */
function equalCuts({ bounds, values, frequencies }: TimeRow, type: SqlType): readonly string[] {
  const common = (values ?? []).map((text, place) => ({ text, weight: frequencies?.[place] ?? 0 }));
  const rest = Math.max(0, 1 - common.reduce((sum, { weight }) => sum + weight, 0));
  const spread = (bounds ?? []).map((text, _, all) => ({ text, weight: rest / all.length }));
  const sample = [...common, ...spread]
    .flatMap(({ text, weight }) => {
      const value: DomainValue | undefined = parseDomainValue(text, type);
      return value === undefined ? [] : [{ text, weight, value }];
    })
    .sort((a, b) => compareValues(type, a.value, b.value));
  const total = sample.reduce((sum, { weight }) => sum + weight, 0);
  const cuts: string[] = [];
  let before = 0;
  let part = 0;
  for (const { text, weight } of sample) {
    // Rows at a cut belong to what follows it.
    const next = Math.floor((before / total) * MOST_CUTS);
    if (next > part) cuts.push(text);
    part = next;
    before += weight;
  }
  return cuts;
}
