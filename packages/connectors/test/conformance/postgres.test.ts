import { describe } from '@jest/globals';
import { createPostgresConnector, postgresAccess } from '@tributary/connectors';
import type { ExtensionUse } from '@tributary/connectors';
import { formatType } from '@tributary/sql';
import { startPostgres } from '../../../sql/test/support/postgres.ts';
import { EXTENSIONS, hasExtension } from '../../../../test/support/engine-extensions.ts';
import { temporaryEngine } from '../../../engine/test/support/temporary-engine.ts';
import { COLUMNS, ROWS, describeConnector, literal } from './conformance.ts';

/** Both ways by which rows come, where the engine's extension is there. */
const WAYS: readonly ExtensionUse[] = hasExtension('postgres_scanner')
  ? ['never', 'always']
  : ['never'];

describe.each(WAYS)('with the extension %s', (extension) => {
  describeConnector('postgres', async () => {
    const postgres = await startPostgres();
    const config = { source: 'warehouse', url: postgres.connectionString, extension };
    const access = postgresAccess(config);
    const own = await temporaryEngine({
      extensionDirectories: [EXTENSIONS],
      postgres: access === undefined ? [] : [access],
    });
    const columns = COLUMNS.map(({ name, type }) => `${name} ${formatType(type)}`);
    await postgres.query(`CREATE TABLE readings (${columns.join(', ')})`);
    const rows = ROWS.map((row) => `(${row.map(literal).join(', ')})`);
    await postgres.query(`INSERT INTO readings VALUES ${rows.join(', ')}`);
    const connector = createPostgresConnector(config, { engine: own.engine });
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
});
