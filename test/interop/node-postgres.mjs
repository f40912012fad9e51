// node-postgres: prepared statements, types, errors, cancel.
import assert from 'node:assert/strict';
import pg from 'pg';

const client = new pg.Client();
await client.connect();
const named = {
  name: 'by-app',
  text: 'SELECT count(*)::int AS n FROM lake.events WHERE dt = current_date - 1 AND app_id = $1',
};
for (const app of [1, 2, 3]) {
  const { rows } = await client.query({ ...named, values: [app] });
  assert.deepEqual(rows, [{ n: 250 }]);
}
await assert.rejects(client.query('SELECT * FROM nowhere'), { code: '42P01', position: '15' });
const { rows } = await client.query(
  'SELECT $1::text AS t, $2::numeric AS n, $3::timestamptz AS at',
  ['ü', '1.50', '2024-01-01T00:00:00Z'],
);
assert.equal(rows[0].t, 'ü');
assert.equal(Number(rows[0].n), 1.5);
assert.equal(rows[0].at.toISOString(), '2024-01-01T00:00:00.000Z');
await client.end();
console.log('node-postgres: passed');
