/** A keyword of a format with what stands around it. */
export interface Keyword<Name extends string> {
  readonly kind: 'keyword';
  readonly name: Name;
  /** FM before it: no padding. */
  readonly fill: boolean;
  /** TM before it: names have no padding either. */
  readonly translated: boolean;
  /** TH or th after it: the ordinal's ending in that case. */
  readonly ordinal: 'upper' | 'lower' | undefined;
}

/** A character that is no part of a keyword. Separators are ASCII other than letters, digits and blanks; quoted ones are characters. */
export interface Character {
  readonly kind: 'character' | 'separator' | 'space';
  readonly text: string;
}

export type FormatNode<Name extends string> = Keyword<Name> | Character;

const PREFIXES = ['FM', 'fm', 'TM', 'tm'];
const POSTFIXES = ['TH', 'th', 'SP'];

/** Whether a character is one of those that stand for each other where a date is read. */
function isSeparator(character: string): boolean {
  return /^[!-~]$/.test(character) && !/[A-Za-z0-9]/.test(character);
}

function starting(text: string, at: number, candidates: readonly string[]): string | undefined {
  return candidates.find((candidate) => text.startsWith(candidate, at));
}

/** Characters of a quoted text from `at` on (behind the quote), and where it ends. A backslash quotes the next character. */
function quotedText(format: string, at: number): { characters: string[]; end: number } {
  const characters: string[] = [];
  let index = at;
  while (index < format.length && format[index] !== '"') {
    if (format[index] === '\\' && index + 1 < format.length) index += 1;
    const character = String.fromCodePoint(format.codePointAt(index) ?? 0);
    characters.push(character);
    index += character.length;
  }
  return { characters, end: index + 1 };
}

/**
 * The nodes of a format of to_char, to_date, to_timestamp or to_number. `keywords` are spelled as they stand in formats, those that
 * begin others behind them. Prefixes (FM, TM) and endings (TH, th, SP) are those of dates: in formats of numbers they are keywords.
 */
export function formatNodes<Name extends string>(
  format: string,
  keywords: readonly Name[],
  ofDates: boolean,
): readonly FormatNode<Name>[] {
  const nodes: FormatNode<Name>[] = [];
  let at = 0;
  while (at < format.length) {
    const prefix = ofDates ? starting(format, at, PREFIXES) : undefined;
    at += prefix?.length ?? 0;
    if (at >= format.length) break;
    const name = keywords.find((keyword) => format.startsWith(keyword, at));
    if (name !== undefined) {
      at += name.length;
      const postfix = ofDates ? starting(format, at, POSTFIXES) : undefined;
      at += postfix?.length ?? 0;
      const ordinal = postfix === 'TH' ? 'upper' : postfix === 'th' ? 'lower' : undefined;
      nodes.push({
        kind: 'keyword',
        name,
        fill: /^FM$/i.test(prefix ?? ''),
        translated: /^TM$/i.test(prefix ?? ''),
        ordinal,
      });
      continue;
    }
    if (format[at] === '"') {
      const { characters, end } = quotedText(format, at + 1);
      for (const text of characters) nodes.push({ kind: 'character', text });
      at = end;
      continue;
    }
    if (format.startsWith('\\"', at)) at += 1;
    const text = String.fromCodePoint(format.codePointAt(at) ?? 0);
    const isSpace = /^[ \t\n\v\f\r]$/.test(text);
    const kind = ofDates && isSeparator(text) ? 'separator' : isSpace ? 'space' : 'character';
    nodes.push({ kind, text });
    at += text.length;
  }
  return nodes;
}
