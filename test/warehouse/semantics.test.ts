import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { SqlSession } from '@tributary/planner';
import pg from 'pg';
import { startPostgres } from '../../packages/sql/test/support/postgres.ts';
import type { TestPostgres } from '../../packages/sql/test/support/postgres.ts';
import { openQueryStack, query } from '../support/query-stack.ts';
import type { QueryStack } from '../support/query-stack.ts';

let postgres: TestPostgres;
let stack: QueryStack;
let session: SqlSession;

const TEXTS = [
  'b',
  'B',
  'a',
  'A',
  'ä',
  'z',
  'Z',
  '_',
  '1',
  '10',
  '2',
  'straße',
  'STRASSE',
  'é',
  'e',
  ' a',
  '',
];

beforeAll(async () => {
  postgres = await startPostgres();
  // Sorts words as people do, unlike everything the engine does.
  await postgres.query(
    "CREATE DATABASE spoken TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'en-US'",
  );
  const url = new URL(postgres.connectionString);
  url.pathname = '/spoken';
  const client = new pg.Client({ connectionString: url.href });
  await client.connect();
  await client.query(
    "CREATE COLLATION ignoring_case (provider = icu, locale = 'und-u-ks-level2', deterministic = false)",
  );
  await client.query(`CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy')`);
  await client.query(`CREATE TABLE words (n int, word text, short varchar(10), padded char(8), loose text COLLATE ignoring_case, mood mood,
    x numeric, i int, f float8, at timestamptz, b bool)`);
  await client.query(
    `INSERT INTO words SELECT n, w, left(w, 10), left(w, 8), w, (ARRAY['happy', 'sad', 'ok', NULL]::mood[])[1 + n % 4],
       CASE WHEN n % 5 > 0 THEN (n - 8) / 4.0 END, CASE WHEN n % 6 > 0 THEN n % 7 - 3 END,
       (ARRAY['NaN', '-0', '0', 'Infinity', '1.5', NULL]::float8[])[1 + n % 6],
       timestamptz '2024-03-31 00:30:00+00' + n * interval '30 minutes', (ARRAY[true, false, NULL])[1 + n % 3]
     FROM unnest($1::text[]) WITH ORDINALITY AS u(w, n)`,
    [TEXTS],
  );
  await client.end();
  stack = await openQueryStack({ postgres: [{ source: 'w', url: url.href }] });
  session = await stack.service.createSession('ana', new Map());
});
afterAll(async () => {
  await stack.close();
  await postgres.stop();
});

const answer = async (sql: string, off: string): Promise<readonly string[]> => {
  await query(session, `SET tributary.rules_off = '${off}'`);
  return (await query(session, sql)).rows.map((row) => row.map(String).join(' | '));
};

