import { PUBLIC } from '@tributary/catalog';
import type { GrantChange, GrantTarget } from '@tributary/catalog';
import { QueryError } from '@tributary/sql';
import type { Grantee, QualifiedName, Statement } from '@tributary/sql';
import { schemaAddresses } from '../bind/relation-resolution.ts';
import { existingRelation, written } from '../ddl/relation-names.ts';
import type { StatementScope } from '../service/statement-scope.ts';
import type { Notice } from '../session/sql-session.ts';

type GrantStatement = Extract<Statement, { kind: 'grant' }>;

/** @throws QueryError undefinedObject for a name that no configured user or role has. */
function granteeName(grantee: Grantee, scope: StatementScope): string {
  switch (grantee.kind) {
    case 'public':
      return PUBLIC;
    case 'user':
      return scope.user;
    case 'role':
      if (!scope.services.access.isRole(grantee.name)) {
        throw new QueryError('undefinedObject', `role "${grantee.name}" does not exist`, {
          hint: 'Users and their roles are configured: auth.users.',
        });
      }
      return grantee.name;
  }
}

/** A schema under the names of all that it shows. */
function schemaTargets(name: QualifiedName, scope: StatementScope): readonly GrantTarget[] {
  const { snapshot, database } = scope;
  const [schema = ''] = name;
  const found = schemaAddresses(snapshot, database, schema);
  const [first] = found;
  if (first === undefined) {
    throw new QueryError('undefinedSchema', `schema "${written(name)}" does not exist`);
  }
  const external = snapshot.externalSchema?.(first.database, first.schema);
  if (external !== undefined) {
    throw new QueryError(
      'featureNotSupported',
      `schema "${schema}" shows the tables of another one, and has no privileges of its own`,
      { hint: `Name that one: schema ${external.schema} of database ${external.database}.` },
    );
  }
  return found;
}

function targetsOf(statement: GrantStatement, scope: StatementScope): readonly GrantTarget[] {
  const { on, names } = statement;
  switch (on) {
    case 'schemas':
      return names.flatMap((name) => schemaTargets(name, scope));
    case 'relationsOfSchemas':
      return names.flatMap((name) =>
        schemaTargets(name, scope).flatMap(({ database, schema }) =>
          scope.snapshot
            .relations(database, schema)
            .map((relation) => ({ database, schema, name: relation.name })),
        ),
      );
    case 'relations':
      return names.map((each) => {
        const { database, schema, name } = existingRelation(each, scope);
        return { database, schema, name };
      });
  }
}

/**
 * GRANT and REVOKE, by administrators.
 *
 * @throws QueryError insufficientPrivilege, undefinedObject, undefinedTable, undefinedSchema
 */
export async function changeGrants(
  statement: GrantStatement,
  scope: StatementScope,
): Promise<readonly Notice[]> {
  const verb = statement.revoke ? 'revoke' : 'grant';
  if (!scope.reader.administrator) {
    throw new QueryError('insufficientPrivilege', `permission denied to ${verb} privileges`, {
      hint: 'Administrators are the users with a role of auth.administrators.',
    });
  }
  const grantees = statement.grantees.map((grantee) => granteeName(grantee, scope));
  const targets = targetsOf(statement, scope);
  const change: GrantChange = {
    revoke: statement.revoke,
    grantees,
    // What sources declare themselves is not in the store.
    targets: targets.map((target) => ({
      ...target,
      stored: scope.services.querySources?.has(target.database) !== true,
    })),
  };
  await scope.services.store.changeGrants(change, scope.user);
  return statement.revoke ? stillReading(change, scope) : [];
}

/** Tells of names that keep what was revoked from them, for it is everybody's. */
async function stillReading(
  { grantees, targets }: GrantChange,
  scope: StatementScope,
): Promise<readonly Notice[]> {
  const others = grantees.filter((name) => name !== PUBLIC);
  if (others.length === 0 || grantees.includes(PUBLIC)) return [];
  const { grants } = await scope.services.store.snapshot();
  const everybodys = targets.filter((target) => grants.of(target)?.has(PUBLIC) ?? true);
  const [first] = everybodys;
  if (first === undefined) return [];
  return [
    {
      severity: 'WARNING',
      sqlstate: '01000',
      message: `${others.join(', ')} can still read ${first.name ?? `schema ${first.schema}`}${everybodys.length > 1 ? ` and ${everybodys.length - 1} more` : ''}: everybody can`,
      hint: 'Revoke it from PUBLIC, then grant it to whom it is for.',
    },
  ];
}
