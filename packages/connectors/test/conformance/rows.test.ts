import { readFile } from 'node:fs/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { TEXT } from '@tributary/sql';
import { temporaryEngine } from '../../../engine/test/support/temporary-engine.ts';
import { COLUMNS, ROWS, describeConnector } from './conformance.ts';
import type { ConformanceRow } from './conformance.ts';
import { createRowsConnector } from './rows-connector.ts';

async function* allRows(): AsyncGenerator<ConformanceRow> {
  await nextTurn();
  yield* ROWS;
}

describeConnector('rows', async () => {
  const own = await temporaryEngine();
  const connector = createRowsConnector(
    { source: 'rows', read: () => Promise.reject(new Error('a scan must not read the catalog')) },
    {
      engine: own.engine,
      rows: {
        columns: (table) => (table === 'readings' ? COLUMNS.map(({ name }) => name) : undefined),
        rows: () => allRows(),
      },
    },
  );
  return {
    engine: own.engine,
    open(asked, constraint, signal) {
      const type = (name: string) => COLUMNS.find((column) => column.name === name)?.type;
      const table = {
        database: 'rows',
        schema: 'public',
        name: 'readings',
        id: '1',
        source: 'rows',
      };
      return connector.run(
        {
          kind: 'scan',
          occurrence: 1,
          table,
          columns: asked.map(({ id, name }) => ({ id, name, type: type(name) ?? TEXT })),
          scanColumns: asked.map(({ id, name }) => ({ id, source: name })),
          constraint,
        },
        { timeZone: 'UTC', now: '2024-01-01 00:00:00+00' },
        { signal, now: new Date() },
      );
    },
    close: () => own.remove(),
  };
});

test('the documentation shows the connector as it is', async () => {
  const [document, code] = await Promise.all([
    readFile('docs/connectors.md', 'utf8'),
    readFile('packages/connectors/test/conformance/rows-connector.ts', 'utf8'),
  ]);
  expect(document).toContain(`\`\`\`ts\n${code}\`\`\``);
});
