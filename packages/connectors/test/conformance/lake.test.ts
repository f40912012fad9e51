import { DuckDBInstance } from '@duckdb/node-api';
import { projectPartitions } from '@tributary/catalog';
import type { TableDefinition } from '@tributary/catalog';
import { createLakeConnector } from '@tributary/connectors';
import { engineType } from '@tributary/sql';
import { temporaryEngine } from '../../../engine/test/support/temporary-engine.ts';
import { COLUMNS, ROWS, describeConnector, literal } from './conformance.ts';

async function writeRows(folder: string): Promise<void> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  const columns = COLUMNS.map(({ name, type }) => `${name} ${engineType(type)}`);
  await connection.run(`CREATE TABLE readings (${columns.join(', ')})`);
  const rows = ROWS.map((row) => `(${row.map(literal).join(', ')})`);
  await connection.run(`INSERT INTO readings VALUES ${rows.join(', ')}`);
  await connection.run(`COPY readings TO '${folder}' (FORMAT parquet, FILE_SIZE_BYTES '20kB')`);
  connection.closeSync();
  instance.closeSync();
}

describeConnector('lake', async () => {
  const own = await temporaryEngine();
  await writeRows(`${own.directory}readings`);
  const table: TableDefinition = {
    kind: 'table',
    id: '1',
    database: 'lake',
    schema: 'default',
    name: 'readings',
    version: 1,
    source: 'lake',
    columns: COLUMNS,
    partitionColumns: [],
    storage: { format: 'parquet' },
    location: `${own.directory}readings/`,
    properties: {},
  };
  const connector = createLakeConnector(
    {
      source: 'lake',
      root: own.directory,
      cache: { directory: own.directory, maxBytes: 1e8, wholeObjectLimit: 1e7 },
    },
    {
      engine: own.engine,
      partitions: (each, constraint, { now }) => projectPartitions(each, constraint, { now }),
      registeredPartitions: () => {
        throw new Error('the table has no partitions');
      },
    },
  );
  return {
    engine: own.engine,
    open: (columns, constraint, signal) =>
      connector.scan({ table, columns, constraint }, { signal, now: new Date() }),
    async close() {
      await connector.close();
      await own.remove();
    },
  };
});
