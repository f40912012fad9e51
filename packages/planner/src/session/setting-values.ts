import { QueryError } from '@tributary/sql';
import { RULE_NAMES } from '../rules/rules.ts';

/** The error of a value that a setting does not take. */
export function invalid(name: string, value: string, hint?: string): QueryError {
  return new QueryError(
    'invalidParameterValue',
    `invalid value for parameter "${name}": "${value}"`,
    hint === undefined ? {} : { hint },
  );
}

/** One of several words, in any case; answered as `allowed` spells it. */
export const oneOf =
  (name: string, ...allowed: readonly string[]) =>
  (value: string): string => {
    const found = allowed.find((each) => each.toLowerCase() === value.toLowerCase());
    if (found === undefined) {
      throw invalid(name, value, `Available values: ${allowed.join(', ')}.`);
    }
    return found;
  };

/** PostgreSQL's Boolean words; answers `on` or `off`. */
export const boolean =
  (name: string) =>
  (value: string): string => {
    const text = value.toLowerCase();
    if (['on', 'true', 'yes', '1', 't', 'y'].includes(text)) {
      return 'on';
    }
    if (['off', 'false', 'no', '0', 'f', 'n'].includes(text)) {
      return 'off';
    }
    throw new QueryError('invalidParameterValue', `parameter "${name}" requires a Boolean value`);
  };

const MILLISECONDS: Readonly<Record<string, number>> = {
  us: 0.001,
  ms: 1,
  s: 1000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** PostgreSQL's time setting in milliseconds: `2s`, `500`, `1min`. */
export function parseMilliseconds(name: string, value: string): number {
  const match = /^\s*(\d+(?:\.\d+)?)\s*(us|ms|s|min|h|d)?\s*$/.exec(value);
  const factor = MILLISECONDS[match?.[2] ?? 'ms'];
  const result = match === null || factor === undefined ? NaN : Number(match[1]) * factor;
  if (!(result >= 0 && result <= 2_147_483_647)) {
    throw invalid(name, value, 'Valid units are "us", "ms", "s", "min", "h", and "d".');
  }
  return Math.round(result);
}

/** A time as PostgreSQL reads and prints it. */
export const milliseconds =
  (name: string) =>
  (value: string): string => {
    const ms = parseMilliseconds(name, value);
    for (const [unit, factor] of [
      ['d', 86_400_000],
      ['h', 3_600_000],
      ['min', 60_000],
      ['s', 1000],
    ] as const) {
      if (ms !== 0 && ms % factor === 0) {
        return `${ms / factor}${unit}`;
      }
    }
    return ms === 0 ? '0' : `${ms}ms`;
  };

/** A name of the IANA time zone database, as that spells it. */
export function timeZone(value: string): string {
  const text = value.trim();
  if (/^utc$|^gmt$|^z$|^etc\/utc$/i.test(text)) {
    return text.toLowerCase() === 'gmt'
      ? 'GMT'
      : text.toLowerCase() === 'etc/utc'
        ? 'Etc/UTC'
        : 'UTC';
  }
  try {
    return new Intl.DateTimeFormat('en', { timeZone: text }).resolvedOptions().timeZone;
  } catch {
    throw invalid('TimeZone', value, 'Use a name of the IANA time zone database.');
  }
}

/** A search path with names quoted where they need it. */
export function searchPath(value: string): string {
  return parseSearchPath(value)
    .map((part) => (/^[a-z_][a-z0-9_$]*$/.test(part) ? part : `"${part.replaceAll('"', '""')}"`))
    .join(', ');
}

/** The schemas of a search path setting; unquoted names fold to lower case. */
export function parseSearchPath(value: string): readonly string[] {
  const names: string[] = [];
  const pattern = /\s*(?:"((?:[^"]|"")*)"|([^",\s]+))\s*(?:,|$)/gy;
  while (pattern.lastIndex < value.length) {
    const match = pattern.exec(value);
    if (match === null) {
      throw invalid('search_path', value, 'Separate schema names by commas.');
    }
    names.push(match[1]?.replaceAll('""', '"') ?? (match[2] ?? '').toLowerCase());
  }
  return names;
}

