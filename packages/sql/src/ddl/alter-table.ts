import type { StatementBody } from '../parse/session-statement.ts';
import type { PartitionSpec, QualifiedName } from '../statement.ts';
import { readColumns } from './columns.ts';
import { readPartitionSpec } from './partition-spec.ts';
import { readProperties } from './properties.ts';
import type { TokenReader } from './token-reader.ts';

function readAddPartitions(reader: TokenReader, table: QualifiedName): StatementBody {
  const ifNotExists = reader.accept('if', 'not', 'exists');
  const partitions: { readonly spec: PartitionSpec; readonly location?: string }[] = [];
  do {
    const spec = readPartitionSpec(reader);
    const location = reader.accept('location')
      ? reader.expectString('a folder in quotes')
      : undefined;
    partitions.push({ spec, ...(location === undefined ? {} : { location }) });
  } while (reader.sees('partition'));
  return { kind: 'addPartitions', table, ifNotExists, partitions };
}

function readDropPartitions(reader: TokenReader, table: QualifiedName): StatementBody {
  const ifExists = reader.accept('if', 'exists');
  const specs: PartitionSpec[] = [];
  do specs.push(readPartitionSpec(reader));
  while (reader.acceptSymbol(','));
  reader.accept('purge');
  return { kind: 'dropPartitions', table, ifExists, specs };
}

/**
 * `ALTER TABLE name ADD [IF NOT EXISTS] PARTITION .. | DROP [IF EXISTS] PARTITION .. | SET TBLPROPERTIES (..) |
 * ADD COLUMNS (..)`.
 *
 * @throws QueryError featureNotSupported naming any other change.
 */
export function readAlterTable(reader: TokenReader): StatementBody {
  reader.expect('alter', 'table');
  const table = reader.expectQualifiedName('a table name', 3);
  const position = reader.position();
  if (reader.accept('add', 'columns'))
    return { kind: 'addColumns', table, columns: readColumns(reader) };
  if (reader.sees('add', 'partition') || reader.sees('add', 'if')) {
    reader.expect('add');
    return readAddPartitions(reader, table);
  }
  if (reader.sees('drop', 'partition') || reader.sees('drop', 'if')) {
    reader.expect('drop');
    return readDropPartitions(reader, table);
  }
  if (reader.accept('set', 'tblproperties'))
    return { kind: 'setTableProperties', table, properties: readProperties(reader) };
  const [first, second] = [reader.acceptWord(), reader.acceptWord()];
  if (first === undefined) throw reader.unexpected('ADD, DROP or SET');
  throw reader.unsupported(
    `ALTER TABLE ${[first, second]
      .filter((word) => word !== undefined)
      .join(' ')
      .toUpperCase()}`,
    'Supported: ADD PARTITION, DROP PARTITION, ADD COLUMNS, SET TBLPROPERTIES.',
    position,
  );
}
