/** A statement that must be refused, and the SQLSTATE that says so. */
export type RefusedStatement = readonly [sql: string, sqlstate: string];

/** Places of the test's own: `outside` holds what must not be read, `lake` is the source's root, `beside` starts with its name. */
export interface Places {
  readonly outside: string;
  readonly lake: string;
  readonly beside: string;
}

const UNDEFINED_FUNCTION = '42883';
const UNDEFINED_TABLE = '42P01';
const UNDEFINED_OBJECT = '42704';
const SYNTAX_ERROR = '42601';
const NOT_SUPPORTED = '0A000';
const NO_PRIVILEGE = '42501';
const INVALID_VALUE = '22023';

const all = (sqlstate: string, statements: readonly string[]): readonly RefusedStatement[] =>
  statements.map((sql) => [sql, sqlstate]);

function engineFunctions({ outside }: Places): readonly RefusedStatement[] {
  const calls = [
    `read_csv('${outside}/secret.csv')`,
    `read_csv_auto('${outside}/secret.csv')`,
    `read_text('${outside}/secret.csv')`,
    `read_blob('${outside}/secret.csv')`,
    `read_json('${outside}/secret.csv')`,
    `read_json_auto('${outside}/secret.csv')`,
    `read_ndjson_objects('${outside}/secret.csv')`,
    `read_parquet('${outside}/secret.parquet')`,
    `parquet_scan('${outside}/secret.parquet')`,
    `parquet_metadata('${outside}/secret.parquet')`,
    `parquet_schema('${outside}/secret.parquet')`,
    `sniff_csv('${outside}/secret.csv')`,
    `glob('${outside}/*')`,
    `getenv('TRIBUTARY_TEST_MARKER')`,
    `getvariable('x')`,
    `query('SELECT 1')`,
    `query_table('events')`,
    `json_execute_serialized_sql('{}')`,
    `json_serialize_sql('SELECT 1')`,
    'duckdb_settings()',
    'duckdb_secrets()',
    'duckdb_logs()',
    'duckdb_memory()',
    'pragma_version()',
    'pragma_database_list()',
    `pragma_table_info('events')`,
    `postgres_scan('host=127.0.0.1', 'public', 't')`,
    `postgres_query('db', 'SELECT 1')`,
    `sqlite_scan('${outside}/x.db', 't')`,
    `iceberg_scan('${outside}')`,
    `delta_scan('${outside}')`,
    `st_read('${outside}/secret.csv')`,
    `add_parquet_key('k', 'v')`,
    `load_aws_credentials()`,
    `which_secret('s3://bucket', 's3')`,
    `from_substrait('x')`,
    `checkpoint()`,
    `force_checkpoint()`,
    `write_log('x')`,
    `error('x')`,
  ];
  return all(UNDEFINED_FUNCTION, [
    ...calls.map((call) => `SELECT * FROM ${call}`),
    ...calls.map((call) => `SELECT ${call}`),
  ]);
}

