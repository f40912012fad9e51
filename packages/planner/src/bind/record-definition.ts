import type { ColumnDef, Node, RangeSubselect } from '@pgsql/types';
import { stringsOf } from './tree.ts';

/** Functions whose result is what the statement says: `json_to_recordset(j) AS x (a int, b text)`. */
const SOURCES: ReadonlyMap<string, 'object' | 'array'> = new Map([
  ['json_to_record', 'object'],
  ['jsonb_to_record', 'object'],
  ['json_to_recordset', 'array'],
  ['jsonb_to_recordset', 'array'],
]);

const ROW = 'record_';
const VALUE = 'value_';

const text = (sval: string): Node => ({ String: { sval } });
const value: Node = { ColumnRef: { fields: [text(ROW), text(VALUE)] } };

function member(name: string, { typeName }: ColumnDef): Node {
  const type = stringsOf(typeName?.names).at(-1) ?? '';
  const asJson = type === 'json' || type === 'jsonb';
  const arg: Node = {
    A_Expr: {
      kind: 'AEXPR_OP',
      name: [text(asJson ? '->' : '->>')],
      lexpr: value,
      rexpr: { A_Const: { sval: { sval: name } } },
    },
  };
  return typeName === undefined ? arg : { TypeCast: { arg, typeName } };
}

function from(name: string, arg: Node): Node {
  const alias = { aliasname: ROW, colnames: [text(VALUE)] };
  if (SOURCES.get(name) === 'array') {
    const elements = name.replace('to_recordset', 'array_elements');
    const unnested: Node = { FuncCall: { funcname: [text(elements)], args: [arg] } };
    return {
      RangeFunction: { functions: [{ List: { items: [unnested] } }], alias, lateral: true },
    };
  }
  // A literal becomes what the function takes.
  const typeName = { names: [text(name.slice(0, name.indexOf('_')))], typemod: -1 };
  const targetList: Node[] = [{ ResTarget: { val: { TypeCast: { arg, typeName } } } }];
  const subquery: Node = {
    SelectStmt: { targetList, limitOption: 'LIMIT_OPTION_DEFAULT', op: 'SETOP_NONE' },
  };
  return { RangeSubselect: { subquery, alias, lateral: true } };
}

/**
 * A function of JSON with its column definition list, as the subquery that gives the same rows: one column a member, read as its
 * text is read (a member of type json as it stands). Undefined for other functions and for definitions of arrays.
 */
export function recordSource(
  call: Node,
  definitions: readonly Node[],
  alias: string | undefined,
): RangeSubselect | undefined {
  if (!('FuncCall' in call)) return undefined;
  const name = stringsOf(call.FuncCall.funcname).at(-1) ?? '';
  const [arg, ...more] = call.FuncCall.args ?? [];
  if (!SOURCES.has(name) || arg === undefined || more.length > 0) return undefined;
  const targetList: Node[] = [];
  for (const each of definitions) {
    if (!('ColumnDef' in each) || each.ColumnDef.typeName?.arrayBounds !== undefined) {
      return undefined;
    }
    const column = each.ColumnDef.colname ?? '';
    targetList.push({ ResTarget: { name: column, val: member(column, each.ColumnDef) } });
  }
  const subquery: Node = {
    SelectStmt: {
      targetList,
      fromClause: [from(name, arg)],
      limitOption: 'LIMIT_OPTION_DEFAULT',
      op: 'SETOP_NONE',
    },
  };
  return { subquery, alias: { aliasname: alias ?? name }, lateral: true };
}
