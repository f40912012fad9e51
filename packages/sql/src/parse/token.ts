/** What a token is. Keywords are `word`s: which words are reserved depends on the reader. */
export type TokenKind =
  /** Unquoted identifier or keyword. */
  | 'word'
  /** "quoted" or U&"quoted". */
  | 'quotedName'
  /** `quoted`, as Hive writes names. */
  | 'backtickName'
  /** '..', E'..', U&'..', N'..', $tag$..$tag$ */
  | 'string'
  /** B'..', X'..' */
  | 'bitString'
  | 'number'
  /** $1 */
  | 'parameter'
  | 'operator'
  /** One of ( ) [ ] , ; : . and the two-character :: := .. */
  | 'punctuation'
  /** A quote or comment without its end; reaches to the end of the text. */
  | 'unterminated'
  /** A character that starts nothing. */
  | 'invalid';

export interface Token {
  readonly kind: TokenKind;
  /** UTF-16 offsets in the whole text, end exclusive. */
  readonly start: number;
  readonly end: number;
}

/** How quotes are read: PostgreSQL's rules, or Hive's, where `\` escapes in '..' and "..", and < > stand alone. */
export type LexicalRules = 'postgres' | 'hive';
