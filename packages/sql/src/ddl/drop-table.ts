import type { StatementBody } from '../parse/session-statement.ts';
import type { QualifiedName } from '../statement.ts';
import type { TokenReader } from './token-reader.ts';

/** `DROP TABLE [IF EXISTS] name, ... [CASCADE | RESTRICT | PURGE]`. Nothing depends on a table, so the words change nothing. */
export function readDropTable(reader: TokenReader): StatementBody {
  reader.expect('drop', 'table');
  const ifExists = reader.accept('if', 'exists');
  const names: QualifiedName[] = [];
  do names.push(reader.expectQualifiedName('a table name', 3));
  while (reader.acceptSymbol(','));
  if (!reader.accept('cascade') && !reader.accept('restrict')) reader.accept('purge');
  return { kind: 'dropTable', names, ifExists };
}
