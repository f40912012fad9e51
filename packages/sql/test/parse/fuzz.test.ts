import { beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isQueryError } from '../../src/errors.ts';
import { parseStatementsSync } from '../../src/parse/parse-statements.ts';
import { loadParser } from '../../src/parse/parse-tree.ts';

beforeAll(loadParser);

/** Parses; anything but a QueryError is a defect, and so is a position outside the text. */
function survives(text: string): void {
  try {
    for (const statement of parseStatementsSync(text))
      if (statement.kind !== 'empty')
        expect(text.slice(statement.offset, statement.offset + statement.text.length)).toBe(
          statement.text,
        );
  } catch (error) {
    if (!isQueryError(error))
      throw new Error(`${JSON.stringify(text)}: ${String(error)}`, { cause: error });
    expect(error.code).not.toBe('internalError');
    if (error.position === undefined) return;
    expect(error.position).toBeGreaterThanOrEqual(1);
    expect(error.position).toBeLessThanOrEqual([...text].length + 1);
  }
}

const STATEMENTS = [
  "select a.b, 'it''s' as x, E'\\n', $q$;$q$, U&\"d\\0061t\" from t qualify row_number() over (partition by a order by b) = 1",
  'with a as (select 1) select case when x then 1 else 2 end from a join b using (id) where a between 1 and 2 having h qualify q',
  "create external table if not exists a.b (x array<struct<a:int,b:map<string,int>>> comment 'c') partitioned by (p date) row format delimited fields terminated by ',' stored as textfile location 's3://b/' tblproperties ('a'='b')",
  "alter table t add if not exists partition (a='1', b=2) location 'x' partition (a=null)",
  "explain (analyze, format json) select 1; prepare p(int) as select $1; declare c cursor for select 1; show tables in x like 'y'",
  'create or replace view "V"(a, b) as select 1 /* c /* d */ */ -- e',
];
const WORDS =
  "select from where qualify having window case when then else end and or not between in ( ) [ ] < > , ; . .. :: := = + - * / || ' '' \" ` $1 $a$ $ E' U&' U&\" B' X' -- /* */ \\ \n é 😀 1 1e 0x 1.5 'x' \"y\" `z` as on join union all over create external table show tables partition drop alter describe desc msck repair set to begin explain prepare fetch null interval is distinct #".split(
    ' ',
  );

test('soups of tokens fail only with a QueryError', () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom(...WORDS), { maxLength: 25 }),
      fc.constantFrom(' ', ''),
      (words, gap) => {
        survives(words.join(gap));
      },
    ),
    { numRuns: 1_000 },
  );
});

test('soups after the first words of a statement fail only with a QueryError', () => {
  const heads = [
    'select a from t',
    'create external table t (a int)',
    'alter table t',
    'show',
    'explain',
    'prepare p as',
  ];
  fc.assert(
    fc.property(
      fc.constantFrom(...heads),
      fc.array(fc.constantFrom(...WORDS), { maxLength: 12 }),
      (head, words) => {
        survives(`${head} ${words.join(' ')}`);
      },
    ),
    { numRuns: 1_000 },
  );
});

test('statements cut anywhere fail only with a QueryError', () => {
  for (const statement of STATEMENTS)
    for (let length = 0; length <= statement.length; length++) {
      survives(statement.slice(0, length));
      survives(statement.slice(length));
    }
});

test('any text fails only with a QueryError', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 60 }), survives), {
    numRuns: 1_000,
  });
});
