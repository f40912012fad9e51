import { beforeAll, describe, expect, test } from '@jest/globals';
import { isQueryError } from '../../src/errors.ts';
import { parseQuery, parseStatementsSync } from '../../src/parse/parse-statements.ts';
import { loadParser } from '../../src/parse/parse-tree.ts';
import { QUALIFY_MARKER, splitQualify } from '../../src/parse/qualify.ts';
import type { Statement } from '../../src/statement.ts';

beforeAll(loadParser);

/** The column names that a piece of tree refers to, in order. */
function columns(node: unknown): string[] {
  const found: string[] = [];
  JSON.stringify(node, (key, value: unknown) => {
    if (key === 'ColumnRef') {
      const { fields } = value as { fields: { String?: { sval: string } }[] };
      found.push(fields.map((field) => field.String?.sval ?? '*').join('.'));
    }
    return value;
  });
  return found;
}

function isQualified(text: string): boolean {
  const [statement] = parseStatementsSync(text) as [Statement];
  if (statement.kind !== 'select') throw new Error(statement.kind);
  return statement.qualify;
}

describe('QUALIFY', () => {
  test('alone is the qualify condition and no HAVING', () => {
    const { having, qualify } = splitQualify(
      parseQuery('select a from t qualify rank() over (order by b) = c'),
    );
    expect(having).toBeUndefined();
    expect(columns(qualify)).toEqual(['b', 'c']);
  });

  test.each([
    ['select 1 from t group by g having h qualify q', ['h'], ['q']],
    ['select 1 from t group by g having h1 or h2 qualify q1 or q2', ['h1', 'h2'], ['q1', 'q2']],
    ['select 1 from t group by g having h1 and h2 qualify q1 and q2', ['h1', 'h2'], ['q1', 'q2']],
    ['select 1 from t having h window w as (order by x) qualify q order by o', ['h'], ['q']],
    ['select 1 from t having h qualify q window w as (order by x) limit 1', ['h'], ['q']],
    ['select 1 from t where (w) qualify (q)', [], ['q']],
    ['select 1 from t x qualify x.q -- comment', [], ['x.q']],
    ['select 1 from t where a between 1 and 2 qualify not q', [], ['q']],
    ["select 1 from t where a = 'x' qualify case when q then true end", [], ['q']],
    ["select * from t where a is null qualify left(q, 1) = 'x'", [], ['q']],
  ])('%s', (text, having, qualify) => {
    const split = splitQualify(parseQuery(text));
    expect(columns(split.having)).toEqual(having);
    expect(columns(split.qualify)).toEqual(qualify);
  });

  test('a select keeps its other clauses', () => {
    const tree = parseQuery(
      'select 1 from t where w having h window n as (order by x) qualify q order by o limit 3',
    );
    expect(columns(tree.whereClause)).toEqual(['w']);
    expect(columns(tree.windowClause)).toEqual(['x']);
    expect(columns(tree.sortClause)).toEqual(['o']);
    expect(tree.limitCount).toBeDefined();
  });

  test('stands at any level', () => {
    const text =
      'with c as (select a from t qualify q1) select (select b from u qualify q2 = (select 1 from v having h qualify q3)) ' +
      'from c qualify q4 union all select 1 from w qualify q5 order by 1';
    expect(isQualified(text)).toBe(true);
    expect(JSON.stringify(parseQuery(text)).split(JSON.stringify(QUALIFY_MARKER))).toHaveLength(6);
  });

  test('positions point into the text as written', () => {
    const text =
      "select 'é' from t group by g having h window w as (order by x) qualify quotient > 1 order by ordering";
    const tree = JSON.stringify(parseQuery(text));
    for (const name of ['quotient', 'ordering'])
      expect(tree).toMatch(new RegExp(`"sval":"${name}"}}],"location":${text.indexOf(name)}}`));
    const bad = "select 'é' from t having h qualify q and ) order by o";
    try {
      parseQuery(bad);
      throw new Error('parsed');
    } catch (error) {
      if (!isQueryError(error)) throw error;
      expect(error.position).toBe(bad.indexOf(') order') + 1);
    }
  });

  test('its marker cannot be written', () => {
    const [statement] = parseStatementsSync(
      'select tributary_qualify(a), "tributary_qualify"(b) from t having tributary_qualify(true) qualify tributary_qualify(c)',
    ) as [Statement];
    expect(JSON.stringify(statement).split(JSON.stringify(QUALIFY_MARKER))).toHaveLength(2);
    expect(
      splitQualify(parseQuery('select 1 having tributary_qualify(true)')).qualify,
    ).toBeUndefined();
    expect(() => parseQuery(`select 1 having "${QUALIFY_MARKER}"(true)`)).toThrow('NUL');
    expect(() => parseQuery('select 1 having U&"\\0000qualify"(true)')).toThrow(/invalid Unicode/);
  });
});

describe('a name qualify', () => {
  test.each([
    'select qualify from t',
    'select a qualify from t',
    'select t.qualify, qualify.a from t qualify where qualify.qualify = 1',
    'select a from qualify',
    'select a from t qualify (a, b)',
    'select a from t as qualify order by qualify',
    'select qualify(a) from t group by qualify having qualify > 1',
    'select a from t join qualify on qualify.a = t.a',
    'select "qualify" from t where qualify',
  ])('%s keeps working', (text) => {
    expect(isQualified(text)).toBe(false);
  });

  test('works beside the clause', () => {
    const split = splitQualify(
      parseQuery('select qualify from qualify where qualify = 1 qualify qualify > 2'),
    );
    expect(columns(split.qualify)).toEqual(['qualify']);
  });
});
