import { rangesDomain, valuesDomain, type Domain, type SqlType } from '@tributary/sql';

/** The texts that begin with a prefix, in the order of UTF-8 bytes. */
export function prefixDomain(type: SqlType, prefix: string): Domain {
  const after = afterPrefix(prefix);
  return rangesDomain(type, [
    {
      low: { value: prefix, inclusive: true },
      ...(after === undefined ? {} : { high: { value: after, inclusive: false } }),
    },
  ]);
}

/** The least text above all that begin with the prefix; undefined: there is none. */
export function afterPrefix(prefix: string): string | undefined {
  const points = [...prefix];
  while (points.length > 0) {
    const point = points.pop()?.codePointAt(0) ?? 0;
    if (point >= 0x10ffff) continue;
    // Surrogates are no characters.
    const next = point + 1 >= 0xd800 && point + 1 <= 0xdfff ? 0xe000 : point + 1;
    return points.join('') + String.fromCodePoint(next);
  }
  return undefined;
}

/** The texts that match a LIKE pattern with backslash escapes; not exact where more than a trailing % follows the fixed part. */
export function likeDomain(
  type: SqlType,
  pattern: string,
): { readonly domain: Domain; readonly exact: boolean } | undefined {
  let prefix = '';
  let index = 0;
  for (; index < pattern.length; index++) {
    const char = pattern.charAt(index);
    if (char === '%' || char === '_') break;
    if (char === '\\') {
      index++;
      // A pattern that ends in its escape character is an error when it is used.
      if (index >= pattern.length) return undefined;
    }
    prefix += pattern.charAt(index);
  }
  if (index >= pattern.length) return { domain: valuesDomain(type, [prefix]), exact: true };
  return { domain: prefixDomain(type, prefix), exact: /^%+$/.test(pattern.slice(index)) };
}
