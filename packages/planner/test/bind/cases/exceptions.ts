/** Statements that answer otherwise than PostgreSQL, with the reason. */
export const EXCEPTIONS: ReadonlyMap<string, string> = new Map([
  [
    `SELECT t.a, b, public.t.c, main.public.t.d FROM t`,
    'main is a database here; the PostgreSQL of the test has another one',
  ],
  [`SELECT nowhere.upper('x')`, 'no schema but pg_catalog has functions: undefined function'],
  [`SELECT * FROM t TABLESAMPLE system (10)`, 'TABLESAMPLE is refused'],
  [`SELECT * FROM t FOR UPDATE`, 'row locks are refused'],
  [`SELECT * INTO x FROM t`, 'SELECT INTO is refused'],
  [
    `SELECT '{"a": 1}'::jsonb @> '{"a": 1}', jsonb_array_length('[1,2,3]'), '{"a": 1}'::json ->> 'a'`,
    'jsonb containment is not in the function catalog',
  ],
  [`SELECT B'101'`, 'bit strings are refused'],
  [`SELECT json_object('a': 1)`, 'SQL/JSON constructors are refused'],
]);
