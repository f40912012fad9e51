import type { SqlSession } from '@tributary/planner';

/** Settings that clients are told of, after login and at each change (GUC_REPORT), with values for sessions without. */
const REPORTED: ReadonlyMap<string, string> = new Map([
  ['server_version', '18.0'],
  ['server_encoding', 'UTF8'],
  ['client_encoding', 'UTF8'],
  ['DateStyle', 'ISO, MDY'],
  ['TimeZone', 'UTC'],
  ['IntervalStyle', 'postgres'],
  ['integer_datetimes', 'on'],
  ['standard_conforming_strings', 'on'],
  ['is_superuser', 'off'],
  ['in_hot_standby', 'off'],
  ['default_transaction_read_only', 'off'],
  ['application_name', ''],
  ['scram_iterations', '4096'],
  ['search_path', '"$user", public'],
]);

const BY_LOWER_CASE: ReadonlyMap<string, string> = new Map(
  [...REPORTED.keys()].map((name) => [name.toLowerCase(), name]),
);

/** The name to report a setting by; undefined where clients are not told of it. */
export function reportedName(name: string): string | undefined {
  return BY_LOWER_CASE.get(name.toLowerCase());
}

/** What a client is told after login. */
export function initialParameters(session: SqlSession): readonly (readonly [string, string])[] {
  const settings = [...REPORTED].map(
    ([name, initial]) => [name, session.setting(name) ?? initial] as const,
  );
  return [...settings, ['session_authorization', session.user]];
}
