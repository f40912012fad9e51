/** Keywords that have one form in either case: in upper case here. Longer ones stand before those that they begin with. */
const ANY_CASE = [
  ...['CC', 'DDD', 'DD', 'D', 'FF1', 'FF2', 'FF3', 'FF4', 'FF5', 'FF6', 'FX', 'HH24', 'HH12', 'HH'],
  ...['IDDD', 'ID', 'IW', 'IYYY', 'IYY', 'IY', 'I', 'J', 'MI', 'MM', 'MS', 'OF', 'Q', 'SSSSS'],
  ...['SSSS', 'SS', 'TZH', 'TZM', 'US', 'WW', 'W', 'Y,YYY', 'YYYY', 'YYY', 'YY', 'Y'],
] as const;
export type DateField = (typeof ANY_CASE)[number];
/** Keywords that print in the case that they are written in. */
const CASED = [
  ...['A.D.', 'A.M.', 'AD', 'AM', 'B.C.', 'BC', 'DAY', 'Day', 'DY', 'Dy', 'MONTH', 'Month', 'MON'],
  ...['Mon', 'P.M.', 'PM', 'RM', 'TZ', 'a.d.', 'a.m.', 'ad', 'am', 'b.c.', 'bc', 'day', 'dy'],
  ...['month', 'mon', 'p.m.', 'pm', 'rm', 'tz'],
] as const;
export type DateName = (typeof CASED)[number];
export type DateKeyword = DateField | Lowercase<DateField> | DateName;

const NAMES: ReadonlySet<string> = new Set(CASED);

/** All keywords of date formats. Of those with the same beginning the longest is first; DAY stands before DD, MONTH before MON, TZH before TZ. */
export const DATE_KEYWORDS: readonly DateKeyword[] = [
  ...CASED,
  ...ANY_CASE,
  ...ANY_CASE.map((name) => name.toLowerCase() as Lowercase<DateField>),
].sort((a, b) => b.length - a.length);

/** What a keyword prints or reads where its case has no meaning; undefined for names. */
export function fieldOf(keyword: DateKeyword): DateField | undefined {
  return NAMES.has(keyword) ? undefined : (keyword.toUpperCase() as DateField);
}
