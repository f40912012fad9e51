import { describe, expect, test, beforeAll } from '@jest/globals';
import { isQueryError } from '../../src/errors.ts';
import { parseStatementsSync } from '../../src/parse/parse-statements.ts';
import { loadParser } from '../../src/parse/parse-tree.ts';
import type { QueryError } from '../../src/errors.ts';
import type { Statement } from '../../src/statement.ts';

beforeAll(loadParser);

function only(text: string): Statement {
  const statements = parseStatementsSync(text);
  expect(statements).toHaveLength(1);
  return statements[0] as Statement;
}

function errorOf(text: string): QueryError {
  try {
    parseStatementsSync(text);
  } catch (error) {
    if (isQueryError(error)) return error;
    throw error;
  }
  throw new Error(`parsed: ${text}`);
}

function storageOf(clauses: string): object {
  const statement = only(`create external table t (a int) ${clauses} location 's3://b/t/'`);
  if (statement.kind !== 'createExternalTable') throw new Error(statement.kind);
  return statement.storage;
}

describe('CREATE EXTERNAL TABLE', () => {
  test('reads a table with a projection', () => {
    const text = `CREATE EXTERNAL TABLE IF NOT EXISTS lake.sales.\`Events\` (
        User_id bigint COMMENT 'who''s \\'it\\'', \`event\` string, "Revenue" decimal(12, 2))
      COMMENT "all events"
      PARTITIONED BY (dt date, app_id int COMMENT 'app')
      STORED AS PARQUET LOCATION 's3://bucket/events/'
      TBLPROPERTIES ('projection.enabled'='true', 'projection.dt.format'='yyyy-MM-dd''T''HH')`;
    expect(only(`${text};`)).toEqual({
      kind: 'createExternalTable',
      text,
      offset: 0,
      name: ['lake', 'sales', 'events'],
      ifNotExists: true,
      comment: 'all events',
      columns: [
        {
          name: 'user_id',
          type: expect.objectContaining({ name: 'int8' }),
          hiveType: 'bigint',
          comment: "who's 'it'",
        },
        { name: 'event', type: expect.objectContaining({ name: 'text' }), hiveType: 'string' },
        {
          name: 'Revenue',
          type: expect.objectContaining({ name: 'numeric' }),
          hiveType: 'decimal(12,2)',
        },
      ],
      partitionColumns: [
        { name: 'dt', type: expect.objectContaining({ name: 'date' }), hiveType: 'date' },
        {
          name: 'app_id',
          type: expect.objectContaining({ name: 'int4' }),
          hiveType: 'int',
          comment: 'app',
        },
      ],
      storage: { format: 'parquet' },
      location: 's3://bucket/events/',
      properties: new Map([
        ['projection.enabled', 'true'],
        ['projection.dt.format', "yyyy-MM-dd'T'HH"],
      ]),
    });
  });

  test('takes its clauses in any order', () => {
    expect(
      only(
        "create external table t (a int) tblproperties ('x'='y') location 'l' stored as textfile " +
          "with serdeproperties ('field.delim'='|') row format serde 'org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe' " +
          "partitioned by (p string) comment 'c'",
      ),
    ).toMatchObject({
      comment: 'c',
      location: 'l',
      storage: { format: 'csv', delimiter: '|', nullText: '\\N' },
    });
  });

  test.each([
    ['', { format: 'csv', delimiter: '\u0001', nullText: '\\N' }],
    ['stored as parquet', { format: 'parquet' }],
    ['stored as jsonfile', { format: 'json' }],
    [
      "row format serde 'org.openx.data.jsonserde.JsonSerDe' with serdeproperties ('ignore.malformed.json'='false')",
      { format: 'json' },
    ],
    [
      "row format delimited fields terminated by '\\t' escaped by '\\\\' collection items terminated by '\\002' " +
        "map keys terminated by '\\u0003' lines terminated by '\\n' null defined as '' stored as textfile",
      { format: 'csv', delimiter: '\t', escape: '\\', nullText: '' },
    ],
    [
      'row format serde \'org.apache.hadoop.hive.serde2.OpenCSVSerde\' with serdeproperties ("separatorChar" = ";", "quoteChar" = "\\"", "escapeChar" = "\\\\")',
      { format: 'csv', delimiter: ';', quote: '"', escape: '\\' },
    ],
    [
      "row format serde 'org.apache.hadoop.hive.serde2.OpenCSVSerde'",
      { format: 'csv', delimiter: ',', quote: '"', escape: '\\' },
    ],
    [
      "row format serde 'org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe' with serdeproperties ('serialization.format'='1') " +
        "stored as inputformat 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat' " +
        "outputformat 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat'",
      { format: 'parquet' },
    ],
    [
      "row format delimited fields terminated by ',' stored as inputformat 'org.apache.hadoop.mapred.TextInputFormat' " +
        "outputformat 'org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat'",
      { format: 'csv', delimiter: ',', nullText: '\\N' },
    ],
  ])('storage: %s', (clauses, expected) => {
    expect(storageOf(clauses)).toEqual(expected);
  });

  test('takes the text of NULL and the header from TBLPROPERTIES', () => {
    const statement = only(
      "create external table t (a int) row format delimited fields terminated by ',' location 'l' " +
        "tblproperties ('serialization.null.format'='', 'skip.header.line.count'='1')",
    );
    expect(statement).toMatchObject({ storage: { nullText: '' } });
    if (statement.kind !== 'createExternalTable') throw new Error(statement.kind);
    expect(statement.properties.get('skip.header.line.count')).toBe('1');
  });

  test.each([
    ['stored as orc', 'STORED AS ORC'],
    ['stored as avro', 'STORED AS AVRO'],
    ['clustered by (a) into 4 buckets', 'CLUSTERED BY'],
    ['skewed by (a) on (1)', 'SKEWED BY'],
    ["stored by 'x'", 'STORED BY'],
    ["row format serde 'com.example.Mine'", 'SERDE "com.example.Mine"'],
    ["stored as inputformat 'org.x' outputformat 'org.y'", 'INPUTFORMAT "org.x"'],
    ["row format delimited lines terminated by ';'", '"line.delim"'],
    [
      "row format serde 'org.openx.data.jsonserde.JsonSerDe' with serdeproperties ('mapping.a'='b')",
      '"mapping.a"',
    ],
  ])('%s is refused by name', (clauses, name) => {
    const error = errorOf(`create external table t (a int) ${clauses} location 'l'`);
    expect(error.code).toBe('featureNotSupported');
    expect(error.message).toContain(name);
  });

  test.each([
    ["create external table t (a int location 'l'", 'at or near "location": expected ")"', 32],
    ['create external table t (a int)', 'at end of input: expected LOCATION', 32],
    ['create external table é (a int); select 1', 'at or near ";": expected LOCATION', 32],
    ['create external t (a int)', 'at or near "t": expected TABLE', 17],
    [
      "create external table a.b.c.d (a int) location 'l'",
      'at or near "d": expected a name of at most 3 parts',
      29,
    ],
    ["create external table t (a array<int) location 'l'", 'at or near ")": expected ">"', 37],
    ["create external table t () location 'l'", 'at or near ")": expected a column name', 26],
    ["create external table t (a) location 'l'", 'at or near ")": expected a type', 27],
    [
      "create external table t (a int) location 'l",
      'unterminated quote or comment at or near "\'l": expected a folder in quotes',
      42,
    ],
    ["create external table t (a int) location 'l' foo", 'at or near "foo": expected COMMENT', 46],
    [
      "create external table t (a int) location 'l' location 'm'",
      'LOCATION specified more than once',
      46,
    ],
    [
      "create external table t (a int) location 'l' tblproperties ('a'=1)",
      'at or near "1": expected a property value',
      65,
    ],
  ])('%s says what it expected and where', (text, message, position) => {
    const error = errorOf(text);
    expect(error).toMatchObject({ code: 'syntaxError', position });
    expect(error.message).toContain(message);
  });

  test('columns are named once, in whatever case', () => {
    expect(errorOf("create external table t (a int, A string) location 'l'")).toMatchObject({
      code: 'duplicateColumn',
      position: 33,
    });
    expect(
      errorOf("create external table t (a int) partitioned by (a int) location 'l'").code,
    ).toBe('duplicateColumn');
    expect(
      errorOf("create external table t (a int) location 'l' tblproperties ('x'='1','x'='2')").code,
    ).toBe('invalidTableProperty');
  });

  test('names longer than PostgreSQL reads are refused', () => {
    expect(errorOf(`create external table ${'t'.repeat(64)} (a int) location 'l'`).code).toBe(
      'invalidName',
    );
    expect(only(`create external table ${'t'.repeat(63)} (a int) location 'l'`).kind).toBe(
      'createExternalTable',
    );
  });
});

