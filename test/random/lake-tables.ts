import type { RandomSource } from '../support/random-source.ts';

export type Kind = 'int' | 'num' | 'float' | 'text' | 'date' | 'ts' | 'bool';

/** How a partition column's values are read as dates or numbers by predicates. */
export type PartitionRole =
  'date' | 'month' | 'textDate' | 'hour' | 'year' | 'monthOf' | 'dayOf' | 'number' | 'choice';

export interface LakeColumn {
  readonly name: string;
  readonly kind: Kind;
  /** Hive type; DuckDB reads the same text but for `string`. */
  readonly type: string;
}

export interface PartitionColumn extends LakeColumn {
  readonly role: PartitionRole;
}

export interface LakePartition {
  /** SQL literals of the partition columns' values. */
  readonly literals: readonly string[];
  /** Below the table's location; ends in `/`. */
  readonly folder: string;
}

export interface LakeTable {
  readonly name: string;
  readonly columns: readonly LakeColumn[];
  readonly partitionColumns: readonly PartitionColumn[];
  readonly properties: Readonly<Record<string, string>>;
  readonly partitions: readonly LakePartition[];
  /** Partitions are found by MSCK REPAIR TABLE, or added one by one. */
  readonly registration: 'none' | 'projected' | 'repair' | 'add';
  /** Must be compared with constants by equality in every query. */
  readonly injected?: string;
  readonly rowsPerPartition: number;
}

export const FIRST_DAY = Date.UTC(2023, 11, 12);
export const DAYS = 75;

export function day(index: number): string {
  return new Date(FIRST_DAY + index * 86_400_000).toISOString().slice(0, 10);
}

