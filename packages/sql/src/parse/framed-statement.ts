import { readOptions } from '../ddl/options.ts';
import { createTokenReader } from '../ddl/token-reader.ts';
import type { TokenReader } from '../ddl/token-reader.ts';
import { readUnloadTarget } from '../ddl/unload.ts';
import { QueryError, isQueryError } from '../errors.ts';
import type { Statement } from '../statement.ts';
import type { CharacterIndex } from './source-position.ts';
import type { StatementTokens } from './split-statements.ts';
import type { Token } from './token.ts';
import { tokenize } from './tokenizer.ts';

/** How a part of a text in PostgreSQL's grammar is parsed. */
export type ParseTokens = (text: string, tokens: readonly Token[]) => Statement;

interface Frame {
  readonly text: string;
  readonly split: StatementTokens;
  readonly characterAt: CharacterIndex;
  readonly parse: ParseTokens;
}

function wordAt({ text, split }: Frame, at: number): string {
  const token = split.tokens[at];
  return token?.kind === 'word' ? text.slice(token.start, token.end).toLowerCase() : '';
}

function isBracket({ text, split }: Frame, at: number, bracket: '(' | ')'): boolean {
  const token = split.tokens[at];
  return token?.kind === 'punctuation' && text[token.start] === bracket;
}

/** The place of the bracket that closes the one at `open`; the number of tokens where none does. */
function closing(frame: Frame, open: number): number {
  const { length } = frame.split.tokens;
  let depth = 0;
  for (let at = open; at < length; at++) {
    if (isBracket(frame, at, '(')) depth++;
    else if (isBracket(frame, at, ')') && --depth === 0) return at;
  }
  return length;
}

function readerOf({ text, split, characterAt }: Frame, tokens: readonly Token[]): TokenReader {
  return createTokenReader(text, tokens, split.semicolon, characterAt);
}

/** The place of WITH ( before the AS of CREATE TABLE; undefined where there is none. */
function optionsOf(frame: Frame): number | undefined {
  const { length } = frame.split.tokens;
  for (let at = 2; at < length; at++) {
    if (isBracket(frame, at, '(')) at = closing(frame, at);
    else if (wordAt(frame, at) === 'as') return undefined;
    else if (wordAt(frame, at) === 'with' && isBracket(frame, at + 1, '(')) return at;
  }
  return undefined;
}

/** Athena's CREATE TABLE .. WITH (..) AS query; undefined where PostgreSQL's grammar reads it all. */
function createTableAs(frame: Frame): Statement | undefined {
  const { text, split, parse } = frame;
  const { tokens } = split;
  const open = optionsOf(frame);
  if (open === undefined) return undefined;
  const close = closing(frame, open + 1);
  const reader = readerOf(frame, tokens.slice(open, close + 1));
  const options = readOptions(reader);
  reader.expectEnd();
  const [from, to] = [tokens[open]?.start ?? 0, tokens[close]?.end ?? 0];
  // Spaces in place of the options: what follows keeps its place.
  const rest = text.slice(0, from) + ' '.repeat(to - from) + text.slice(to);
  const statement = parse(rest, [...tokens.slice(0, open), ...tokens.slice(close + 1)]);
  const { offset } = statement;
  const own = text.slice(offset, tokens.at(-1)?.end ?? offset);
  return statement.kind === 'createTableAs' ? { ...statement, text: own, options } : statement;
}

/** The text in a literal of PostgreSQL: doubled quotes or dollar quotes. */
function literalText(raw: string): string {
  const tag = /^\$[^$]*\$/.exec(raw)?.[0];
  if (tag !== undefined) return raw.slice(tag.length, -tag.length);
  return raw.slice(1, -1).replaceAll("''", "'");
}

/** Redshift writes the query of UNLOAD as a text. Positions of errors are right up to its first doubled quote. */
function quotedQuery({ text, characterAt, parse }: Frame, token: Token): Statement {
  const raw = text.slice(token.start, token.end);
  const lead = ' '.repeat(characterAt(token.start) + (/^\$[^$]*\$/.exec(raw)?.[0].length ?? 1));
  const query = lead + literalText(raw);
  try {
    return parse(query, tokenize(query, 'postgres'));
  } catch (error) {
    if (!isQueryError(error) || error.position !== undefined) throw error;
    throw new QueryError(error.code, error.message, {
      cause: error,
      position: characterAt(token.start) + 1,
    });
  }
}

/** `UNLOAD ('query' | query) TO 'location' ..`. */
function unload(frame: Frame): Statement {
  const { text, split, parse } = frame;
  const { tokens } = split;
  const start = readerOf(frame, tokens);
  start.expect('unload');
  start.expectSymbol('(');
  const close = closing(frame, 1);
  const inner = tokens.slice(2, close);
  const [only] = inner;
  if (only === undefined) throw start.unexpected('a query, or one in quotes');
  const statement =
    inner.length === 1 && only.kind === 'string' && /^['$]/.test(text[only.start] ?? '')
      ? quotedQuery(frame, only)
      : parse(text, inner);
  if (statement.kind !== 'select') throw start.unexpected('a query');
  const reader = readerOf(frame, tokens.slice(close + 1));
  const target = readUnloadTarget(reader);
  reader.expectEnd();
  const offset = tokens[0]?.start ?? 0;
  return {
    text: text.slice(offset, tokens.at(-1)?.end ?? offset),
    offset,
    kind: 'unload',
    statement,
    ...target,
  };
}

/**
 * Statements with a query of PostgreSQL's grammar inside clauses that are not; undefined for all others.
 *
 * @throws QueryError as parseStatements
 */
export function framedStatement(
  text: string,
  split: StatementTokens,
  characterAt: CharacterIndex,
  parse: ParseTokens,
): Statement | undefined {
  const frame: Frame = { text, split, characterAt, parse };
  const first = wordAt(frame, 0);
  if (first === 'unload') return unload(frame);
  return first === 'create' && wordAt(frame, 1) === 'table' ? createTableAs(frame) : undefined;
}