function spellings(): readonly RefusedStatement[] {
  return all(UNDEFINED_FUNCTION, [
    `SELECT "read_text"('/etc/passwd')`,
    `SELECT READ_TEXT('/etc/passwd')`,
    `SELECT "READ_TEXT"('/etc/passwd')`,
    `SELECT read_text/* named */('/etc/passwd')`,
    `SELECT /* a */ read_text -- b\n ('/etc/passwd')`,
    `SELECT U&"r\\0065ad_text"('/etc/passwd')`,
    `SELECT * FROM U&"read\\005Ftext"('/etc/passwd')`,
    `SELECT * FROM U&"read!005Ftext" UESCAPE '!' ('/etc/passwd')`,
    `SELECT main.read_csv('/etc/passwd')`,
    `SELECT * FROM main.read_csv('/etc/passwd')`,
    `SELECT * FROM pg_catalog.read_csv('/etc/passwd')`,
    `SELECT * FROM lake.read_csv('/etc/passwd')`,
    `SELECT system.main.getenv('TRIBUTARY_TEST_MARKER')`,
    `SELECT memory.main.getenv('TRIBUTARY_TEST_MARKER')`,
    `SELECT information_schema.getenv('TRIBUTARY_TEST_MARKER')`,
    `SELECT * FROM ROWS FROM (read_text('/etc/passwd'))`,
    `SELECT * FROM LATERAL read_text('/etc/passwd')`,
    `SELECT * FROM unnest(ARRAY['/etc/passwd']) AS f(path), read_text(path)`,
    `VALUES (read_text('/etc/passwd'))`,
    `SELECT (read_text('/etc/passwd')).content`,
    `SELECT 1 OPERATOR(main.+) 2`,
    // Wherever a name may stand, and where nothing would ever be computed.
    `SELECT CASE WHEN false THEN getenv('TRIBUTARY_TEST_MARKER') END`,
    `SELECT coalesce(1, length(getenv('TRIBUTARY_TEST_MARKER')))`,
    `SELECT 1 WHERE false AND getenv('TRIBUTARY_TEST_MARKER') = 'x'`,
    `SELECT 1 WHERE false AND (SELECT count(*) FROM read_text('/etc/passwd')) > 0`,
    `SELECT 1 ORDER BY getenv('TRIBUTARY_TEST_MARKER')`,
    `SELECT 1 LIMIT length(getenv('TRIBUTARY_TEST_MARKER'))`,
    `SELECT count(*) FILTER (WHERE getenv('TRIBUTARY_TEST_MARKER') = 'x')`,
    `SELECT sum(length(getenv('TRIBUTARY_TEST_MARKER'))) OVER ()`,
    `SELECT 1 GROUP BY getenv('TRIBUTARY_TEST_MARKER')`,
    `SELECT count(*) HAVING getenv('TRIBUTARY_TEST_MARKER') = 'x'`,
    `SELECT 1 UNION SELECT getenv('TRIBUTARY_TEST_MARKER')`,
    `WITH unused AS (SELECT getenv('TRIBUTARY_TEST_MARKER')) SELECT 1`,
    `WITH read_text AS (SELECT 1 AS a) SELECT * FROM read_text('/etc/passwd')`,
    `WITH getenv(x) AS (SELECT 1) SELECT getenv('TRIBUTARY_TEST_MARKER') FROM getenv`,
    `SELECT getenv('TRIBUTARY_TEST_MARKER') FROM lake.events WHERE app = '1' QUALIFY row_number() OVER () = 1`,
    `SELECT 1 FROM lake.events WHERE app = getenv('TRIBUTARY_TEST_MARKER')`,
    `EXPLAIN SELECT * FROM read_text('/etc/passwd')`,
    `EXPLAIN ANALYZE SELECT getenv('TRIBUTARY_TEST_MARKER')`,
    `EXPLAIN (FORMAT JSON) SELECT getenv('TRIBUTARY_TEST_MARKER')`,
    `PREPARE spy AS SELECT getenv('TRIBUTARY_TEST_MARKER')`,
    `CREATE VIEW main.public.spy AS SELECT * FROM read_text('/etc/passwd')`,
    `CREATE OR REPLACE VIEW main.public.spy AS SELECT getenv('TRIBUTARY_TEST_MARKER') AS x`,
    `SELECT 1; SELECT getenv('TRIBUTARY_TEST_MARKER')`,
    `SELECT * FROM tributary.read_text('/etc/passwd')`,
  ]);
}

