import { handParserFor } from '../ddl/hand-parser.ts';
import type { HandParser } from '../ddl/hand-parser.ts';
import type { Token } from './token.ts';
import { nextToken } from './tokenizer.ts';

/** One statement's tokens, without its semicolon. */
export interface StatementTokens {
  /** Never empty. */
  readonly tokens: readonly Token[];
  readonly semicolon: Token | undefined;
  /** Takes the statement if it is outside PostgreSQL's grammar. */
  readonly parser: HandParser | undefined;
}

function leadingWords(text: string, from: number): string[] {
  const words: string[] = [];
  for (let at = from; words.length < 2;) {
    const token = nextToken(text, at, 'postgres');
    if (token?.kind !== 'word') break;
    words.push(text.slice(token.start, token.end).toLowerCase());
    at = token.end;
  }
  return words;
}

/** Cuts text at its semicolons. Empty statements are left out. */
export function splitStatements(text: string): StatementTokens[] {
  const statements: StatementTokens[] = [];
  let at = 0;
  while (at < text.length) {
    const parser = handParserFor(leadingWords(text, at));
    const rules = parser === undefined ? 'postgres' : 'hive';
    const tokens: Token[] = [];
    let semicolon: Token | undefined;
    for (
      let token = nextToken(text, at, rules);
      token !== undefined;
      token = nextToken(text, at, rules)
    ) {
      at = token.end;
      if (token.kind === 'punctuation' && text[token.start] === ';') {
        semicolon = token;
        break;
      }
      tokens.push(token);
    }
    if (tokens.length > 0) statements.push({ tokens, semicolon, parser });
    if (semicolon === undefined) break;
  }
  return statements;
}
