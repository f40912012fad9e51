import { setImmediate } from 'node:timers/promises';
import type { Kysely, Transaction } from 'kysely';
import type { CatalogEvent } from '../definitions.ts';
import { againstStore } from './store-errors.ts';
import type { CatalogTables } from './tables.ts';

type NewEvent = Omit<CatalogEvent, 'version' | 'at' | 'actor'>;

/** A writer's transaction: it alone writes until it ends. */
export interface Writer {
  readonly tx: Transaction<CatalogTables>;
  /** Appends the change's event and bumps the catalog's version. Called once by a transaction that changes something. */
  readonly record: (event: NewEvent) => Promise<void>;
}

/** Runs a change in a transaction of its own, after those asked for before; again when another process was in the way. */
export type Write = <T>(actor: string, work: (writer: Writer) => Promise<T>) => Promise<T>;

/** Rows in one INSERT or DELETE: well under both engines' limits on parameters. */
const WRITE_BATCH = 500;

/** Parts of at most the rows that one statement writes. Others have their turn in between: the embedded engine blocks. */
export async function* writeBatches<T>(all: readonly T[]): AsyncGenerator<T[]> {
  for (let at = 0; at < all.length; at += WRITE_BATCH) {
    if (at > 0) await setImmediate();
    yield all.slice(at, at + WRITE_BATCH);
  }
}

export function createWrite(db: Kysely<CatalogTables>): Write {
  let last: Promise<unknown> = Promise.resolve();
  return (actor, work) => {
    const change = () =>
      againstStore(() =>
        db.transaction().execute(async (tx) => {
          // The row's lock is what makes writers on PostgreSQL wait for each other.
          const { version } = await tx
            .updateTable('tributary_state')
            .set((eb) => ({ version: eb.ref('version') }))
            .where('id', '=', 1)
            .returning('version')
            .executeTakeFirstOrThrow();
          const record = async (event: NewEvent): Promise<void> => {
            await tx
              .updateTable('tributary_state')
              .set({ version: version + 1 })
              .where('id', '=', 1)
              .execute();
            await tx
              .insertInto('tributary_event')
              .values({
                version: version + 1,
                at: new Date().toISOString(),
                actor,
                kind: event.kind,
                database_name: event.database,
                schema_name: event.schema ?? null,
                name: event.name ?? null,
                detail: event.detail === undefined ? null : JSON.stringify(event.detail),
              })
              .execute();
          };
          return work({ tx, record });
        }),
      );
    const result = last.then(change);
    last = result.catch(() => undefined);
    return result;
  };
}
