import { hiveEscape, quote } from '../random/lake-tables.ts';
import type { Kind } from '../random/lake-tables.ts';
import type { RandomSource } from '../support/random-source.ts';
import { randomLayout } from './layouts.ts';
import { dayOf, hourOf } from './time-slots.ts';
import type { Layout } from './time-slots.ts';

/** `big`, `zoned`, `bytes` and `list` are only counted, compared and carried; expressions are made of the others. */
export type ColumnKind = Kind | 'big' | 'zoned' | 'bytes' | 'list';

export interface TableColumn {
  readonly name: string;
  readonly kind: ColumnKind;
  /** Hive type. */
  readonly type: string;
  /** DuckDB type. */
  readonly engineType: string;
}

/** A table as the catalog has it at one moment. */
export interface TableState {
  readonly name: string;
  readonly layout: Layout | undefined;
  readonly columns: readonly TableColumn[];
  /** Below the lake's root; ends in `/`. */
  readonly location: string;
  /** Folders (below the lake's root, ending in `/`) by the partition's Hive path; undefined: all that are there. */
  readonly registered?: ReadonlyMap<string, string>;
}

export const NULL_FOLDER = '__HIVE_DEFAULT_PARTITION__';

const column = (
  name: string,
  kind: ColumnKind,
  type: string,
  engineType = type.toUpperCase(),
): TableColumn => ({ name, kind, type, engineType });

const KEY_COLUMNS = [
  column('rid', 'int', 'bigint'),
  column('k', 'int', 'int', 'INTEGER'),
  column('s', 'text', 'string', 'VARCHAR'),
];

const OPTIONAL_COLUMNS = [
  column('tiny', 'int', 'tinyint', 'SMALLINT'),
  column('q', 'int', 'smallint'),
  column('u', 'big', 'bigint'),
  column('amount', 'num', 'decimal(10,2)'),
  column('price', 'num', 'decimal(18,4)'),
  column('wide', 'big', 'decimal(30,8)'),
  column('score', 'float', 'double'),
  column('f', 'float', 'float'),
  column('t', 'text', 'string', 'VARCHAR'),
  column('v', 'text', 'varchar(12)', 'VARCHAR'),
  column('d', 'date', 'date'),
  column('ts', 'ts', 'timestamp'),
  column('tz', 'zoned', 'timestamp with local time zone', 'TIMESTAMPTZ'),
  column('flag', 'bool', 'boolean'),
  column('bin', 'bytes', 'binary', 'BLOB'),
  column('arr', 'list', 'array<int>', 'INTEGER[]'),
];

/** Columns that ALTER TABLE adds, in this order. */
export const LATER_COLUMNS = [
  column('x1', 'int', 'int', 'INTEGER'),
  column('x2', 'text', 'string', 'VARCHAR'),
  column('x3', 'num', 'decimal(10,2)'),
];

const DIMENSION_COLUMNS = [
  column('rid', 'int', 'bigint'),
  column('k', 'int', 'int', 'INTEGER'),
  column('s', 'text', 'string', 'VARCHAR'),
  column('name', 'text', 'string', 'VARCHAR'),
  column('w', 'int', 'int', 'INTEGER'),
  column('d', 'date', 'date'),
];

export function windowedTable(name: string, random: RandomSource): TableState {
  const layout = randomLayout(random);
  const chosen = new Set(random.sample(OPTIONAL_COLUMNS, random.integer(6, 10)));
  return {
    name,
    layout,
    columns: [
      ...KEY_COLUMNS,
      ...OPTIONAL_COLUMNS.filter((each) => chosen.has(each) || each.name === layout.inside),
    ],
    location: `${name}/`,
    ...(layout.projection === undefined ? { registered: new Map() } : {}),
  };
}

export function dimensionTable(name: string): TableState {
  return { name, layout: undefined, columns: DIMENSION_COLUMNS, location: `${name}/` };
}

/** The partition's Hive path, which is also its folder below the table's location. */
export function partitionPath(layout: Layout, texts: readonly string[]): string {
  return layout.partitionColumns
    .map(({ name }, at) => `${name}=${hiveEscape(texts[at] ?? '')}/`)
    .join('');
}

export function nullPartitionPath(layout: Layout): string {
  return layout.partitionColumns.map(({ name }) => `${name}=${NULL_FOLDER}/`).join('');
}

/** The partition columns' literals, from a Hive path. */
export function partitionLiterals(layout: Layout, path: string): readonly string[] {
  return path
    .split('/')
    .slice(0, layout.partitionColumns.length)
    .map((part, at) => {
      const text = decodeURIComponent(part.slice(part.indexOf('=') + 1));
      return text === NULL_FOLDER ? 'NULL' : layout.literal(at, text);
    });
}

export function engineTypeOf(type: string): string {
  if (type === 'string') return 'VARCHAR';
  return type === 'int' ? 'INTEGER' : type.toUpperCase();
}

/** The statement that declares a table to the product. */
export function definitionText(table: TableState, root: string): string {
  const { layout } = table;
  const list = (columns: readonly { readonly name: string; readonly type: string }[]): string =>
    columns.map(({ name, type }) => `\`${name}\` ${type}`).join(', ');
  const properties = Object.entries({
    ...(layout?.projection === undefined
      ? {}
      : { 'projection.enabled': 'true', ...layout.projection }),
    ...layout?.properties,
  }).map(([key, value]) => `${quote(key)} = ${quote(value)}`);
  return [
    `CREATE EXTERNAL TABLE lake.default.${table.name} (${list(table.columns)})`,
    layout === undefined ? '' : `PARTITIONED BY (${list(layout.partitionColumns)})`,
    `STORED AS PARQUET LOCATION '${root}${table.location}'`,
    properties.length === 0 ? '' : `TBLPROPERTIES (${properties.join(', ')})`,
  ].join(' ');
}

