import { QueryError } from '../errors.ts';

/**
 * A SIMILAR TO pattern as the regular expression PostgreSQL makes of it (similar_to_escape): the whole text must match.
 *
 * @param escape one character, or the empty text for none.
 * @throws QueryError invalidEscapeSequence for a longer escape; featureNotSupported for `escape"`, which marks parts for
 *   substring().
 */
export function similarToRegex(pattern: string, escape = '\\'): string {
  if ([...escape].length > 1) {
    throw new QueryError('invalidEscapeSequence', 'invalid escape string', {
      hint: 'Escape string must be empty or one character.',
    });
  }
  let regex = '';
  let escaped = false;
  /** Characters since `[` and `[^`; a `]` that comes first stands for itself. */
  let inClass: number | undefined;
  for (const character of pattern) {
    if (escaped) {
      if (character === '"' && inClass === undefined) {
        throw new QueryError(
          'featureNotSupported',
          'separators in SIMILAR TO patterns are not supported',
          { hint: 'Use substring() with a regular expression.' },
        );
      }
      regex += `\\${character}`;
      escaped = false;
      if (inClass !== undefined) inClass += 1;
    } else if (character === escape) {
      escaped = true;
    } else if (inClass !== undefined) {
      regex += character === '\\' ? '\\\\' : character;
      if (character === ']' && inClass > 0) inClass = undefined;
      else if (character !== '^' || inClass > 0) inClass += 1;
    } else if (character === '[') {
      regex += '[';
      inClass = 0;
    } else {
      regex += ORDINARY.get(character) ?? character;
    }
  }
  return `^(?:${regex})$`;
}

const ORDINARY: ReadonlyMap<string, string> = new Map([
  ['%', '.*'],
  ['_', '.'],
  ['(', '(?:'],
  ['\\', '\\\\'],
  ['.', '\\.'],
  ['^', '\\^'],
  ['$', '\\$'],
]);
