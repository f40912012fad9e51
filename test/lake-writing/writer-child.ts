import { copyFile } from 'node:fs/promises';
import { openCatalogStore } from '@tributary/catalog';
import { INT8 } from '@tributary/sql';
import { LocalPublishing } from '../../packages/connectors/src/lake/write/local-publishing.ts';
import { LakeWriter } from '../../packages/connectors/src/lake/write/lake-writer.ts';
import { PublishGate } from '../../packages/connectors/src/lake/write/publish-gate.ts';
import type { KilledWrite } from './killed-writer.ts';

const { root, catalog, fixture, location, moment, table } = JSON.parse(
  process.argv[2] ?? '',
) as KilledWrite;

function die(at: KilledWrite['moment']): void {
  if (at === moment) process.kill(process.pid, 'SIGKILL');
}

/** Ends the process when half of the files are in their places. */
class Dying extends LocalPublishing {
  #published = 0;

  override async publish(file: Parameters<LocalPublishing['publish']>[0]): Promise<void> {
    if (++this.#published > 2) die('half published');
    await super.publish(file);
  }
}

const { signal } = new AbortController();
const writer = new LakeWriter(new Dying(root, `${root}_tributary/writes/`), new PublishGate());
const write = await writer.begin(signal);
const folder = await write.newFolder();
const names = ['a', 'b', 'c', 'd'];
for (const name of names) await copyFile(fixture, folder + name);
await write.publish(
  names.map((name) => ({
    path: folder + name,
    location: `${location}${name}/`,
    name: `${name}.parquet`,
  })),
  {
    location,
    mustBeEmpty: false,
    prepare: () => {
      die('staged');
      return Promise.resolve();
    },
    ...(table === undefined
      ? {}
      : {
          created: {
            table: { database: 'lake', schema: 'default', name: table, location },
            register: async () => {
              die('journal written');
              const store = await openCatalogStore({ path: catalog });
              await store.createTable(
                {
                  kind: 'table',
                  database: 'lake',
                  schema: 'default',
                  name: table,
                  source: 'lake',
                  columns: [{ name: 'n', type: INT8, hiveType: 'bigint' }],
                  partitionColumns: [],
                  storage: { format: 'parquet' },
                  location,
                  properties: {},
                },
                'tributary',
                false,
              );
              await store.close();
              die('registered');
            },
            undo: () => Promise.resolve(),
          },
        }),
  },
);
