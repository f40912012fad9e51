import type { SelectStmt } from '@pgsql/types';
import type { Expression, Plan, PlanColumn } from '@tributary/sql';
import { commonType } from '@tributary/sql';
import { toType } from './bind-coercion.ts';
import { bindExpression } from './bind-expression.ts';
import type { QueryLevel } from './bind-state.ts';
import { at, failure, inClause, newColumn } from './bind-state.ts';
import { itemsOf, locationOf } from './tree.ts';

/** VALUES: each column has the common type of its rows. */
export function bindValues(level: QueryLevel, select: SelectStmt): Plan {
  const lists = (select.valuesLists ?? []).map(itemsOf);
  const width = lists[0]?.length ?? 0;
  const rows = inClause(level, 'VALUES', () =>
    lists.map((list) => {
      if (list.length !== width) {
        throw failure(
          level,
          'syntaxError',
          'VALUES lists must all be the same length',
          locationOf(list[0]),
        );
      }
      return list.map((node) => bindExpression(level, node));
    }),
  );
  const columns: PlanColumn[] = Array.from({ length: width }, (_, index) => ({
    id: newColumn(level),
    name: `column${index + 1}`,
    type: commonType(
      rows.flatMap((row) => row[index]?.type ?? []),
      'VALUES',
      at(level, locationOf(lists[0]?.[index])).position,
    ),
  }));
  return {
    kind: 'values',
    columns,
    rows: rows.map((row) =>
      row.map((expression, index): Expression => {
        const type = columns[index]?.type ?? expression.type;
        return toType(level, expression, type, 'implicit', -1);
      }),
    ),
  };
}
