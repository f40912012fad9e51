import { raise, refuse, textLiteral } from './template-parts.ts';

/** A piece of a to_char format: DuckDB strftime text, or an expression over the formatted timestamp. */
type Piece =
  | { readonly kind: 'strftime'; readonly format: string }
  | { readonly kind: 'expression'; readonly text: (at: string) => string };

/** Template patterns of PostgreSQL's formatting.c that strftime has too. */
const STRFTIME: Readonly<Record<string, string>> = {
  YYYY: '%Y',
  MM: '%m',
  DD: '%d',
  DDD: '%j',
  HH24: '%H',
  HH12: '%I',
  HH: '%I',
  MI: '%M',
  SS: '%S',
  MS: '%g',
  US: '%f',
  FF3: '%g',
  FF6: '%f',
  AM: '%p',
  PM: '%p',
  Mon: '%b',
  Dy: '%a',
  IW: '%V',
  IYYY: '%G',
};

/** With FM: no leading zeros, no padding blanks. */
const STRFTIME_FILL: Readonly<Record<string, string>> = {
  ...STRFTIME,
  MM: '%-m',
  DD: '%-d',
  DDD: '%-j',
  HH24: '%-H',
  HH12: '%-I',
  HH: '%-I',
  MI: '%-M',
  SS: '%-S',
  Month: '%B',
  Day: '%A',
};

const EXPRESSIONS: Readonly<Record<string, (at: string, fill: boolean) => string>> = {
  YYYY: (at) => `CAST(year(${at}) AS VARCHAR)`,
  YY: (at) => `lpad(CAST(abs(year(${at})) % 100 AS VARCHAR), 2, '0')`,
  Q: (at) => `CAST(quarter(${at}) AS VARCHAR)`,
  D: (at) => `CAST(date_part('dow', ${at}) + 1 AS VARCHAR)`,
  ID: (at) => `CAST(date_part('isodow', ${at}) AS VARCHAR)`,
  W: (at) => `CAST((day(${at}) - 1) // 7 + 1 AS VARCHAR)`,
  WW: (at, fill) => padded(`(dayofyear(${at}) - 1) // 7 + 1`, 2, fill),
  CC: (at, fill) => padded(`date_part('century', ${at})`, 2, fill),
  J: (at) => `CAST(CAST(CAST(${at} AS DATE) - DATE '1970-01-01' AS BIGINT) + 2440588 AS VARCHAR)`,
  SSSSS: (at) =>
    `CAST(date_part('hour', ${at}) * 3600 + date_part('minute', ${at}) * 60 + date_part('microsecond', ${at}) // 1000000 AS VARCHAR)`,
  SSSS: (at) => EXPRESSIONS['SSSSS']?.(at, false) ?? '',
  Month: (at) => `rpad(strftime(${at}, '%B'), 9, ' ')`,
  MONTH: (at, fill) => named(at, '%B', 'upper', fill),
  month: (at, fill) => named(at, '%B', 'lower', fill),
  Day: (at) => `rpad(strftime(${at}, '%A'), 9, ' ')`,
  DAY: (at, fill) => named(at, '%A', 'upper', fill),
  day: (at, fill) => named(at, '%A', 'lower', fill),
  MON: (at) => `upper(strftime(${at}, '%b'))`,
  mon: (at) => `lower(strftime(${at}, '%b'))`,
  DY: (at) => `upper(strftime(${at}, '%a'))`,
  dy: (at) => `lower(strftime(${at}, '%a'))`,
  am: (at) => `lower(strftime(${at}, '%p'))`,
  pm: (at) => `lower(strftime(${at}, '%p'))`,
  'A.M.': (at) => `regexp_replace(strftime(${at}, '%p'), '(.)M', '\\1.M.')`,
  'P.M.': (at) => `regexp_replace(strftime(${at}, '%p'), '(.)M', '\\1.M.')`,
};

function padded(value: string, width: number, fill: boolean): string {
  return fill ? `CAST(${value} AS VARCHAR)` : `lpad(CAST(${value} AS VARCHAR), ${width}, '0')`;
}

function named(at: string, code: string, change: 'upper' | 'lower', fill: boolean): string {
  const name = `${change}(strftime(${at}, '${code}'))`;
  return fill ? name : `rpad(${name}, 9, ' ')`;
}

/** Patterns whose letters may be written in either case without a change of meaning. */
const ANY_CASE =
  /^(?:YYYY|YY|MM|DDD|DD|HH24|HH12|HH|MI|SSSSS|SSSS|SS|MS|US|FF3|FF6|IYYY|IW|ID|WW|W|Q|D|CC|J)/i;
const NAMED = /^(?:MONTH|Month|month|MON|Mon|mon|DAY|Day|day|DY|Dy|dy|A\.M\.|P\.M\.|AM|PM|am|pm)/;
/** Letters that begin a pattern which is not supported (Y,YYY, BC, TZ, RM, ...): refused, never printed as they are. */
const OTHER = /^(?:Y|I|B|A|P|T|O|R|F|S|H|M|N|L|E|V|a|b|p|t|o|r|y|i|h|m|s|f|n|l|e|v)/;

