// postgres.js: pipelined, describes before it binds, reads array types from the catalog.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const require = createRequire(pathToFileURL(`${process.env.CLIENT_MODULES}/`));
const { default: postgres } = await import(pathToFileURL(require.resolve('postgres')).href);
const ENDLESS =
  'SELECT count(*) FROM generate_series(1, 1000000) a(i), generate_series(1, 1000000) b(j) WHERE (a.i * b.j) % 7 = 3';
const ssl = { ca: readFileSync(process.env.PGSSLROOTCERT, 'utf8') };
const sql = postgres({ ssl, max: 2 });
assert.deepEqual([...(await sql`SELECT 1 AS one`)], [{ one: 1 }]);
const refused = postgres({ ssl, password: 'wrong', max: 1 });
await assert.rejects(refused`SELECT 1`, { code: '28P01' });
await refused.end();
console.log('ok connect');

const tables =
  await sql`SELECT table_name FROM information_schema.tables WHERE table_schema = ${'sales'}`;
assert.ok(tables.some((row) => row.table_name === 'customers'));
const described = await sql`SELECT id, name FROM sales.customers WHERE id = ${1}`.describe();
assert.deepEqual(
  described.columns.map(({ name, type }) => [name, type]),
  [
    ['id', 20],
    ['name', 1043],
  ],
);
console.log('ok browse');

const [typed] = await sql`
  SELECT ${1}::int AS i, ${'ü'}::text AS t, ${'1.50'}::numeric AS n, ${new Date('2024-01-01T00:00:00Z')}::timestamptz AS at,
    ${true}::bool AS b, ${sql.json({ a: [1, null] })}::jsonb AS j, ${[1, 3]}::int[] AS a, ${Buffer.from([0xde, 0xad])}::bytea AS x,
    ${null}::text AS nothing, ${2.5}::float8 AS f, 9007199254740993 AS big`;
assert.equal(typed.at.toISOString(), '2024-01-01T00:00:00.000Z');
assert.deepEqual(
  [
    typed.i,
    typed.t,
    typed.n,
    typed.b,
    typed.j,
    typed.a,
    [...typed.x],
    typed.nothing,
    typed.f,
    typed.big,
  ],
  [1, 'ü', '1.50', true, { a: [1, null] }, [1, 3], [0xde, 0xad], null, 2.5, '9007199254740993'],
);
console.log('ok types');

const answers = await Promise.all(Array.from({ length: 20 }, (_, n) => sql`SELECT ${n}::int AS n`));
assert.deepEqual(
  answers.map(([row]) => row.n),
  Array.from({ length: 20 }, (_, n) => n),
);
for (const id of [1, 2, 3]) {
  assert.deepEqual(
    [...(await sql`SELECT name FROM sales.customers WHERE id = ${id}`)],
    [{ name: `n${id}` }],
  );
}
const listed =
  await sql`SELECT count(*)::int AS n FROM ${sql('sales.customers')} WHERE name IN ${sql(['n1', 'n2'])}`;
assert.equal(listed[0].n, 2);
console.log('ok parameters');

const counts = [];
await sql`SELECT i FROM generate_series(1, 2500) AS g(i)`.cursor(
  1000,
  (rows) => void counts.push(rows.length),
);
assert.deepEqual(counts, [1000, 1000, 500]);
const copied = [];
for await (const chunk of await sql`COPY (SELECT id, name FROM sales.customers ORDER BY id LIMIT 2) TO STDOUT`.readable()) {
  copied.push(chunk.toString());
}
assert.equal(copied.join(''), '1\tn1\n2\tn2\n');
console.log('ok cursor');

const running = sql.unsafe(ENDLESS).execute();
setTimeout(() => running.cancel(), 1000);
await assert.rejects(running, { code: '57014' });
console.log('ok cancel');

await assert.rejects(sql`SELECT * FROM nowhere`, { code: '42P01', position: '15' });
await assert.rejects(sql`SELECT 1 / ${0}::int`, { code: '22012' });
console.log('ok error');

await assert.rejects(
  sql.begin(async (tx) => {
    await tx`SELECT 1`;
    await assert.rejects(
      tx.savepoint((inner) => inner`SELECT 1/0`),
      { code: '22012' },
    );
    assert.deepEqual([...(await tx`SELECT 2 AS two`)], [{ two: 2 }]);
    await tx`SELECT nothing`;
  }),
  { code: '42703' },
);
await sql.begin('read only', async (tx) => {
  assert.deepEqual([...(await tx`SHOW transaction_read_only`)], [{ transaction_read_only: 'on' }]);
});
await sql.end();
console.log('ok transaction');
