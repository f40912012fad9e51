// A process of its own with a catalog store, that does what its parent asks; see other-process.ts.
import { openCatalogStore } from '../../src/store/open-catalog-store.ts';
import type { CatalogStore } from '../../src/catalog-store.ts';
import type { TableDefinition } from '../../src/definitions.ts';
import type { CatalogProcess, ProcessCall } from './other-process.ts';
import { NAME } from './relations.ts';

let store: CatalogStore | undefined;

function opened(): CatalogStore {
  if (store === undefined) throw new Error('no store is open');
  return store;
}

async function table(): Promise<TableDefinition> {
  const relation = (await opened().snapshot()).relation('lake', 'sales', 'events');
  if (relation?.kind !== 'table') throw new Error('no table');
  return relation;
}

const ACTIONS: Omit<CatalogProcess, 'kill' | 'onWritten'> = {
  async open(target) {
    store = await openCatalogStore(target);
  },
  async close() {
    await opened().close();
  },
  async total() {
    return Number((await table()).properties['total'] ?? '0');
  },
  async increment(actor, times) {
    for (let done = 0; done < times;) {
      const { properties, version } = await table();
      const total = Number(properties['total'] ?? '0') + 1;
      const changed = new Map([
        ['total', String(total)],
        [`${actor}.${done % 100}`, 'written'],
      ]);
      try {
        await opened().setProperties(NAME, changed, actor, version);
      } catch (error) {
        if ((error as { code?: string }).code === 'concurrentChange') continue;
        throw error;
      }
      done++;
      process.send?.({ written: total });
    }
  },
};

process.on('message', ({ id, action, args }: ProcessCall) => {
  const work = ACTIONS[action] as (...args: readonly unknown[]) => Promise<unknown>;
  work(...args).then(
    (result) => process.send?.({ id, result }),
    (error: unknown) => process.send?.({ id, failed: String((error as Error).stack) }),
  );
});
process.on('disconnect', () => process.exit());
