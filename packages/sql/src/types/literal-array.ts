import { QueryError } from '../errors.ts';
import type { SqlType } from './sql-type.ts';

type Item = string | null | readonly Item[];

function malformed(text: string, detail: string): QueryError {
  return new QueryError('invalidTextRepresentation', `malformed array literal: "${text}"`, {
    detail,
  });
}

/** Array input `{1,NULL,"a,b",{..}}`, each element read by `element`; the answer is PostgreSQL's output text. */
export function parseArray(text: string, type: SqlType, element: (item: string) => string): string {
  const trimmed = text.trim().replace(/^(?:\[-?\d+(?::-?\d+)?\])+\s*=\s*/, '');
  if (!trimmed.startsWith('{')) {
    throw malformed(text, 'Array value must start with "{" or dimension information.');
  }
  const [items, end] = readItems(text, trimmed, 1);
  if (trimmed.slice(end).trim() !== '') throw malformed(text, 'Junk after closing right brace.');
  return format(items, type.kind === 'array' ? (item) => item : element);
}

function readItems(text: string, source: string, start: number): [readonly Item[], number] {
  const items: Item[] = [];
  let at = skipSpace(source, start);
  if (source[at] === '}') return [items, at + 1];
  for (;;) {
    at = skipSpace(source, at);
    const [item, next] = readItem(text, source, at);
    items.push(item);
    at = skipSpace(source, next);
    const mark = source[at];
    at += 1;
    if (mark === '}') return [items, at];
    if (mark !== ',') throw malformed(text, 'Unexpected end of input.');
  }
}

function skipSpace(source: string, start: number): number {
  let at = start;
  while (/\s/.test(source[at] ?? '')) at += 1;
  return at;
}

function readItem(text: string, source: string, start: number): [Item, number] {
  if (source[start] === '{') return readItems(text, source, start + 1);
  if (source[start] === '"') {
    let value = '';
    for (let at = start + 1; at < source.length; at += 1) {
      if (source[at] === '"') return [value, at + 1];
      if (source[at] === '\\') at += 1;
      value += source[at] ?? '';
    }
    throw malformed(text, 'Unexpected end of input.');
  }
  let value = '';
  let at = start;
  let escaped = false;
  for (; at < source.length && !/[,{}"]/.test(source[at] ?? ''); at += 1) {
    if (source[at] === '\\') {
      at += 1;
      escaped = true;
    }
    value += source[at] ?? '';
  }
  const word = escaped ? value : value.trimEnd();
  if (word === '') throw malformed(text, `Unexpected "${source[at] ?? ''}" character.`);
  return [!escaped && word.toLowerCase() === 'null' ? null : word, at];
}

function format(items: readonly Item[], element: (item: string) => string): string {
  const parts = items.map((item) => {
    if (item === null) return 'NULL';
    return typeof item === 'string' ? quoteItem(element(item)) : format(item, element);
  });
  return `{${parts.join(',')}}`;
}

/** An element as array_out writes it: quoted where it would be read otherwise. */
export function quoteItem(item: string): string {
  const plain = item !== '' && !/[{}",\\\s]/.test(item) && item.toLowerCase() !== 'null';
  return plain ? item : `"${item.replace(/["\\]/g, '\\$&')}"`;
}