describe('other statements', () => {
  test.each<[string, object]>([
    [
      "alter table a.b add if not exists partition (dt = '2024-01-01', app = 1) location 's3://x/' partition (dt=date '2024-01-02', app=-2)",
      {
        kind: 'addPartitions',
        table: ['a', 'b'],
        ifNotExists: true,
        partitions: [
          {
            spec: [
              { column: 'dt', value: '2024-01-01' },
              { column: 'app', value: '1' },
            ],
            location: 's3://x/',
          },
          {
            spec: [
              { column: 'dt', value: '2024-01-02' },
              { column: 'app', value: '-2' },
            ],
          },
        ],
      },
    ],
    [
      "ALTER TABLE t DROP IF EXISTS PARTITION (a = null), PARTITION (a='__HIVE_DEFAULT_PARTITION__')",
      {
        kind: 'dropPartitions',
        table: ['t'],
        ifExists: true,
        specs: [[{ column: 'a', value: null }], [{ column: 'a', value: null }]],
      },
    ],
    [
      "alter table t set tblproperties ('a'='b')",
      { kind: 'setTableProperties', properties: new Map([['a', 'b']]) },
    ],
    [
      "alter table t add columns (b int comment 'x')",
      { kind: 'addColumns', columns: [{ name: 'b', hiveType: 'int', comment: 'x' }] },
    ],
    ['msck repair table `A`.b', { kind: 'repairTable', table: ['a', 'b'] }],
    [
      'drop table if exists a.b.c, "D" cascade',
      { kind: 'dropTable', names: [['a', 'b', 'c'], ['D']], ifExists: true },
    ],
    ['create database if not exists x', { kind: 'createSchema', name: ['x'], ifNotExists: true }],
    ['create schema a.b', { kind: 'createSchema', name: ['a', 'b'], ifNotExists: false }],
    [
      'drop schema a, b.c cascade',
      { kind: 'dropSchema', names: [['a'], ['b', 'c']], cascade: true, ifExists: false },
    ],
    ['drop database if exists a restrict', { kind: 'dropSchema', ifExists: true, cascade: false }],
    ['show tables', { kind: 'showTables' }],
    ["show tables in a.b 'x*'", { kind: 'showTables', schema: ['a', 'b'], like: 'x*' }],
    ["show databases like 'a|b'", { kind: 'showSchemas', like: 'a|b' }],
    ['show schemas', { kind: 'showSchemas' }],
    ['show partitions a.b', { kind: 'showPartitions', table: ['a', 'b'] }],
    ['show create table a.b', { kind: 'showCreateTable', table: ['a', 'b'] }],
    ['show columns from t in s', { kind: 'showColumns', table: ['s', 't'] }],
    ['describe a.b.c', { kind: 'describe', table: ['a', 'b', 'c'] }],
    ['desc extended', { kind: 'describe', table: ['extended'] }],
  ])('%s', (text, expected) => {
    expect(only(text)).toMatchObject(expected);
  });

  test.each([
    ['alter table t rename to u', 'ALTER TABLE RENAME TO'],
    ['alter table t replace columns (a int)', 'ALTER TABLE REPLACE COLUMNS'],
    ['alter table t add column a int', 'ALTER TABLE ADD COLUMN'],
    ['msck repair table t sync partitions', 'SYNC PARTITIONS'],
    ['create schema x authorization y', 'AUTHORIZATION'],
    ["create database x location 'y'", 'LOCATION'],
    ['describe formatted t', 'DESCRIBE FORMATTED'],
    ["alter table t drop partition (a > 'x')", 'comparing partition columns'],
    ['show create view v', 'SHOW CREATE VIEW'],
  ])('%s is refused by name', (text, name) => {
    const error = errorOf(text);
    expect(error.code).toBe('featureNotSupported');
    expect(error.message).toContain(name);
  });

  test('what follows a statement is a syntax error at its place', () => {
    expect(errorOf('drop table t u')).toMatchObject({ code: 'syntaxError', position: 14 });
    expect(errorOf('select 1; show tables in s 1')).toMatchObject({
      code: 'syntaxError',
      position: 28,
    });
  });

  test('Hive strings end where Hive ends them', () => {
    const statements = parseStatementsSync(
      "alter table t set tblproperties ('a'='it\\'s; \\\\'); select 'x\\'",
    );
    expect(statements.map(({ kind }) => kind)).toEqual(['setTableProperties', 'select']);
  });
});