/** Names of planner rules, separated by commas. */
export function rulesOff(value: string): string {
  const names = value
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  for (const name of names) {
    if (name !== 'all' && !RULE_NAMES.includes(name)) {
      throw invalid('tributary.rules_off', value, `Rules: all, ${RULE_NAMES.join(', ')}.`);
    }
  }
  return names.join(',');
}

const AGE = /^\s*(\d+)\s*(ms|milliseconds?|s|sec|seconds?|min|minutes?|h|hours?|d|days?)\s*$/i;
const AGE_UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  mi: 60_000,
  s: 1000,
  h: 3_600_000,
  d: 86_400_000,
};

/** The maximum age of `tributary.reuse` in milliseconds; undefined for `exact` and `off`. */
export function reuseAge(value: string): number | undefined {
  const match = AGE.exec(value);
  if (match === null) {
    return undefined;
  }
  const unit = (match[2] ?? '').toLowerCase();
  const factor = unit.startsWith('milli')
    ? AGE_UNITS['ms']
    : (AGE_UNITS[unit.slice(0, 2)] ?? AGE_UNITS[unit.slice(0, 1)]);
  return Number(match[1]) * (factor ?? 1);
}

/** Checks a mode of reuse and answers it as SHOW prints it. Throws `invalidParameterValue`. */
export function reuseMode(value: string): string {
  const text = value.trim().toLowerCase();
  if (text === 'exact' || text === 'off' || text === 'refresh') {
    return text;
  }
  const age = reuseAge(text);
  if (age === undefined || age > 366 * 86_400_000) {
    throw invalid(
      'tributary.reuse',
      value,
      "Use exact, off, refresh, or a time such as '15 minutes'.",
    );
  }
  return text;
}

/** The input dialect. Throws `featureNotSupported` for another than PostgreSQL's. */
export function dialect(value: string): string {
  if (value.toLowerCase() !== 'postgres') {
    throw new QueryError('featureNotSupported', `the input dialect "${value}" is not available`, {
      hint: 'Write PostgreSQL; the statements of Athena for external tables are understood as well.',
    });
  }
  return 'postgres';
}

const DATE_STYLES: Readonly<Record<string, string>> = {
  ISO: 'ISO',
  SQL: 'SQL',
  GERMAN: 'German',
  POSTGRES: 'Postgres',
};
const DATE_ORDERS: Readonly<Record<string, string>> = {
  MDY: 'MDY',
  US: 'MDY',
  NONEUROPEAN: 'MDY',
  DMY: 'DMY',
  EURO: 'DMY',
  EUROPEAN: 'DMY',
  YMD: 'YMD',
};

/** A style, an order, or both, in either order; what is not named stays as by default, except that German means days first. */
export function dateStyle(value: string): string {
  let style: string | undefined;
  let order: string | undefined;
  for (const part of value.split(',')) {
    const word = part.trim().toUpperCase();
    const [oneStyle, oneOrder] = [DATE_STYLES[word], DATE_ORDERS[word]];
    const conflict =
      (oneStyle !== undefined && style !== undefined && style !== oneStyle) ||
      (oneOrder !== undefined && order !== undefined && order !== oneOrder);
    if (conflict) throw invalid('DateStyle', value, 'Conflicting "DateStyle" specifications.');
    if (oneStyle === undefined && oneOrder === undefined && word !== 'DEFAULT') {
      throw invalid('DateStyle', value, `Unrecognized key word: "${part.trim()}".`);
    }
    style ??= oneStyle;
    order ??= oneOrder;
  }
  return `${style ?? 'ISO'}, ${order ?? (style === 'German' ? 'DMY' : 'MDY')}`;
}
