import { QueryError } from '../errors.ts';

export type ArrayText = readonly (string | null | ArrayText)[];

/** Reads PostgreSQL's text form of an array, `{1,NULL,"a,b",{2}}`. Throws invalidTextRepresentation, or featureNotSupported for lower bounds. */
export function parseArrayText(text: string): ArrayText {
  if (text.startsWith('[')) {
    throw new QueryError(
      'featureNotSupported',
      'Arrays whose first subscript is not 1 are not supported.',
    );
  }
  let index = 0;
  const malformed = (): QueryError =>
    new QueryError('invalidTextRepresentation', `malformed array literal: "${text}"`);

  function quoted(): string {
    let value = '';
    index += 1;
    while (text[index] !== '"') {
      if (text[index] === '\\') index += 1;
      if (index >= text.length) throw malformed();
      value += text[index];
      index += 1;
    }
    index += 1;
    return value;
  }

  function bare(): string | null {
    let value = '';
    while (index < text.length && text[index] !== ',' && text[index] !== '}') {
      if (text[index] === '\\') index += 1;
      value += text[index] ?? '';
      index += 1;
    }
    return value.toUpperCase() === 'NULL' ? null : value;
  }

  function list(): ArrayText {
    if (text[index] !== '{') throw malformed();
    index += 1;
    const members: (string | null | ArrayText)[] = [];
    if (text[index] === '}') {
      index += 1;
      return members;
    }
    for (;;) {
      members.push(text[index] === '{' ? list() : text[index] === '"' ? quoted() : bare());
      const next = text[index];
      index += 1;
      if (next === '}') return members;
      if (next !== ',') throw malformed();
    }
  }

  const parsed = list();
  if (index !== text.length) throw malformed();
  return parsed;
}
