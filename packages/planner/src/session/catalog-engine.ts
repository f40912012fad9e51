import type { Node, SelectStmt } from '@pgsql/types';
import type { CatalogSnapshot } from '@tributary/catalog';
import type { SqlType } from '@tributary/sql';
import type { Reader } from '../access/reader.ts';
import type { PlanColumn } from '@tributary/sql';

/** The session facts that catalog statements depend on. */
export interface CatalogScope {
  readonly snapshot: CatalogSnapshot;
  readonly database: string;
  readonly searchPath: readonly string[];
  readonly user: string;
  /** As to what it may read. */
  readonly reader: Reader;
  readonly timeZone: string;
}

export interface CatalogDescription {
  readonly parameters: readonly SqlType[];
  readonly columns: readonly PlanColumn[];
}

/**
 * Answers statements over pg_catalog and information_schema from a mirror of the catalog. Errors are QueryErrors with
 * PostgreSQL's SQLSTATE where the table knows it.
 */
export interface CatalogEngine {
  /** `parameterTypes`: those the client declared; the others, undefined, are inferred. */
  describe(
    text: string,
    scope: CatalogScope,
    parameterTypes?: readonly (SqlType | undefined)[],
    signal?: AbortSignal,
  ): Promise<CatalogDescription>;
  /** Rows in PostgreSQL's text form; `parameterTypes` as described. */
  execute(
    text: string,
    parameters: readonly (string | null)[],
    scope: CatalogScope,
    signal: AbortSignal,
    parameterTypes?: readonly (SqlType | undefined)[],
  ): Promise<readonly (readonly (string | null)[])[]>;
  /** As `execute`, with rows in PostgreSQL's binary form. */
  executeBinary(
    text: string,
    parameters: readonly (string | null)[],
    scope: CatalogScope,
    signal: AbortSignal,
    parameterTypes?: readonly (SqlType | undefined)[],
  ): Promise<readonly (readonly (Uint8Array | null)[])[]>;
}

const CATALOG_SCHEMAS = new Set(['pg_catalog', 'information_schema']);

/** Types whose values are names of catalog objects: only the catalog can read them. */
const OBJECT_TYPES = new Set([
  'regclass',
  'regcollation',
  'regconfig',
  'regdictionary',
  'regnamespace',
  'regoper',
  'regoperator',
  'regproc',
  'regprocedure',
  'regrole',
  'regtype',
]);

interface Reference {
  readonly schema: string | undefined;
  readonly name: string;
}

interface References {
  /** Common tables' own names are left out. */
  readonly relations: readonly Reference[];
  readonly commonTables: ReadonlySet<string>;
  readonly namesObjectTypes: boolean;
}

/** Trees are never changed once they are parsed, and asked about again with each statement of their text. */
const KNOWN = new WeakMap<SelectStmt, References>();

/** What a tree refers to. */
function references(tree: SelectStmt): References {
  const known = KNOWN.get(tree);
  if (known !== undefined) return known;
  const found = findReferences(tree);
  KNOWN.set(tree, found);
  return found;
}

function findReferences(tree: SelectStmt): References {
  const relations: Reference[] = [];
  const commonTables = new Set<string>();
  let namesObjectTypes = false;
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) {
      value.forEach(visit);
      return;
    }
    if (typeof value !== 'object' || value === null) {
      return;
    }
    for (const [key, child] of Object.entries(value as Node)) {
      if (key === 'RangeVar') {
        const { schemaname, relname } = child as { schemaname?: string; relname?: string };
        relations.push({ schema: schemaname, name: relname ?? '' });
      } else if (key === 'CommonTableExpr') {
        commonTables.add((child as { ctename?: string }).ctename ?? '');
      } else if (key === 'typeName') {
        const last = (child as { names?: readonly { String?: { sval?: string } }[] }).names?.at(-1);
        namesObjectTypes ||= OBJECT_TYPES.has(last?.String?.sval ?? '');
      }
      visit(child);
    }
  };
  visit(tree);
  return {
    relations: relations.filter(
      ({ schema, name }) => schema !== undefined || !commonTables.has(name),
    ),
    commonTables,
    namesObjectTypes,
  };
}

/** The names of a statement's WITH queries, which hide tables of the same name. */
export function commonTableNames(tree: SelectStmt): ReadonlySet<string> {
  return references(tree).commonTables;
}

/** Whether a name is one of the system catalogs. */
export function catalogReference({ schema, name }: Reference): boolean {
  return schema === undefined ? name.startsWith('pg_') : CATALOG_SCHEMAS.has(schema);
}

export type CatalogUse = 'none' | 'only' | 'mixed' | 'noRelations';

/**
 * Whether a query reads the system catalogs. `only`: all its relations are there, so that the catalog engine answers it;
 * `noRelations`: it reads nothing, so that either side may; `mixed`: catalogs and data in one statement.
 */
export function catalogUse(tree: SelectStmt): CatalogUse {
  const { relations, namesObjectTypes } = references(tree);
  const inCatalog = relations.filter(catalogReference);
  if (relations.length === 0) {
    return namesObjectTypes ? 'only' : 'noRelations';
  }
  return inCatalog.length === relations.length ? 'only' : inCatalog.length === 0 ? 'none' : 'mixed';
}
