import type { Kysely } from 'kysely';
import type { StoredTimes, TimesStore } from '../times-store.ts';
import { writeBatches } from './catalog-writer.ts';
import type { Write, Writer } from './catalog-writer.ts';
import { readStore } from './store-errors.ts';
import type { CatalogTables } from './tables.ts';

/** Rows that are kept; above that those that were written longest ago go. */
const MOST_ROWS = 1_000_000;
/** Rows written between two looks at how many there are. */
const BETWEEN_LOOKS = 20_000;

async function put(
  tx: Writer['tx'],
  column: string,
  all: readonly StoredTimes[],
  seen_at: number,
): Promise<void> {
  await tx
    .insertInto('tributary_file_times')
    .values(all.map((each) => ({ ...each, time_column: column, seen_at })))
    .onConflict((conflict) =>
      conflict.columns(['time_column', 'place']).doUpdateSet((eb) => ({
        version: eb.ref('excluded.version'),
        times: eb.ref('excluded.times'),
        seen_at: eb.ref('excluded.seen_at'),
      })),
    )
    .execute();
}

/** Forgets those that were written longest ago. */
async function shrink(tx: Writer['tx'], mostRows: number): Promise<void> {
  const { count } = await tx
    .selectFrom('tributary_file_times')
    .select((eb) => eb.fn.countAll().as('count'))
    .executeTakeFirstOrThrow();
  const over = Number(count) - mostRows;
  if (over <= 0) return;
  const { seen_at } = await tx
    .selectFrom('tributary_file_times')
    .select('seen_at')
    .orderBy('seen_at')
    .offset(over - 1)
    .limit(1)
    .executeTakeFirstOrThrow();
  await tx.deleteFrom('tributary_file_times').where('seen_at', '<=', Number(seen_at)).execute();
}

/** What files tell of their rows' times, in the catalog's database. It is no part of the catalog: no version, no event. */
export function createTimesStore(
  reading: Kysely<CatalogTables>,
  write: Write,
  mostRows = MOST_ROWS,
  now: () => number = Date.now,
): TimesStore {
  let sinceLook = Infinity;
  let last: Promise<unknown> = Promise.resolve();

  const writeAll = async (column: string, all: readonly StoredTimes[]): Promise<void> => {
    for await (const batch of writeBatches(all)) {
      await write('', async ({ tx }) => {
        await put(tx, column, batch, now());
        sinceLook += batch.length;
        if (sinceLook < Math.min(BETWEEN_LOOKS, mostRows)) return;
        await shrink(tx, mostRows);
        sinceLook = 0;
      });
    }
  };

  return {
    async read(column, places) {
      const found = new Map<string, StoredTimes>();
      for await (const batch of writeBatches(places)) {
        const rows = await readStore(() =>
          reading
            .selectFrom('tributary_file_times')
            .select(['place', 'version', 'times'])
            .where('time_column', '=', column)
            .where('place', 'in', batch)
            .execute(),
        );
        for (const row of rows) found.set(row.place, row);
      }
      return found;
    },
    write(column, all) {
      const written = last.then(() => writeAll(column, all));
      last = written.catch(() => undefined);
      return written;
    },
    settled: async () => {
      await last;
    },
  };
}
