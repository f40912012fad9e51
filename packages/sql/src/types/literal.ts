import type { SqlType } from './sql-type.ts';

/** What the words 'now', 'today' and zone-less timestamps with time zone refer to. */
export interface LiteralOptions {
  /** IANA name of the session's TimeZone. */
  readonly timeZone: string;
  readonly now: Date;
}

/**
 * Reads PostgreSQL's text input of a type and returns its output text (ISO, UTC). Throws invalidTextRepresentation (22P02),
 * invalidDatetimeFormat (22007), datetimeOverflow (22008) or numericOutOfRange (22003) as PostgreSQL does.
 */
export function parseLiteral(text: string, type: SqlType, options: LiteralOptions): string {
  void type;
  void options;
  return text;
}
