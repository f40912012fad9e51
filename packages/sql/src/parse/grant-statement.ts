import type { GrantStmt, Node, RoleSpec } from '@pgsql/types';
import { QueryError } from '../errors.ts';
import type { Grantee, QualifiedName } from '../statement.ts';
import { nameOf } from './insert-statement.ts';
import type { StatementBody } from './session-statement.ts';

type Grant = Extract<StatementBody, { kind: 'grant' }>;

function unsupported(what: string, hint?: string): QueryError {
  return new QueryError(
    'featureNotSupported',
    `${what} is not supported`,
    hint === undefined ? {} : { hint },
  );
}

function textOf(node: Node): string {
  return 'String' in node ? (node.String.sval ?? '') : '';
}

/** ALL means what there is. */
function checkPrivileges(nodes: readonly Node[], only: string): void {
  for (const node of nodes) {
    if (!('AccessPriv' in node)) continue;
    const { priv_name: name = 'all privileges', cols } = node.AccessPriv;
    if (cols !== undefined) throw unsupported(`a privilege on columns (${name.toUpperCase()})`);
    if (name !== only) {
      throw unsupported(
        `the privilege ${name.toUpperCase()}`,
        only === 'select'
          ? 'Relations have SELECT. Who may write to a source is configured.'
          : 'Schemas have USAGE.',
      );
    }
  }
}

function granteeOf({ roletype, rolename = '' }: RoleSpec): Grantee {
  switch (roletype) {
    case 'ROLESPEC_PUBLIC':
      return { kind: 'public' };
    case 'ROLESPEC_CSTRING':
      return { kind: 'role', name: rolename };
    default:
      return { kind: 'user' };
  }
}

/**
 * GRANT and REVOKE of SELECT on relations and of USAGE on schemas.
 *
 * @throws QueryError featureNotSupported naming other privileges, objects and clauses.
 */
export function grantStatement(stmt: GrantStmt): Grant {
  const { objtype, targtype, objects = [], privileges = [], grantees = [] } = stmt;
  const isGrant = stmt.is_grant ?? false;
  const verb = isGrant ? 'GRANT' : 'REVOKE';
  if (stmt.grant_option === true) {
    throw unsupported(
      isGrant ? 'WITH GRANT OPTION' : 'GRANT OPTION FOR',
      'Who may grant is configured: auth.administrators.',
    );
  }
  if (stmt.grantor !== undefined) throw unsupported('GRANTED BY');
  const to = grantees.flatMap((node) => ('RoleSpec' in node ? [granteeOf(node.RoleSpec)] : []));
  const common = { kind: 'grant', revoke: !isGrant, grantees: to } as const;
  if (objtype === 'OBJECT_SCHEMA' && targtype === 'ACL_TARGET_OBJECT') {
    checkPrivileges(privileges, 'usage');
    return { ...common, on: 'schemas', names: objects.map((node) => [textOf(node)]) };
  }
  if (objtype !== 'OBJECT_TABLE') {
    const kind = (objtype ?? '').replace('OBJECT_', '').replaceAll('_', ' ');
    throw unsupported(`${verb} ON ${kind}`);
  }
  checkPrivileges(privileges, 'select');
  if (targtype === 'ACL_TARGET_ALL_IN_SCHEMA') {
    return { ...common, on: 'relationsOfSchemas', names: objects.map((node) => [textOf(node)]) };
  }
  const names = objects.flatMap((node): QualifiedName[] =>
    'RangeVar' in node ? [nameOf(node.RangeVar)] : [],
  );
  return { ...common, on: 'relations', names };
}
