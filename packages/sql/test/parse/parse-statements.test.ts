import { beforeAll, describe, expect, test } from '@jest/globals';
import { isQueryError } from '../../src/errors.ts';
import {
  parseQuery,
  parseStatements,
  parseStatementsSync,
} from '../../src/parse/parse-statements.ts';
import { loadParser } from '../../src/parse/parse-tree.ts';
import type { QueryError } from '../../src/errors.ts';
import type { Statement } from '../../src/statement.ts';

beforeAll(loadParser);

function errorOf(text: string): QueryError {
  try {
    parseStatementsSync(text);
  } catch (error) {
    if (isQueryError(error)) return error;
    throw error;
  }
  throw new Error(`parsed: ${text}`);
}

function only(text: string): Statement {
  const statements = parseStatementsSync(text);
  expect(statements).toHaveLength(1);
  return statements[0] as Statement;
}

describe('splitting', () => {
  test('statements carry their own text and offset', async () => {
    const text = " /* a;b */ select ';' ;\n;-- ; \nshow tables; select $x$;$x$ -- end";
    const statements = await parseStatements(text);
    expect(statements.map(({ kind, text: own }) => [kind, own])).toEqual([
      ['select', "select ';'"],
      ['showTables', 'show tables'],
      ['select', 'select $x$;$x$'],
    ]);
    for (const statement of statements)
      expect(text.slice(statement.offset, statement.offset + statement.text.length)).toBe(
        statement.text,
      );
  });

  test('text without a statement is one empty statement', () => {
    for (const text of ['', '  ', ';;', '-- only a comment', '/* c */ ;'])
      expect(parseStatementsSync(text)).toEqual([{ kind: 'empty', text: '', offset: 0 }]);
  });

  test('one bad statement fails all', () => {
    expect(errorOf('select 1; select )')).toMatchObject({ code: 'syntaxError', position: 18 });
  });
});

describe('positions', () => {
  test.each([
    ["select 'é😀', ) from", 'syntax error at or near ")"', 14],
    ["select 1; select 'é😀', )", 'syntax error at or near ")"', 24],
    ['select (', 'syntax error at end of input', 9],
    ['select (; select 1', 'syntax error at or near ";"', 9],
    ["select 'abc", 'unterminated quoted string at or near "\'abc"', 8],
    ['select 1 /* é', 'unterminated /* comment at or near "/* é"', 10],
    ['select 1a', 'trailing junk after numeric literal at or near "1a"', 8],
    ['select ""', 'zero-length delimited identifier at or near """"', 8],
  ])('%s fails as PostgreSQL says it, at its character', (text, message, position) => {
    expect(errorOf(text)).toMatchObject({ code: 'syntaxError', message, position });
  });

  test('locations in trees are characters of the whole text', () => {
    const text = "select 'é😀'; select 'ü', colonne from t";
    const statement = parseStatementsSync(text)[1];
    const tree = JSON.stringify(statement);
    const at = [...text.slice(0, text.indexOf('colonne'))].length;
    expect(tree).toContain(`"location":${at}`);
    expect([...text].slice(at, at + 7).join('')).toBe('colonne');
  });

  test('NUL and half surrogates are refused where they stand', () => {
    expect(errorOf("select 'é\0'")).toMatchObject({
      code: 'characterNotInRepertoire',
      position: 10,
    });
    expect(errorOf("select '\ud800'")).toMatchObject({
      code: 'characterNotInRepertoire',
      position: 9,
    });
  });
});

