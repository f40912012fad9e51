import { beforeAll, describe, expect, test } from '@jest/globals';
import { isQueryError } from '../../src/errors.ts';
import { parseStatementsSync } from '../../src/parse/parse-statements.ts';
import { loadParser } from '../../src/parse/parse-tree.ts';

beforeAll(loadParser);

function codeOf(text: string, options?: { maxDepth?: number; maxBytes?: number }): string {
  try {
    parseStatementsSync(text, options);
    return 'parsed';
  } catch (error) {
    if (isQueryError(error)) return error.code;
    throw error;
  }
}

describe('statements that are too complex', () => {
  test.each([
    ['parentheses', `select ${'('.repeat(100_000)}`],
    ['closed parentheses', `select ${'('.repeat(100_000)}1${')'.repeat(100_000)}`],
    ['unary minus', `select ${'- '.repeat(100_000)}1`],
    ['NOT', `select ${'not '.repeat(100_000)}true`],
    ['functions', `select ${'f('.repeat(174_000)}1${')'.repeat(174_000)}`],
    ['brackets', `select ${'array['.repeat(100_000)}`],
    ['CASE', `select ${'case when 1=1 then 1 else '.repeat(5_000)}1${' end'.repeat(5_000)}`],
    ['CASE behind a column named end', `select ${'case when x.end then '.repeat(5_000)}1`],
    ['additions', `select 1${'+1'.repeat(100_000)}`],
    ['reserved words as columns', `select a.select${'+a.select'.repeat(10_000)}`],
    ['casts', `select a${'::int'.repeat(10_000)}`],
    ['IS NULL', `select a${' is null = true'.repeat(10_000)}`],
    ['AND of BETWEEN', `select a${' between 1 and 2 is null'.repeat(10_000)}`],
    ['IS DISTINCT FROM', `select a${' is distinct from 1 is null'.repeat(10_000)}`],
    ['COLLATE', `select a${' collate "C"'.repeat(10_000)}`],
    ['AT TIME ZONE', `select a${" at time zone 'UTC'".repeat(10_000)}`],
    ['WITHIN GROUP', `select 1${' + f() within group (order by 1)'.repeat(10_000)}`],
    ['joins', `select 1 from a${' join b on true'.repeat(10_000)}`],
    ['natural joins', `select 1 from a${' natural left join b'.repeat(10_000)}`],
    ['set operations', `select 1${' union select 1'.repeat(10_000)}`],
    ['subqueries', `${'select (select '.repeat(10_000)}1`],
  ])('%s', (_what, text) => {
    expect(codeOf(text)).toBe('statementTooComplex');
  });

  test('a text over the limit of bytes', () => {
    expect(codeOf(`select '${'é'.repeat(50)}'`, { maxBytes: 100 })).toBe('statementTooComplex');
    expect(codeOf(`select '${'é'.repeat(40)}'`, { maxBytes: 100 })).toBe('parsed');
    expect(codeOf(`select '${'x'.repeat(2 << 20)}'`)).toBe('statementTooComplex');
  });

  test('nested comments', () => {
    expect(codeOf(`select ${'/*'.repeat(100_000)}`)).toBe('statementTooComplex');
    expect(codeOf(`select 1 ${'/*'.repeat(100)}${'*/'.repeat(100)}`)).toBe('parsed');
    expect(codeOf(`select 1 ${'/* */'.repeat(10_000)}`)).toBe('parsed');
  });

  test('types of the DDL are limited too', () => {
    expect(
      codeOf(
        `create external table t (a ${'array<'.repeat(50_000)}int${'>'.repeat(50_000)}) location 'x'`,
      ),
    ).toBe('statementTooComplex');
    expect(codeOf(`create external table t (a ${'struct<a:int,b:'.repeat(20_000)}`)).toBe(
      'statementTooComplex',
    );
  });
});

describe('long statements that are flat', () => {
  test.each([
    ['OR', `select 1 from t where a = 1${' or a = 1 + 1'.repeat(5_000)}`],
    ['AND of NOT', `select 1 from t where true${' and not a and b between 1 and 2'.repeat(3_000)}`],
    ['columns', `select ${'a + b, '.repeat(5_000)}1`],
    ['IN', `select 1 from t where a in (${'-1, '.repeat(20_000)}1)`],
    ['CASE WHEN', `select case ${'when a = 1 then b + 1 '.repeat(5_000)}end`],
    [
      'UNION ALL of 400 selects',
      `select a + 1 from t where b = 1${' union all select a + 1 from t where b = 1'.repeat(399)}`,
    ],
    ['VALUES', `values (1)${', (-1)'.repeat(10_000)}`],
  ])('%s', (_what, text) => {
    expect(codeOf(text)).toBe('parsed');
  });

  test('the default depth leaves the parser well clear of its stack', () => {
    for (const text of [
      `select ${'('.repeat(490)}1${')'.repeat(490)}`,
      `select ${'f('.repeat(490)}1${')'.repeat(490)}`,
      `select 1${'+1'.repeat(490)}`,
      `select ${'not '.repeat(490)}a`,
      `select 1${' union select 1'.repeat(490)}`,
      `select 1 from a${' join b on true'.repeat(490)}`,
      `${'select ('.repeat(240)}select 1${')'.repeat(240)}`,
    ])
      expect(codeOf(text)).toBe('parsed');
  });
});
