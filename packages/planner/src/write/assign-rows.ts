import type { Node, SelectStmt } from '@pgsql/types';
import { QueryError, canCoerce, coerce, typeLabel } from '@tributary/sql';
import type { Expression, Plan, PlanColumn, SqlType, Statement } from '@tributary/sql';
import { idsBeyond } from '../reuse/resolve-fragments.ts';
import type { StatementScope } from '../service/statement-scope.ts';

/** A column that rows are put into. */
export interface TargetColumn {
  readonly name: string;
  readonly type: SqlType;
}

/** PostgreSQL's name of a type in a tree, without its modifier: an assignment tells what is too long. */
function typeName(type: SqlType): Node | undefined {
  let element = type;
  let dimensions = 0;
  for (; element.kind === 'array'; element = element.element) dimensions++;
  if (element.kind !== 'scalar') return undefined;
  return {
    TypeName: {
      names: [{ String: { sval: 'pg_catalog' } }, { String: { sval: element.name } }],
      typemod: -1,
      ...(dimensions === 0
        ? {}
        : { arrayBounds: Array.from({ length: dimensions }, () => ({ Integer: { ival: -1 } })) }),
    },
  };
}

/** A literal, NULL or parameter that has no type of its own takes the column's. */
function typed(node: Node, target: TargetColumn | undefined): Node {
  if (target === undefined) return node;
  const open =
    'ParamRef' in node ||
    ('A_Const' in node && (node.A_Const.isnull === true || node.A_Const.sval !== undefined));
  const name = open ? typeName(target.type) : undefined;
  if (name === undefined || !('TypeName' in name)) return node;
  return { TypeCast: { arg: node, typeName: name.TypeName, location: -1 } };
}

/**
 * The query of an INSERT with open literals and parameters typed by the columns they go to, as PostgreSQL's
 * transformInsertStmt does: in the rows of VALUES, or in the output list of a plain SELECT.
 */
export function typedQuery(tree: SelectStmt, targets: readonly TargetColumn[]): SelectStmt {
  if (tree.valuesLists !== undefined) {
    const valuesLists = tree.valuesLists.map((row): Node =>
      'List' in row
        ? { List: { items: (row.List.items ?? []).map((each, at) => typed(each, targets[at])) } }
        : row,
    );
    return { ...tree, valuesLists };
  }
  if (tree.targetList === undefined || (tree.op ?? 'SETOP_NONE') !== 'SETOP_NONE') return tree;
  const targetList = tree.targetList.map((node, at): Node =>
    'ResTarget' in node && node.ResTarget.val !== undefined
      ? { ResTarget: { ...node.ResTarget, val: typed(node.ResTarget.val, targets[at]) } }
      : node,
  );
  return { ...tree, targetList };
}

/** The columns that an INSERT names, or all. Throws undefinedColumn, duplicateColumn. */
export function insertTargets(
  { columns, table }: Extract<Statement, { kind: 'insert' }>,
  all: readonly TargetColumn[],
): readonly TargetColumn[] {
  if (columns === undefined) return all;
  const seen = new Set<string>();
  return columns.map((name) => {
    const found = all.find((each) => each.name === name);
    if (found === undefined) {
      throw new QueryError(
        'undefinedColumn',
        `column "${name}" of relation "${table.at(-1) ?? ''}" does not exist`,
      );
    }
    if (seen.has(name)) {
      throw new QueryError('duplicateColumn', `column "${name}" specified more than once`);
    }
    seen.add(name);
    return found;
  });
}

/** A type without its length: what is too long is told when it is written, not cut. */
function withoutLength(type: SqlType): SqlType {
  return type.kind === 'scalar' && (type.name === 'varchar' || type.name === 'bpchar')
    ? { ...type, typmod: -1 }
    : type;
}

function assigned(
  from: PlanColumn,
  target: TargetColumn,
  scope: Pick<StatementScope, 'timeZone' | 'now'>,
): Expression {
  const value: Expression = { kind: 'column', id: from.id, type: from.type };
  const type = withoutLength(target.type);
  if (!canCoerce(from.type, type, 'assignment')) {
    throw new QueryError(
      'datatypeMismatch',
      `column "${target.name}" is of type ${typeLabel(target.type)} but expression is of type ${typeLabel(from.type)}`,
      { hint: 'You will need to rewrite or cast the expression.' },
    );
  }
  return coerce(value, type, 'assignment', scope);
}

/**
 * The plan's columns as values of `targets`, and NULL for those of `all` that are not among them, in the order of `all`.
 * Throws syntaxError for a wrong number of columns, datatypeMismatch where no assignment cast exists.
 */
export function assignRows(
  plan: Plan,
  targets: readonly TargetColumn[],
  all: readonly TargetColumn[],
  scope: Pick<StatementScope, 'timeZone' | 'now'>,
): Plan {
  if (plan.columns.length > targets.length) {
    throw new QueryError('syntaxError', 'INSERT has more expressions than target columns');
  }
  if (plan.columns.length < targets.length && targets !== all) {
    throw new QueryError('syntaxError', 'INSERT has more target columns than expressions');
  }
  const ids = idsBeyond(plan);
  const expressions = all.map((column): Expression => {
    const from = plan.columns[targets.indexOf(column)];
    return from === undefined
      ? { kind: 'constant', value: null, type: withoutLength(column.type) }
      : assigned(from, column, scope);
  });
  const columns = all.map(({ name, type }) => ({
    id: ids.next(),
    name,
    type: withoutLength(type),
  }));
  return { kind: 'project', input: plan, expressions, columns };
}
