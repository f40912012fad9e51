import { cancellation } from '@tributary/engine';
import type { Engine } from '@tributary/engine';
import type { Plan } from '@tributary/sql';
import type { ScanContext, ScanStatistics } from '../../connector.ts';
import type { QueryFacts, SourceRows, SourceStatement } from '../../query-connector.ts';
import { noScanStatistics } from '../../scan-statistics.ts';
import type { CatalogCache } from '../catalog/catalog-cache.ts';
import type { ConnectionPool, Lease } from '../connection-pool.ts';
import { RowDecoder } from '../copy/row-decoder.ts';
import { loadedColumns, tableRelation } from '../loaded-table.ts';
import { alteredMeanwhile } from '../read-query.ts';
import { retried } from '../retried.ts';
import { sqlState } from '../source-error.ts';
import { layoutQuery, queryText } from '../text/query-text.ts';
import { HeldRows } from './held-rows.ts';
import { Pipeline } from './pipeline.ts';
import type { Step } from './pipeline.ts';
import type { StatementNames } from './statement-names.ts';

/**
 * What a query is read with, for the time of its transaction: nothing stays set on the connection, and nothing outside PostgreSQL's
 * own schema stands for a function or operator.
 */
const SETTINGS = `SELECT pg_catalog.set_config('search_path', 'pg_catalog', true),
  pg_catalog.set_config('transaction_read_only', 'on', true), pg_catalog.set_config('statement_timeout', $1, true),
  pg_catalog.set_config('TimeZone', $2, true), pg_catalog.set_config('IntervalStyle', 'postgres', true),
  pg_catalog.set_config('DateStyle', 'ISO, YMD', true)`;
const SETTINGS_STEP = 0;
const ROWS_STEP = 1;

/** SQLSTATEs of a name that the server does not know, or knows already: behind a pooler it may be another server's. */
const WRONG_NAME = /^(26000|42P05)$/;

export interface DirectServices {
  readonly engine: Engine;
  readonly pool: ConnectionPool;
  readonly catalog: CatalogCache;
  readonly names: StatementNames;
  /** Milliseconds; 0: none. */
  readonly statementTimeout: number;
}

/**
 * A query that a source is asked by the extended protocol, with its settings and the check of its tables' layout, in one round trip and
 * one transaction that changes nothing. From its second run on the source's connections keep it prepared.
 */
export class DirectStatement implements SourceStatement {
  readonly #services: DirectServices;
  readonly #plan: Plan;
  readonly #text: string;
  readonly #layout: ReturnType<typeof layoutQuery>;
  readonly #timeZone: string;
  #runs = 0;
  /** What no run uses now: its buffers are larger than most results. */
  #spare: Receiver | undefined;

  constructor(plan: Plan, facts: QueryFacts, services: DirectServices) {
    this.#services = services;
    this.#plan = plan;
    this.#text = queryText(plan, facts, services.catalog);
    this.#layout = layoutQuery(plan, services.catalog);
    this.#timeZone = facts.timeZone;
  }

  get text(): string {
    return this.#text;
  }

  run(
    values: readonly (string | null)[],
    { signal }: Pick<ScanContext, 'signal'>,
  ): Promise<SourceRows> {
    this.#runs += 1;
    const statistics = noScanStatistics('direct');
    return retried(this.#services.catalog, statistics, signal, () =>
      this.#read(values, statistics, signal),
    );
  }

  async #read(
    values: readonly (string | null)[],
    statistics: ScanStatistics,
    signal: AbortSignal,
  ): Promise<SourceRows> {
    const lease = await this.#services.pool.lease(signal);
    let reusable = false;
    try {
      return await this.#readOn(lease, values, statistics, signal, () => {
        reusable = true;
      });
    } catch (error) {
      if (!WRONG_NAME.test(sqlState(error) ?? '')) throw error;
      this.#services.names.refuse();
      lease.release(false);
      return await this.#read(values, statistics, signal);
    } finally {
      lease.release(reusable);
    }
  }

  async #readOn(
    lease: Lease,
    values: readonly (string | null)[],
    statistics: ScanStatistics,
    signal: AbortSignal,
    onReady: () => void,
  ): Promise<SourceRows> {
    const receiver = this.#takeReceiver();
    const { held, decoder } = receiver;
    let present = -1;
    let spilling = Promise.resolve();
    const pipeline: Pipeline = this.#pipeline(lease, values, {
      onRow: (step, buffer, from) => {
        if (step === ROWS_STEP) {
          decoder.row(buffer, from);
          if (held.isFull(pipeline.bytes)) {
            spilling = pipeline.during(() => held.spill());
            spilling.catch(() => undefined);
          }
        } else if (step !== SETTINGS_STEP) present = smallNumber(buffer, from);
      },
      onFailure: () => lease.cancel(),
    });
    const onAbort = (): void => pipeline.abandon(cancellation(signal));
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      if (signal.aborted) throw cancellation(signal);
      statistics.requests += 1;
      lease.client.query(pipeline);
      await pipeline.done;
      onReady();
      await spilling;
      statistics.bytesRead += pipeline.bytes;
      if (present !== this.#layout.expected) throw alteredMeanwhile(this.#services.catalog.source);
      decoder.finish();
      statistics.rows = decoder.rows;
      if (held.table === undefined) return { kind: 'chunks', chunks: held.chunks, statistics };
      return { kind: 'relation', relation: tableRelation(held.table, statistics) };
    } catch (error) {
      await spilling.catch(() => undefined);
      await held.table?.drop();
      throw error;
    } finally {
      signal.removeEventListener('abort', onAbort);
      held.clear();
      decoder.clear();
      this.#spare = receiver;
    }
  }

  #pipeline(
    lease: Lease,
    values: readonly (string | null)[],
    handlers: Omit<ConstructorParameters<typeof Pipeline>[2], 'onParsed'>,
  ): Pipeline {
    const { names, statementTimeout } = this.#services;
    const { client } = lease;
    const step = (text: string, own: readonly (string | null)[], isNamed: boolean): Step => {
      const found = isNamed ? names.of(client, text) : undefined;
      return {
        name: found?.name ?? '',
        text: found?.isKnown === true ? undefined : text,
        values: own,
      };
    };
    const repeated = this.#runs > 1;
    const steps = [
      step(SETTINGS, [String(statementTimeout), this.#timeZone], true),
      step(this.#text, values, repeated),
      step(this.#layout.text, [], repeated),
    ];
    return new Pipeline(steps, names.surplus(client), {
      ...handlers,
      onParsed: (index) => {
        const { name, text } = steps[index] ?? {};
        if (name !== undefined && name !== '' && text !== undefined) {
          names.parsed(client, text, name);
        }
      },
    });
  }

  #takeReceiver(): Receiver {
    const spare = this.#spare;
    this.#spare = undefined;
    if (spare !== undefined) return spare;
    const { engine, catalog } = this.#services;
    const held = new HeldRows(engine, loadedColumns(this.#plan));
    return { held, decoder: new RowDecoder(this.#plan, held, catalog.source) };
  }
}

/** What takes the rows of one run at a time. */
interface Receiver {
  readonly held: HeldRows;
  readonly decoder: RowDecoder;
}

/** The low bytes of the one number of a row: a count of columns, a length, the number. */
function smallNumber(buffer: Buffer, from: number): number {
  return buffer.readInt32BE(from + 2 + buffer.readInt32BE(from + 2));
}
