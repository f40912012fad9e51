import { ERRORS, QueryError } from '@tributary/sql';
import type { Statement } from '@tributary/sql';
import { bindQuery } from '../service/plan-select.ts';
import type { Notice } from '../session/sql-session.ts';
import type { StatementScope } from '../service/statement-scope.ts';
import { refuseSourceTable, findRelation, newRelationName, written } from './relation-names.ts';

type StatementOf<K extends Statement['kind']> = Extract<Statement, { kind: K }>;

/** CREATE [OR REPLACE] VIEW: the query is bound now, and again at each use. */
export async function createView(
  statement: StatementOf<'createView'>,
  scope: StatementScope,
): Promise<readonly Notice[]> {
  const target = newRelationName(statement.name, scope);
  // One of this name is replaced by those only who may read it.
  findRelation(statement.name, scope);
  const bound = bindQuery(statement.query, scope, {
    parameterTypes: [],
    qualify: true,
    text: statement.text,
  });
  if (bound.parameters.length > 0) {
    throw new QueryError('undefinedParameter', 'a view cannot have parameters');
  }
  const names = statement.columns ?? [];
  if (names.length > bound.plan.columns.length) {
    throw new QueryError('syntaxError', 'CREATE VIEW specifies more column names than columns');
  }
  const columns = bound.plan.columns.map(({ name, type }, index) => ({
    name: names[index] ?? name,
    type,
  }));
  const seen = new Set<string>();
  for (const { name } of columns) {
    if (seen.has(name)) {
      throw new QueryError('duplicateColumn', `column "${name}" specified more than once`);
    }
    seen.add(name);
  }
  await scope.services.store.createView(
    {
      kind: 'view',
      ...target,
      columns,
      text: statement.queryText,
      searchPath: scope.searchPath,
    },
    scope.user,
    statement.replace,
  );
  return [];
}

/** DROP TABLE and DROP VIEW: every name is looked up before the first is dropped. */
export async function dropRelations(
  statement: StatementOf<'dropTable' | 'dropView'>,
  scope: StatementScope,
): Promise<readonly Notice[]> {
  const kind = statement.kind === 'dropTable' ? 'table' : 'view';
  const notices: Notice[] = [];
  const found = statement.names.flatMap((name) => {
    const relation = findRelation(name, scope);
    if (relation === undefined) {
      if (!statement.ifExists) {
        throw new QueryError('undefinedTable', `${kind} "${written(name)}" does not exist`);
      }
      notices.push({
        severity: 'NOTICE',
        sqlstate: ERRORS.undefinedTable.sqlstate,
        message: `${kind} "${written(name)}" does not exist, skipping`,
      });
      return [];
    }
    refuseSourceTable(relation, name);
    if (relation.kind !== kind) {
      throw new QueryError('wrongObjectType', `"${written(name)}" is not a ${kind}`, {
        hint: `Use DROP ${relation.kind.toUpperCase()} to remove a ${relation.kind}.`,
      });
    }
    return [relation];
  });
  for (const relation of found) {
    await scope.services.store.dropRelation(relation, kind, scope.user, true);
  }
  return notices;
}
