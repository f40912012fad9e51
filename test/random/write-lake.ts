import { mkdir } from 'node:fs/promises';
import type { DuckDBConnection } from '@duckdb/node-api';
import type { RandomSource } from '../support/random-source.ts';
import { day, DAYS, quote } from './lake-tables.ts';
import type { LakeColumn, LakePartition, LakeTable } from './lake-tables.ts';

const TEXTS = [
  '',
  ' ',
  'a',
  'ab',
  'Ab',
  'b%c',
  'b_c',
  "it's",
  '"q"',
  'ünïcödé',
  '日本',
  'x\\y',
  '0',
  '10',
  '2024-01-20',
  'a,b',
  '{0}',
];
const SHORT_TEXTS = ['red', 'green', 'blue', 'Red', 'grey', 'black'];
const WIDER: Readonly<Record<string, string>> = {
  bigint: 'INTEGER',
  int: 'SMALLINT',
  double: 'FLOAT',
  'decimal(18,4)': 'DECIMAL(12,2)',
};

function duckType(type: string): string {
  return type === 'string' || type.startsWith('varchar') ? 'VARCHAR' : type.toUpperCase();
}

function value(column: LakeColumn, random: RandomSource): string {
  if (random.chance(0.12)) return `NULL::${duckType(column.type)}`;
  switch (column.name) {
    case 'k':
      // Skewed: few keys are frequent.
      return String(Math.floor(60 * random.next() ** 2));
    case 's':
      return quote(random.pick(SHORT_TEXTS));
    default:
      break;
  }
  switch (column.kind) {
    case 'int':
      return String(random.integer(-30, 30));
    case 'num':
      return (random.integer(-20_000, 20_000) / 100).toFixed(2);
    case 'float':
      // Quarters: sums are exact in every order.
      return `${random.integer(-400, 400) / 4}::DOUBLE`;
    case 'text':
      return quote(random.pick(TEXTS));
    case 'date':
      return `DATE '${day(random.integer(-5, DAYS + 5))}'`;
    case 'ts':
      return `TIMESTAMP '${day(random.integer(0, DAYS))} ${random.pick(['00:00:00', '23:59:59.999999', '06:30:00', '12:00:00.5'])}'`;
    case 'bool':
      return String(random.chance(0.5));
  }
}

function fileSelect(table: LakeTable, rows: readonly string[], random: RandomSource): string {
  const missing =
    table.columns.length > 3 && random.chance(0.15)
      ? random.pick(table.columns.slice(3))
      : undefined;
  const columns = table.columns
    .filter((column) => column !== missing)
    .map((column) => {
      const narrow = random.chance(0.1) ? WIDER[column.type] : undefined;
      return `CAST(${column.name} AS ${narrow ?? duckType(column.type)}) AS ${random.chance(0.1) ? `"${column.name.toUpperCase()}"` : column.name}`;
    });
  const shuffled = random.chance(0.2) ? random.sample(columns, columns.length) : columns;
  return `SELECT ${shuffled.join(', ')} FROM (VALUES ${rows.join(', ')}) AS rows(${table.columns.map(({ name }) => name).join(', ')})`;
}

async function writePartition(
  connection: DuckDBConnection,
  folder: string,
  table: LakeTable,
  partition: LakePartition,
  random: RandomSource,
  nextRow: () => number,
): Promise<string[]> {
  const location = folder + partition.folder;
  await mkdir(location, { recursive: true });
  const files: string[] = [];
  const count = random.chance(0.25) ? 2 : 1;
  for (let index = 0; index < count; index++) {
    const rows = Array.from({ length: random.integer(1, table.rowsPerPartition * 2) }, () => {
      const values = table.columns.map((column) =>
        column.name === 'rid' ? String(nextRow()) : value(column, random),
      );
      return `(${values.join(', ')})`;
    });
    const file = `${location}part-${index}.parquet`;
    await connection.run(
      `COPY (${fileSelect(table, rows, random)}) TO ${quote(file)} (FORMAT parquet)`,
    );
    files.push(file);
  }
  return files;
}

/** A file's rows with its partition's values, as the truth has them. */
function truthSelect(
  table: LakeTable,
  partition: LakePartition,
  file: string,
  names: ReadonlySet<string>,
): string {
  const columns = table.columns.map(
    ({ name, type }) => `CAST(${names.has(name) ? name : 'NULL'} AS ${duckType(type)}) AS ${name}`,
  );
  const values = table.partitionColumns.map(
    ({ name, type }, index) =>
      `CAST(${partition.literals[index] ?? 'NULL'} AS ${duckType(type)}) AS ${name}`,
  );
  // DuckDB reads patterns even in lists of paths.
  const path = file.replaceAll(/[*?[]/g, (each) => `[${each}]`);
  return `SELECT ${[...columns, ...values].join(', ')} FROM read_parquet(${quote(path)}, hive_partitioning = false)`;
}

/** Writes a table's files below `root` and loads every one of them into the truth's table `lake.<name>`. */
export async function writeTable(
  connection: DuckDBConnection,
  root: string,
  table: LakeTable,
  random: RandomSource,
): Promise<void> {
  const all = [...table.columns, ...table.partitionColumns];
  await connection.run(
    `CREATE TABLE lake.${table.name} (${all.map(({ name, type }) => `${name} ${duckType(type)}`).join(', ')})`,
  );
  let row = 0;
  for (const partition of table.partitions) {
    const files = await writePartition(
      connection,
      `${root}${table.name}/`,
      table,
      partition,
      random,
      () => row++,
    );
    for (const file of files) {
      const path = file.replaceAll(/[*?[]/g, (each) => `[${each}]`);
      const schema = await connection.runAndReadAll(
        `SELECT lower(name) FROM parquet_schema(${quote(path)})`,
      );
      const names = new Set(schema.getRows().map(([name]) => String(name)));
      await connection.run(
        `INSERT INTO lake.${table.name} ${truthSelect(table, partition, file, names)}`,
      );
    }
  }
}

/** The statements that declare a table to the product. */
export function declareTable(table: LakeTable, root: string): string {
  const list = (columns: readonly LakeColumn[]): string =>
    columns.map(({ name, type }) => `\`${name}\` ${type}`).join(', ');
  const properties = Object.entries(table.properties).map(([key, text]) => {
    const whole = key === 'storage.location.template' ? `${root}${table.name}/${text}` : text;
    return `${quote(key)} = ${quote(whole)}`;
  });
  const statements = [
    [
      `CREATE EXTERNAL TABLE lake.default.${table.name} (${list(table.columns)})`,
      table.partitionColumns.length === 0 ? '' : `PARTITIONED BY (${list(table.partitionColumns)})`,
      `STORED AS PARQUET LOCATION '${root}${table.name}/'`,
      properties.length === 0 ? '' : `TBLPROPERTIES (${properties.join(', ')})`,
    ].join(' '),
  ];
  if (table.registration === 'repair')
    statements.push(`MSCK REPAIR TABLE lake.default.${table.name}`);
  if (table.registration === 'add') {
    for (const partition of table.partitions) {
      const spec = table.partitionColumns.map(
        ({ name }, index) => `${name} = ${(partition.literals[index] ?? '').replace(/^DATE /, '')}`,
      );
      statements.push(
        `ALTER TABLE lake.default.${table.name} ADD IF NOT EXISTS PARTITION (${spec.join(', ')}) LOCATION '${root}${table.name}/${partition.folder}'`,
      );
    }
  }
  return statements.map((each) => `${each};`).join('\n');
}
