import type { Kysely, RawBuilder } from 'kysely';

/** What differs between the engines. */
export interface MigrationContext {
  readonly db: Kysely<unknown>;
  /** A text column that compares by bytes. */
  readonly text: RawBuilder<unknown>;
}

/** A step of the store's tables. Once released, it is never edited: a change is another step. */
export interface Migration {
  readonly id: number;
  readonly name: string;
  apply(context: MigrationContext): Promise<void>;
}
