import { QueryError } from '../errors.ts';
import type { ColumnClause } from '../statement.ts';
import { readHiveType } from './hive-type.ts';
import type { TokenReader } from './token-reader.ts';

/**
 * Reads `(name type [COMMENT 'text'], ...)`.
 *
 * @throws QueryError duplicateColumn, and as readHiveType.
 */
export function readColumns(reader: TokenReader): ColumnClause[] {
  const columns = new Map<string, ColumnClause>();
  reader.expectSymbol('(');
  do {
    const position = reader.position();
    const name = reader.expectName('a column name');
    if (columns.has(name)) throw duplicateColumn(name, position);
    const { type, text } = readHiveType(reader);
    const comment = reader.accept('comment')
      ? reader.expectString('a comment in quotes')
      : undefined;
    columns.set(name, {
      name,
      type,
      hiveType: text,
      ...(comment === undefined ? {} : { comment }),
    });
  } while (reader.acceptSymbol(','));
  reader.expectSymbol(')');
  return [...columns.values()];
}

export function duplicateColumn(name: string, position: number): QueryError {
  return new QueryError('duplicateColumn', `column "${name}" specified more than once`, {
    position,
  });
}
