import { QueryError } from '../errors.ts';

/** bytea in hex (`\xDEADBEEF`) or escape form; the answer is the hex form. */
export function parseBytea(text: string): string {
  if (text.startsWith('\\x')) {
    const digits = text.slice(2).replace(/[ \n\t\r]/g, '');
    const bad = /[^0-9a-fA-F]/.exec(digits);
    if (bad !== null) {
      throw new QueryError('invalidParameterValue', `invalid hexadecimal digit: "${bad[0]}"`);
    }
    if (digits.length % 2 !== 0) {
      throw new QueryError(
        'invalidParameterValue',
        'invalid hexadecimal data: odd number of digits',
      );
    }
    return `\\x${digits.toLowerCase()}`;
  }
  const bytes: number[] = [];
  const source = Buffer.from(text, 'utf8');
  for (let index = 0; index < source.length; index += 1) {
    const byte = source[index] ?? 0;
    if (byte !== 0x5c) {
      bytes.push(byte);
      continue;
    }
    const octal = /^[0-3][0-7]{2}/.exec(source.toString('latin1', index + 1, index + 4));
    if (octal !== null) {
      bytes.push(Number.parseInt(octal[0], 8));
      index += 3;
    } else if (source[index + 1] === 0x5c) {
      bytes.push(0x5c);
      index += 1;
    } else {
      throw new QueryError('invalidTextRepresentation', 'invalid input syntax for type bytea');
    }
  }
  return `\\x${Buffer.from(bytes).toString('hex')}`;
}
