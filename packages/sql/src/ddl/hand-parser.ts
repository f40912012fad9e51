import type { StatementBody } from '../parse/session-statement.ts';
import { readAlterTable } from './alter-table.ts';
import { readCreateExternalSchema } from './create-external-schema.ts';
import { readCreateExternalTable } from './create-external-table.ts';
import { readDescribe } from './describe.ts';
import { readDropTable } from './drop-table.ts';
import { readRepairTable } from './repair-table.ts';
import { readCreateSchema, readDropSchema } from './schema.ts';
import { readShow } from './show.ts';
import type { TokenReader } from './token-reader.ts';

/** Reads a statement from its first word on; what follows what it takes is an error. */
export type HandParser = (reader: TokenReader) => StatementBody;

function readCreateExternal(reader: TokenReader): StatementBody {
  return reader.sees('create', 'external', 'schema')
    ? readCreateExternalSchema(reader)
    : readCreateExternalTable(reader);
}

/** Statements that PostgreSQL's grammar lacks or reads otherwise, by their first words. */
const PARSERS: ReadonlyMap<string, HandParser> = new Map([
  ['create external', readCreateExternal],
  ['create schema', readCreateSchema],
  ['create database', readCreateSchema],
  ['drop schema', readDropSchema],
  ['drop database', readDropSchema],
  ['drop table', readDropTable],
  ['alter table', readAlterTable],
  ['msck', readRepairTable],
  ['describe', readDescribe],
  ['desc', readDescribe],
  ...['tables', 'schemas', 'databases', 'partitions', 'columns', 'create'].map(
    (word): [string, HandParser] => [`show ${word}`, readShow],
  ),
]);

/** The parser of a statement by its first two words (lower case); undefined: PostgreSQL's grammar takes it. */
export function handParserFor(words: readonly string[]): HandParser | undefined {
  const [first = '', second = ''] = words;
  return PARSERS.get(`${first} ${second}`) ?? PARSERS.get(first);
}
