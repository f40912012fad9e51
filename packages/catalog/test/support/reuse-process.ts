// A process of its own with a reuse store that puts units until it is killed; see the test of several processes.
import { DAY, days, keep } from './reuse-units.ts';
import { openReuseStore } from '../../src/reuse/open-reuse-store.ts';
import type { StoreTarget } from './store-targets.ts';

export interface ReuseProcessTask {
  readonly directory: string;
  readonly database: StoreTarget;
  readonly maxBytes: number;
}

process.on('message', ({ directory, database, maxBytes }: ReuseProcessTask) => {
  void (async () => {
    const store = await openReuseStore({ directory, database, maxBytes });
    process.send?.('opened');
    for (let at = 0; ; at++) {
      const cells = await keep(store, { cells: days(at % 50, (at % 50) + 4), bytes: 500 });
      if (at % 7 === 0) await store.dropFiles([cells[0]!.file]);
      if (at % 11 === 0) await store.invalidate('table-1', 10 * DAY, 12 * DAY);
      store.touch(cells);
      process.send?.('put');
    }
  })().catch((error: unknown) => {
    process.send?.(`failed ${String((error as Error).stack)}`);
  });
});
process.on('disconnect', () => process.exit());
