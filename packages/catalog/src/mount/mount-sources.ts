import { QueryError } from '@tributary/sql';
import type { CatalogSnapshot, CatalogStore } from '../catalog-store.ts';
import type { SourceCatalog, SourceCatalogReader } from './source-catalog.ts';
import { mountedSnapshot } from './mounted-snapshot.ts';

/**
 * The store with the relations of sources that declare them themselves as further databases. Those are only ever read: a change
 * there is refused with `featureNotSupported`. The answered store does not own the sources.
 */
export function mountSources(
  store: CatalogStore,
  readers: readonly SourceCatalogReader[],
): CatalogStore {
  if (readers.length === 0) return store;
  const mounted = new Set(readers.map(({ source }) => source));
  let last: Composed | undefined;

  const snapshot = async (): Promise<CatalogSnapshot> => {
    const [base, ...catalogs] = await Promise.all([
      store.snapshot(),
      ...readers.map((reader) => reader.read()),
    ]);
    if (last === undefined || !isSame(last, base, catalogs)) {
      const byDatabase = new Map(readers.map(({ source }, index) => [source, catalogs[index]]));
      last = { base, catalogs, snapshot: mountedSnapshot(base, byDatabase) };
    }
    return last.snapshot;
  };
  const refuse = (database: string): void => {
    if (mounted.has(database)) {
      throw new QueryError(
        'featureNotSupported',
        `the schemas and tables of "${database}" are declared by that source itself`,
        { hint: 'Create views over them in "main".' },
      );
    }
  };
  return {
    snapshot,
    ensureDatabase: (database, actor) => store.ensureDatabase(database, actor),
    createSchema: async (database, ...rest) => {
      refuse(database);
      return store.createSchema(database, ...rest);
    },
    dropSchema: async (database, ...rest) => {
      refuse(database);
      return store.dropSchema(database, ...rest);
    },
    createTable: async (table, ...rest) => {
      refuse(table.database);
      return store.createTable(table, ...rest);
    },
    createView: async (view, ...rest) => {
      refuse(view.database);
      return store.createView(view, ...rest);
    },
    dropRelation: async (name, ...rest) => {
      refuse(name.database);
      return store.dropRelation(name, ...rest);
    },
    setProperties: async (name, ...rest) => {
      refuse(name.database);
      return store.setProperties(name, ...rest);
    },
    addColumns: async (name, ...rest) => {
      refuse(name.database);
      return store.addColumns(name, ...rest);
    },
    addPartitions: async (name, ...rest) => {
      refuse(name.database);
      return store.addPartitions(name, ...rest);
    },
    dropPartitions: async (name, ...rest) => {
      refuse(name.database);
      return store.dropPartitions(name, ...rest);
    },
    changeGrants: (change, actor) => store.changeGrants(change, actor),
    partitions: (table, constraint) => store.partitions(table, constraint),
    countPartitions: (table) => store.countPartitions(table),
    events: (afterVersion, limit) => store.events(afterVersion, limit),
    times: store.times,
    close: () => store.close(),
  };
}

interface Composed {
  readonly base: CatalogSnapshot;
  readonly catalogs: readonly SourceCatalog[];
  readonly snapshot: CatalogSnapshot;
}

function isSame(
  last: Composed,
  base: CatalogSnapshot,
  catalogs: readonly SourceCatalog[],
): boolean {
  return last.base === base && catalogs.every((each, index) => each === last.catalogs[index]);
}
