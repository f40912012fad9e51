import type { Expression } from '../../plan/expression.ts';
import { sameType } from '../../types/sql-type.ts';

/** Whether two expressions are written alike: columns, constants, casts and calls of them. Others count as different. */
export function sameExpression(a: Expression, b: Expression): boolean {
  if (!sameType(a.type, b.type)) return false;
  switch (a.kind) {
    case 'column':
      return b.kind === 'column' && a.id === b.id;
    case 'constant':
      return b.kind === 'constant' && a.value === b.value;
    case 'cast':
      return b.kind === 'cast' && sameExpression(a.arg, b.arg);
    case 'call':
      return (
        b.kind === 'call' &&
        a.entry === b.entry &&
        a.args.every((arg, index) => {
          const other = b.args[index];
          return other !== undefined && sameExpression(arg, other);
        })
      );
    default:
      return false;
  }
}
