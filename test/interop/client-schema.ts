import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { SYSTEM_SCHEMA, SYSTEM_TABLES } from '@tributary/planner';
import { formatType } from '@tributary/sql';

// The schema that the captured statements ask about, in what both sides can hold: tables without keys, views, comments.

interface Table {
  readonly name: string;
  /** Hive type and PostgreSQL type of each column. */
  readonly columns: readonly (readonly [name: string, hive: string, postgres: string])[];
  readonly comment?: string;
}

const CUSTOMERS: Table['columns'] = [
  ['id', 'bigint', 'bigint'],
  ['name', 'varchar(100)', 'varchar(100)'],
  ['email', 'string', 'text'],
  ['country', 'char(2)', 'char(2)'],
  ['created_at', 'timestamp with local time zone', 'timestamptz'],
  ['tags', 'array<string>', 'text[]'],
  ['attrs', 'string', 'text'],
  ['score', 'decimal(12,3)', 'numeric(12,3)'],
];
const PART: Table['columns'] = [
  ['id', 'int', 'int'],
  ['d', 'date', 'date'],
];
const TABLES: Readonly<Record<'sales' | 'hr', readonly Table[]>> = {
  sales: [
    { name: 'customers', columns: CUSTOMERS, comment: 'Customers' },
    {
      name: 'orders',
      columns: [
        ['id', 'bigint', 'bigint'],
        ['customer_id', 'bigint', 'bigint'],
        ['status', 'string', 'text'],
        ['amount', 'decimal(18,2)', 'numeric(18,2)'],
        ['order_date', 'date', 'date'],
        ['ts', 'timestamp', 'timestamp'],
        ['qty', 'int', 'int'],
        ['ratio', 'float', 'real'],
        ['d', 'double', 'double precision'],
        ['flag', 'boolean', 'boolean'],
        ['u', 'string', 'text'],
        ['b', 'binary', 'bytea'],
        ['x', 'smallint', 'smallint'],
      ],
    },
    { name: 'mv', columns: CUSTOMERS },
    { name: 'part', columns: PART },
    { name: 'part_2024', columns: PART },
  ],
  hr: [
    {
      name: 'employees',
      columns: [
        ['id', 'int', 'int'],
        ['mgr', 'int', 'int'],
        ['name', 'string', 'text'],
        ['full_name', 'string', 'text'],
      ],
    },
  ],
};
const SOURCES = Object.keys(TABLES) as readonly (keyof typeof TABLES)[];

/** Views are written alike on both sides. */
const VIEWS = `
CREATE VIEW sales.order_totals AS SELECT c.name, sum(o.amount) AS total FROM sales.orders o JOIN sales.customers c ON c.id = o.customer_id GROUP BY 1;
CREATE VIEW public.t AS SELECT i AS id, i AS a, 'b'::text AS b FROM generate_series(1, 500) AS g(i);
CREATE VIEW "Weird Schema"."Mixed Case" AS SELECT 1 AS "Col A", 'x'::text AS "select";
`;
const CUSTOMER_ROWS = `SELECT i AS id, 'n' || i AS name, NULL::text AS email, 'DE' AS country,
  '2024-01-01T00:00:00Z'::timestamptz + i * INTERVAL '1 hour' AS created_at, NULL::text[] AS tags, NULL::text AS attrs, NULL::numeric(12, 3) AS score`;

/** Files of the lakes: customers have rows, everything else is empty. */
export async function writeClientLake(folder: string): Promise<void> {
  for (const source of SOURCES) {
    for (const { name } of TABLES[source]) {
      await mkdir(join(folder, source, name), { recursive: true });
    }
  }
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  try {
    await connection.run(
      `COPY (${CUSTOMER_ROWS} FROM range(1, 201) r(i)) TO '${join(folder, 'sales/customers/1.parquet')}' (FORMAT parquet)`,
    );
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

/** YAML of the sources over `writeClientLake`'s folder. */
export function clientSources(folder: string): string {
  return SOURCES.map(
    (source) => `${source}: { connector: lake, root: ${join(folder, source)} }`,
  ).join('\n  ');
}

export function tributarySchema(): string {
  const tables = SOURCES.flatMap((source) =>
    TABLES[source].map(
      ({ name, columns, comment }) =>
        `CREATE EXTERNAL TABLE ${source}.default.${name} (${columns
          .map(([column, hive]) => `${column} ${hive}${commentOf(column)}`)
          .join(', ')})${comment === undefined ? '' : ` COMMENT '${comment}'`}
STORED AS PARQUET LOCATION '${name}/';`,
    ),
  );
  return [...tables, 'CREATE SCHEMA main."Weird Schema";', VIEWS].join('\n');
}

const commentOf = (column: string): string =>
  column === 'full_name' ? " COMMENT 'full name'" : '';

/** Statements for the superuser of a PostgreSQL cluster, in database `main`, which gets the owner, grants and schemas that Tributary shows. */
export function postgresSchema(): readonly string[] {
  const tables = SOURCES.flatMap((source) => [
    `CREATE SCHEMA ${source}`,
    ...TABLES[source].flatMap(({ name, columns, comment }) => [
      `CREATE TABLE ${source}.${name} (${columns.map(([column, , type]) => `${column} ${type}`).join(', ')})`,
      ...(comment === undefined ? [] : [`COMMENT ON TABLE ${source}.${name} IS '${comment}'`]),
      ...columns
        .filter(([column]) => commentOf(column) !== '')
        .map(([column]) => `COMMENT ON COLUMN ${source}.${name}.${column} IS 'full name'`),
    ]),
  ]);
  const systemViews = SYSTEM_TABLES.filter(
    ({ requiredParameters = 0 }) => requiredParameters === 0,
  );
  return [
    'DROP SCHEMA public',
    'REVOKE ALL ON DATABASE main FROM PUBLIC',
    'GRANT CONNECT ON DATABASE main TO PUBLIC',
    'GRANT CREATE ON DATABASE main TO tributary',
    'ALTER DEFAULT PRIVILEGES FOR ROLE tributary GRANT SELECT ON TABLES TO PUBLIC',
    'ALTER DEFAULT PRIVILEGES FOR ROLE tributary GRANT USAGE ON SCHEMAS TO PUBLIC',
    'SET SESSION AUTHORIZATION tributary',
    'CREATE SCHEMA public',
    'CREATE SCHEMA "Weird Schema"',
    ...tables,
    `INSERT INTO sales.customers ${CUSTOMER_ROWS.replace("'n' || i", "'n' || i::text")} FROM generate_series(1, 200) r(i)`,
    ...VIEWS.split(';\n').filter((text) => text.trim() !== ''),
    `CREATE SCHEMA ${SYSTEM_SCHEMA}`,
    ...systemViews.flatMap(({ name, columns, comment }) => [
      `CREATE VIEW ${SYSTEM_SCHEMA}.${name} AS SELECT ${columns
        .map((column) => `NULL::${formatType(column.type)} AS ${column.name}`)
        .join(', ')} WHERE false`,
      `COMMENT ON VIEW ${SYSTEM_SCHEMA}.${name} IS '${comment.replaceAll("'", "''")}'`,
      ...columns.map(
        (column) =>
          `COMMENT ON COLUMN ${SYSTEM_SCHEMA}.${name}.${column.name} IS '${column.comment.replaceAll("'", "''")}'`,
      ),
    ]),
    'RESET SESSION AUTHORIZATION',
  ];
}