describe('kinds', () => {
  test.each<[string, object]>([
    ['values (1)', { kind: 'select', qualify: false }],
    ['table t', { kind: 'select' }],
    ["set timezone = 'UTC'", { kind: 'set', name: 'timezone', value: 'UTC', local: false }],
    ['set local a.b to default', { kind: 'set', name: 'a.b', value: undefined, local: true }],
    ['set search_path to a, "B c"', { kind: 'set', name: 'search_path', value: 'a, "B c"' }],
    ['set work_mem = -1', { kind: 'set', value: '-1' }],
    ['set time zone local', { kind: 'set', name: 'timezone', value: undefined }],
    [
      'set transaction isolation level serializable, read only',
      {
        kind: 'set',
        name: 'transaction_isolation',
        value: 'serializable',
        local: true,
        also: [{ name: 'transaction_read_only', value: 'on' }],
      },
    ],
    [
      'set session characteristics as transaction read write',
      { kind: 'set', name: 'default_transaction_read_only', value: 'off', local: false },
    ],
    ['show transaction isolation level', { kind: 'show', name: 'transaction_isolation' }],
    ['show all', { kind: 'show', name: undefined }],
    ['reset all', { kind: 'reset', name: undefined }],
    ['reset x', { kind: 'reset', name: 'x' }],
    ['begin', { kind: 'begin' }],
    [
      'start transaction isolation level repeatable read read only',
      { kind: 'begin', isolation: 'repeatable read', readOnly: true },
    ],
    ['end', { kind: 'commit', chain: false }],
    ['abort and chain', { kind: 'rollback', chain: true }],
    ['savepoint a', { kind: 'savepoint', name: 'a' }],
    ['release a', { kind: 'releaseSavepoint', name: 'a' }],
    ['rollback to a', { kind: 'rollbackTo', name: 'a' }],
    ['execute p(1, 2)', { kind: 'execute', name: 'p' }],
    ['deallocate all', { kind: 'deallocate', name: undefined }],
    ['deallocate prepare p', { kind: 'deallocate', name: 'p' }],
    ['fetch c', { kind: 'fetch', name: 'c', count: 1, move: false }],
    ['fetch 0 from c', { kind: 'fetch', count: 0 }],
    ['move all in c', { kind: 'fetch', count: undefined, move: true }],
    ['close all', { kind: 'closeCursor', name: undefined }],
    ['discard plans', { kind: 'discard', what: 'plans' }],
    ['listen x', { kind: 'noop', tag: 'LISTEN' }],
    [
      'drop view if exists a.b.c, d cascade',
      { kind: 'dropView', names: [['a', 'b', 'c'], ['d']], ifExists: true },
    ],
    [
      'create or replace view a.b(x, "Y") as (select 1) ;',
      {
        kind: 'createView',
        name: ['a', 'b'],
        replace: true,
        columns: ['x', 'Y'],
        queryText: '(select 1)',
      },
    ],
    ['create view v as select 1 as as_ -- c', { kind: 'createView', queryText: 'select 1 as as_' }],
  ])('%s', (text, expected) => {
    expect(only(text)).toMatchObject(expected);
  });

  test.each<[string, object, string]>([
    ['explain select 1', { analyze: false, verbose: false, format: 'text' }, 'select 1'],
    ['explain analyze verbose (select 1)', { analyze: true, verbose: true }, '(select 1)'],
    [
      'explain (analyze off, format json, costs) select 2',
      { analyze: false, format: 'json' },
      'select 2',
    ],
    ['explain (select 1)', { analyze: false }, '(select 1)'],
    ['explain (analyze) execute p', { analyze: true }, 'execute p'],
  ])('%s', (text, expected, inner) => {
    const statement = only(text);
    expect(statement).toMatchObject({ kind: 'explain', ...expected });
    if (statement.kind !== 'explain') throw new Error(statement.kind);
    expect(statement.statement.text).toBe(inner);
    expect(text.slice(statement.statement.offset)).toBe(inner);
  });

  test('prepared statements and cursors carry theirs', () => {
    expect(only('prepare "as" (int, varchar(3)) as select $1')).toMatchObject({
      kind: 'prepare',
      name: 'as',
      parameterTypes: [{ name: 'int4' }, { name: 'varchar', typmod: 7 }],
      statement: { kind: 'select', text: 'select $1', offset: 34 },
    });
    expect(only('declare c cursor with hold for select 1 for update')).toMatchObject({
      kind: 'declareCursor',
      hold: true,
      statement: { kind: 'select', text: 'select 1 for update' },
    });
  });

  test.each([
    ['insert into t values (1) returning a', 'INSERT .. RETURNING'],
    ['insert into t values (1) on conflict do nothing', 'INSERT .. ON CONFLICT'],
    ['insert into t overriding user value values (1)', 'INSERT .. OVERRIDING'],
    ['insert into t default values', 'INSERT .. DEFAULT VALUES'],
    ['with a as (insert into t values (1) returning 1) select * from a', 'INSERT'],
    ['with a as (delete from t returning *) select * from a', 'DELETE'],
    [
      'select 1 from (select 2) x where exists (with a as (update t set a = 1 returning 1) select 1 from a)',
      'UPDATE',
    ],
    ['select 1 into t', 'SELECT INTO'],
    ['explain insert into t values (1)', 'INSERT'],
    ['copy t from stdin', 'COPY FROM'],
    ['create table t (a int)', 'CREATE TABLE'],
    ['create temp table t as select 1', 'CREATE TEMPORARY TABLE'],
    ['create table t as execute p', 'CREATE TABLE .. AS EXECUTE'],
    ['create materialized view t as select 1', 'CREATE MATERIALIZED'],
    ['create temp view t as select 1', 'CREATE TEMPORARY VIEW'],
    ['create recursive view t(a) as select 1', 'CREATE RECURSIVE VIEW'],
    ['create view t as select 1 with check option', 'WITH CHECK OPTION'],
    ['do $$ begin end $$', 'DO'],
    ["load 'x'", 'LOAD'],
    ['vacuum', 'VACUUM'],
    ['lock t', 'LOCK'],
    ['truncate t', 'TRUNCATE'],
    ['create extension x', 'CREATE EXTENSION'],
    ['grant all on sequence t to x', 'GRANT ON SEQUENCE'],
    ["prepare transaction 'x'", 'PREPARE'],
    ['drop materialized view t', 'DROP MATERIALIZED'],
  ])('%s is refused by name', (text, name) => {
    const error = errorOf(text);
    expect(error).toMatchObject({ code: 'featureNotSupported' });
    expect(error.message).toContain(`${name} is not supported`);
  });

  test('cursors move forward only', () => {
    for (const text of [
      'fetch backward 1 from c',
      'fetch prior c',
      'fetch -1 from c',
      'fetch last c',
    ])
      expect(errorOf(text)).toMatchObject({ code: 'objectNotInPrerequisiteState' });
    expect(errorOf('declare c scroll cursor for select 1')).toMatchObject({
      code: 'featureNotSupported',
    });
    expect(only('fetch absolute 3 c')).toMatchObject({ direction: 'absolute', count: 3 });
    expect(only('fetch relative 2 c')).toMatchObject({ direction: 'relative', count: 2 });
  });

  test('COPY TO STDOUT carries its query and its format, with the defaults of the format', () => {
    expect(only('copy (select (1)) to stdout')).toMatchObject({
      kind: 'copy',
      statement: { kind: 'select', text: 'select (1)', offset: 6 },
      format: { kind: 'text', delimiter: '\t', nullText: '\\N', header: false },
    });
    expect(only('copy a.t ("B", c) to stdout csv header')).toMatchObject({
      statement: { kind: 'select', text: 'SELECT "B", "c" FROM "a"."t"' },
      format: { kind: 'csv', delimiter: ',', quote: '"', escape: '"', nullText: '', header: true },
    });
    for (const text of ["copy t to '/etc/passwd'", "copy t to program 'cat'"])
      expect(errorOf(text)).toMatchObject({ code: 'insufficientPrivilege' });
  });

  test('backticks outside the DDL are a syntax error that says what to write', () => {
    const error = errorOf('select `a` from t');
    expect(error).toMatchObject({ code: 'syntaxError', position: 8 });
    expect(error.hint).toContain('double quotes');
  });

  test('input dialects without a converter are refused by name', () => {
    expect(() => parseStatementsSync('select 1', { dialect: 'trino' })).toThrow(
      '"trino" is not supported',
    );
    expect(() => parseStatementsSync('select 1', { dialect: 'klingon' })).toThrow(
      'unknown SQL dialect',
    );
    expect(parseStatementsSync('select 1', { dialect: 'postgres' })).toHaveLength(1);
  });

  test('parseQuery takes one query', () => {
    expect(parseQuery('select 1 as a').targetList).toHaveLength(1);
    expect(() => parseQuery('show x')).toThrow('expected one query');
    expect(() => parseQuery('select 1; select 2')).toThrow('expected one query');
  });
});