function pathsAsNames({ outside }: Places): readonly RefusedStatement[] {
  return [
    ...all(UNDEFINED_TABLE, [
      `SELECT * FROM "${outside}/secret.parquet"`,
      `SELECT * FROM "${outside}/secret.csv"`,
      'SELECT * FROM "/etc/passwd"',
      'SELECT * FROM "x.parquet"',
      'SELECT * FROM "s3://bucket/x.parquet"',
      'SELECT * FROM "https://example.com/x.csv"',
      'SELECT * FROM lake."../outside/secret.parquet"',
      'SELECT * FROM lake."default"."../outside/secret.parquet"',
      'SELECT * FROM main."/etc/passwd"',
      'SELECT * FROM U&"\\002Fetc\\002Fpasswd"',
      'SELECT * FROM ONLY "/etc/passwd"',
      'TABLE "/etc/passwd"',
      'SELECT (SELECT count(*) FROM "/etc/passwd")',
      'WITH a AS (SELECT * FROM "/etc/passwd") SELECT 1',
      'WITH a AS (WITH "/etc/passwd" AS (SELECT 1) SELECT 1) SELECT * FROM "/etc/passwd"',
      'CREATE VIEW main.public.spy AS SELECT * FROM "/etc/passwd"',
      'EXPLAIN SELECT * FROM "/etc/passwd"',
      'SELECT * FROM duckdb_settings',
      'SELECT * FROM duckdb_secrets',
      'SELECT * FROM duckdb_tables',
      'SELECT * FROM pragma_database_list',
      'SELECT * FROM sqlite_master',
    ]),
    ...all(SYNTAX_ERROR, [
      `FROM '${outside}/secret.parquet'`,
      `SELECT * FROM '${outside}/secret.parquet'`,
      `SELECT * FROM lake.'${outside}/secret.parquet'`,
    ]),
    ...all(UNDEFINED_OBJECT, [`SELECT 'x'::"/etc/passwd"`, 'SELECT 1::read_text']),
    ['SELECT * FROM system.information_schema.tables', NOT_SUPPORTED],
    [`SELECT 'a' COLLATE "/etc/passwd"`, NOT_SUPPORTED],
  ];
}

function settings(): readonly RefusedStatement[] {
  const names = [
    'memory_limit',
    'threads',
    'allowed_directories',
    'enable_external_access',
    'lock_configuration',
    's3_secret_access_key',
    's3_endpoint',
    'temp_directory',
    'custom_user_agent',
    'allow_unsigned_extensions',
    'http_proxy',
    'secret_directory',
  ];
  return [
    ...all(
      UNDEFINED_OBJECT,
      names.flatMap((name) => [
        `SET ${name} = '1'`,
        `SET "${name}" TO '1'`,
        `SET LOCAL ${name} = '1'`,
        `RESET ${name}`,
        `SHOW ${name}`,
        `SELECT current_setting('${name}')`,
      ]),
    ),
    [`SELECT set_config('memory_limit', '1GB', false)`, UNDEFINED_OBJECT],
    ...all(SYNTAX_ERROR, ['SET GLOBAL threads = 1', 'PRAGMA version', 'PRAGMA threads = 1']),
    ...all(NO_PRIVILEGE, [
      `SELECT current_setting('data_directory')`,
      `SELECT current_setting('config_file')`,
    ]),
    [`SET TimeZone = '../../../etc/passwd'`, INVALID_VALUE],
  ];
}

function statements({ outside }: Places): readonly RefusedStatement[] {
  return [
    ...all(NO_PRIVILEGE, [
      `COPY (SELECT 1) TO '${outside}/out.csv'`,
      `COPY lake.events TO '${outside}/out.csv'`,
      `COPY (SELECT 1) TO PROGRAM 'id'`,
      'INSERT INTO lake.events VALUES (1)',
      'CREATE TABLE lake.default.made AS SELECT 1 AS a',
      `UNLOAD ('SELECT 1') TO '${outside}/unloaded/'`,
      `UNLOAD (SELECT 1) TO 'unloaded/' WITH (format = 'PARQUET')`,
    ]),
    ...all(UNDEFINED_FUNCTION, ['CALL pragma_version()', `CALL read_text('/etc/passwd')`]),
    ...all(NOT_SUPPORTED, [
      `COPY lake.events FROM '${outside}/secret.csv'`,
      `LOAD '${outside}/secret.csv'`,
      'DO $$ BEGIN END $$',
      'CREATE TABLE t (a int)',
      `CREATE FUNCTION f() RETURNS int AS '${outside}/x.so' LANGUAGE c`,
      `CREATE FOREIGN TABLE t (a int) SERVER s OPTIONS (filename '/etc/passwd')`,
      'CREATE EXTENSION file_fdw',
      'SELECT 1 INTO t',
      'DELETE FROM lake.events',
      'WITH t AS (DELETE FROM lake.events RETURNING *) SELECT * FROM t',
      'VACUUM',
      'ALTER SYSTEM SET threads = 1',
    ]),
    ...all(SYNTAX_ERROR, [
      `ATTACH '${outside}/x.db'`,
      'DETACH memory',
      'INSTALL httpfs',
      'FORCE INSTALL httpfs',
      'LOAD httpfs',
      'USE memory',
      `EXPORT DATABASE '${outside}'`,
      `IMPORT DATABASE '${outside}'`,
      'CREATE SECRET s (TYPE s3)',
      'CREATE MACRO f() AS 1',
      'SUMMARIZE lake.events',
      `EXPLAIN ANALYZE COPY (SELECT 1) TO '${outside}/out.csv'`,
      `PREPARE spy AS COPY (SELECT 1) TO '${outside}/out.csv'`,
    ]),
  ];
}

