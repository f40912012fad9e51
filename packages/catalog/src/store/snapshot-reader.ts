import type { Kysely } from 'kysely';
import { QueryError } from '@tributary/sql';
import type { CatalogSnapshot } from '../catalog-store.ts';
import { relationOfRow } from './relation-row.ts';
import { catalogSnapshot, changeContent, snapshotContent } from './snapshot.ts';
import type { RelationChange, SnapshotContent } from './snapshot.ts';
import { againstStore } from './store-errors.ts';
import type { CatalogTables } from './tables.ts';

/** More changed relations than this are read all at once. */
const MAX_INCREMENTAL = 100;
const MAX_ATTEMPTS = 100;

/** Reads the newest snapshot, what changed since the last one only. */
export interface SnapshotReader {
  read(): Promise<CatalogSnapshot>;
}

/** A reader that keeps the last snapshot. Calls come one after another, so each sees what was committed before it. */
export function createSnapshotReader(db: Kysely<CatalogTables>): SnapshotReader {
  let content: SnapshotContent | undefined;
  let last = catalogSnapshot(-1, new Map());
  let queue: Promise<unknown> = Promise.resolve();

  const currentVersion = async (): Promise<number> => {
    const row = await db.selectFrom('tributary_state').select('version').executeTakeFirstOrThrow();
    return row.version;
  };
  const names = async () => {
    const databases = await db.selectFrom('tributary_database').select('name').execute();
    const schemas = await db
      .selectFrom('tributary_schema')
      .select(['database_name as database', 'name as schema'])
      .execute();
    return { databases: databases.map((row) => row.name), schemas };
  };
  const readAll = async (): Promise<SnapshotContent> => {
    const { databases, schemas } = await names();
    const rows = await db.selectFrom('tributary_relation').selectAll().execute();
    return snapshotContent(databases, schemas, rows.map(relationOfRow));
  };
  const readChanges = async (base: SnapshotContent): Promise<SnapshotContent> => {
    const events = await db
      .selectFrom('tributary_event')
      .select(['kind', 'database_name', 'schema_name', 'name'])
      .where('version', '>', last.version)
      .where('kind', 'not in', ['partitionsAdded', 'partitionsDropped'])
      .distinct()
      .limit(MAX_INCREMENTAL + 1)
      .execute();
    if (events.length > MAX_INCREMENTAL || events.some((event) => event.kind === 'schemaDropped'))
      return readAll();
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
    const { databases, schemas } = await names();
    return changeContent(base, databases, schemas, [...changes.values()]);
  };
  const refresh = async (): Promise<CatalogSnapshot> => {
    let version = await currentVersion();
    for (let attempt = 0; version !== last.version && attempt < MAX_ATTEMPTS; attempt++) {
      const next = content === undefined ? await readAll() : await readChanges(content);
      const after = await currentVersion();
      // Rows read while a writer committed may be of either version: read again.
      if (after === version) {
        content = next;
        last = catalogSnapshot(version, next);
      }
      version = after;
    }
    if (version !== last.version)
      throw new QueryError('sourceUnavailable', 'the catalog changes faster than it can be read');
    return last;
  };
  return {
    read() {
      const next = queue.then(() => againstStore(refresh));
      queue = next.catch(() => undefined);
      return next;
    },
  };
}