export function quote(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

export const ENUM_VALUES = [
  'eu',
  'EU',
  'us west',
  'a=b',
  '50%',
  "o'neil",
  'ünï',
  'x:y',
  '2024-01-15',
];

/** Hive's escapes in folder names. */
export function hiveEscape(value: string): string {
  return value.replaceAll(
    /[\u0000-\u001f"#%'*/:=?\\\u007f{[\]^]/g,
    (each) => `%${each.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
}

const OPTIONAL_COLUMNS: readonly LakeColumn[] = [
  { name: 'q', kind: 'int', type: 'smallint' },
  { name: 'u', kind: 'int', type: 'bigint' },
  { name: 'amount', kind: 'num', type: 'decimal(10,2)' },
  { name: 'price', kind: 'num', type: 'decimal(18,4)' },
  { name: 'score', kind: 'float', type: 'double' },
  { name: 'f', kind: 'float', type: 'float' },
  { name: 't', kind: 'text', type: 'string' },
  { name: 'v', kind: 'text', type: 'varchar(12)' },
  { name: 'd', kind: 'date', type: 'date' },
  { name: 'ts', kind: 'ts', type: 'timestamp' },
  { name: 'flag', kind: 'bool', type: 'boolean' },
];

function factColumns(random: RandomSource): LakeColumn[] {
  const chosen = new Set(random.sample(OPTIONAL_COLUMNS, random.integer(5, 9)));
  return [
    { name: 'rid', kind: 'int', type: 'bigint' },
    { name: 'k', kind: 'int', type: 'int' },
    { name: 's', kind: 'text', type: 'string' },
    ...OPTIONAL_COLUMNS.filter((column) => chosen.has(column)),
  ];
}

const pad = (value: number): string => String(value).padStart(2, '0');

interface Layout {
  readonly name: string;
  readonly partitionColumns: readonly PartitionColumn[];
  readonly properties: Record<string, string>;
  readonly partitions: readonly {
    readonly values: readonly string[];
    readonly paths: readonly string[];
  }[];
}

function dateByNumber(random: RandomSource): Layout {
  const apps = random.integer(2, 4);
  const format = random.pick(['yyyy-MM-dd', 'yyyyMMdd', "yyyy'_'MM'_'dd"]);
  const render = (text: string): string =>
    format === 'yyyy-MM-dd' ? text : text.replaceAll('-', format === 'yyyyMMdd' ? '' : '_');
  return {
    name: 'ev',
    partitionColumns: [
      { name: 'dt', kind: 'date', type: 'date', role: 'date' },
      { name: 'app', kind: 'int', type: 'int', role: 'number' },
    ],
    properties: {
      'projection.dt.type': 'date',
      'projection.dt.format': format,
      'projection.dt.range': `${render(day(0))},${render(day(DAYS - 1))}`,
      'projection.app.type': 'integer',
      'projection.app.range': `0,${apps + 3}`,
    },
    partitions: Array.from({ length: DAYS * apps }, (_, index) => {
      const date = day(Math.floor(index / apps));
      const app = String(1 + (index % apps));
      return { values: [`DATE '${date}'`, app], paths: [render(date), app] };
    }),
  };
}

function yearMonthDay(random: RandomSource, text: boolean): Layout {
  const digits = text || random.chance(0.5);
  const type = text ? 'string' : 'int';
  const column = (name: string, role: PartitionRole): PartitionColumn => ({
    name,
    kind: text ? 'text' : 'int',
    type,
    role,
  });
  return {
    name: text ? 'ymdt' : 'ymd',
    partitionColumns: [column('year', 'year'), column('month', 'monthOf'), column('day', 'dayOf')],
    properties: {
      'projection.year.type': 'integer',
      'projection.year.range': '2022,2025',
      'projection.month.type': 'integer',
      'projection.month.range': '1,12',
      'projection.day.type': 'integer',
      'projection.day.range': '1,31',
      ...(digits ? { 'projection.month.digits': '2', 'projection.day.digits': '2' } : {}),
    },
    partitions: Array.from({ length: DAYS }, (_, index) => {
      const parts = day(index).split('-').map(Number);
      const paths = parts.map((part) => (digits ? pad(part) : String(part)));
      return { values: text ? paths.map(quote) : parts.map(String), paths };
    }),
  };
}

function enumAndTextDate(random: RandomSource): Layout {
  const values = random.sample(ENUM_VALUES, 4);
  return {
    name: 'en',
    partitionColumns: [
      { name: 'region', kind: 'text', type: 'string', role: 'choice' },
      { name: 'ds', kind: 'text', type: 'string', role: 'textDate' },
    ],
    properties: {
      'projection.region.type': 'enum',
      'projection.region.values': ENUM_VALUES.join(','),
      'projection.ds.type': 'date',
      'projection.ds.format': 'yyyy-MM-dd',
      'projection.ds.range': `${day(0)},${day(DAYS - 1)}`,
    },
    partitions: Array.from({ length: 30 * values.length }, (_, index) => {
      const region = values[index % values.length] ?? '';
      const date = day(2 * Math.floor(index / values.length));
      return { values: [quote(region), quote(date)], paths: [region, date] };
    }),
  };
}

function injectedTenant(): Layout {
  return {
    name: 'inj',
    partitionColumns: [
      { name: 'tenant', kind: 'text', type: 'string', role: 'choice' },
      { name: 'dt', kind: 'date', type: 'date', role: 'date' },
    ],
    properties: {
      'projection.tenant.type': 'injected',
      'projection.dt.type': 'date',
      'projection.dt.format': 'yyyy-MM-dd',
      'projection.dt.range': `${day(0)},NOW`,
    },
    partitions: Array.from({ length: 60 }, (_, index) => {
      const tenant = ENUM_VALUES[index % 4] ?? '';
      const date = day(Math.floor(index / 4) * 3);
      return { values: [quote(tenant), `DATE '${date}'`], paths: [tenant, date] };
    }),
  };
}

function monthly(): Layout {
  return {
    name: 'mon',
    partitionColumns: [{ name: 'mo', kind: 'date', type: 'date', role: 'month' }],
    properties: {
      'projection.mo.type': 'date',
      'projection.mo.format': 'yyyy-MM',
      'projection.mo.range': '2022-06,2025-03',
    },
    partitions: Array.from({ length: 26 }, (_, index) => {
      const month = `${2022 + Math.floor((index + 6) / 12)}-${pad(((index + 6) % 12) + 1)}`;
      return { values: [`DATE '${month}-01'`], paths: [month] };
    }),
  };
}

function hourly(): Layout {
  return {
    name: 'hr',
    partitionColumns: [{ name: 'h', kind: 'ts', type: 'timestamp', role: 'hour' }],
    properties: {
      'projection.h.type': 'date',
      'projection.h.format': 'yyyy-MM-dd-HH',
      'projection.h.range': `${day(0)}-00,${day(DAYS - 1)}-23`,
      'projection.h.interval': '6',
      'projection.h.interval.unit': 'HOURS',
    },
    partitions: Array.from({ length: 100 }, (_, index) => {
      const date = day(Math.floor(index / 4) * 2);
      const hour = pad((index % 4) * 6);
      return { values: [`TIMESTAMP '${date} ${hour}:00:00'`], paths: [`${date}-${hour}`] };
    }),
  };
}

function registered(random: RandomSource): Layout {
  const partitions: { values: string[]; paths: string[] }[] = [];
  for (const text of [...random.sample(ENUM_VALUES, 4), null]) {
    for (const number of [3, 7, -2, 12, null]) {
      if (random.chance(0.8)) {
        partitions.push({
          values: [text === null ? 'NULL' : quote(text), number === null ? 'NULL' : String(number)],
          paths: [
            text ?? '__HIVE_DEFAULT_PARTITION__',
            number === null ? '__HIVE_DEFAULT_PARTITION__' : String(number),
          ],
        });
      }
    }
  }
  return {
    name: 'reg',
    partitionColumns: [
      { name: 'p', kind: 'text', type: 'string', role: 'choice' },
      { name: 'n', kind: 'int', type: 'int', role: 'number' },
    ],
    properties: {},
    partitions,
  };
}

function registeredDates(): Layout {
  return {
    name: 'regd',
    partitionColumns: [{ name: 'dt', kind: 'date', type: 'date', role: 'date' }],
    properties: {},
    partitions: Array.from({ length: 25 }, (_, index) => {
      const date = day(index * 3);
      return { values: [`DATE '${date}'`], paths: [date] };
    }),
  };
}

function tableOf(layout: Layout, random: RandomSource): LakeTable {
  const projected = 'projection' in layout.properties || Object.keys(layout.properties).length > 0;
  const swapped = projected && layout.partitionColumns.length > 1 && random.chance(0.3);
  const names = layout.partitionColumns.map(({ name }) => name);
  const order = swapped ? [...names].reverse() : names;
  const repaired = projected ? 'projected' : layout.name === 'reg' ? 'repair' : 'add';
  return {
    name: layout.name,
    columns: factColumns(random),
    partitionColumns: layout.partitionColumns,
    properties: projected
      ? {
          'projection.enabled': 'true',
          ...layout.properties,
          ...(swapped
            ? { 'storage.location.template': order.map((name) => `\${${name}}/`).join('') }
            : {}),
        }
      : {},
    // Empty days: some partitions have no folder at all.
    partitions: layout.partitions
      .filter(() => random.chance(0.85))
      .map(({ values, paths }) => ({
        literals: values,
        folder: swapped
          ? `${[...paths].reverse().join('/')}/`
          : names.map((name, index) => `${name}=${hiveEscape(paths[index] ?? '')}/`).join(''),
      })),
    registration: repaired,
    ...(layout.name === 'inj' ? { injected: 'tenant' } : {}),
    rowsPerPartition: Math.max(1, Math.round(500 / layout.partitions.length)),
  };
}

/** Tables of every partitioning that the lake knows, with random columns, layouts and gaps. */
export function randomTables(random: RandomSource): readonly LakeTable[] {
  const facts = [
    dateByNumber(random),
    yearMonthDay(random, false),
    yearMonthDay(random, true),
    enumAndTextDate(random),
    injectedTenant(),
    monthly(),
    hourly(),
    registered(random),
    registeredDates(),
  ].map((layout) => tableOf(layout, random));
  const dimension: LakeTable = {
    name: 'dim',
    columns: [
      { name: 'rid', kind: 'int', type: 'bigint' },
      { name: 'k', kind: 'int', type: 'int' },
      { name: 's', kind: 'text', type: 'string' },
      { name: 'd', kind: 'date', type: 'date' },
      { name: 'q', kind: 'int', type: 'int' },
    ],
    partitionColumns: [],
    properties: {},
    partitions: [{ literals: [], folder: '' }],
    registration: 'none',
    rowsPerPartition: 40,
  };
  return [...facts, dimension];
}
