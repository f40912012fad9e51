import type { SourceCatalog, SourceCatalogReader } from '@tributary/catalog';
import type { QueryError } from '@tributary/sql';
import type { ConnectionPool } from '../connection-pool.ts';
import { sourceError } from '../source-error.ts';
import { FINGERPRINT } from './catalog-rows.ts';
import { readCatalog } from './read-catalog.ts';
import type { SourceTable } from './read-catalog.ts';
import type { DeclaredTime } from './time-columns.ts';

/** Statements wait this long for a source to tell what it has, then go by what it told before. */
const PATIENCE_MS = 1_000;
/** The first time there is nothing to go by. */
const FIRST_PATIENCE_MS = 5_000;
const READ_TIMEOUT_MS = 30_000;
/** A source that could not be reached is not asked again before. */
const FIRST_RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 30_000;

/** What a source's catalog holds, at most `age` old, read again only when the source's own rows changed. */
export class CatalogCache implements SourceCatalogReader {
  readonly source: string;
  readonly #pool: ConnectionPool;
  readonly #age: number;
  readonly #timeColumns: readonly DeclaredTime[];
  readonly #closing = new AbortController();
  #current: SourceCatalog = { generation: 0, schemas: new Map() };
  #tables: ReadonlyMap<string, SourceTable> = new Map();
  #fingerprint: string | undefined;
  #nextRead = 0;
  #retry = FIRST_RETRY_MS;
  #reachable = true;
  #reading: Promise<void> | undefined;

  constructor(
    source: string,
    pool: ConnectionPool,
    options: { readonly age: number; readonly timeColumns: readonly DeclaredTime[] },
  ) {
    this.source = source;
    this.#pool = pool;
    this.#age = options.age;
    this.#timeColumns = options.timeColumns;
  }

  async read(): Promise<SourceCatalog> {
    if (performance.now() >= this.#nextRead) {
      this.#reading ??= this.#refresh().finally(() => {
        this.#reading = undefined;
      });
    }
    const { known } = this;
    // Nobody waits for a source that was down a moment ago: most statements do not need it, and the others learn why at once.
    if (this.#reading !== undefined && this.#reachable) {
      await within(this.#reading, known ? PATIENCE_MS : FIRST_PATIENCE_MS);
    }
    return this.#current;
  }

  /** Whether the source has ever told. */
  get known(): boolean {
    return this.#fingerprint !== undefined;
  }

  table(schema: string, name: string): SourceTable | undefined {
    return this.#tables.get(JSON.stringify([schema, name]));
  }

  /** Something was not as it was told: the next statement asks again. */
  expire(): void {
    if (this.#reachable) this.#nextRead = 0;
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#reading;
  }

  async #refresh(): Promise<void> {
    try {
      await this.#ask();
      this.#reachable = true;
      this.#retry = FIRST_RETRY_MS;
      this.#nextRead = performance.now() + this.#age;
    } catch (error) {
      this.#reachable = false;
      this.#nextRead = performance.now() + this.#retry;
      this.#retry = Math.min(this.#retry * 2, LONGEST_RETRY_MS);
      if (!this.known) this.#fail(sourceError(this.source, error));
    }
  }

  async #ask(): Promise<void> {
    const signal = AbortSignal.any([this.#closing.signal, AbortSignal.timeout(READ_TIMEOUT_MS)]);
    const lease = await this.#pool.lease(signal);
    let reusable = false;
    const onAbort = (): void => lease.cancel();
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      const { rows } = await lease.client.query<[string]>({ text: FINGERPRINT, rowMode: 'array' });
      const fingerprint = rows[0]?.[0] ?? '';
      if (fingerprint !== this.#fingerprint) {
        const generation = this.#current.generation + 1;
        const { schemas, tables } = await readCatalog(lease.client, {
          source: this.source,
          version: generation,
          timeColumns: this.#timeColumns,
        });
        this.#accept(generation, schemas, tables);
        this.#fingerprint = fingerprint;
      }
      reusable = true;
    } finally {
      signal.removeEventListener('abort', onAbort);
      lease.release(reusable);
    }
  }

  #accept(generation: number, schemas: readonly string[], tables: readonly SourceTable[]): void {
    const bySchema = new Map(
      schemas.map((schema) => [schema, new Map<string, SourceTable['definition']>()]),
    );
    const byName = new Map<string, SourceTable>();
    for (const table of tables) {
      const { schema, name } = table.definition;
      const key = JSON.stringify([schema, name]);
      const kept = unchanged(this.#tables.get(key), table);
      byName.set(key, kept);
      bySchema.get(schema)?.set(name, kept.definition);
    }
    const same =
      this.known &&
      byName.size === this.#tables.size &&
      [...byName].every(([key, table]) => this.#tables.get(key) === table) &&
      [...bySchema.keys()].join() === [...this.#current.schemas.keys()].join();
    this.#tables = byName;
    if (!same) this.#current = Object.freeze({ generation, schemas: bySchema });
  }

  #fail(failure: QueryError): void {
    if (this.#current.failure?.message === failure.message) return;
    const generation = this.#current.generation + 1;
    this.#current = Object.freeze({ generation, schemas: new Map(), failure });
  }
}

/** The table as it was before where nothing changed; with its old version where only what is guessed of it did. */
function unchanged(before: SourceTable | undefined, now: SourceTable): SourceTable {
  if (before === undefined) return now;
  const facts = ({ definition, oid, types, cast, nondeterministic }: SourceTable): string =>
    JSON.stringify([
      { ...definition, version: 0, estimate: undefined, time: undefined },
      oid,
      [...types],
      [...cast],
      [...nondeterministic],
    ]);
  if (facts(before) !== facts(now)) return now;
  const guesses = ({ definition: { estimate, time } }: SourceTable): string =>
    JSON.stringify([estimate, time]);
  return guesses(before) === guesses(now)
    ? before
    : { ...now, definition: { ...now.definition, version: before.definition.version } };
}

async function within(work: Promise<void>, milliseconds: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, milliseconds);
  });
  try {
    await Promise.race([work, patience]);
  } finally {
    clearTimeout(timer);
  }
}
