// A process of its own that writes to a catalog store: `writer-process.ts <target> <actor> <count>`.
import { openCatalogStore } from '../../src/store/open-catalog-store.ts';

const [target = '', actor = '', count = '0'] = process.argv.slice(2);
const store = await openCatalogStore(target.startsWith('postgres') ? target : { path: target });
const name = { database: 'lake', schema: 'sales', name: 'events' };
await store.ensureDatabase('lake', actor);
await store.createSchema('lake', 'sales', actor, true);
process.stdout.write('ready\n');
for (let at = 0; at < Number(count);) {
  const relation = (await store.snapshot()).relation('lake', 'sales', 'events');
  if (relation?.kind !== 'table') throw new Error('no table');
  const total = Number(relation.properties['total'] ?? '0') + 1;
  const properties = new Map([
    ['total', String(total)],
    [`${actor}.${at}`, 'written'],
  ]);
  try {
    await store.setProperties(name, properties, actor, relation.version);
    at++;
    if (count === 'Infinity') process.stdout.write(`${at}\n`);
  } catch (error) {
    if ((error as { code?: string }).code !== 'concurrentChange') throw error;
  }
}
await store.close();