/** Every statement is ordered, so that the order is compared as well. */
const STATEMENTS = [
  'SELECT word FROM w.words ORDER BY word',
  'SELECT word FROM w.words ORDER BY word DESC LIMIT 5',
  "SELECT word FROM w.words WHERE word < 'b' ORDER BY n",
  "SELECT word FROM w.words WHERE word BETWEEN 'A' AND 'Z' ORDER BY n",
  'SELECT min(word), max(word), min(short), max(padded) FROM w.words',
  'SELECT greatest(word, short), least(word, $$M$$) FROM w.words ORDER BY n',
  'SELECT upper(word), lower(word), initcap(word) FROM w.words ORDER BY n',
  "SELECT n FROM w.words WHERE word ILIKE 'A%' OR word LIKE '_' ORDER BY n",
  "SELECT n FROM w.words WHERE word ~ '^[a-z]+$' ORDER BY n",
  'SELECT loose, count(*) FROM w.words GROUP BY loose ORDER BY loose',
  "SELECT n FROM w.words WHERE loose = 'a' ORDER BY n",
  "SELECT DISTINCT loose FROM w.words WHERE loose IN ('a', 'B') ORDER BY 1",
  'SELECT a.n, b.n FROM w.words a JOIN w.words b ON a.loose = b.loose ORDER BY 1, 2',
  'SELECT mood, count(*) FROM w.words GROUP BY mood ORDER BY mood',
  "SELECT n FROM w.words WHERE mood > 'ok' ORDER BY mood, n",
  'SELECT max(mood), min(mood) FROM w.words',
  "SELECT n FROM w.words WHERE padded = 'b' OR padded = 'a       ' ORDER BY n",
  'SELECT padded, length(padded), padded || $$|$$ FROM w.words ORDER BY padded, n',
  'SELECT word, row_number() OVER (ORDER BY word), lag(word) OVER (ORDER BY word DESC) FROM w.words ORDER BY n',
  'SELECT DISTINCT ON (mood) mood, word FROM w.words ORDER BY mood, word DESC',
  'SELECT n FROM w.words ORDER BY x NULLS FIRST, n LIMIT 6',
  'SELECT n FROM w.words ORDER BY i DESC, n LIMIT 6',
  'SELECT f, count(*) FROM w.words GROUP BY f ORDER BY f',
  "SELECT n FROM w.words WHERE f > 1 OR f = 'NaN' ORDER BY n",
  'SELECT max(f), min(f), sum(i), count(f), count(DISTINCT i) FROM w.words',
  'SELECT i / 2, i % 2, -i / 2, i * 1.5, x * x, x + i, round(x), round(x, 1), trunc(x), abs(i) FROM w.words ORDER BY n',
  'SELECT sum(x), sum(x * i), max(x), avg(x), avg(i), sum(i::int8) FROM w.words',
  'SELECT i, sum(x) FROM w.words GROUP BY ROLLUP (i) ORDER BY i NULLS LAST, 2',
  'SELECT at, date_trunc($$day$$, at), extract(hour FROM at), at::date FROM w.words ORDER BY n',
  "SELECT n FROM w.words WHERE at >= '2024-03-31 03:00:00' ORDER BY n",
  'SELECT at::date AS d, count(*) FROM w.words GROUP BY 1 ORDER BY 1',
  'SELECT n, b AND i > 0, b OR NULL, NOT b, b IS NOT TRUE, coalesce(i, n), nullif(i, 1), CASE i WHEN 1 THEN $$one$$ ELSE word END FROM w.words ORDER BY n',
  'SELECT n FROM w.words WHERE i NOT IN (1, 2, NULL) ORDER BY n',
  'SELECT n FROM w.words a WHERE NOT EXISTS (SELECT 1 FROM w.words b WHERE b.i = a.i AND b.n > a.n) ORDER BY n',
  'SELECT n FROM w.words WHERE i IN (SELECT i FROM w.words WHERE b) ORDER BY n',
  'SELECT n FROM w.words WHERE i NOT IN (SELECT i FROM w.words WHERE b) ORDER BY n',
  'SELECT (SELECT max(n) FROM w.words b WHERE b.i = a.i) FROM w.words a ORDER BY n',
  'SELECT word FROM w.words WHERE n < 5 UNION SELECT short FROM w.words WHERE n > 12 ORDER BY 1',
  'SELECT i FROM w.words INTERSECT ALL SELECT n FROM w.words ORDER BY 1',
  'SELECT a.n, b.n FROM w.words a FULL JOIN w.words b ON a.i = b.n ORDER BY 1, 2',
  'SELECT a.n, b.n FROM w.words a LEFT JOIN w.words b ON a.i = b.n AND b.x > 0 ORDER BY 1, 2',
  'WITH RECURSIVE r(n, steps) AS (SELECT n, 1 FROM w.words WHERE n < 3 UNION ALL SELECT w.n, steps + 1 FROM w.words w JOIN r ON w.n = r.n * 2) SELECT * FROM r ORDER BY 1, 2',
  'SELECT count(*) FROM w.words HAVING count(*) > 1',
  'SELECT n FROM w.words ORDER BY n OFFSET 3 LIMIT 4',
  'SELECT n FROM w.words ORDER BY i NULLS LAST FETCH FIRST 2 ROWS WITH TIES',
  "SELECT string_agg(word, ',' ORDER BY word), array_agg(i ORDER BY n) FROM w.words",
  "SELECT substr(word, 1, 2), length(word), word || i, position('a' in word), trim(word), left(word, 1) FROM w.words ORDER BY n",
];

describe.each(['UTC', 'Europe/Berlin'])(
  'in %s, a source that sorts by language answers as the engine does',
  (zone) => {
    test.each(STATEMENTS)('%s', async (sql) => {
      await query(session, `SET TimeZone = '${zone}'`);
      expect(await answer(sql, '')).toEqual(await answer(sql, 'push-to-source'));
    });
  },
);
