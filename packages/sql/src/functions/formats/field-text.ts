import { reuse } from '../template-parts.ts';
import { ordinalOfText } from './ordinal.ts';

/** How a whole number is printed. */
export interface Digits {
  readonly width: number;
  /** DuckDB condition under which a place is added for a minus sign. */
  readonly negative?: string;
}

/** DuckDB text of a whole number with at least so many digits, its ordinal's ending behind it. */
export function numberText(
  value: string,
  { width, negative }: Digits,
  ordinal: 'upper' | 'lower' | undefined,
): string {
  const form =
    negative === undefined
      ? `'%0${width}d'`
      : `CASE WHEN ${negative} THEN '%0${width + 1}d' ELSE '%0${width}d' END`;
  const text = width === 1 ? `CAST(${value} AS VARCHAR)` : `printf(${form}, ${value})`;
  return withOrdinal(text, ordinal);
}

/** The same with a comma before the last three digits. */
export function thousandsText(value: string, ordinal: 'upper' | 'lower' | undefined): string {
  const text = `CAST((${value}) // 1000 AS VARCHAR) || ',' || printf('%03d', (${value}) % 1000)`;
  return withOrdinal(text, ordinal);
}

function withOrdinal(text: string, ordinal: 'upper' | 'lower' | undefined): string {
  return ordinal === undefined
    ? text
    : reuse([text], (shown) => `${shown} || ${ordinalOfText(shown, ordinal === 'upper')}`);
}
