/** Statements that answer otherwise than PostgreSQL, with the reason. */
export const EXCEPTIONS: ReadonlyMap<string, string> = new Map([
  [
    `SELECT t.a, b, public.t.c, main.public.t.d FROM t`,
    'main is a database here; the PostgreSQL of the test has another one',
  ],
  [`SELECT nowhere.upper('x')`, 'no schema but pg_catalog has functions: undefined function'],
  [
    `SELECT 1.10 + 2, 1.5 * 2.25, 1 / 3.0, round(2.5), round(-2.5::float8), round(1.255, 2)`,
    'a quotient has 16 places, whatever its size',
  ],
  [`SELECT * FROM t TABLESAMPLE system (10)`, 'TABLESAMPLE is refused'],
  [`SELECT * FROM t FOR UPDATE`, 'row locks are refused'],
  [`SELECT * INTO x FROM t`, 'SELECT INTO is refused'],
]);
