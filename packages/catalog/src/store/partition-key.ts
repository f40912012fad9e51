/** Characters with a meaning in a key, escaped when they stand in a value. */
const SEPARATOR = '\u0001';
const TEXT = '\u0002';
const NULL_VALUE = '\u0003';
const ESCAPE = '\u0004';

const SPECIAL = /[\u0001-\u0004]/g;
const ESCAPED = /\u0004([\s\S])/g;

/**
 * All values of a partition in one text: unique for them, ordered (by bytes) as the values are from the first column on,
 * nulls last. Neither engine can store NUL, and no value holds it.
 */
export function partitionKey(values: readonly (string | null)[]): string {
  return values
    .map((value) =>
      value === null
        ? NULL_VALUE
        : TEXT +
          value.replace(SPECIAL, (char) => ESCAPE + String.fromCharCode(char.charCodeAt(0) + 64)),
    )
    .join(SEPARATOR);
}

/** The values of `partitionKey`. */
export function partitionValues(key: string): (string | null)[] {
  return key
    .split(SEPARATOR)
    .map((part) =>
      part === NULL_VALUE
        ? null
        : part
            .slice(1)
            .replace(ESCAPED, (_, char: string) => String.fromCharCode(char.charCodeAt(0) - 64)),
    );
}
