/** A column of the test tables: its place in the files, and what the view over them makes of it. */
export interface TestColumn {
  readonly name: string;
  /** PostgreSQL's type of the view's column. */
  readonly type: string;
  /** Hive type of the lake table's column. */
  readonly hive: string;
  /** Type of the stored column in PostgreSQL and in the engine that writes the files. */
  readonly stored: { readonly postgres: string; readonly duckdb: string };
}

export interface TestRelation {
  readonly name: string;
  /** Texts that PostgreSQL reads as the stored types, null for NULL. */
  readonly rows: readonly (readonly (string | null)[])[];
}

function column(
  name: string,
  type: string,
  hive: string,
  postgres: string,
  duckdb: string,
): TestColumn {
  return { name, type, hive, stored: { postgres, duckdb } };
}

/** A type that files do not hold: stored as text, cast by the view. */
function asText(name: string, type: string): TestColumn {
  return column(name, type, 'string', 'text', 'VARCHAR');
}

export const COLUMNS: readonly TestColumn[] = [
  column('id', 'int4', 'int', 'int4', 'INTEGER'),
  column('b', 'bool', 'boolean', 'bool', 'BOOLEAN'),
  column('i2', 'int2', 'smallint', 'int2', 'SMALLINT'),
  column('i4', 'int4', 'int', 'int4', 'INTEGER'),
  column('i8', 'int8', 'bigint', 'int8', 'BIGINT'),
  column('f4', 'float4', 'float', 'float4', 'FLOAT'),
  column('f8', 'float8', 'double', 'float8', 'DOUBLE'),
  column('n', 'numeric', 'decimal(12,2)', 'numeric(12,2)', 'DECIMAL(12,2)'),
  column('m', 'numeric', 'decimal(9,4)', 'numeric(9,4)', 'DECIMAL(9,4)'),
  column('t', 'text', 'string', 'text', 'VARCHAR'),
  column('vc', 'varchar', 'varchar(10)', 'varchar(10)', 'VARCHAR'),
  column('d', 'date', 'date', 'date', 'DATE'),
  column('ts', 'timestamp', 'timestamp', 'timestamp', 'TIMESTAMP'),
  column('tz', 'timestamptz', 'timestamp with local time zone', 'timestamptz', 'TIMESTAMPTZ'),
  column('by', 'bytea', 'binary', 'bytea', 'BLOB'),
  column('ai', 'int4[]', 'array<int>', 'int4[]', 'INTEGER[]'),
  column('at', 'text[]', 'array<string>', 'text[]', 'VARCHAR[]'),
  asText('tm', 'time'),
  asText('iv', 'interval'),
  asText('u', 'uuid'),
  asText('j', 'json'),
  asText('jb', 'jsonb'),
];

const U1 = '00000000-0000-0000-0000-000000000001';
const U2 = 'f0f0f0f0-1234-5678-9abc-def012345678';

