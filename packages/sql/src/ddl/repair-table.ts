import type { StatementBody } from '../parse/session-statement.ts';
import type { TokenReader } from './token-reader.ts';

/** `MSCK REPAIR TABLE name`. Hive's ADD, DROP and SYNC PARTITIONS after it are refused by name. */
export function readRepairTable(reader: TokenReader): StatementBody {
  reader.expect('msck', 'repair', 'table');
  const table = reader.expectQualifiedName('a table name', 3);
  for (const mode of ['add', 'drop', 'sync'])
    if (reader.sees(mode, 'partitions'))
      throw reader.unsupported(`MSCK REPAIR TABLE .. ${mode.toUpperCase()} PARTITIONS`);
  return { kind: 'repairTable', table };
}
