import { createPostgresConnector } from '@tributary/connectors';
import { formatType } from '@tributary/sql';
import { startPostgres } from '../../../sql/test/support/postgres.ts';
import { temporaryEngine } from '../../../engine/test/support/temporary-engine.ts';
import { COLUMNS, ROWS, describeConnector, literal } from './conformance.ts';

describeConnector('postgres', async () => {
  const postgres = await startPostgres();
  const own = await temporaryEngine();
  const columns = COLUMNS.map(({ name, type }) => `${name} ${formatType(type)}`);
  await postgres.query(`CREATE TABLE readings (${columns.join(', ')})`);
  const rows = ROWS.map((row) => `(${row.map(literal).join(', ')})`);
  await postgres.query(`INSERT INTO readings VALUES ${rows.join(', ')}`);
  const connector = createPostgresConnector(
    { source: 'warehouse', url: postgres.connectionString },
    { engine: own.engine },
  );
  await connector.catalog.read();
  return {
    engine: own.engine,
    open(asked, constraint, signal) {
      const type = (name: string) => COLUMNS.find((column) => column.name === name)?.type;
      return connector.run(
        {
          kind: 'scan',
          occurrence: 1,
          table: {
            database: 'warehouse',
            schema: 'public',
            name: 'readings',
            id: '1',
            source: 'warehouse',
          },
          columns: asked.map(({ id, name }) => ({
            id,
            name,
            type: type(name) ?? { kind: 'scalar', name: 'text', typmod: -1 },
          })),
          scanColumns: asked.map(({ id, name }) => ({ id, source: name })),
          constraint,
        },
        { timeZone: 'UTC', now: '2024-01-01 00:00:00+00' },
        { signal, now: new Date() },
      );
    },
    async close() {
      await connector.close();
      await own.remove();
      await postgres.stop();
    },
  };
});
