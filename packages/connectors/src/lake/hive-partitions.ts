import type { Partition, TableDefinition } from '@tributary/catalog';
import type { FileStore, StoreContext } from './file-store.ts';

/** How Hive writes a NULL partition value. */
export const DEFAULT_PARTITION = '__HIVE_DEFAULT_PARTITION__';

/** A folder's name as Hive escapes it, read back; sequences that are no escape stay. */
export function unescapeHivePath(text: string): string {
  if (!text.includes('%')) return text;
  // Hive escapes single characters below 128; longer UTF-8 sequences stand as they are.
  return text.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}

/** Folders `<c1>=<v1>/<c2>=<v2>/` below the table's location, depth first; others are passed over. */
export async function* findHivePartitions(
  store: FileStore,
  table: TableDefinition,
  context: StoreContext,
): AsyncGenerator<Partition> {
  const names = table.partitionColumns.map(({ name }) => name.toLowerCase());
  const visit = async function* (
    location: string,
    values: readonly (string | null)[],
  ): AsyncGenerator<Partition> {
    const name = names[values.length];
    if (name === undefined) {
      yield { values, location };
      return;
    }
    for (const folder of await store.listFolders(location, context)) {
      const cut = folder.indexOf('=');
      if (cut < 0 || unescapeHivePath(folder.slice(0, cut)).toLowerCase() !== name) continue;
      const text = unescapeHivePath(folder.slice(cut + 1));
      const value = text === DEFAULT_PARTITION ? null : text;
      yield* visit(`${location}${folder}/`, [...values, value]);
    }
  };
  if (names.length > 0) yield* visit(table.location, []);
}