const TEXTS = [
  '',
  ' ',
  'a',
  'ab',
  'Ab',
  'b%c',
  "it's",
  '"q"',
  'ünïcödé',
  '日本',
  '0',
  '10',
  'a,b',
  '{0}',
];
const SHORT_TEXTS = ['red', 'green', 'blue', 'Red', 'grey', 'black'];
const LARGE = [
  '9223372036854775807',
  '-9223372036854775807',
  '9007199254740993',
  '4294967296',
  '5',
];

/** What part of a file's rows may lie on other days than its partition's: few, or as a file of another day does all. */
type Stray = 'few' | 'all';

function moment(
  column: string,
  slot: number,
  layout: Layout | undefined,
  stray: Stray,
  random: RandomSource,
): string {
  if (layout?.inside !== column)
    return `${dayOf(random.integer(0, 60))} ${random.pick(['00:00:00', '23:59:59.999999', '06:30:00', '12:00:00.5'])}`;
  const hours = layout.unit === 'hour';
  const day = (at: number): string => (hours ? hourOf(at).slice(0, 10) : dayOf(at));
  const clock = hours
    ? `${hourOf(slot).slice(11)}:${random.pick(['00:00', '30:00', '59:59.999999'])}`
    : random.pick([
        '00:00:00',
        '23:59:59.999999',
        '06:30:00',
        '10:00:00',
        '15:45:10.25',
        '23:30:00',
      ]);
  if (stray === 'all') return `${dayOf(random.integer(0, 50))} ${clock}`;
  // Late and early rows: within what tables declare, and further.
  const early = random.chance(0.01);
  const late = !early && random.chance(0.02);
  if (early && random.chance(0.5)) return `${day(slot - 1)} 23:15:00`;
  if (late && random.chance(0.5)) return `${day(slot + 1)} 00:45:00.5`;
  const far = random.pick([1, 2, 2, 9]) * (hours ? 24 : 1);
  return `${day(slot + (early ? -far : late ? far : 0))} ${clock}`;
}

function value(
  { name, kind, engineType }: TableColumn,
  slot: number,
  layout: Layout | undefined,
  stray: Stray,
  random: RandomSource,
): string {
  if (random.chance(name === 'k' ? 0.05 : 0.12)) return `NULL`;
  if (name === 'k') return String(Math.floor(30 * random.next() ** 2));
  if (name === 's') return quote(random.pick(SHORT_TEXTS));
  if (name === 'u')
    return random.chance(0.1) ? random.pick(LARGE) : String(random.integer(-50, 3000));
  if (name === 'wide')
    return random.chance(0.1)
      ? '123456789012345678901.12345678'
      : `${random.integer(-999, 999)}.${random.integer(10_000_000, 99_999_999)}`;
  switch (kind) {
    case 'int':
      return String(random.integer(-30, 30));
    case 'big':
      return String(random.integer(0, 9));
    case 'num':
      return (random.integer(-20_000, 20_000) / 100).toFixed(2);
    case 'float':
      // Quarters: sums are exact in every order.
      return String(random.integer(-400, 400) / 4);
    case 'text':
      return quote(random.pick(TEXTS));
    case 'date':
      return `DATE '${dayOf(random.integer(-5, 60))}'`;
    case 'ts':
      return `TIMESTAMP '${moment(name, slot, layout, stray, random)}'`;
    case 'zoned':
      if (layout?.inside === name)
        return `TIMESTAMPTZ '${moment(name, slot, layout, stray, random)}+00'`;
      return `TIMESTAMPTZ '${dayOf(random.integer(0, 60))} ${random.pick(['00:00:00', '23:59:59.999999', '06:30:00.000001'])}+00'`;
    case 'bool':
      return String(random.chance(0.5));
    case 'bytes':
      return random.pick(["'\\x00\\xFF'::BLOB", "'abc'::BLOB", "''::BLOB", "'\\x80'::BLOB"]);
    case 'list':
      return random.pick([
        '[]::INTEGER[]',
        '[1]',
        '[1, NULL, 3]',
        '[2, 1]',
        `CAST(NULL AS ${engineType})`,
      ]);
  }
}

/** Most files have a column as the table does; some have its times in other units. */
function fileType({ engineType, kind }: TableColumn, random: RandomSource): string {
  return kind === 'ts' && random.chance(0.1)
    ? random.pick(['TIMESTAMP_MS', 'TIMESTAMP_NS'])
    : engineType;
}

/** A query for a file's rows. Some files lack a column, or have it narrower. */
export function randomRows(
  table: TableState,
  slot: number,
  count: number,
  nextRow: () => number,
  random: RandomSource,
): string {
  const missing =
    random.chance(0.08) && table.columns.length > 4
      ? random.pick(table.columns.slice(3))
      : undefined;
  const columns = table.columns.filter((each) => each !== missing);
  const stray = random.chance(0.05) ? 'all' : 'few';
  const rows = Array.from({ length: count }, () => {
    const values = columns.map((each) =>
      each.name === 'rid' ? String(nextRow()) : value(each, slot, table.layout, stray, random),
    );
    return `(${values.join(', ')})`;
  });
  const list = columns.map(
    (each) => `CAST(${each.name} AS ${fileType(each, random)}) AS ${each.name}`,
  );
  return `SELECT ${list.join(', ')} FROM (VALUES ${rows.join(', ')}) AS rows(${columns.map(({ name }) => name).join(', ')})`;
}
