import type {
  ColumnDefinition,
  KeyDefinition,
  SourceEstimate,
  SourceTableDefinition,
} from '@tributary/catalog';
import { QueryError } from '@tributary/sql';
import type pg from 'pg';
import { COLUMNS, KEYS, RELATIONS, SCHEMAS, STATISTICS, TYPES } from './catalog-rows.ts';
import type { ColumnRow, KeyRow, RelationRow, StatisticsRow } from './catalog-rows.ts';
import { columnMapping } from './column-types.ts';
import type { SourceType } from './column-types.ts';
import { timeColumn, timeQuery } from './time-columns.ts';
import type { DeclaredTime, TimeRow } from './time-columns.ts';

/** A table as the source declares it, and what reading it needs beside its definition. */
export interface SourceTable {
  readonly definition: SourceTableDefinition;
  /** The source's own number of the table. */
  readonly oid: number;
  /** By column name: the source's number of its type, and its modifier. */
  readonly types: ReadonlyMap<string, { readonly oid: number; readonly modifier: number }>;
  /** Columns that must be cast to their type here before anything else sees them. */
  readonly cast: ReadonlySet<string>;
  /** Text columns whose collation calls different texts equal. */
  readonly nondeterministic: ReadonlySet<string>;
  /** Ranges of its pages can be read by themselves. */
  readonly paged: boolean;
}

export interface SourceTables {
  readonly schemas: readonly string[];
  readonly tables: readonly SourceTable[];
}

const FORMS: Readonly<Record<string, SourceTableDefinition['form']>> = {
  r: 'table',
  p: 'partitionedTable',
  v: 'view',
  m: 'materializedView',
  f: 'foreignTable',
};

const KEY_KINDS: Readonly<Record<string, KeyDefinition['kind']>> = {
  p: 'primary',
  u: 'unique',
  f: 'foreign',
};

export interface CatalogRequest {
  readonly source: string;
  readonly version: number;
  readonly timeColumns: readonly DeclaredTime[];
}

/** Reads everything in one snapshot. The connection is in no transaction before and after, unless this throws. */
export async function readCatalog(
  client: pg.ClientBase,
  { source, version, timeColumns }: CatalogRequest,
): Promise<SourceTables> {
  const ask = async <T>(text: string): Promise<T> => {
    const { rows } = await client.query<[string]>({ text, rowMode: 'array' });
    const [row] = rows;
    if (row === undefined) throw new QueryError('sourceError', `source "${source}" has no catalog`);
    return JSON.parse(row[0]) as T;
  };
  await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
  await client.query(
    "SET LOCAL search_path = pg_catalog; SET LOCAL statement_timeout = '30s'; SET LOCAL DateStyle = 'ISO, YMD'; SET LOCAL TimeZone = 'UTC'",
  );
  const schemas = await ask<readonly string[]>(SCHEMAS);
  const relations = await ask<readonly RelationRow[]>(RELATIONS);
  const columns = grouped(await ask<readonly ColumnRow[]>(COLUMNS));
  const keys = grouped(await ask<readonly KeyRow[]>(KEYS));
  const types = new Map((await ask<readonly SourceType[]>(TYPES)).map((type) => [type.oid, type]));
  // What only windows over a column of time need is asked only where there is one.
  const isCut = timeColumns.length > 0;
  const statistics = grouped(isCut ? await ask<readonly StatisticsRow[]>(STATISTICS) : []);
  const times = grouped(isCut ? await ask<readonly TimeRow[]>(timeQuery(timeColumns)) : []);
  await client.query('COMMIT');
  return {
    schemas,
    tables: relations.map((relation) =>
      sourceTable({ source, version }, relation, {
        columns: columns.get(relation.oid) ?? [],
        keys: keys.get(relation.oid) ?? [],
        types,
        statistics: statistics.get(relation.oid) ?? [],
        time: times.get(relation.oid)?.[0],
      }),
    ),
  };
}

function grouped<T extends { readonly relation: number }>(rows: readonly T[]): Map<number, T[]> {
  const groups = new Map<number, T[]>();
  for (const row of rows) {
    const group = groups.get(row.relation);
    if (group === undefined) groups.set(row.relation, [row]);
    else group.push(row);
  }
  return groups;
}

/** What belongs to one relation, and the types of all. */
interface RelationParts {
  readonly columns: readonly ColumnRow[];
  readonly keys: readonly KeyRow[];
  readonly types: ReadonlyMap<number, SourceType>;
  readonly statistics: readonly StatisticsRow[];
  readonly time: TimeRow | undefined;
}

function sourceTable(
  { source, version }: { readonly source: string; readonly version: number },
  relation: RelationRow,
  { columns, keys, types, statistics, time }: RelationParts,
): SourceTable {
  const cast = new Set<string>();
  const nondeterministic = new Set<string>();
  const definitions = columns.map((column): ColumnDefinition => {
    const mapping = columnMapping(column.type, column.modifier, types);
    if (mapping.cast) cast.add(column.name);
    if (column.nondeterministic) nondeterministic.add(column.name);
    return {
      name: column.name,
      type: mapping.type,
      ...(column.comment === null ? {} : { comment: column.comment }),
      ...(column.notNull ? { nullable: false } : {}),
      ...(column.default === null ? {} : { default: column.default }),
    };
  });
  return {
    oid: relation.oid,
    types: new Map(columns.map(({ name, type, modifier }) => [name, { oid: type, modifier }])),
    cast,
    nondeterministic,
    paged: relation.paged,
    definition: {
      kind: 'sourceTable',
      id: `${source}:${relation.oid}`,
      database: source,
      schema: relation.schema,
      name: relation.name,
      source,
      version,
      columns: definitions,
      form: FORMS[relation.kind] ?? 'table',
      keys: keys.map(keyDefinition),
      ...(relation.comment === null ? {} : { comment: relation.comment }),
      // Negative: the table was never analysed.
      ...(relation.rows < 0 ? {} : { estimate: estimateOf(relation, statistics) }),
      ...(time === undefined ? {} : { time: timeColumn(time, definitions) }),
    },
  };
}

function estimateOf(
  { rows, bytes }: RelationRow,
  statistics: readonly StatisticsRow[],
): SourceEstimate {
  const distinct = Object.fromEntries(
    // Negative: a part of the rows. Zero: not known.
    statistics.flatMap(({ column, distinct: found }): [string, number][] =>
      found === 0 ? [] : [[column, found < 0 ? -found * rows : found]],
    ),
  );
  return statistics.length === 0 ? { rows, bytes } : { rows, bytes, distinct };
}

function keyDefinition(row: KeyRow): KeyDefinition {
  const { columns, own, schema, name, references } = row;
  const kind = KEY_KINDS[row.kind] ?? 'unique';
  return kind === 'foreign' && schema !== null && name !== null
    ? { kind, name: own, columns, references: { schema, name, columns: references ?? [] } }
    : { kind, name: own, columns };
}