function pieces(format: string): readonly Piece[] {
  const found: Piece[] = [];
  let rest = format;
  let fill = false;
  const literal = (text: string): void => {
    found.push({ kind: 'strftime', format: text.replaceAll('%', '%%') });
  };
  while (rest !== '') {
    if (/^FM/i.test(rest)) {
      fill = true;
      rest = rest.slice(2);
      continue;
    }
    const quoted = /^"((?:[^"\\]|\\.)*)"/s.exec(rest);
    if (quoted !== null) {
      literal((quoted[1] ?? '').replace(/\\(.)/gs, '$1'));
      rest = rest.slice(quoted[0].length);
      continue;
    }
    // Names first: `Month` must not be read as `MM`, nor `Day` as `D`.
    const name = NAMED.exec(rest)?.[0];
    const number = ANY_CASE.exec(rest)?.[0];
    const pattern = name ?? number?.toUpperCase();
    if (pattern !== undefined) {
      rest = rest.slice((name ?? number ?? '').length);
      if (/^(?:TH|SP)/i.test(rest))
        refuse('Ordinal suffixes (TH) in date formats are not supported.');
      const strftime =
        fill && pattern === 'YYYY' ? undefined : (fill ? STRFTIME_FILL : STRFTIME)[pattern];
      const expression = EXPRESSIONS[pattern];
      if (strftime !== undefined) found.push({ kind: 'strftime', format: strftime });
      else if (expression !== undefined) {
        const filled = fill;
        found.push({ kind: 'expression', text: (at) => expression(at, filled) });
      } else refuse(`The pattern "${pattern}" in a date format is not supported.`);
      fill = false;
      continue;
    }
    if (OTHER.test(rest) || /^[\\"]/.test(rest)) {
      refuse(
        `The date format is not supported from "${rest}" on.`,
        'Put plain text in double quotes.',
      );
    }
    const [character = ''] = rest;
    literal(character);
    rest = rest.slice(character.length);
  }
  return found;
}

/** DuckDB text that formats the timestamp `at` (used several times) by PostgreSQL's to_char patterns. Infinity gives NULL. */
export function formatTimestamp(at: string, format: string): string {
  const parts: string[] = [];
  let strftime = '';
  const flush = (): void => {
    if (strftime !== '') {
      parts.push(
        strftime.replaceAll('%%', '').includes('%')
          ? `strftime(${at}, ${textLiteral(strftime)})`
          : textLiteral(strftime.replaceAll('%%', '%')),
      );
    }
    strftime = '';
  };
  for (const piece of pieces(format)) {
    if (piece.kind === 'strftime') strftime += piece.format;
    else {
      flush();
      parts.push(piece.text(at));
    }
  }
  flush();
  return `CASE WHEN isfinite(${at}) THEN ${parts.length === 0 ? 'CAST(NULL AS VARCHAR)' : parts.join(' || ')} END`;
}

const PARSED: Readonly<Record<string, readonly [string, string]>> = {
  YYYY: ['%Y', '\\d{4}'],
  MM: ['%m', '\\d{2}'],
  DD: ['%d', '\\d{2}'],
  HH24: ['%H', '\\d{2}'],
  MI: ['%M', '\\d{2}'],
  SS: ['%S', '\\d{2}'],
  MS: ['%g', '\\d{3}'],
  US: ['%f', '\\d{6}'],
  MON: ['%b', '[A-Za-z]{3}'],
  MONTH: ['%B', '[A-Za-z]+'],
};

/**
 * DuckDB text of the timestamp that `text` means by a constant format, for texts of the full width of each pattern. Others
 * (PostgreSQL accepts fewer digits and trailing text) fail, so that no text is read as another moment.
 */
export function parseTimestamp(text: string, format: string): string {
  let rest = format;
  let strptime = '';
  let shape = '';
  while (rest !== '') {
    const pattern = /^(?:YYYY|MM|DD|HH24|MI|SS|MS|US|MONTH|MON)/i.exec(rest)?.[0];
    if (pattern !== undefined) {
      const [code = '', width = ''] = PARSED[pattern.toUpperCase()] ?? [];
      strptime += code;
      shape += width;
      rest = rest.slice(pattern.length);
      continue;
    }
    const quoted = /^"([A-Za-z ]*)"/.exec(rest);
    const plain = quoted?.[1] ?? /^[-/:., _]/.exec(rest)?.[0];
    if (plain === undefined) return refuse(`The date format is not supported from "${rest}" on.`);
    strptime += plain;
    shape += plain.replaceAll(/[-/.]/g, '\\$&');
    rest = rest.slice(quoted?.[0].length ?? plain.length);
  }
  const failed = raise('invalidDatetimeFormat', 'the text does not have the format');
  return `CASE WHEN ${text} IS NULL THEN NULL WHEN regexp_full_match(${text}, ${textLiteral(shape)}) THEN strptime(${text}, ${textLiteral(strptime)}) ELSE ${failed} END`;
}
