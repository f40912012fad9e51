import { beforeAll, describe, expect, test } from '@jest/globals';
import { BOOL, TEXT, isQueryError, loadParser, parseQuery } from '@tributary/sql';
import { runSettingQuery, settingQuery } from '../../src/session/setting-calls.ts';
import { Settings } from '../../src/session/settings.ts';

function isSetting(settings: Settings, name: string): boolean {
  try {
    settings.get(name);
    return true;
  } catch {
    return false;
  }
}

function ask(
  text: string,
  settings: Settings,
  parameters: readonly (string | null)[] = [],
  inTransaction = false,
) {
  const query = settingQuery(parseQuery(text), (name) => isSetting(settings, name));
  return query === undefined
    ? undefined
    : runSettingQuery(query, parameters, settings, inTransaction);
}

function codeOf(run: () => unknown): string | undefined {
  try {
    run();
    return undefined;
  } catch (error) {
    return isQueryError(error) ? error.code : String(error);
  }
}

beforeAll(loadParser);

describe('A query of setting functions', () => {
  test('changes the session and answers the value as SHOW prints it', () => {
    const settings = new Settings(new Map());
    expect(ask("select pg_catalog.set_config('search_path', 'A, b', false)", settings)).toEqual([
      'a, b',
    ]);
    expect(settings.get('search_path')).toBe('a, b');
    expect(ask("select set_config('search_path', '', false)", settings)).toEqual(['']);
    expect(settings.get('search_path')).toBe('');
  });

  test('changes nothing for good where it is local outside a transaction', () => {
    const settings = new Settings(new Map());
    ask("select set_config('TimeZone', 'Europe/Berlin', true)", settings);
    expect(settings.get('TimeZone')).toBe('UTC');
    settings.begin();
    ask("select set_config('TimeZone', 'Europe/Berlin', true)", settings, [], true);
    expect(settings.get('TimeZone')).toBe('Europe/Berlin');
    settings.end(true);
    expect(settings.get('TimeZone')).toBe('UTC');
  });

  test('takes parameters and names its columns', () => {
    const settings = new Settings(new Map());
    const text = "select set_config($1, $2, $3), current_setting('timezone') as zone";
    const query = settingQuery(parseQuery(text), () => true);
    expect(query?.parameters).toEqual([TEXT, TEXT, BOOL]);
    expect(query?.columns.map(({ name }) => name)).toEqual(['set_config', 'zone']);
    const parameters = ['TimeZone', 'Asia/Tokyo', 'f'];
    expect(ask(text, settings, parameters)).toEqual(['Asia/Tokyo', 'Asia/Tokyo']);
  });

  test('refuses a setting that there is not, unless it may be missing', () => {
    const settings = new Settings(new Map());
    const text = "select current_setting('jit') as cur, set_config('jit', 'off', false) as new";
    expect(codeOf(() => ask(text, settings))).toBe('undefinedObject');
    expect(codeOf(() => ask("select set_config(null, 'off', false)", settings))).toBe(
      'nullValueNotAllowed',
    );
    const missing = "select current_setting('jit', true), set_config('TimeZone', 'UTC', false)";
    expect(ask(missing, settings)).toEqual([null, 'UTC']);
  });

  test('is nothing else', () => {
    const settings = new Settings(new Map());
    for (const text of [
      "select current_setting('block_size')",
      "select set_config('TimeZone', 'UTC', false) from pg_class",
      "select set_config('TimeZone', 'UTC', false), 1",
      "select set_config('TimeZone', lower('UTC'), false)",
      "select other.set_config('TimeZone', 'UTC', false)",
      'select',
    ]) {
      expect(ask(text, settings)).toBeUndefined();
    }
  });
});
