import type { StatementBody } from '../parse/session-statement.ts';
import type { QualifiedName } from '../statement.ts';
import type { TokenReader } from './token-reader.ts';

/** Hive calls a schema a database. */
function expectSchemaWord(reader: TokenReader): void {
  if (!reader.accept('schema') && !reader.accept('database'))
    throw reader.unexpected('SCHEMA or DATABASE');
}

/** `CREATE SCHEMA | DATABASE [IF NOT EXISTS] name`. */
export function readCreateSchema(reader: TokenReader): StatementBody {
  reader.expect('create');
  expectSchemaWord(reader);
  const ifNotExists = reader.accept('if', 'not', 'exists');
  if (reader.sees('authorization')) throw reader.unsupported('CREATE SCHEMA AUTHORIZATION');
  const name = reader.expectQualifiedName('a schema name', 2);
  for (const clause of ['authorization', 'comment', 'location', 'managedlocation', 'with'])
    if (reader.sees(clause)) throw reader.unsupported(`CREATE SCHEMA .. ${clause.toUpperCase()}`);
  return { kind: 'createSchema', name, ifNotExists };
}

/** `DROP SCHEMA | DATABASE [IF EXISTS] name, ... [CASCADE | RESTRICT]`. */
export function readDropSchema(reader: TokenReader): StatementBody {
  reader.expect('drop');
  expectSchemaWord(reader);
  const ifExists = reader.accept('if', 'exists');
  const names: QualifiedName[] = [];
  do names.push(reader.expectQualifiedName('a schema name', 2));
  while (reader.acceptSymbol(','));
  const cascade = reader.accept('cascade');
  if (!cascade) reader.accept('restrict');
  return { kind: 'dropSchema', names, ifExists, cascade };
}
