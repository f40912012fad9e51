import { QueryError } from '../errors.ts';
import type { OptionValue } from '../statement.ts';
import type { TokenReader } from './token-reader.ts';

function readValue(reader: TokenReader): OptionValue {
  if (reader.accept('array')) {
    const items: string[] = [];
    reader.expectSymbol('[');
    if (reader.acceptSymbol(']')) return items;
    do items.push(reader.expectString('a text in quotes'));
    while (reader.acceptSymbol(','));
    reader.expectSymbol(']');
    return items;
  }
  const value = reader.acceptNumber() ?? reader.acceptString();
  if (value !== undefined) return value;
  for (const word of ['true', 'false']) if (reader.accept(word)) return word;
  throw reader.unexpected("a value: 'text', a number, true, false or ARRAY['..']");
}

/**
 * Reads `WITH (name = value, ...)`, as Athena writes the properties of a new table or of UNLOAD.
 *
 * @throws QueryError syntaxError, also for a name given twice.
 */
export function readOptions(reader: TokenReader): ReadonlyMap<string, OptionValue> {
  const options = new Map<string, OptionValue>();
  reader.expect('with');
  reader.expectSymbol('(');
  do {
    const position = reader.position();
    const name = reader.expectName('a property name').toLowerCase();
    if (options.has(name))
      throw new QueryError('syntaxError', `property "${name}" specified more than once`, {
        position,
      });
    reader.expectSymbol('=');
    options.set(name, readValue(reader));
  } while (reader.acceptSymbol(','));
  reader.expectSymbol(')');
  return options;
}
