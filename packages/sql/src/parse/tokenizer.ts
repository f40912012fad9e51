import { QueryError } from '../errors.ts';
import { sourcePosition } from './source-position.ts';
import type { LexicalRules, Token, TokenKind } from './token.ts';

const MAX_COMMENT_DEPTH = 100;

const SPACE = /[ \t\n\r\f\v]+/y;
const SPACES: ReadonlySet<string | undefined> = new Set(' \t\n\r\f\v');
const LINE_COMMENT = /--[^\n\r]*/y;
const WORD = /[A-Za-z_\u0080-\uffff][A-Za-z0-9_$\u0080-\uffff]*/y;
const NUMBER =
  /0[xX](?:_?[0-9A-Fa-f])+|0[oO](?:_?[0-7])+|0[bB](?:_?[01])+|(?:[0-9](?:_?[0-9])*(?:\.(?!\.)(?:[0-9](?:_?[0-9])*)?)?|\.[0-9](?:_?[0-9])*)(?:[eE][+-]?[0-9](?:_?[0-9])*)?/y;
const PARAMETER = /\$[0-9]+/y;
const DOLLAR_QUOTE = /\$(?:[A-Za-z_\u0080-\uffff][A-Za-z0-9_\u0080-\uffff]*)?\$/y;
const PUNCTUATION = /::|:=|\.\.|[()[\],;:.{}]/y;
const OPERATOR = /[~!@#^&|?+\-*/%<>=]+/y;
const QUOTE_PREFIX = /(?:[uU]&(?=['"])|[eEbBxXnN](?='))/y;

/** Matches a sticky pattern at an offset; the matched text or undefined. */
function match(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0];
}

/** End of a quoted token whose opening quote is at `open`; -1 without one. A doubled quote stands for itself. */
function quoteEnd(text: string, open: number, quote: string, backslashEscapes: boolean): number {
  for (let at = open + 1; at < text.length; at++) {
    const char = text[at];
    if (char === '\\' && backslashEscapes) at++;
    else if (char === quote) {
      if (text[at + 1] !== quote) return at + 1;
      at++;
    }
  }
  return -1;
}

/**
 * End of a comment that opens at `open`; PostgreSQL's comments nest. -1 without an end.
 *
 * @throws QueryError statementTooComplex: PostgreSQL's scanner takes quadratic time for nested comments.
 */
function commentEnd(text: string, open: number): number {
  const delimiter = /\/\*|\*\//g;
  delimiter.lastIndex = open + 2;
  let depth = 1;
  for (let found = delimiter.exec(text); found !== null; found = delimiter.exec(text)) {
    depth += found[0] === '/*' ? 1 : -1;
    if (depth === 0) return delimiter.lastIndex;
    if (depth > MAX_COMMENT_DEPTH)
      throw new QueryError(
        'statementTooComplex',
        `comments nest deeper than ${MAX_COMMENT_DEPTH} levels`,
        { position: sourcePosition(text, open) },
      );
  }
  return -1;
}

/** An operator ends before a comment and, unless it holds one of ~ ! @ # % ^ & | ?, before trailing + and -. */
function operatorLength(run: string): number {
  const comment = run.search(/--|\/\*/);
  let length = comment > 0 ? comment : run.length;
  if (!/[~!@#%^&|?]/.test(run.slice(0, length)))
    while (length > 1 && /[+-]/.test(run[length - 1] ?? '')) length--;
  return length;
}

function quoted(
  text: string,
  start: number,
  open: number,
  kind: TokenKind,
  backslashEscapes: boolean,
): Token {
  const end = quoteEnd(text, open, text[open] ?? '', backslashEscapes);
  return end < 0 ? { kind: 'unterminated', start, end: text.length } : { kind, start, end };
}

/** The token that starts at `start`, which is neither white space nor the end of the text. */
function tokenAt(text: string, start: number, rules: LexicalRules): Token {
  const token = (kind: TokenKind, length: number): Token => ({ kind, start, end: start + length });
  const char = text[start] ?? '';
  if (char === "'") return quoted(text, start, start, 'string', rules === 'hive');
  if (char === '"') return quoted(text, start, start, 'quotedName', rules === 'hive');
  if (char === '`') return quoted(text, start, start, 'backtickName', false);
  const prefix = match(QUOTE_PREFIX, text, start);
  if (prefix !== undefined) {
    const open = start + prefix.length;
    const letter = prefix[0]?.toLowerCase() ?? '';
    if (text[open] === '"') return quoted(text, start, open, 'quotedName', false);
    const kind = letter === 'b' || letter === 'x' ? 'bitString' : 'string';
    return quoted(text, start, open, kind, letter === 'e');
  }
  const word = match(WORD, text, start);
  if (word !== undefined) return token('word', word.length);
  const number = match(NUMBER, text, start);
  if (number !== undefined) return token('number', number.length);
  if (char === '$') {
    const parameter = match(PARAMETER, text, start);
    if (parameter !== undefined) return token('parameter', parameter.length);
    const tag = match(DOLLAR_QUOTE, text, start);
    if (tag !== undefined) {
      const close = text.indexOf(tag, start + tag.length);
      return close < 0
        ? { kind: 'unterminated', start, end: text.length }
        : { kind: 'string', start, end: close + tag.length };
    }
    return token('invalid', 1);
  }
  const punctuation = match(PUNCTUATION, text, start);
  if (punctuation !== undefined) return token('punctuation', punctuation.length);
  if (rules === 'hive' && (char === '<' || char === '>')) return token('operator', 1);
  const run = match(OPERATOR, text, start);
  return run === undefined ? token('invalid', 1) : token('operator', operatorLength(run));
}

/**
 * The next token at or after `from`, past white space and comments; undefined at the end of the text. What cannot be read is an
 * `unterminated` or `invalid` token, so that the parser reports whichever error comes first.
 * Rules: PostgreSQL, "Lexical Structure"; for `hive` its string escapes. Backticks quote names under both.
 *
 * @throws QueryError statementTooComplex for comments nested beyond 100 levels.
 */
export function nextToken(text: string, from: number, rules: LexicalRules): Token | undefined {
  let at = from;
  while (at < text.length) {
    const char = text[at];
    const skipped =
      char === '-'
        ? match(LINE_COMMENT, text, at)
        : SPACES.has(char)
          ? match(SPACE, text, at)
          : undefined;
    if (skipped !== undefined) at += skipped.length;
    else if (char === '/' && text[at + 1] === '*') {
      const end = commentEnd(text, at);
      if (end < 0) return { kind: 'unterminated', start: at, end: text.length };
      at = end;
    } else return tokenAt(text, at, rules);
  }
  return undefined;
}

/** All tokens of `text` from `from` on. */
export function tokenize(text: string, rules: LexicalRules, from = 0): Token[] {
  const tokens: Token[] = [];
  for (
    let token = nextToken(text, from, rules);
    token !== undefined;
    token = nextToken(text, token.end, rules)
  )
    tokens.push(token);
  return tokens;
}
