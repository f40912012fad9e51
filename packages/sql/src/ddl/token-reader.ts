import { QueryError } from '../errors.ts';
import { foldName } from '../parse/fold-name.ts';
import type { CharacterIndex } from '../parse/source-position.ts';
import type { Token } from '../parse/token.ts';
import type { QualifiedName } from '../statement.ts';
import { hiveStringValue } from './hive-string.ts';

/** PostgreSQL cuts names at 63 bytes when it reads a query, so a longer one could never be asked for. */
const MAX_NAME_BYTES = 63;

/** Reads one statement of the DDL from its tokens, Hive's rules. Errors say what was expected and where. */
export interface TokenReader {
  readonly isAtEnd: boolean;
  /** Whether these words come next; nothing is taken. */
  sees(...words: string[]): boolean;
  /** Takes these words if they come next. */
  accept(...words: string[]): boolean;
  expect(...words: string[]): void;
  seesSymbol(symbol: string): boolean;
  acceptSymbol(symbol: string): boolean;
  expectSymbol(symbol: string): void;
  /** 'text' or, as Hive writes properties, "text". */
  expectString(what: string): string;
  /** A string if one comes next. */
  acceptString(): string | undefined;
  /** A number as written, sign included. */
  acceptNumber(): string | undefined;
  expectInteger(what: string): number;
  /** One name: folded unless in double quotes. */
  expectName(what: string): string;
  /** 1 to `parts` names with dots between. */
  expectQualifiedName(what: string, parts: number): QualifiedName;
  /** Takes the next token if it is a word; folded. */
  acceptWord(): string | undefined;
  expectEnd(): void;
  /** 1-based character of the next token (or of the end). */
  position(): number;
  /** The error that something else was expected here. */
  unexpected(expected: string): QueryError;
  /** The refusal of what stands here or at `position`. */
  unsupported(what: string, hint?: string, position?: number): QueryError;
}

/** A reader over one statement's tokens, read under Hive's rules. */
export function createTokenReader(
  text: string,
  tokens: readonly Token[],
  semicolon: Token | undefined,
  characterAt: CharacterIndex,
): TokenReader {
  let at = 0;
  const rawAt = (index: number): string => {
    const token = tokens[index];
    return token === undefined ? '' : text.slice(token.start, token.end);
  };
  const wordAt = (index: number): string =>
    tokens[index]?.kind === 'word' ? rawAt(index).toLowerCase() : '';
  const position = (): number => {
    const end = semicolon?.start ?? tokens.at(-1)?.end ?? 0;
    return characterAt(tokens[at]?.start ?? end) + 1;
  };
  const unexpected = (expected: string): QueryError => {
    const token = tokens[at] ?? semicolon;
    const raw = token === undefined ? '' : text.slice(token.start, token.end);
    const near = raw.length > 60 ? `${raw.slice(0, 60)}...` : raw;
    const where = token === undefined ? 'at end of input' : `at or near "${near}"`;
    const what =
      tokens[at]?.kind === 'unterminated' ? 'unterminated quote or comment' : 'syntax error';
    return new QueryError('syntaxError', `${what} ${where}: expected ${expected}`, {
      position: position(),
    });
  };
  const sees = (...words: string[]): boolean =>
    words.every((word, index) => wordAt(at + index) === word);
  const accept = (...words: string[]): boolean => {
    if (!sees(...words)) return false;
    at += words.length;
    return true;
  };
  const seesSymbol = (symbol: string): boolean => {
    const kind = tokens[at]?.kind;
    return (kind === 'punctuation' || kind === 'operator') && rawAt(at) === symbol;
  };
  const acceptSymbol = (symbol: string): boolean => {
    if (!seesSymbol(symbol)) return false;
    at++;
    return true;
  };
  const acceptString = (): string | undefined => {
    const kind = tokens[at]?.kind;
    const raw = rawAt(at);
    const quote = raw[0];
    if ((kind !== 'string' && kind !== 'quotedName') || (quote !== "'" && quote !== '"'))
      return undefined;
    at++;
    return hiveStringValue(raw);
  };
  const expectName = (what: string): string => {
    const raw = rawAt(at);
    let name: string | undefined;
    switch (tokens[at]?.kind) {
      case 'word':
        name = foldName(raw);
        break;
      case 'backtickName':
        name = foldName(raw.slice(1, -1).replaceAll('``', '`'));
        break;
      case 'quotedName':
        if (raw.startsWith('"')) name = hiveStringValue(raw);
        break;
      default:
    }
    if (name === undefined) throw unexpected(what);
    if (name === '')
      throw new QueryError('syntaxError', `zero-length name: expected ${what}`, {
        position: position(),
      });
    if (Buffer.byteLength(name) > MAX_NAME_BYTES)
      throw new QueryError(
        'invalidName',
        `name "${name.slice(0, 70)}..." is longer than ${MAX_NAME_BYTES} bytes`,
        {
          position: position(),
        },
      );
    at++;
    return name;
  };
  return {
    get isAtEnd() {
      return at >= tokens.length;
    },
    sees,
    accept,
    expect(...words) {
      for (const word of words) if (!accept(word)) throw unexpected(word.toUpperCase());
    },
    seesSymbol,
    acceptSymbol,
    expectSymbol(symbol) {
      if (!acceptSymbol(symbol)) throw unexpected(`"${symbol}"`);
    },
    acceptString,
    expectString(what) {
      const value = acceptString();
      if (value === undefined) throw unexpected(what);
      return value;
    },
    acceptNumber() {
      const isSigned = seesSymbol('-') || seesSymbol('+');
      const number = isSigned ? at + 1 : at;
      if (tokens[number]?.kind !== 'number') return undefined;
      const sign = isSigned && rawAt(at) === '-' ? '-' : '';
      at = number + 1;
      return sign + rawAt(number);
    },
    expectInteger(what) {
      const raw = rawAt(at);
      if (tokens[at]?.kind !== 'number' || !/^[0-9]{1,9}$/.test(raw)) throw unexpected(what);
      at++;
      return Number(raw);
    },
    expectName,
    expectQualifiedName(what, parts) {
      const names = [expectName(what)];
      while (acceptSymbol('.')) {
        if (names.length === parts) throw unexpected(`a name of at most ${parts} parts`);
        names.push(expectName(what));
      }
      return names;
    },
    acceptWord() {
      const word = wordAt(at);
      if (word === '') return undefined;
      at++;
      return word;
    },
    expectEnd() {
      if (at < tokens.length) throw unexpected('the end of the statement');
    },
    position,
    unexpected,
    unsupported(what, hint, at = position()) {
      return new QueryError('featureNotSupported', `${what} is not supported`, {
        position: at,
        ...(hint === undefined ? {} : { hint }),
      });
    },
  };
}