// The forms other parsers got wrong.
describe('traps', () => {
  test.each([
    'select * from a cross join lateral (select 1) x',
    'select curr.a-prev.a from t curr, t prev',
    "select * from (values (1, 'a')) v(id, name)",
    'select "MixedCase" from "T"',
    'select (NOT a) IS NULL, (a OR b) IS TRUE from t',
    'select (ARRAY[1,2])[2]',
    "select interval '7' day, interval '1-2' year to month",
    "select a like 'x' escape '!' from t",
    "select a ~* 'x', j #> '{a}', j #>> '{a,b}' from t",
    "select overlay('abc' placing 'x' from 2 for 1)",
    'select count(distinct (a, c)) from t',
    "select 'a'::pg_catalog.text, U&'d\\0061t', B'101', X'1F'",
    'select (a, c) > (1, 1), q from n q',
    'select a from t where x = 1 or y = 2 and z = 3',
    'select $1 + 1, a = any($2) from t',
    "select 'a'\n'b', $q$it's$q$, 1e5, 0x1f, 1_000, 'x' COLLATE \"C\"",
  ])('%s parses', (text) => {
    expect(only(text).kind).toBe('select');
  });

  test('a plain CROSS JOIN is a join without a condition', () => {
    expect(JSON.stringify(only('select 1 from t cross join u'))).toContain(
      '"JoinExpr":{"jointype":"JOIN_INNER"',
    );
  });

  test('AND binds tighter than OR', () => {
    const statement = only('select 1 where a = 1 or b = 2 and c = 3');
    if (statement.kind !== 'select') throw new Error(statement.kind);
    expect(statement.tree.whereClause).toMatchObject({ BoolExpr: { boolop: 'OR_EXPR' } });
  });

  test('statements that are no SQL are syntax errors', () => {
    for (const text of [
      'foo bar',
      'CLOSE',
      '/etc/passwd',
      "attach 'x'",
      'pragma version',
      "install 'httpfs'",
    ])
      expect(errorOf(text).code).toBe('syntaxError');
  });
});