/** Every-day values with repetitions and NULLs: most expressions answer. */
const plain: TestRelation['rows'] =
  `1|t|1|1|1|1.5|0.5|1.50|1.2500|a|abc|2024-01-15|2024-01-15 10:30:00|2024-01-15 10:30:00+00|\\x61|{1,2,3}|{a,b}|10:30:00|1 day|${U1}|{"a": 1, "b": [1, 2]}|{"a": 1, "b": [1, 2]}
2|f|2|2|2|-2.5|-1.5|-2.25|0.5000|B|xyz|2024-02-29|2024-02-29 23:59:59.5|2024-02-29 23:59:59.5+00|\\x00ff|{3}|{c}|23:59:59|1 mon|${U2}|{"a": "x"}|{"a": "x"}
3|t|3|10|100|3|2|100.00|-3.0000|abc|a|2023-12-31|2023-12-31 00:00:00|2023-12-31 00:00:00+00|\\x|{}|{}|00:00:00|02:30:00|${U1}|[1, 2, 3]|[1, 2, 3]
4||-4|-10|-100|0|0|0.00|0.0000||b c|1999-12-31|1999-12-31 12:00:00|1999-12-31 12:00:00+00|\\x6162|{1,NULL}|{a,NULL}|12:00:00|-1 days|${U2}|"s"|"s"
5|t|5||5|0.25|0.25|12.34|1.2500|Hello World|Hello|2020-02-29|2020-02-29 08:15:30|2020-03-29 01:30:00+00|\\xdeadbeef|{5,4,4}|{"x y",""}|08:15:30|1 year 2 mons|${U1}|null|null
6|f||7|70|10|10|-0.50|0.0001|a b,c|12|2024-07-01|2024-07-01 18:45:12.123456|2024-07-01 18:45:12.123456+00|\\x30|{7}|{b,a}|18:45:12.123456|3 days 04:05:06|${U2}|{"b": {"c": null}}|{"b": {"c": null}}
7|f|7|7||-0.5|-0.5||2.5000|añb||||||||||||
8||0|0|0|0|0|0.00|0.0000|abc|abc|2024-01-15|2024-01-15 10:30:00|2024-01-15 10:30:00+00|\\x61|{1,2,3}|{a,b}|10:30:00|1 day|${U1}|{"a": 1, "b": [1, 2]}|{"a": 1, "b": [1, 2]}
9|t|12|365|1000000|100.25|1234.5|999.99|99.9999|12|-7|2025-10-26|2025-10-26 00:30:00|2025-10-26 00:30:00+00|\\x313233|{10,20,30,40}|{"1","2"}|06:07:08|-2 mons|${U1}|{"a": null, "n": -1.5}|{"a": null, "n": -1.5}
10|||||||||||||||||||||`
    .split('\n')
    .map((line) => line.split('|').map((value) => (value === '' ? null : value)));

/** Values at the edges of their types. */
const edge: TestRelation['rows'] =
  `1|t|32767|2147483647|9223372036854775807|3e38|1e300|9999999999.99|99999.9999|x|0123456789|9999-12-31|9999-12-31 23:59:59.999999|2038-01-19 03:14:07+00|\\xff00|{2147483647,-2147483648}|{"NULL","{}"}|23:59:59.999999|10 years -3 mons 4 days|ffffffff-ffff-ffff-ffff-ffffffffffff|{"": 1, "a b": {"c": [true, false, null]}}|{"": 1, "a b": {"c": [true, false, null]}}
2|f|-32768|-2147483648|-9223372036854775808|-3e38|-1e300|-9999999999.99|-99999.9999|tab	x|~|0001-01-01|0001-01-01 00:00:00|1900-01-01 00:00:00+00|\\x80|{NULL}|{NULL}|00:00:00.000001|-25:00:00|00000000-0000-0000-0000-000000000000|[]|[]
3|t|0|0|0|NaN|NaN|0.00|0.0000|ß\\n|é|1970-01-01|1970-01-01 00:00:00|1970-01-01 00:00:00+00|\\x00|{0,0}|{",","x}"}|12:34:56.789|00:00:00.000001|${U1}|{}|{}
4|f|-1|-1|-1|Infinity|Infinity|-0.01|-0.0001|日本語 %_|%|1969-12-31|1969-12-31 23:59:59.999999|1969-12-31 23:59:59.999999+00|\\x|{}|{}|01:00:00|1 mon 30 days|${U2}|"\\u00e9 \\"q\\""|"\\u00e9 \\"q\\""
5|t|1|1|1|-Infinity|-Infinity|0.01|0.0001|   lead and trail  |   |2000-02-29|2000-02-29 00:00:00|2000-02-29 00:00:00+00|\\x20|{-1}|{"  "}|00:00:00|365 days|${U1}|-12345.678|-12345.678
6|f|255|16777217|9007199254740993|1e-30|1e-300|1000000.00|12345.6789|O'Brien|a''b|2100-03-01|2100-03-01 12:00:00|2100-03-01 12:00:00+00|\\x27|{1,1,1}|{a'b}|11:59:59.5|-1 years -2 mons +3 days -04:05:06.789|${U2}|true|true`
    .split('\n')
    .map((line) => line.split('|').map((value) => (value === '' ? null : value)));

