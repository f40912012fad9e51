import type { CatalogStore } from '../catalog-store.ts';
import { migrate } from './migrations/migrate.ts';
import { createSqlCatalogStore } from './sql-catalog-store.ts';
import { connectStore } from './store-connections.ts';
import { againstStore } from './store-errors.ts';

/**
 * Opens the catalog store, making its tables at first: `{ path }` is an embedded database file (several processes of one
 * machine may share it), a `postgres://` URL a store that several servers share.
 *
 * @throws QueryError invalidConfiguration for another URL or a store of a newer version, sourceUnavailable.
 */
export async function openCatalogStore(
  target: string | { readonly path: string },
): Promise<CatalogStore> {
  const connections = await againstStore(() => connectStore(target));
  try {
    await againstStore(() => migrate(connections));
  } catch (error) {
    await connections.close();
    throw error;
  }
  return createSqlCatalogStore(connections);
}
