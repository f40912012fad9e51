// node-postgres: pool, prepared statements, types, cancel.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import pg from 'pg';

const ENDLESS =
  'SELECT count(*) FROM generate_series(1, 1000000) a(i), generate_series(1, 1000000) b(j) WHERE (a.i * b.j) % 7 = 3';
const ssl = { ca: readFileSync(process.env.PGSSLROOTCERT, 'utf8') };
const client = new pg.Client({ ssl });
await client.connect();
assert.equal(client.connection.stream.encrypted, true);
await assert.rejects(new pg.Client({ ssl, password: 'wrong' }).connect(), { code: '28P01' });
console.log('ok connect');

const tables = await client.query(
  'SELECT table_name FROM information_schema.tables WHERE table_schema = $1',
  ['sales'],
);
assert.ok(tables.rows.some((row) => row.table_name === 'customers'));
const { fields } = await client.query('SELECT * FROM sales.customers LIMIT 0');
assert.deepEqual(
  fields
    .slice(0, 2)
    .map(({ name, dataTypeID, dataTypeModifier }) => [name, dataTypeID, dataTypeModifier]),
  [
    ['id', 20, -1],
    ['name', 1043, 104],
  ],
);
console.log('ok browse');

const {
  rows: [typed],
} = await client.query(
  `SELECT $1::int AS i, $2::text AS t, $3::numeric AS n, $4::timestamptz AS at, $5::bool AS b, $6::jsonb AS j, $7::int[] AS a,
    $8::bytea AS x, $9::date AS d, $10::float8 AS f, $11::text AS nothing, interval '1 day 02:03:04.5' AS v`,
  [
    1,
    'ü',
    '1.50',
    '2024-01-01T00:00:00Z',
    true,
    { a: [1, null] },
    [1, null, 3],
    Buffer.from([0xde, 0xad]),
    '2024-02-29',
    1.5,
    null,
  ],
);
assert.equal(typed.n, '1.50');
assert.equal(typed.at.toISOString(), '2024-01-01T00:00:00.000Z');
assert.deepEqual(
  [typed.i, typed.t, typed.b, typed.j, typed.a, [...typed.x], typed.f, typed.nothing],
  [1, 'ü', true, { a: [1, null] }, [1, null, 3], [0xde, 0xad], 1.5, null],
);
assert.deepEqual({ ...typed.v }, { days: 1, hours: 2, minutes: 3, seconds: 4, milliseconds: 500 });
console.log('ok types');

for (const id of [1, 2, 3]) {
  const { rows } = await client.query({
    name: 'by-id',
    text: 'SELECT name FROM sales.customers WHERE id = $1',
    values: [id],
  });
  assert.deepEqual(rows, [{ name: `n${id}` }]);
}
const listed = await client.query(
  'SELECT count(*)::int AS n FROM sales.customers WHERE id = ANY($1)',
  [[1, 2, 3]],
);
assert.equal(listed.rows[0].n, 3);
console.log('ok parameters');

// A portal read in parts, as pg-cursor does.
class Portion {
  constructor(text, size) {
    Object.assign(this, { text, size, counts: [], rows: 0 });
    this.done = new Promise((resolve, reject) => Object.assign(this, { resolve, reject }));
  }
  submit(connection) {
    this.connection = connection;
    connection.parse({ text: this.text });
    connection.bind({});
    connection.describe({ type: 'P', name: '' });
    this.more();
  }
  more() {
    this.connection.execute({ rows: this.size });
    this.connection.flush();
  }
  handleRowDescription() {}
  handleDataRow() {
    this.rows += 1;
  }
  handlePortalSuspended() {
    this.counts.push(this.rows);
    this.more();
  }
  handleCommandComplete() {
    this.connection.sync();
  }
  handleReadyForQuery() {
    this.resolve();
  }
  handleError(error) {
    this.reject(error);
  }
}
const portion = new Portion('SELECT i FROM generate_series(1, 2500) AS g(i)', 1000);
client.query(portion);
await portion.done;
assert.deepEqual([portion.counts, portion.rows], [[1000, 2000], 2500]);
console.log('ok cursor');

const running = client.query(ENDLESS);
const failed = assert.rejects(running, { code: '57014' });
await new Promise((resolve) => setTimeout(resolve, 1000));
const other = new pg.Client({ ssl });
await other.connect();
await other.query('SELECT pg_cancel_backend($1)', [client.processID]);
await failed;
await other.end();
await client.query("SET statement_timeout = '200ms'");
await assert.rejects(client.query(ENDLESS), { code: '57014' });
await client.query('RESET statement_timeout');
console.log('ok cancel');

await assert.rejects(client.query('SELECT * FROM nowhere'), { code: '42P01', position: '15' });
await assert.rejects(client.query('SELECT 1 / $1::int', [0]), { code: '22012' });
console.log('ok error');

await client.query('BEGIN');
await assert.rejects(client.query('SELECT 1/0'), { code: '22012' });
await assert.rejects(client.query('SELECT 1'), { code: '25P02' });
await client.query('ROLLBACK');
await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
assert.deepEqual((await client.query('SHOW transaction_read_only')).rows, [
  { transaction_read_only: 'on' },
]);
await client.query('COMMIT');
await client.end();
const pool = new pg.Pool({ ssl, max: 4 });
const answers = await Promise.all(
  Array.from({ length: 20 }, (_, n) => pool.query('SELECT $1::int AS n', [n])),
);
assert.deepEqual(
  answers.map(({ rows }) => rows[0].n),
  Array.from({ length: 20 }, (_, n) => n),
);
await pool.end();
console.log('ok transaction');
