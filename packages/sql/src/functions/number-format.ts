import { refuse, textLiteral } from './template-parts.ts';

interface NumberFormat {
  /** Groups of integer digit positions between commas, left to right. */
  readonly groups: readonly string[];
  readonly decimals: string | undefined;
  readonly fill: boolean;
}

/** Reads a to_char number format of 9, 0, comma and point, with or without FM. Others are refused. */
export function numberFormat(format: string): NumberFormat {
  const match = /^(FM)?([90]+(?:[,G][90]+)*)(?:[.D]([90]+))?$/i.exec(format);
  if (match === null) {
    return refuse(
      `The number format "${format}" is not supported: only 9, 0, comma, point and FM are.`,
    );
  }
  const [, fill, whole = '', decimals] = match;
  return { groups: whole.split(/[,G]/i), decimals, fill: fill !== undefined };
}

/**
 * DuckDB text of a number formatted as PostgreSQL's to_char does. `negative` says whether the number is below zero, `digits`
 * is its absolute value rounded to the format's decimals, as plain digits.
 */
export function formatNumber(format: NumberFormat, negative: string, digits: string): string {
  const { groups, decimals, fill } = format;
  const positions = groups.join('');
  const width = positions.length;
  const firstZero = positions.indexOf('0');
  const least = firstZero < 0 ? 0 : width - firstZero;
  const whole = `split_part(${digits}, '.', 1)`;
  const shown =
    decimals !== undefined && decimals !== ''
      ? `CASE WHEN ${whole} = '0' THEN '' ELSE ${whole} END`
      : whole;
  const zeros =
    least === 0
      ? shown
      : `CASE WHEN length(${shown}) < ${least} THEN lpad(${shown}, ${least}, '0') ELSE ${shown} END`;
  const spaced = `lpad(${zeros}, ${width}, ' ')`;
  const parts: string[] = [];
  let start = 1;
  for (const group of groups) {
    if (start > 1)
      parts.push(`CASE WHEN rtrim(left(${spaced}, ${start - 1}), ' ') = '' THEN ' ' ELSE ',' END`);
    parts.push(`substring(${spaced}, ${start}, ${group.length})`);
    start += group.length;
  }
  const fraction = decimals === undefined ? `''` : `'.' || split_part(${digits}, '.', 2)`;
  const optional = /9*$/.exec(decimals ?? '')?.[0].length ?? 0;
  const cut =
    fill && optional > 0 ? `regexp_replace(${fraction}, '0{1,${optional}}$', '')` : fraction;
  const hashes = textLiteral(
    groups.map((group) => '#'.repeat(group.length)).join(',') +
      (decimals === undefined ? '' : `.${'#'.repeat(decimals.length)}`),
  );
  const body = `CASE WHEN length(${whole}) > ${width} THEN ${hashes} ELSE ${parts.join(' || ')} || ${cut} END`;
  const sign = `CASE WHEN ${negative} THEN '-' ELSE '${fill ? '' : ' '}' END`;
  const bare = fill ? `replace(${body}, ' ', '')` : body;
  // A zero without any digit to show is `0.`
  const stripped =
    fill && optional > 0 && optional === decimals?.length
      ? `regexp_replace(${bare}, '^\\.$', '0.')`
      : bare;
  return `regexp_replace(${stripped}, '^( *)', '\\1' || ${sign})`;
}