/** The engine that answers the system catalogs is a PostgreSQL: what only a superuser may do there stays so. */
function catalogEngine(): readonly RefusedStatement[] {
  return all(NO_PRIVILEGE, [
    `SELECT pg_read_file('/etc/passwd')`,
    `SELECT pg_read_file('/etc/passwd') FROM pg_class`,
    `SELECT pg_read_file('postgresql.conf') FROM pg_catalog.pg_class`,
    `SELECT pg_catalog.pg_read_binary_file('/etc/passwd')`,
    `SELECT * FROM pg_ls_dir('/')`,
    `SELECT * FROM pg_stat_file('/etc/passwd')`,
    `SELECT lo_import('/etc/passwd')`,
    `SELECT set_config('role', 'pg_bootstrap', true) FROM pg_class`,
    `SELECT query_to_xml('select pg_read_file(''/etc/passwd'')', true, true, '') FROM pg_class LIMIT 1`,
    'SELECT * FROM pg_shadow',
    'SELECT rolpassword FROM pg_authid',
    'SELECT * FROM pg_file_settings',
    'SELECT * FROM pg_hba_file_rules',
  ]);
}

function locations({ outside, lake, beside }: Places): readonly RefusedStatement[] {
  const elsewhere = [
    `${outside}/`,
    outside,
    `${lake}/../outside/`,
    `${lake}/events/../../outside/`,
    '../outside/',
    'events/../../outside/',
    '/',
    '/etc/',
    `${beside}/`,
    `${lake}/link/`,
    'link/',
    `file://${outside}/`,
    `file:${outside}/`,
    's3://bucket/events/',
    's3://bucket/../other/',
    'https://example.com/events/',
    `${lake}//events/`,
    `${lake}/./events/`,
  ];
  const kinds = [
    (at: string) => `(note string) STORED AS PARQUET LOCATION '${at}'`,
    (at: string) =>
      `(note string) ROW FORMAT DELIMITED FIELDS TERMINATED BY ',' STORED AS TEXTFILE LOCATION '${at}'`,
    (at: string) =>
      `(note string) ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe' LOCATION '${at}'`,
  ];
  return all(INVALID_VALUE, [
    ...elsewhere.flatMap((at) =>
      kinds.map((kind) => `CREATE EXTERNAL TABLE lake.default.elsewhere ${kind(at)}`),
    ),
    ...elsewhere.map(
      (at) => `ALTER TABLE lake.default.registered ADD PARTITION (p = 'x') LOCATION '${at}'`,
    ),
  ]);
}

/** Every attempt to reach files, environment, network or engine settings that must be refused. */
export function refusedStatements(
  places: Places,
): Readonly<Record<string, readonly RefusedStatement[]>> {
  return {
    'engine functions': engineFunctions(places),
    'other spellings of a name, and places where it may stand': spellings(),
    'paths in the place of names': pathsAsNames(places),
    'settings of the engine': settings(),
    'statements that are no queries': statements(places),
    'functions of the catalog engine': catalogEngine(),
    "locations outside the source's root": locations(places),
  };
}
