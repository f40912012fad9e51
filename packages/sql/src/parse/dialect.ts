import { QueryError } from '../errors.ts';

/** Languages of input text. Statements in any other than PostgreSQL are converted to it before they are parsed. */
export const DIALECTS = ['postgres', 'trino', 'athena', 'redshift'] as const;
export type Dialect = (typeof DIALECTS)[number];

/**
 * The dialect of that name.
 *
 * @throws QueryError invalidParameterValue for an unknown name, featureNotSupported for one without a converter.
 */
export function dialectFromName(name: string): Dialect {
  const dialect = DIALECTS.find((known) => known === name.toLowerCase());
  if (dialect === undefined)
    throw new QueryError('invalidParameterValue', `unknown SQL dialect "${name}"`, {
      hint: `Known dialects: ${DIALECTS.join(', ')}.`,
    });
  if (dialect !== 'postgres')
    throw new QueryError('featureNotSupported', `SQL dialect "${dialect}" is not supported`, {
      hint: 'Write the statement in PostgreSQL\'s dialect ("postgres").',
    });
  return dialect;
}
