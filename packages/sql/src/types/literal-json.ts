import { QueryError } from '../errors.ts';
import { parseNumeric } from './literal-number.ts';

/** Nesting that is read at most: PostgreSQL's own limit depends on its stack. */
const MAX_DEPTH = 1000;

function invalidJson(detail: string): QueryError {
  return new QueryError('invalidTextRepresentation', 'invalid input syntax for type json', {
    detail,
  });
}

/** Throws 22P02 where the text is not one JSON value. */
export function checkJson(text: string): void {
  new JsonReader(text).document();
}

/** jsonb's output text: keys by length, then bytes, the last of equal keys kept, one space after `:` and `,`. */
export function canonicalJson(text: string): string {
  return new JsonReader(text).document();
}

/** Reads one document and writes it as jsonb does. It lives for one call. */
class JsonReader {
  private readonly text: string;
  private at = 0;

  constructor(text: string) {
    this.text = text;
  }

  document(): string {
    const value = this.value(0);
    this.space();
    if (this.at < this.text.length) throw this.unexpected();
    return value;
  }

  private unexpected(): QueryError {
    const rest = this.text.slice(this.at);
    return invalidJson(
      rest === ''
        ? 'The input string ended unexpectedly.'
        : `Token "${/^\w+|^./su.exec(rest)?.[0] ?? ''}" is invalid.`,
    );
  }

  private space(): void {
    while (' \t\n\r'.includes(this.text[this.at] ?? '-')) this.at += 1;
  }

  private take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at;
    const match = pattern.exec(this.text);
    if (match === null) return undefined;
    this.at += match[0].length;
    return match[0];
  }

  private value(depth: number): string {
    if (depth > MAX_DEPTH) {
      throw new QueryError('statementTooComplex', `json is nested deeper than ${MAX_DEPTH} levels`);
    }
    this.space();
    const first = this.text[this.at];
    if (first === '{') return this.object(depth);
    if (first === '[') return this.array(depth);
    if (first === '"') return JSON.stringify(this.string());
    const word = this.take(/true\b|false\b|null\b/y);
    if (word !== undefined) return word;
    const number = this.take(/-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.])/y);
    if (number === undefined) throw this.unexpected();
    return parseNumeric(number);
  }

  private string(): string {
    const raw = this.take(/"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y);
    if (raw === undefined) throw this.unexpected();
    const value: unknown = JSON.parse(raw);
    return String(value);
  }

  private array(depth: number): string {
    this.at += 1;
    this.space();
    if (this.take(/\]/y) !== undefined) return '[]';
    const items: string[] = [];
    for (;;) {
      items.push(this.value(depth + 1));
      this.space();
      if (this.take(/\]/y) !== undefined) return `[${items.join(', ')}]`;
      if (this.take(/,/y) === undefined) throw this.unexpected();
    }
  }

  private object(depth: number): string {
    this.at += 1;
    const members = new Map<string, string>();
    this.space();
    if (this.take(/\}/y) !== undefined) return '{}';
    for (;;) {
      this.space();
      if (this.text[this.at] !== '"') throw this.unexpected();
      const key = this.string();
      this.space();
      if (this.take(/:/y) === undefined) throw this.unexpected();
      members.set(key, this.value(depth + 1));
      this.space();
      if (this.take(/\}/y) !== undefined) break;
      if (this.take(/,/y) === undefined) throw this.unexpected();
    }
    const sorted = [...members]
      .map(([key, value]) => ({ bytes: Buffer.from(key), key, value }))
      .sort((a, b) => a.bytes.length - b.bytes.length || Buffer.compare(a.bytes, b.bytes));
    return `{${sorted.map(({ key, value }) => `${JSON.stringify(key)}: ${value}`).join(', ')}}`;
  }
}
