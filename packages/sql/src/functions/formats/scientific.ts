import { reuse } from '../template-parts.ts';

/** DuckDB text of a number of at most 53 bits with one digit before the point and an exponent. A positive one has a blank before it. */
export function scientificOfFloat(x: string, decimals: number): string {
  return `printf('% .${decimals}e', CAST(${x} AS DOUBLE))`;
}

/** The same of a decimal of so many places, from its digits: rounded half away from zero. 9.99 with one place is 10.0e+00, as in PostgreSQL. */
export function scientificOfDigits(value: string, scale: number, decimals: number): string {
  return reuse([value], (x) => digitsText(x, scale, decimals));
}

function digitsText(x: string, scale: number, decimals: number): string {
  const digits = `ltrim(replace(replace(CAST(${x} AS VARCHAR), '.', ''), '-', ''), '0')`;
  return reuse([digits], (d) => {
    const kept = decimals + 1;
    const power = `CAST('1' || repeat('0', CAST(strlen(${d}) - ${kept} AS INTEGER)) AS HUGEINT)`;
    const rounded = `CASE WHEN strlen(${d}) > ${kept} THEN CAST((CAST(${d} AS HUGEINT) + ${power} // 2) // ${power} AS VARCHAR) ELSE rpad(${d}, ${kept}, '0') END`;
    const shown = reuse([rounded], (text) =>
      decimals === 0 ? text : `left(${text}, -${decimals}) || '.' || right(${text}, ${decimals})`,
    );
    const exponent = `CASE WHEN ${d} = '' THEN 0 ELSE strlen(${d}) - ${scale + 1} END`;
    return `CASE WHEN ${x} < 0 THEN '-' ELSE ' ' END || ${shown} || 'e' || printf('%+03d', ${exponent})`;
  });
}
