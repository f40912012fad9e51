import type { AggregateExpression, ColumnId, Expression, FunctionEntry } from '@tributary/sql';

/** Marks what does not change an expression's meaning. */
const IGNORED: ReadonlySet<string> = new Set(['position']);

function signature(entry: FunctionEntry): string {
  return `${entry.kind} ${entry.name}(${JSON.stringify(entry.args)})${entry.variadic ? '...' : ''}${JSON.stringify(entry.returns)}`;
}

/**
 * One text for every way of writing an expression that means the same by structure: columns by their names in the table, the
 * arguments of AND and OR and the lists of IN in a fixed order. Equal texts mean equal values for the same row and session.
 * Throws for a column without a name and for subqueries: callers have made sure that there are none.
 */
export function canonicalText(
  expression: Expression | AggregateExpression,
  columns: ReadonlyMap<ColumnId, string>,
): string {
  const write = (value: unknown): string => {
    if (typeof value !== 'object' || value === null) {
      return JSON.stringify(value) ?? 'undefined';
    }
    if (Array.isArray(value)) {
      return `[${value.map(write).join(',')}]`;
    }
    if ('templates' in value) {
      return JSON.stringify(signature(value as unknown as FunctionEntry));
    }
    if ('kind' in value) {
      const node = value as Expression;
      switch (node.kind) {
        case 'column': {
          const name = columns.get(node.id);
          if (name === undefined) {
            throw new Error(`column ${node.id} has no name in a canonical text`);
          }
          return `{"column":${JSON.stringify(name)}}`;
        }
        case 'subquery':
        case 'parameter':
          throw new Error(`a ${node.kind} has no canonical text`);
        case 'and':
        case 'or':
          return `{"${node.kind}":[${node.args.map(write).sort().join(',')}]}`;
        case 'inList':
          return `{"inList":${write(node.arg)},"negated":${node.negated},"list":[${[...new Set(node.list.map(write))].sort().join(',')}]}`;
        default:
          break;
      }
    }
    const fields = Object.entries(value)
      .filter(([key, each]) => !IGNORED.has(key) && each !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, each]) => `${JSON.stringify(key)}:${write(each)}`);
    return `{${fields.join(',')}}`;
  };
  return write(expression);
}
