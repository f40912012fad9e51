import { startPostgres } from '../../packages/sql/test/support/postgres.ts';
const postgres = await startPostgres();
await postgres.query(`CREATE TABLE points AS SELECT i::bigint AS id, 'name ' || i AS name, i * 1.5::float8 AS amount FROM generate_series(0, 99999) t(i)`);
await postgres.query('ALTER TABLE points ADD PRIMARY KEY (id)'); await postgres.query('VACUUM ANALYZE points');
console.log(postgres.connectionString);
process.stdin.resume(); process.stdin.on('end', () => { void postgres.stop().then(() => process.exit(0)); });