export const RELATIONS: readonly TestRelation[] = [
  { name: 'plain', rows: plain },
  { name: 'edge', rows: edge },
];

function literal(value: string | null): string {
  return value === null ? 'NULL' : `'${value.replaceAll("'", "''")}'`;
}

/** What the view selects. Both sides get this text. */
function viewText(name: string, from: string): string {
  const columns = COLUMNS.map((each) =>
    each.stored.duckdb === 'VARCHAR' &&
    each.stored.postgres !== each.type &&
    each.type !== 'varchar'
      ? `CAST(${each.name} AS ${each.type}) AS ${each.name}`
      : each.name,
  );
  return `CREATE VIEW ${name} AS SELECT ${columns.join(', ')} FROM ${from}`;
}

/** Statements that make the tables and views in PostgreSQL. */
export function postgresStatements(): readonly string[] {
  return RELATIONS.flatMap(({ name, rows }) => [
    `CREATE TABLE ${name}_data (${COLUMNS.map((each) => `${each.name} ${each.stored.postgres}`).join(', ')})`,
    `INSERT INTO ${name}_data VALUES ${rows.map((row) => `(${row.map(literal).join(', ')})`).join(', ')}`,
    viewText(name, `${name}_data`),
  ]);
}

/** Tributary's bootstrap: external tables over `<name>/` of the source `lake`, and the same views. */
export function tributaryStatements(): string {
  const tables = RELATIONS.map(
    ({ name }) => `CREATE EXTERNAL TABLE lake.cases.${name}_data (
  ${COLUMNS.map((each) => `${each.name} ${each.hive}`).join(',\n  ')}
) STORED AS PARQUET LOCATION '${name}/';
${viewText(name, `lake_cases.${name}_data`)};`,
  );
  return `CREATE SCHEMA lake.cases;\n${tables.join('\n')}`;
}

function engineValue(value: string | null, { stored }: TestColumn): string {
  if (value === null) return 'NULL';
  if (stored.duckdb === 'BLOB') return `unhex('${value.slice(2)}')`;
  if (!stored.duckdb.endsWith('[]')) return `CAST(${literal(value)} AS ${stored.duckdb})`;
  const inner = value.slice(1, -1);
  const items = [...inner.matchAll(/"([^"]*)"|'"'|[^,]+/g)].map((match) => {
    const text = match[1] ?? match[0];
    return match[0] === 'NULL' ? 'NULL' : literal(text);
  });
  return `CAST([${items.join(', ')}] AS ${stored.duckdb})`;
}

/** DuckDB statements that write each table as Parquet files below `root`, one file for every four rows. */
export function fileStatements(root: string): readonly string[] {
  return RELATIONS.flatMap(({ name, rows }) => {
    const parts: string[] = [];
    for (let start = 0; start < rows.length; start += 4) {
      const values = rows.slice(start, start + 4).map((row) => {
        const cells = COLUMNS.map((each, index) => engineValue(row[index] ?? null, each));
        return `(${cells.join(', ')})`;
      });
      const columns = COLUMNS.map(
        (each, index) => `CAST(c${index} AS ${each.stored.duckdb}) AS "${each.name}"`,
      );
      parts.push(
        `COPY (SELECT ${columns.join(', ')} FROM (VALUES ${values.join(', ')}) AS v(${COLUMNS.map((_, index) => `c${index}`).join(', ')})) TO '${root}/${name}/part-${start}.parquet' (FORMAT parquet)`,
      );
    }
    return parts;
  });
}
