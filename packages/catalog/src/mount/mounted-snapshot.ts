import type { CatalogSnapshot } from '../catalog-store.ts';
import type { RelationDefinition } from '../definitions.ts';
import type { SourceCatalog } from './source-catalog.ts';

function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/**
 * A snapshot with databases of mounted sources in place of the store's of the same name. Its version grows when the store's or a
 * source's does. Of a source that has never been reached every schema exists, and whoever asks for a relation learns why.
 */
export function mountedSnapshot(
  base: CatalogSnapshot,
  mounted: ReadonlyMap<string, SourceCatalog | undefined>,
): CatalogSnapshot {
  const generations = [...mounted.values()].reduce((sum, each) => sum + (each?.generation ?? 0), 0);
  return Object.freeze({
    // Neither part ever falls, so that a sum stands for one pair of them.
    version: base.version + generations,
    grants: base.grants,
    databases: () => [...new Set([...base.databases(), ...mounted.keys()])].sort(byText),
    schemas(database: string) {
      const source = mounted.get(database);
      return source === undefined
        ? base.schemas(database)
        : [...source.schemas.keys()].sort(byText);
    },
    hasSchema(database: string, schema: string) {
      const source = mounted.get(database);
      if (source === undefined) return base.hasSchema(database, schema);
      return source.failure !== undefined || source.schemas.has(schema);
    },
    externalSchema: (database: string, schema: string) => base.externalSchema?.(database, schema),
    relation(database: string, schema: string, name: string): RelationDefinition | undefined {
      const source = mounted.get(database);
      if (source === undefined) return base.relation(database, schema, name);
      if (source.failure !== undefined) throw source.failure;
      return source.schemas.get(schema)?.get(name);
    },
    relations(database: string, schema: string): readonly RelationDefinition[] {
      const source = mounted.get(database);
      if (source === undefined) return base.relations(database, schema);
      return [...(source.schemas.get(schema)?.values() ?? [])].sort((a, b) =>
        byText(a.name, b.name),
      );
    },
  });
}
