import type { CatalogSnapshot, SchemaName } from '../catalog-store.ts';
import type { RelationDefinition } from '../definitions.ts';
import type { Grants } from '../grants.ts';

/** One schema's relations by name, and in name order. */
interface SchemaEntry {
  readonly byName: ReadonlyMap<string, RelationDefinition>;
  readonly inOrder: readonly RelationDefinition[];
  readonly external: SchemaName | undefined;
}

/** A schema as the store holds it. */
export interface StoredSchema extends SchemaName {
  readonly external: SchemaName | undefined;
}

type DatabaseEntry = ReadonlyMap<string, SchemaEntry>;
/** Databases, their schemas, their relations; shared between snapshots where nothing changed. */
export type SnapshotContent = ReadonlyMap<string, DatabaseEntry>;

/** The state of one name after changes; `relation` undefined: it is gone. */
export interface RelationChange {
  readonly database: string;
  readonly schema: string;
  readonly name: string;
  readonly relation: RelationDefinition | undefined;
}

function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function schemaEntry(
  byName: ReadonlyMap<string, RelationDefinition>,
  external: SchemaName | undefined,
): SchemaEntry {
  const inOrder = [...byName.values()].sort((a, b) => byText(a.name, b.name));
  return { byName, inOrder, external };
}

/** Content from everything the store holds. */
export function snapshotContent(
  databases: readonly string[],
  schemas: readonly StoredSchema[],
  relations: readonly RelationDefinition[],
): SnapshotContent {
  const grouped = new Map(
    databases.map((name) => [name, new Map<string, Map<string, RelationDefinition>>()]),
  );
  for (const { database, schema } of schemas) grouped.get(database)?.set(schema, new Map());
  for (const relation of relations)
    grouped.get(relation.database)?.get(relation.schema)?.set(relation.name, relation);
  const result = new Map<string, Map<string, SchemaEntry>>(
    databases.map((name) => [name, new Map()]),
  );
  for (const { database, schema, external } of schemas) {
    const byName = grouped.get(database)?.get(schema) ?? new Map<string, RelationDefinition>();
    result.get(database)?.set(schema, schemaEntry(byName, external));
  }
  return result;
}

/** Content with some databases and schemas replaced by what the store has now, and relations changed. */
export function changeContent(
  content: SnapshotContent,
  databases: readonly string[],
  schemas: readonly StoredSchema[],
  changes: readonly RelationChange[],
): SnapshotContent {
  const changed = new Map<string, Map<string, Map<string, RelationDefinition>>>();
  for (const { database, schema, name, relation } of changes) {
    const ofDatabase = changed.get(database) ?? new Map<string, Map<string, RelationDefinition>>();
    changed.set(database, ofDatabase);
    const byName = ofDatabase.get(schema) ?? new Map(content.get(database)?.get(schema)?.byName);
    ofDatabase.set(schema, byName);
    if (relation === undefined) byName.delete(name);
    else byName.set(name, relation);
  }
  const result = new Map<string, Map<string, SchemaEntry>>(
    databases.map((name) => [name, new Map()]),
  );
  for (const { database, schema, external } of schemas) {
    const byName = changed.get(database)?.get(schema);
    const entry = byName === undefined ? content.get(database)?.get(schema) : undefined;
    result.get(database)?.set(schema, entry ?? schemaEntry(byName ?? new Map(), external));
  }
  return result;
}

/** A snapshot of that content. */
export function catalogSnapshot(
  version: number,
  content: SnapshotContent,
  grants: Grants,
): CatalogSnapshot {
  return Object.freeze({
    version,
    grants,
    databases: () => [...content.keys()].sort(byText),
    schemas: (database: string) => [...(content.get(database)?.keys() ?? [])].sort(byText),
    hasSchema: (database: string, schema: string) => content.get(database)?.has(schema) ?? false,
    externalSchema: (database: string, schema: string) =>
      content.get(database)?.get(schema)?.external,
    relation: (database: string, schema: string, name: string) =>
      content.get(database)?.get(schema)?.byName.get(name),
    relations: (database: string, schema: string) =>
      content.get(database)?.get(schema)?.inOrder ?? [],
  });
}