describe('GRANT and REVOKE', () => {
  test('name relations, all of schemas, or schemas, and whom', () => {
    expect(only('GRANT SELECT ON TABLE a, lake.s.b TO ana, PUBLIC, CURRENT_USER')).toMatchObject({
      kind: 'grant',
      revoke: false,
      on: 'relations',
      names: [['a'], ['lake', 's', 'b']],
      grantees: [{ kind: 'role', name: 'ana' }, { kind: 'public' }, { kind: 'user' }],
    });
    expect(only('revoke all privileges on all tables in schema s, t from "A B"')).toMatchObject({
      kind: 'grant',
      revoke: true,
      on: 'relationsOfSchemas',
      names: [['s'], ['t']],
      grantees: [{ kind: 'role', name: 'A B' }],
    });
    expect(only('GRANT USAGE ON SCHEMA s TO GROUP g')).toMatchObject({
      on: 'schemas',
      names: [['s']],
      grantees: [{ kind: 'role', name: 'g' }],
    });
  });

  test.each([
    ['GRANT SELECT (a) ON t TO b', 'a privilege on columns (SELECT) is not supported'],
    ['GRANT SELECT, UPDATE ON t TO b', 'the privilege UPDATE is not supported'],
    ['GRANT CREATE ON SCHEMA s TO b', 'the privilege CREATE is not supported'],
    ['GRANT USAGE ON SEQUENCE s TO b', 'GRANT ON SEQUENCE is not supported'],
    ['GRANT SELECT ON t TO b WITH GRANT OPTION', 'WITH GRANT OPTION is not supported'],
    ['REVOKE GRANT OPTION FOR ALL ON t FROM b', 'GRANT OPTION FOR is not supported'],
    ['GRANT SELECT ON t TO b GRANTED BY c', 'GRANTED BY is not supported'],
    ['GRANT a TO b', 'roles are not granted by statements'],
  ])('%s is refused by name', (text, message) => {
    expect(errorOf(text)).toMatchObject({ code: 'featureNotSupported', message });
  });
});
