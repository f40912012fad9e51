import { QueryError } from '@tributary/sql';
import { RULE_NAMES } from '../rules/rules.ts';

export interface SettingDefinition {
  /** As SHOW spells it. */
  readonly name: string;
  readonly initial: string;
  /** Clients are told of changes (ParameterStatus). */
  readonly reported?: true;
  readonly readOnly?: true;
  readonly description: string;
  /** The setting whose value it has outside of a transaction, and at the beginning of one. */
  readonly follows?: string;
  /** Answers the value as SHOW prints it, or throws `invalidParameterValue`. */
  readonly check?: (value: string) => string;
}

function invalid(name: string, value: string, hint?: string): QueryError {
  return new QueryError(
    'invalidParameterValue',
    `invalid value for parameter "${name}": "${value}"`,
    hint === undefined ? {} : { hint },
  );
}

const oneOf =
  (name: string, ...allowed: readonly string[]) =>
  (value: string): string => {
    const found = allowed.find((each) => each.toLowerCase() === value.toLowerCase());
    if (found === undefined) {
      throw invalid(name, value, `Available values: ${allowed.join(', ')}.`);
    }
    return found;
  };

const boolean =
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

const milliseconds =
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

function timeZone(value: string): string {
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

function searchPath(value: string): string {
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

function rulesOff(value: string): string {
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

function dialect(value: string): string {
  if (value.toLowerCase() !== 'postgres') {
    throw new QueryError('featureNotSupported', `the input dialect "${value}" is not available`, {
      hint: 'Write PostgreSQL; the statements of Athena for external tables are understood as well.',
    });
  }
  return 'postgres';
}

const ISOLATION_LEVELS = ['read uncommitted', 'read committed', 'repeatable read', 'serializable'];

/** All statements of a transaction see one version of the catalog, whatever level it asks for. */
const DEFAULT_ISOLATION = 'repeatable read';

/** Every setting of a session, in no order. */
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
function dateStyle(value: string): string {
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

export const SETTING_DEFINITIONS: readonly SettingDefinition[] = [
  {
    name: 'server_version',
    initial: '18.6',
    reported: true,
    readOnly: true,
    description: 'Shows the server version.',
  },
  {
    name: 'server_version_num',
    initial: '180006',
    readOnly: true,
    description: 'Shows the server version as an integer.',
  },
  {
    name: 'server_encoding',
    initial: 'UTF8',
    reported: true,
    readOnly: true,
    description: 'Shows the server character set encoding.',
  },
  {
    name: 'client_encoding',
    initial: 'UTF8',
    reported: true,
    description: 'Sets the client character set encoding.',
    check: (value) => {
      const name = value
        .replaceAll(/['"\s]/g, '')
        .replaceAll(/[-_]/g, '')
        .toUpperCase();
      if (name === 'UTF8' || name === 'UNICODE') {
        return 'UTF8';
      }
      if (name === 'SQLASCII') {
        return 'SQL_ASCII';
      }
      throw invalid('client_encoding', value, 'Only UTF8 and SQL_ASCII are available.');
    },
  },
  {
    name: 'DateStyle',
    initial: 'ISO, MDY',
    reported: true,
    description: 'Sets the display format for date and time values.',
    check: dateStyle,
  },
  {
    name: 'TimeZone',
    initial: 'UTC',
    reported: true,
    description: 'Sets the time zone for displaying and interpreting time stamps.',
    check: timeZone,
  },
  {
    name: 'IntervalStyle',
    initial: 'postgres',
    reported: true,
    description: 'Sets the display format for interval values.',
    check: oneOf('IntervalStyle', 'postgres', 'postgres_verbose', 'sql_standard', 'iso_8601'),
  },
  {
    name: 'integer_datetimes',
    initial: 'on',
    reported: true,
    readOnly: true,
    description: 'Shows whether datetimes are integer based.',
  },
  {
    name: 'standard_conforming_strings',
    initial: 'on',
    reported: true,
    description: "Causes '...' strings to treat backslashes literally.",
    check: oneOf('standard_conforming_strings', 'on'),
  },
  {
    name: 'is_superuser',
    initial: 'off',
    reported: true,
    readOnly: true,
    description: 'Shows whether the current user is a superuser.',
  },
  {
    name: 'session_authorization',
    initial: '',
    reported: true,
    readOnly: true,
    description: 'Shows the session user name.',
  },
  {
    name: 'in_hot_standby',
    initial: 'off',
    reported: true,
    readOnly: true,
    description: 'Shows whether hot standby is currently active.',
  },
  {
    name: 'default_transaction_read_only',
    initial: 'off',
    reported: true,
    description: 'Sets the default read-only status of new transactions.',
    check: boolean('default_transaction_read_only'),
  },
  {
    name: 'application_name',
    initial: '',
    reported: true,
    description: 'Sets the application name to be reported in statistics and logs.',
  },
  {
    name: 'scram_iterations',
    initial: '4096',
    reported: true,
    readOnly: true,
    description: 'Shows the iteration count for SCRAM secret generation.',
  },
  {
    name: 'search_path',
    initial: 'public',
    reported: true,
    description: 'Sets the schema search order for names that are not schema-qualified.',
    check: searchPath,
  },
  {
    name: 'statement_timeout',
    initial: '0',
    description: 'Sets the maximum allowed duration of any statement.',
    check: milliseconds('statement_timeout'),
  },
  {
    name: 'lock_timeout',
    initial: '0',
    description:
      'Sets the maximum allowed duration of any wait for a lock; nothing is locked here.',
    check: milliseconds('lock_timeout'),
  },
  {
    name: 'idle_in_transaction_session_timeout',
    initial: '0',
    description: 'Sets the maximum allowed idle time between queries, when in a transaction.',
    check: milliseconds('idle_in_transaction_session_timeout'),
  },
  {
    name: 'idle_session_timeout',
    initial: '0',
    description: 'Sets the maximum allowed idle time between queries, when not in a transaction.',
    check: milliseconds('idle_session_timeout'),
  },
  {
    name: 'extra_float_digits',
    initial: '1',
    description: 'Sets the number of digits displayed for floating-point values.',
    check: (value) => {
      const digits = Number(value);
      if (value.trim() === '' || !Number.isInteger(digits) || digits < -15 || digits > 3) {
        throw invalid('extra_float_digits', value, 'The valid range is -15 to 3.');
      }
      return String(digits);
    },
  },
  {
    name: 'bytea_output',
    initial: 'hex',
    description: 'Sets the output format for bytea.',
    check: oneOf('bytea_output', 'hex', 'escape'),
  },
  {
    name: 'client_min_messages',
    initial: 'notice',
    description: 'Sets the message levels that are sent to the client.',
    check: oneOf(
      'client_min_messages',
      'debug5',
      'debug4',
      'debug3',
      'debug2',
      'debug1',
      'log',
      'notice',
      'warning',
      'error',
    ),
  },
  {
    name: 'transaction_isolation',
    initial: DEFAULT_ISOLATION,
    follows: 'default_transaction_isolation',
    description: "Sets the current transaction's isolation level.",
    check: oneOf('transaction_isolation', ...ISOLATION_LEVELS),
  },
  {
    name: 'default_transaction_isolation',
    initial: DEFAULT_ISOLATION,
    description: 'Sets the transaction isolation level of each new transaction.',
    check: oneOf('default_transaction_isolation', ...ISOLATION_LEVELS),
  },
  {
    name: 'transaction_read_only',
    initial: 'off',
    follows: 'default_transaction_read_only',
    description: "Sets the current transaction's read-only status.",
    check: boolean('transaction_read_only'),
  },
  {
    name: 'transaction_deferrable',
    initial: 'off',
    follows: 'default_transaction_deferrable',
    description: 'Whether to defer a read-only serializable transaction; nothing has to wait here.',
    check: boolean('transaction_deferrable'),
  },
  {
    name: 'default_transaction_deferrable',
    initial: 'off',
    description: 'Sets the default deferrable status of new transactions.',
    check: boolean('default_transaction_deferrable'),
  },
  {
    name: 'max_identifier_length',
    initial: '63',
    readOnly: true,
    description: 'Shows the maximum identifier length.',
  },
  {
    name: 'tributary.rules_off',
    initial: '',
    description: 'Names planner rules to switch off, separated by commas; all for every one.',
    check: rulesOff,
  },
  {
    name: 'tributary.reuse',
    initial: 'exact',
    description:
      'exact: reuse what was computed for unchanged data; a time such as 15 minutes: without looking, when it is no older; refresh: compute anew and keep; off: neither use nor keep.',
    check: reuseMode,
  },
  {
    name: 'tributary.reuse_populate',
    initial: 'on',
    description: 'Keeps what is computed for windows, for later statements.',
    check: boolean('tributary.reuse_populate'),
  },
  {
    name: 'tributary.window_days',
    initial: '60',
    description: 'Days of one scan unit at most.',
    check: (value) => {
      const days = Number(value);
      if (!Number.isInteger(days) || days < 1 || days > 3660) {
        throw invalid('tributary.window_days', value, 'Days from 1 to 3660.');
      }
      return String(days);
    },
  },
  {
    name: 'tributary.dialect',
    initial: 'postgres',
    description: 'The dialect that statements are written in.',
    check: dialect,
  },
];

const BY_NAME = new Map(SETTING_DEFINITIONS.map((each) => [each.name.toLowerCase(), each]));

/** Finds a setting without regard to case; throws `undefinedObject`. */
export function settingDefinition(name: string): SettingDefinition {
  const key = name.toLowerCase();
  const found = BY_NAME.get(key === 'timezone' || key === 'time zone' ? 'timezone' : key);
  if (found === undefined) {
    throw new QueryError('undefinedObject', `unrecognized configuration parameter "${name}"`);
  }
  return found;
}

/** As settingDefinition, or undefined. */
export function findSettingDefinition(name: string): SettingDefinition | undefined {
  return BY_NAME.get(name.toLowerCase());
}
