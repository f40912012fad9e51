import type { Node, SubLink } from '@pgsql/types';
import { valueFunctionName } from './bind-value-function.ts';
import { stringOf, stringsOf } from './tree.ts';

/** How sure a name is: 2 names the value itself, 1 only its construct (a cast's type, `case`). */
interface Figured {
  readonly name: string;
  readonly strength: 1 | 2;
}

/** The label of a select list entry without AS: PostgreSQL's FigureColname. */
export function outputName(node: Node): string {
  return figure(node)?.name ?? '?column?';
}

/** The label a set-returning function's column gets in FROM. */
export function figuredName(node: Node): string {
  return figure(node)?.name ?? 'function';
}

function sure(name: string): Figured {
  return { name, strength: 2 };
}

function lastString(nodes: readonly Node[] | undefined): string | undefined {
  const names = (nodes ?? []).map(stringOf).filter((name) => name !== undefined);
  return names.at(-1);
}

function figure(node: Node | undefined): Figured | undefined {
  if (node === undefined) return undefined;
  if ('ColumnRef' in node) {
    const name = lastString(node.ColumnRef.fields);
    return name === undefined ? undefined : sure(name);
  }
  if ('A_Indirection' in node) {
    const name = lastString(node.A_Indirection.indirection);
    return name === undefined ? figure(node.A_Indirection.arg) : sure(name);
  }
  if ('FuncCall' in node) return sure(stringsOf(node.FuncCall.funcname).at(-1) ?? '');
  if ('A_Expr' in node) return node.A_Expr.kind === 'AEXPR_NULLIF' ? sure('nullif') : undefined;
  if ('TypeCast' in node) {
    const own = figure(node.TypeCast.arg);
    if (own !== undefined && own.strength > 1) return own;
    const type = stringsOf(node.TypeCast.typeName?.names).at(-1);
    return type === undefined ? own : { name: type, strength: 1 };
  }
  if ('CollateClause' in node) return figure(node.CollateClause.arg);
  if ('GroupingFunc' in node) return sure('grouping');
  if ('SubLink' in node) return figureSublink(node.SubLink);
  if ('CaseExpr' in node) {
    const otherwise = figure(node.CaseExpr.defresult);
    return otherwise !== undefined && otherwise.strength > 1
      ? otherwise
      : { name: 'case', strength: 1 };
  }
  if ('A_ArrayExpr' in node) return sure('array');
  if ('RowExpr' in node) return sure('row');
  if ('CoalesceExpr' in node) return sure('coalesce');
  if ('MinMaxExpr' in node) return sure(node.MinMaxExpr.op === 'IS_LEAST' ? 'least' : 'greatest');
  if ('SQLValueFunction' in node) return sure(valueFunctionName(node.SQLValueFunction.op));
  return undefined;
}

function figureSublink(tree: SubLink): Figured | undefined {
  switch (tree.subLinkType) {
    case 'EXISTS_SUBLINK':
      return sure('exists');
    case 'ARRAY_SUBLINK':
      return sure('array');
    case 'EXPR_SUBLINK': {
      const query = tree.subselect;
      if (query === undefined || !('SelectStmt' in query)) return undefined;
      let select = query.SelectStmt;
      while (select.larg !== undefined) select = select.larg;
      if (select.valuesLists !== undefined) return sure('column1');
      const [target] = select.targetList ?? [];
      if (target === undefined || !('ResTarget' in target)) return undefined;
      return sure(target.ResTarget.name ?? figure(target.ResTarget.val)?.name ?? '?column?');
    }
    default:
      return undefined;
  }
}
