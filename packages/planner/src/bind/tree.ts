import type { Node } from '@pgsql/types';

/** The tag of a tree node: `ColumnRef`, `FuncCall`, ... */
export function tagOf(node: Node): string {
  return Object.keys(node)[0] ?? 'empty node';
}

/** The text of a String node, else undefined. */
export function stringOf(node: Node | undefined): string | undefined {
  return node !== undefined && 'String' in node ? (node.String.sval ?? '') : undefined;
}

/** The texts of a list of String nodes: a qualified name, a list of column aliases. */
export function stringsOf(nodes: readonly Node[] | undefined): string[] {
  return (nodes ?? []).map((node) => stringOf(node) ?? '');
}

/** The items of a List node; a node that is no list is a list of one. */
export function itemsOf(node: Node | undefined): readonly Node[] {
  if (node === undefined) return [];
  return 'List' in node ? (node.List.items ?? []) : [node];
}

/** The value of an integer constant node, else undefined. protobuf leaves a zero out. */
export function integerOf(node: Node | undefined): number | undefined {
  if (node === undefined) return undefined;
  if ('A_Const' in node && node.A_Const.ival !== undefined) return node.A_Const.ival.ival ?? 0;
  return 'Integer' in node ? (node.Integer.ival ?? 0) : undefined;
}

/** Byte offset of an expression in the text, as PostgreSQL's exprLocation: its leftmost part. */
export function locationOf(node: Node | undefined): number | undefined {
  if (node === undefined) return undefined;
  if ('A_Expr' in node) return leftmost(node.A_Expr.location, locationOf(node.A_Expr.lexpr));
  if ('TypeCast' in node) return leftmost(node.TypeCast.location, locationOf(node.TypeCast.arg));
  if ('BoolExpr' in node)
    return leftmost(node.BoolExpr.location, locationOf(node.BoolExpr.args?.[0]));
  if ('NullTest' in node) return locationOf(node.NullTest.arg);
  if ('BooleanTest' in node) return locationOf(node.BooleanTest.arg);
  if ('A_Indirection' in node) return locationOf(node.A_Indirection.arg);
  if ('CollateClause' in node) return locationOf(node.CollateClause.arg);
  if ('SubLink' in node) return leftmost(node.SubLink.location, locationOf(node.SubLink.testexpr));
  if ('ResTarget' in node) return locationOf(node.ResTarget.val) ?? node.ResTarget.location;
  if ('SortBy' in node) return locationOf(node.SortBy.node);
  if ('List' in node) return locationOf(node.List.items?.[0]);
  const [value] = Object.values(node) as { readonly location?: number }[];
  return value?.location ?? 0;
}

function leftmost(own: number | undefined, child: number | undefined): number | undefined {
  const place = own ?? 0;
  if (child === undefined || child < 0) return place;
  return place < 0 ? child : Math.min(place, child);
}
