import { QueryError } from '@tributary/sql';
import {
  boolean,
  dateStyle,
  dialect,
  invalid,
  milliseconds,
  oneOf,
  reuseMode,
  rulesOff,
  searchPath,
  timeZone,
} from './setting-values.ts';

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
  /** Answers the value as SHOW prints it, or throws `invalidParameterValue`. `user`: the session's. */
  readonly check?: (value: string, user: string) => string;
}

const ISOLATION_LEVELS = ['read uncommitted', 'read committed', 'repeatable read', 'serializable'];

/** All statements of a transaction see one version of the catalog, whatever level it asks for. */
const DEFAULT_ISOLATION = 'repeatable read';

/** Every setting of a session, in no order. */
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
    description: 'Shows the session user name.',
    check: (value, user) => {
      if (value === user) return value;
      throw new QueryError(
        'insufficientPrivilege',
        `permission denied to set session authorization "${value}"`,
      );
    },
  },
  {
    name: 'role',
    initial: 'none',
    description: 'Sets the current role; a session has the privileges of all its roles.',
    check: (value, user) => {
      if (value === 'none' || value === user) return value;
      throw new QueryError('insufficientPrivilege', `permission denied to set role "${value}"`);
    },
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

/** Names that are no setting's own, of two parts or more: clients keep values of theirs there, as PostgreSQL lets them. */
const CUSTOM = /^(?!tributary\.)[a-z_][\w$]*(?:\.[a-z_][\w$]*)+$/i;

/** The definition of a setting that clients make by setting it; undefined for names that cannot be one. */
export function customSetting(name: string): SettingDefinition | undefined {
  return CUSTOM.test(name) && findSettingDefinition(name) === undefined
    ? { name: name.toLowerCase(), initial: '', description: '', check: customValue }
    : undefined;
}

const MOST_CUSTOM_LENGTH = 8192;

function customValue(value: string): string {
  if (value.length <= MOST_CUSTOM_LENGTH) return value;
  throw new QueryError(
    'programLimitExceeded',
    `the value of a setting has at most ${MOST_CUSTOM_LENGTH} characters`,
  );
}

/** As settingDefinition, or undefined. */
export function findSettingDefinition(name: string): SettingDefinition | undefined {
  return BY_NAME.get(name.toLowerCase());
}
