/** Statements whose answers are PostgreSQL's, of what generated statements seldom reach. */
export const FIXED_STATEMENTS: readonly string[] = [
  // Types as values.
  `SELECT p.id, pg_typeof(p.vc), pg_typeof(p.n), pg_typeof(p.ai), pg_typeof(p.jb) FROM plain p ORDER BY 1`,
  `SELECT pg_typeof(p.n)::text, pg_typeof(p.n) = 'numeric'::regtype, pg_typeof(pg_typeof(p.n)), count(*) FROM plain p GROUP BY 1, 2, 3`,
  `SELECT pg_typeof(p.n) = 'numeric' FROM plain p`,
  `SELECT pg_typeof(p.n) = 'numeric'::text FROM plain p`,
  `SELECT p.id FROM plain p WHERE pg_typeof(p.n) IN ('decimal(5,2)'::regtype, 'int4'::regtype) ORDER BY 1`,
  `SELECT concat(pg_typeof(p.t), 'x'), to_json(pg_typeof(p.t)), pg_typeof(p.t)::oid, array_agg(pg_typeof(p.b)) FROM plain p WHERE p.id = 1 GROUP BY p.t`,
  `SELECT 'timestamp (3) without time zone'::regtype, '_int4'::regtype, 'int4[]'::regtype, 1114::regtype, 99999::regtype::text, 'pg_catalog.int8'::regtype FROM plain p WHERE p.id = 1`,
  `SELECT 'nothing'::regtype FROM plain p`,
  // Rows as values.
  `SELECT ROW(1, NULL, 'a b', '', 'x"y\\z', true, 1.50, '2024-01-02'::date) AS r, ROW(1, ROW(2, 'x'), ARRAY[1,2]), pg_typeof(ROW(1))`,
  `SELECT ROW(1, NULL, 'a b', '', 'x"y\\z', true, 1.50)::text, ROW(1, ROW(2, '(x)'), ARRAY[true, NULL])::text, concat(ROW(1, 2), 'x'), ROW(1, 2) || 'x'`,
  `SELECT p.id, ROW(p.t, p.n, p.ts, p.tz, p.b, p.ai, p.jb) AS r, ROW(p.t, p.n, p.ts, p.tz, p.b, p.ai)::text FROM plain p ORDER BY r`,
  `SELECT array_agg(ROW(p.id, p.t) ORDER BY p.id), count(DISTINCT (p.b, p.id > 3)), array_agg(ROW(p.id, p.t) ORDER BY p.id)::text FROM plain p`,
  `SELECT ROW(1, 2)::json`,
  // Arrays as text.
  `SELECT ARRAY[true, false, NULL]::text, ARRAY['a b', 'null', '', '{', '"', '\\']::text, ARRAY[1.5::float8, 'NaN']::text`,
  // Zones' abbreviations, read in a text and by AT TIME ZONE.
  ...['ut', 'met', 'MEST', 'aest', 'AEDT', 'nzst', 'NZDT', 'kst', 'akdt', 'hst', 'ist', 'sast'].map(
    (zone) =>
      `SELECT '2024-07-01 12:00 ${zone}'::timestamptz, timestamp '2024-07-01 12:00' AT TIME ZONE '${zone}'`,
  ),
  // Regressions over NaN and infinity.
  ...[1, 2, 3, 4, 5, 6].map(
    (id) =>
      `SELECT regr_sxx(p.f8, 'NaN'), regr_syy(p.f8, 'NaN'), regr_sxy(p.f8, 1), corr(1, p.f8), regr_r2(1, p.f8), regr_avgx(1, p.f8), regr_avgy(p.f8, p.f4), regr_slope(1, p.f8), regr_intercept(1, p.f8), covar_pop(p.f8, 'Infinity'), covar_samp(p.f8, p.f4) FROM edge p WHERE p.id = ${id}`,
  ),
  `SELECT p.b, regr_sxx(p.f8, p.f4), regr_syy(p.f8, p.f4), regr_sxy(p.f8, p.f4), corr(p.f8, p.f4), regr_r2(p.f8, p.f4), regr_slope(p.f8, p.f4), regr_intercept(p.f8, p.f4), covar_pop(p.f8, p.f4), covar_samp(p.f8, p.f4) FROM plain p GROUP BY 1 ORDER BY 1`,
  `SELECT p.id, corr(p.f8, p.f4) OVER (ORDER BY p.id), regr_slope(p.f8, p.f4) OVER (PARTITION BY p.b) FROM plain p ORDER BY 1`,
  `SELECT regr_slope('Infinity'::float8, p.f8), regr_slope(p.f8, 'Infinity'::float8), regr_avgx(1, '-Infinity'::float8), regr_r2('NaN', 1.0), regr_r2(1.0, 'NaN'), corr('NaN', 'NaN'), corr(1, 'NaN') FROM plain p WHERE p.id < 3`,
  `SELECT regr_slope(p.f8, p.f4) FILTER (WHERE p.id > 2), corr(DISTINCT p.f8, p.f4) FROM plain p`,
  // JSON that is built, and scalars that are arrays of one.
  `SELECT json_build_array(1, 'a', NULL, 1.50, true, '2024-01-15'::date, ARRAY[1,2], '{"a": [1,  2]}'::json, 1e15::float8), jsonb_build_array(1, NULL, 1.50, '{"b": 1,  "a": 2}'::jsonb, 1e15::float8, 'NaN'::float8)`,
  `SELECT json_build_object('a', 1, 'b', NULL, 1, 'x', 'q"\\', 'y'), jsonb_build_object('b', 1, 'a', NULL, 'b', 2), json_build_object(), json_build_array()`,
  `SELECT json_build_object('a', json_build_array(1, 2), 'b', json_build_object('c', 3)), json_build_object('a', NULL) ->> 'a'`,
  `SELECT json_build_object(NULL, 1)`,
  `SELECT jsonb_build_object(NULL, 1)`,
  `SELECT json_build_object('a')`,
  `SELECT p.id, json_build_object('id', p.id, 't', p.t, 'f', p.f8, 'n', p.n, 'ts', p.ts, 'tz', p.tz, 'jb', p.jb, 'ai', p.ai) FROM plain p ORDER BY 1`,
  `SELECT '5'::jsonb -> 0, '5'::jsonb -> -1, '5'::jsonb ->> 0, '5'::jsonb -> 1, 'null'::jsonb -> 0, 'null'::jsonb ->> 0, '"x"'::jsonb ->> -1, '[7,8]'::jsonb -> 0, '{"0":1}'::jsonb -> 0, '5'::json -> 0`,
  `SELECT p.id, p.jb -> 0, p.jb ->> -1, p.jb -> (p.id - 1), p.jb -> (0 - p.id) FROM plain p ORDER BY 1`,
  `SELECT p.id, p.jb < '5', p.jb >= 'null', p.jb > '"s"', p.jb <= '[]', p.jb < '{}', p.jb >= p.jb, p.jb < 'true' FROM plain p ORDER BY 1`,
  `SELECT '[1, 2]'::jsonb < '[3]', '{}'::jsonb > '[1]', '[]'::jsonb < 'null', '1'::jsonb < '[0]', '10'::jsonb > '9', '1.0'::jsonb <= '1', 'false'::jsonb < 'true', '""'::jsonb > 'null'`,
  // One match at most.
  `SELECT regexp_instr('B', '^$'), regexp_instr('', '^$'), regexp_instr('abc', '^a?'), regexp_count('', '^$'), regexp_count('aaa', '^a'), regexp_count('abc', '^')`,
  `SELECT regexp_replace('it''s', '^$', 'X', 'gi'), regexp_replace('', '^$', 'X', 'g'), regexp_replace('abc', '^', 'X', 'g'), regexp_replace('abc', '^a*', 'X', 'g'), regexp_replace('abc', '\\A', '-\\&-', 'g')`,
  `SELECT regexp_matches('', '^$', 'g'), regexp_matches('abc', '^(a?)(b)', 'g')`,
  `SELECT regexp_matches('abc', '^$', 'g')`,
  `SELECT p.id, regexp_instr(p.t, '^$'), regexp_count(p.t, '^.?') FROM edge p ORDER BY 1`,
  // Numbers.
  `SELECT lcm('12345678.90'::numeric, '3.14159'::numeric), lcm(0.005, 12.5), lcm(0, 1.5), lcm(99999999999999999999.1, 7)`,
  `SELECT p.id, lcm(p.n, p.m), lcm(p.n, '3.14159'::numeric) FROM edge p ORDER BY 1`,
  `SELECT width_bucket(5.5::float8, 0, 10, 5), width_bucket(5, 0, 10, 2147483646), width_bucket(11, 0, 10, 5), width_bucket(-1, 10, 0, 5), width_bucket(0.5, 10, 0, 5), width_bucket('Infinity'::float8, 0, 1, 5)`,
  `SELECT width_bucket(11, 0, 10, 2147483647)`,
  `SELECT width_bucket('NaN'::float8, 0, 1, 5)`,
  `SELECT width_bucket(1::float8, 'Infinity', 1, 5)`,
  `SELECT p.id, width_bucket(p.f8, 0, 7.5, p.id), width_bucket(p.n, p.m, 100, 7) FROM plain p WHERE p.m <> 100 ORDER BY 1`,
  // Dates at their bounds, and as text.
  `SELECT p.id, p.d + 5, p.d - p.i4, 3 + p.d, p.d + p.i4 FROM plain p ORDER BY 1`,
  `SELECT p.id, p.d - p.i4 FROM edge p ORDER BY 1`,
  `SELECT '2000-01-01'::date + 2145031948, '2000-01-01'::date - 2451545, 'infinity'::date + 2147483647`,
  `SELECT p.d + 2145031949 FROM plain p WHERE p.id = 1`,
  `SELECT p.d - (-2147483648) FROM plain p WHERE p.id = 1`,
  `SELECT '0044-03-15 BC'::date::text, '0044-03-15 BC'::timestamp::text, '0044-03-15 12:30:00.5 BC'::timestamptz::text, 'infinity'::timestamptz::text, '-infinity'::timestamp::text, 'infinity'::date::text`,
  `SELECT p.id, p.ts::text, p.tz::text, p.d::text, concat(p.ts - '3000 years'::interval, p.tz - '2500 years'::interval, ' ', p.d - 800000) FROM plain p ORDER BY 1`,
  `SELECT p.id, p.ts::text, p.tz::text, p.d::text FROM edge p ORDER BY 1`,
  `SELECT date_bin('1 mon'::interval, p.ts, p.ts) FROM plain p WHERE p.id = 1`,
  `SELECT date_bin('1 mon'::interval, p.ts, NULL) FROM plain p`,
  // Series: of known bounds they are counted, of others unnested.
  `SELECT * FROM generate_series(1, 5)`,
  `SELECT g FROM generate_series(5, 1, -2) g`,
  `SELECT g, pg_typeof(g) FROM generate_series(5, 7::int8) AS t(g)`,
  `SELECT count(*) FROM generate_series(5, 1)`,
  `SELECT * FROM generate_series(1, 5, 0)`,
  `SELECT * FROM generate_series(1, NULL)`,
  `SELECT p.id, g FROM plain p, generate_series(1, 2) g ORDER BY 1, 2`,
  `SELECT p.id, g FROM plain p, generate_series(1, p.id) g ORDER BY 1, 2`,
  `SELECT p.id, generate_series(1, 2) FROM plain p ORDER BY 1, 2`,
  `SELECT generate_series(1, 3), generate_series(1, 2)`,
  `SELECT * FROM generate_series(1, 3) WITH ORDINALITY AS t(a, n)`,
  `SELECT * FROM ROWS FROM (generate_series(1, 3), generate_series(1, 2)) AS t(a, b)`,
  `SELECT * FROM generate_series(9223372036854775805, 9223372036854775807) g`,
  `SELECT * FROM generate_series(2147483645, 2147483647) g`,
  `SELECT * FROM generate_series(-3, 9, 4) a, generate_series(1, 2) b`,
  `SELECT (SELECT count(*) FROM generate_series(1, 7)), ARRAY(SELECT generate_series(1, 3)), EXISTS (SELECT FROM generate_series(1, 0))`,
  `SELECT a.x, b.y FROM generate_series(1, 3) a(x) LEFT JOIN generate_series(2, 4) b(y) ON a.x = b.y ORDER BY 1`,
  `SELECT t FROM generate_series(1, 2) t`,
  `SELECT sum(x) FROM generate_series(1, (SELECT 5)) x`,
  `SELECT a.x FROM plain p, generate_series(p.id, p.id + 3, 2) a(x) WHERE p.id < 3 ORDER BY 1`,
  // Letters without a capital.
  `SELECT upper('straße ẞ ß'), initcap('ß straße ßa'), upper(p.t), initcap(p.t) FROM edge p ORDER BY p.id`,
];
