import type {
  CatalogSnapshot,
  GrantTarget,
  RelationDefinition,
  RelationName,
  SchemaName,
} from '@tributary/catalog';
import { QueryError } from '@tributary/sql';
import type { Reader } from './reader.ts';

/** What decides on what may be read. */
export interface AccessScope {
  readonly snapshot: Pick<CatalogSnapshot, 'grants'>;
  readonly reader: Reader;
}

function isGranted({ snapshot, reader }: AccessScope, target: GrantTarget): boolean {
  if (reader.administrator) return true;
  const grantees = snapshot.grants.of(target);
  if (grantees === undefined) return true;
  for (const name of reader.names) {
    if (grantees.has(name)) return true;
  }
  return false;
}

/** Whether the relations of a schema may be named. */
export function mayUseSchema(scope: AccessScope, { database, schema }: SchemaName): boolean {
  return isGranted(scope, { database, schema });
}

/** Whether a relation may be read: both it and its schema must be granted. */
export function mayRead(scope: AccessScope, { database, schema, name }: RelationName): boolean {
  return mayUseSchema(scope, { database, schema }) && isGranted(scope, { database, schema, name });
}

/** Whether anything at all may be hidden from the reader. */
export function mayMissSomething({ snapshot, reader }: AccessScope): boolean {
  return !reader.administrator && !snapshot.grants.open;
}

export function deniedSchema(schema: string): QueryError {
  return new QueryError('insufficientPrivilege', `permission denied for schema ${schema}`);
}

/** @throws QueryError insufficientPrivilege */
export function requireSchema(scope: AccessScope, target: SchemaName): void {
  if (!mayUseSchema(scope, target)) throw deniedSchema(target.schema);
}

/** Why a relation may not be read; undefined: it may. */
export function denial(scope: AccessScope, relation: RelationDefinition): QueryError | undefined {
  if (!mayUseSchema(scope, relation)) return deniedSchema(relation.schema);
  if (mayRead(scope, relation)) return undefined;
  const what = relation.kind === 'view' ? 'view' : 'table';
  return new QueryError('insufficientPrivilege', `permission denied for ${what} ${relation.name}`);
}

/** @throws QueryError insufficientPrivilege */
export function requireRead(scope: AccessScope, relation: RelationDefinition): void {
  const reason = denial(scope, relation);
  if (reason !== undefined) throw reason;
}
