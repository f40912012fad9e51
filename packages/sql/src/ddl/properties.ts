import { QueryError } from '../errors.ts';
import type { TokenReader } from './token-reader.ts';

/**
 * Reads `('key' = 'value', ...)`; Hive also writes them in double quotes.
 *
 * @throws QueryError invalidTableProperty for a key given twice.
 */
export function readProperties(reader: TokenReader): Map<string, string> {
  const properties = new Map<string, string>();
  reader.expectSymbol('(');
  do {
    const position = reader.position();
    const key = reader.expectString('a property name in quotes');
    reader.expectSymbol('=');
    const value = reader.expectString('a property value in quotes');
    if (properties.has(key))
      throw new QueryError('invalidTableProperty', `property "${key}" specified more than once`, {
        position,
      });
    properties.set(key, value);
  } while (reader.acceptSymbol(','));
  reader.expectSymbol(')');
  return properties;
}
