import type { Kysely } from 'kysely';
import type { CatalogSnapshot } from '../catalog-store.ts';
import { grantsOf } from '../grants.ts';
import type { Grants } from '../grants.ts';
import { readGrants } from './grant-changes.ts';
import { relationOfRow } from './relation-row.ts';
import { catalogSnapshot, changeContent, snapshotContent } from './snapshot.ts';
import type { RelationChange, SnapshotContent, StoredSchema } from './snapshot.ts';
import type { StoreConnections } from './store-connections.ts';
import { readStore } from './store-errors.ts';
import type { CatalogTables } from './tables.ts';

/** More changed relations than this are read all at once. */
const MAX_INCREMENTAL = 100;

/** Reads the newest snapshot, what changed since the last one only. */
export interface SnapshotReader {
  /** Sees everything committed before the call. */
  read(): Promise<CatalogSnapshot>;
}

interface Names {
  readonly databases: readonly string[];
  readonly schemas: readonly StoredSchema[];
}

async function readNames(db: Kysely<CatalogTables>): Promise<Names> {
  const databases = await db.selectFrom('tributary_database').select('name').execute();
  const rows = await db.selectFrom('tributary_schema').selectAll().execute();
  const schemas = rows.map((row): StoredSchema => {
    const { target_database: database, target_schema: schema } = row;
    const external = database === null || schema === null ? undefined : { database, schema };
    return { database: row.database_name, schema: row.name, external };
  });
  return { databases: databases.map((row) => row.name), schemas };
}

interface StoreContent {
  readonly content: SnapshotContent;
  readonly grants: Grants;
}

async function readAll(db: Kysely<CatalogTables>): Promise<StoreContent> {
  const { databases, schemas } = await readNames(db);
  const rows = await db.selectFrom('tributary_relation').selectAll().execute();
  const content = snapshotContent(databases, schemas, rows.map(relationOfRow));
  return { content, grants: grantsOf(await readGrants(db)) };
}

/** Changes that take grants along. */
const CHANGES_GRANTS = new Set(['grantsChanged', 'relationDropped', 'schemaDropped']);

async function readChanges(
  db: Kysely<CatalogTables>,
  base: StoreContent,
  since: number,
): Promise<StoreContent> {
  const events = await db
    .selectFrom('tributary_event')
    .select(['kind', 'database_name', 'schema_name', 'name'])
    .where('version', '>', since)
    .where('kind', 'not in', ['partitionsAdded', 'partitionsDropped'])
    .distinct()
    .limit(MAX_INCREMENTAL + 1)
    .execute();
  if (events.length > MAX_INCREMENTAL || events.some((event) => event.kind === 'schemaDropped'))
    return readAll(db);
  if (events.length === 0) return base;
  const changes = new Map<string, RelationChange>();
  for (const { database_name: database, schema_name: schema, name } of events) {
    if (schema === null || name === null) continue;
    const key = JSON.stringify([database, schema, name]);
    if (changes.has(key)) continue;
    const row = await db
      .selectFrom('tributary_relation')
      .selectAll()
      .where('database_name', '=', database)
      .where('schema_name', '=', schema)
      .where('name', '=', name)
      .executeTakeFirst();
    changes.set(key, { database, schema, name, relation: row && relationOfRow(row) });
  }
  const { databases, schemas } = await readNames(db);
  const content = changeContent(base.content, databases, schemas, [...changes.values()]);
  const grants = events.some(({ kind }) => CHANGES_GRANTS.has(kind))
    ? grantsOf(await readGrants(db))
    : base.grants;
  return { content, grants };
}

interface Kept {
  readonly snapshot: CatalogSnapshot;
  readonly content: SnapshotContent;
  /** The store's `changes` before it was read. */
  readonly changes: number | undefined;
}

/** A reader that keeps the last snapshot, and answers that same object while the version stands. */
export function createSnapshotReader({
  reading: db,
  changes: currentChanges,
}: Pick<StoreConnections, 'reading' | 'changes'>): SnapshotReader {
  let kept: Kept | undefined;
  // Compiled once: this is asked before every statement.
  const versionQuery = db
    .selectFrom('tributary_state')
    .select('version')
    .where('id', '=', 1)
    .compile();

  const currentVersion = async (from: Kysely<CatalogTables>): Promise<number> => {
    const [row] = (await from.executeQuery(versionQuery)).rows;
    if (row === undefined) throw new Error('the catalog store has no version');
    return row.version;
  };
  const refresh = async (): Promise<CatalogSnapshot> => {
    const last = kept;
    const changes = currentChanges();
    if (last !== undefined && (await currentVersion(db)) === last.snapshot.version) {
      kept = { ...last, changes };
      return last.snapshot;
    }
    kept = await db
      .transaction()
      .setIsolationLevel('repeatable read')
      .setAccessMode('read only')
      .execute(async (transaction) => {
        const version = await currentVersion(transaction);
        const { content, grants } =
          last === undefined
            ? await readAll(transaction)
            : await readChanges(
                transaction,
                { content: last.content, grants: last.snapshot.grants },
                last.snapshot.version,
              );
        return { content, snapshot: catalogSnapshot(version, content, grants), changes };
      });
    return kept.snapshot;
  };

  let running: Promise<CatalogSnapshot> | undefined;
  let waiting: Promise<CatalogSnapshot> | undefined;
  const start = (): Promise<CatalogSnapshot> => {
    waiting = undefined;
    running = readStore(refresh).finally(() => {
      if (waiting === undefined) running = undefined;
    });
    return running;
  };
  return {
    read() {
      if (kept?.changes !== undefined && kept.changes === currentChanges())
        return Promise.resolve(kept.snapshot);
      if (running === undefined) return start();
      // A read under way may have begun before a commit that this caller knows of: all who come meanwhile share the next.
      waiting ??= running.then(start, start);
      return waiting;
    },
  };
}
