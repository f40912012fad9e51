import type { CatalogSnapshot, RelationDefinition } from '@tributary/catalog';
import { denial, mayRead, mayUseSchema } from '../access/permissions.ts';
import type { AccessScope } from '../access/permissions.ts';
import type { SystemTable } from './bind-context.ts';
import type { QueryLevel } from './bind-state.ts';
import { failure } from './bind-state.ts';
import { nearestName } from './nearest-name.ts';

/** The database where every source also appears as schemas. */
const MAIN = 'main';
/** A source's tables without a schema of their own stand in one of these. */
const DEFAULT_SCHEMAS: readonly string[] = ['default', 'public'];

export type ResolvedRelation =
  | { readonly kind: 'catalog'; readonly definition: RelationDefinition }
  | { readonly kind: 'system'; readonly table: SystemTable };

interface SchemaAddress {
  readonly database: string;
  readonly schema: string;
}

/**
 * The schemas that `schema` may mean in a database, in order of precedence. In `main`, a source's default schema also bears
 * the source's name and its other schemas are `<source>_<schema>`; elsewhere `public` and `default` both mean the default. An
 * external schema also means the one that it shows.
 */
export function schemaAddresses(
  catalog: CatalogSnapshot,
  database: string,
  schema: string,
): readonly SchemaAddress[] {
  const found: SchemaAddress[] = [];
  const add = (inDatabase: string, name: string): void => {
    if (!catalog.hasSchema(inDatabase, name)) return;
    found.push({ database: inDatabase, schema: name });
    const external = catalog.externalSchema?.(inDatabase, name);
    if (external !== undefined) add(external.database, external.schema);
  };
  add(database, schema);
  if (database !== MAIN) {
    if (schema === 'public') add(database, 'default');
    return found;
  }
  for (const source of catalog.databases()) {
    if (source === MAIN) continue;
    if (schema === source) DEFAULT_SCHEMAS.forEach((name) => add(source, name));
    else if (schema.startsWith(`${source}_`)) {
      const name = schema.slice(source.length + 1);
      if (!DEFAULT_SCHEMAS.includes(name)) add(source, name);
    }
  }
  return found;
}

/** What is decided by, of the reader's rights; undefined in views, which read with full rights. */
function accessScope({ statement, environment }: QueryLevel): AccessScope | undefined {
  const { catalog, reader } = statement.context;
  return environment.views.length > 0 ? undefined : { snapshot: catalog, reader };
}

/** `access`: schemas that may not be used are passed over, as where a name is searched for. */
function inCatalog(
  catalog: CatalogSnapshot,
  database: string,
  schema: string,
  name: string,
  access?: AccessScope,
): ResolvedRelation | undefined {
  for (const address of schemaAddresses(catalog, database, schema)) {
    if (access !== undefined && !mayUseSchema(access, address)) continue;
    const definition = catalog.relation(address.database, address.schema, name);
    if (definition !== undefined) return { kind: 'catalog', definition };
  }
  return undefined;
}

function inSystem(level: QueryLevel, name: readonly string[]): ResolvedRelation | undefined {
  const table = level.statement.context.systemTable(name);
  return table === undefined ? undefined : { kind: 'system', table };
}

/** Schemas searched for an unqualified name, pg_catalog implicitly first as in PostgreSQL. */
function searchedSchemas(level: QueryLevel): readonly string[] {
  const { searchPath } = level.environment;
  const named = searchPath.map((schema) =>
    schema === '$user' ? level.statement.context.user : schema,
  );
  return named.includes('pg_catalog') ? named : ['pg_catalog', ...named];
}

/** What a name of one to three parts stands for; undefined when there is no such relation. */
export function findRelation(
  level: QueryLevel,
  parts: readonly string[],
): ResolvedRelation | undefined {
  const { catalog } = level.statement.context;
  const { database } = level.environment;
  const [first = '', second = '', third = ''] = parts;
  switch (parts.length) {
    case 1:
      for (const schema of searchedSchemas(level)) {
        const found =
          inSystem(level, [schema, first]) ??
          inCatalog(catalog, database, schema, first, accessScope(level));
        if (found !== undefined) return found;
      }
      return undefined;
    case 2:
      return inSystem(level, [first, second]) ?? inCatalog(catalog, database, first, second);
    default:
      return (
        inSystem(level, [first, second, third]) ??
        (first === database ? inSystem(level, [second, third]) : undefined) ??
        inCatalog(catalog, first, second, third)
      );
  }
}

/**
 * As findRelation, or PostgreSQL's error with the nearest name as a hint. Records what the statement touches. Here, and for views
 * with the rights of their own makers, it is decided who may read what.
 */
export function resolveRelation(
  level: QueryLevel,
  parts: readonly string[],
  location: number | undefined,
): ResolvedRelation {
  const found = findRelation(level, parts);
  if (found !== undefined) {
    if (found.kind === 'catalog') {
      requireReadable(level, found.definition, location);
      level.statement.relations.set(found.definition.id, found.definition);
    }
    return found;
  }
  const { catalog } = level.statement.context;
  const [first = ''] = parts;
  if (parts.length === 3 && !catalog.databases().includes(first)) {
    const near = nearestName(first, catalog.databases());
    throw failure(
      level,
      'undefinedDatabase',
      `database "${first}" does not exist`,
      location,
      near === undefined ? {} : { hint: `Did you mean "${near}"?` },
    );
  }
  const near = nearestRelation(level, parts);
  throw failure(
    level,
    'undefinedTable',
    `relation "${parts.join('.')}" does not exist`,
    location,
    near === undefined ? {} : { hint: `Did you mean "${near}"?` },
  );
}

function requireReadable(
  level: QueryLevel,
  definition: RelationDefinition,
  location: number | undefined,
): void {
  const access = accessScope(level);
  const reason = access && denial(access, definition);
  if (reason !== undefined) throw failure(level, reason.code, reason.message, location);
}

function nearestRelation(level: QueryLevel, parts: readonly string[]): string | undefined {
  const { catalog, reader } = level.statement.context;
  const access = { snapshot: catalog, reader };
  const name = parts.at(-1) ?? '';
  const database = parts.length === 3 ? (parts[0] ?? '') : level.environment.database;
  const schemas = parts.length === 1 ? searchedSchemas(level) : [parts.at(-2) ?? ''];
  const written = new Map<string, string>();
  for (const schema of schemas) {
    for (const address of schemaAddresses(catalog, database, schema)) {
      for (const relation of catalog.relations(address.database, address.schema)) {
        if (!mayRead(access, relation)) continue;
        written.set(relation.name, [...parts.slice(0, -1), relation.name].join('.'));
      }
    }
  }
  const near = nearestName(name, written.keys());
  if (near !== undefined) return written.get(near);
  // The table may stand in another schema or source.
  if (parts.length !== 1) return undefined;
  for (const other of catalog.databases()) {
    for (const schema of catalog.schemas(other)) {
      const found = catalog.relation(other, schema, name);
      if (found !== undefined && mayRead(access, found)) return `${other}.${schema}.${name}`;
    }
  }
  return undefined;
}
