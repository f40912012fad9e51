import { AdmissionQueue } from '@tributary/engine';
import { QueryError } from '@tributary/sql';
import type { ScanContext, ScanRelation } from '../connector.ts';
import type { ConnectionPool, Lease } from './connection-pool.ts';
import type { ExtensionReader } from './extension/extension-reader.ts';
import { BEGIN, readQuery } from './read-query.ts';
import type { Reading, SourceQuery } from './read-query.ts';
import { isTransient, sqlState } from './source-error.ts';
import { quoteText } from './text/table-text.ts';

/** What a query is read with, whatever connection it gets. */
export interface ReadingContext extends Pick<Reading, 'engine' | 'statistics' | 'signal'> {
  /** Where its rows may come while they are read. */
  readonly session?: ScanContext['session'];
}

/** SQLSTATEs of a snapshot that another connection does not know: behind a pooler it may be another server's. */
const UNKNOWN_SNAPSHOT = /^(22023|55000|42704|0A000)$/;

/**
 * A moment of a source that several queries see, one transaction's. The first connection begins it and exports its snapshot; other
 * queries take it over on connections that are free at once, and else wait for the first one. So who waits holds nothing that
 * others wait for, and where snapshots cannot be taken over, the queries run one after the other and see one moment all the same.
 */
export class PostgresMoment {
  readonly #pool: ConnectionPool;
  readonly #extension: ExtensionReader | undefined;
  readonly #own = new AdmissionQueue(1);
  #begun: Promise<Holder> | undefined;
  /** Why the first connection's transaction is no more. */
  #failure: { readonly reason: unknown } | undefined;

  constructor(pool: ConnectionPool, extension?: ExtensionReader) {
    this.#pool = pool;
    this.#extension = extension;
  }

  /** Throws the driver's errors, not to be tried again alone: another try would see another moment. */
  async read(query: SourceQuery, context: ReadingContext): Promise<ScanRelation> {
    const holder = await (this.#begun ??= this.#begin(context.signal));
    if (query.extension !== undefined && holder.snapshot !== undefined) {
      const read = await this.#extension?.read(query, holder.snapshot, context);
      if (read !== undefined) return read;
    }
    if (this.#own.running > 0 && holder.snapshot !== undefined) {
      const read = await this.#readBeside(holder, holder.snapshot, query, context);
      if (read !== undefined) return read;
    }
    const leave = await this.#own.enter(context.signal);
    try {
      if (this.#failure !== undefined) throw this.#failure.reason;
      return await this.#readInside(holder, query, context);
    } finally {
      leave();
    }
  }

  /** Ends the transaction. No query may be running. */
  async close(): Promise<void> {
    const holder = await this.#begun?.catch(() => undefined);
    if (holder === undefined) return;
    try {
      if (this.#failure === undefined) await holder.lease.client.query('COMMIT');
      holder.lease.release(this.#failure === undefined);
    } catch {
      // Its rows are here already: the connection alone is lost.
      holder.lease.release(false);
    }
  }

  async #begin(signal: AbortSignal): Promise<Holder> {
    const lease = await this.#pool.lease(signal);
    try {
      await lease.client.query(BEGIN);
      const exported = await lease.client
        .query<{ readonly id: string }>('SELECT pg_export_snapshot() AS id')
        .catch(async (error: unknown) => {
          if (isTransient(error)) throw error;
          await lease.client.query(`ROLLBACK; ${BEGIN}`);
          return undefined;
        });
      return { lease, snapshot: exported?.rows[0]?.id };
    } catch (error) {
      lease.release(false);
      this.#begun = undefined;
      throw error;
    }
  }

  async #readInside(
    { lease }: Holder,
    query: SourceQuery,
    context: ReadingContext,
  ): Promise<ScanRelation> {
    let isReady = false;
    try {
      return await readQuery(query, {
        ...context,
        lease,
        begin: [],
        end: [],
        onReady: () => {
          isReady = true;
        },
      });
    } catch (error) {
      const reason = isTransient(error) ? momentLost(query.source, error) : error;
      // A failed statement ends its transaction.
      if (!isReady) this.#failure ??= { reason };
      throw reason;
    }
  }

  /** Reads on a connection of its own; undefined where there is none, or where it does not see the snapshot. */
  async #readBeside(
    holder: Holder,
    snapshot: string,
    query: SourceQuery,
    context: ReadingContext,
  ): Promise<ScanRelation | undefined> {
    const lease = await this.#pool.leaseAtOnce(context.signal);
    if (lease === undefined) return undefined;
    let reusable = false;
    const onReady = (): void => {
      reusable = true;
    };
    try {
      const begin = [BEGIN, `SET TRANSACTION SNAPSHOT ${quoteText(snapshot)}`];
      return await readQuery(query, { ...context, lease, begin, end: ['COMMIT'], onReady });
    } catch (error) {
      if (isTransient(error)) return undefined;
      if (!UNKNOWN_SNAPSHOT.test(sqlState(error) ?? '')) throw error;
      holder.snapshot = undefined;
      return undefined;
    } finally {
      lease.release(reusable);
    }
  }
}

/** The connection that began the moment. */
interface Holder {
  readonly lease: Lease;
  /** Undefined: no other connection can see the moment. */
  snapshot: string | undefined;
}

function momentLost(source: string, cause: unknown): QueryError {
  return new QueryError(
    'dataChanged',
    `the connection to source "${source}" was lost, and with it the moment that the statement reads`,
    { cause, hint: 'Run the statement again.' },
  );
}
