import type { RelationDefinition, RelationName, TableDefinition } from '@tributary/catalog';
import type { Connector } from '@tributary/connectors';
import { QueryError } from '@tributary/sql';
import type { QualifiedName } from '@tributary/sql';
import { schemaAddresses } from '../bind/relation-resolution.ts';
import { mayUseSchema, requireRead, requireSchema } from '../access/permissions.ts';
import { MAIN_DATABASE } from '../service/planner-services.ts';
import type { SessionScope } from '../service/statement-scope.ts';

export interface SchemaName {
  readonly database: string;
  readonly schema: string;
}

export const written = (name: QualifiedName): string => name.join('.');

/** The schemas that the qualifier of a relation's name may mean; the search path's for a bare name. */
function candidateSchemas(name: QualifiedName, scope: SessionScope): readonly SchemaName[] {
  const { snapshot, database } = scope;
  const [first = '', second = ''] = name;
  switch (name.length) {
    case 1:
      return scope.searchPath.flatMap((schema) => schemaAddresses(snapshot, database, schema));
    case 2:
      return schemaAddresses(snapshot, database, first);
    default:
      return schemaAddresses(snapshot, first, second);
  }
}

/** The relation a name stands for, or undefined. Throws `insufficientPrivilege` for one that may not be read. */
export function findRelation(
  name: QualifiedName,
  scope: SessionScope,
): RelationDefinition | undefined {
  const relation = name.at(-1) ?? '';
  for (const address of candidateSchemas(name, scope)) {
    // As in a query, a search passes over schemas that may not be used.
    if (name.length === 1 && !mayUseSchema(scope, address)) continue;
    const found = scope.snapshot.relation(address.database, address.schema, relation);
    if (found !== undefined) {
      requireRead(scope, found);
      return found;
    }
  }
  return undefined;
}

/** Throws `undefinedTable`, `insufficientPrivilege`. */
export function existingRelation(name: QualifiedName, scope: SessionScope): RelationDefinition {
  const found = findRelation(name, scope);
  if (found === undefined) {
    throw new QueryError('undefinedTable', `relation "${written(name)}" does not exist`);
  }
  return found;
}

/** Throws `undefinedTable` or, for a view, `wrongObjectType`. */
export function existingTable(name: QualifiedName, scope: SessionScope): TableDefinition {
  const found = findRelation(name, scope);
  if (found === undefined) {
    throw new QueryError('undefinedTable', `table "${written(name)}" does not exist`);
  }
  refuseSourceTable(found, name);
  if (found.kind !== 'table') {
    throw new QueryError('wrongObjectType', `"${written(name)}" is not a table`);
  }
  return found;
}

/** Refuses what a source itself declares: statements here do not change it. */
export function refuseSourceTable(
  relation: RelationDefinition,
  name: QualifiedName,
): asserts relation is Exclude<RelationDefinition, { kind: 'sourceTable' }> {
  if (relation.kind === 'sourceTable') {
    throw new QueryError(
      'wrongObjectType',
      `"${written(name)}" is declared by source "${relation.source}" itself`,
      { hint: 'Change it there.' },
    );
  }
}

/** Where a new relation of this name goes. Throws `undefinedSchema` when its schema does not exist, `insufficientPrivilege`. */
export function newRelationName(name: QualifiedName, scope: SessionScope): RelationName {
  const [target] = candidateSchemas(name, scope);
  if (target === undefined) {
    const schema = name.length === 1 ? scope.searchPath.join(', ') : written(name.slice(0, -1));
    throw new QueryError('undefinedSchema', `schema "${schema}" does not exist`, {
      hint: 'Create it first: CREATE SCHEMA <database>.<schema>.',
    });
  }
  if (scope.snapshot.externalSchema?.(target.database, target.schema) !== undefined) {
    throw new QueryError(
      'wrongObjectType',
      `schema "${target.schema}" shows the tables of a source`,
      {
        hint: 'Create it in another schema, for instance public.',
      },
    );
  }
  requireSchema(scope, target);
  return { ...target, name: name.at(-1) ?? '' };
}

/** The connector of a database; `main` has none. */
export function sourceOf(target: RelationName, scope: SessionScope): Connector {
  const connector = scope.services.connectors.get(target.database);
  if (connector === undefined) {
    const sources = [...scope.services.connectors.keys()];
    throw new QueryError(
      'wrongObjectType',
      `external tables live in a source's database, and "${target.database}" is none`,
      {
        hint: `Name the table with its source, for instance ${sources[0] ?? 'lake'}.default.${target.name}.`,
      },
    );
  }
  return connector;
}

/** A schema's name of one part (in the session's database) or two. */
export function schemaName(name: QualifiedName, scope: SessionScope): SchemaName {
  const [first = '', second] = name;
  const target =
    second === undefined
      ? { database: scope.database, schema: first }
      : { database: first, schema: second };
  if (name.length > 2) {
    throw new QueryError('invalidSchemaName', `"${written(name)}" is no schema name`, {
      hint: 'A schema is named <schema> or <database>.<schema>.',
    });
  }
  if (!scope.snapshot.databases().includes(target.database)) {
    throw new QueryError('undefinedDatabase', `database "${target.database}" does not exist`, {
      hint: `Databases: ${scope.snapshot.databases().join(', ')}.`,
    });
  }
  return target;
}

/** Refuses names in `main` that the schemas of a source bear there already. */
export function refuseMappedSchema({ database, schema }: SchemaName, scope: SessionScope): void {
  if (database !== MAIN_DATABASE) {
    return;
  }
  for (const source of scope.snapshot.databases()) {
    if (source !== MAIN_DATABASE && (schema === source || schema.startsWith(`${source}_`))) {
      const rest = schema === source ? 'default' : schema.slice(source.length + 1);
      throw new QueryError(
        'duplicateSchema',
        `"${schema}" stands in "main" for a schema of source "${source}"`,
        { hint: `To create it there: CREATE SCHEMA ${source}.${rest}.` },
      );
    }
  }
}
