import type { StatementBody } from '../parse/session-statement.ts';
import type { TokenReader } from './token-reader.ts';

/** `[LIKE] 'pattern'`, in Hive's patterns: `*` for any characters, `|` for alternatives. */
function readPattern(reader: TokenReader): { readonly like?: string } {
  const like = reader.accept('like')
    ? reader.expectString('a pattern in quotes')
    : reader.acceptString();
  return like === undefined ? {} : { like };
}

function readShowTables(reader: TokenReader): StatementBody {
  const schema =
    reader.accept('in') || reader.accept('from')
      ? reader.expectQualifiedName('a schema name', 2)
      : undefined;
  return {
    kind: 'showTables',
    ...(schema === undefined ? {} : { schema }),
    ...readPattern(reader),
  };
}

function readShowColumns(reader: TokenReader): StatementBody {
  if (!reader.accept('in') && !reader.accept('from')) throw reader.unexpected('IN or FROM');
  const name = reader.expectQualifiedName('a table name', 3);
  if (name.length > 1 || (!reader.accept('in') && !reader.accept('from')))
    return { kind: 'showColumns', table: name };
  return {
    kind: 'showColumns',
    table: [...reader.expectQualifiedName('a schema name', 2), ...name],
  };
}

/** `SHOW TABLES | SCHEMAS | DATABASES | PARTITIONS | COLUMNS | CREATE TABLE`. */
export function readShow(reader: TokenReader): StatementBody {
  reader.expect('show');
  if (reader.accept('tables')) return readShowTables(reader);
  if (reader.accept('schemas') || reader.accept('databases'))
    return { kind: 'showSchemas', ...readPattern(reader) };
  if (reader.accept('partitions'))
    return { kind: 'showPartitions', table: reader.expectQualifiedName('a table name', 3) };
  if (reader.accept('columns')) return readShowColumns(reader);
  reader.expect('create');
  if (reader.sees('view')) throw reader.unsupported('SHOW CREATE VIEW');
  reader.expect('table');
  return { kind: 'showCreateTable', table: reader.expectQualifiedName('a table name', 3) };
}
