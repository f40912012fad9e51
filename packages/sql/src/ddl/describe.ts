import type { StatementBody } from '../parse/session-statement.ts';
import type { TokenReader } from './token-reader.ts';

/** `DESCRIBE | DESC [EXTENDED | FORMATTED] name`; the two options are refused by name. */
export function readDescribe(reader: TokenReader): StatementBody {
  if (!reader.accept('describe')) reader.expect('desc');
  const position = reader.position();
  const table = reader.expectQualifiedName('a table name', 3);
  const [first = ''] = table;
  if (!reader.isAtEnd && table.length === 1 && (first === 'extended' || first === 'formatted'))
    throw reader.unsupported(`DESCRIBE ${first.toUpperCase()}`, undefined, position);
  return { kind: 'describe', table };
}
