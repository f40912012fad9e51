import type { StatementBody } from '../parse/session-statement.ts';
import type { TokenReader } from './token-reader.ts';

/** Reads a statement from its first word on; what follows what it takes is an error. */
export type HandParser = (reader: TokenReader) => StatementBody;

const PARSERS: ReadonlyMap<string, HandParser> = new Map<string, HandParser>();

/** The parser of a statement by its first two words (lower case); undefined: PostgreSQL's grammar takes it. */
export function handParserFor(words: readonly string[]): HandParser | undefined {
  const [first = '', second = ''] = words;
  return PARSERS.get(`${first} ${second}`) ?? PARSERS.get(first);
}
