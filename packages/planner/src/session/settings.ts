import { QueryError } from '@tributary/sql';
import {
  SETTING_DEFINITIONS,
  customSetting,
  findSettingDefinition,
  settingDefinition,
} from './setting-definitions.ts';
import type { SettingDefinition } from './setting-definitions.ts';
import { startupOptions } from './startup-options.ts';

/** Settings that a client makes, at most. */
const MOST_CUSTOM = 100;

/** A session's settings, with PostgreSQL's transaction rules: ROLLBACK undoes SET, the end of a transaction undoes SET LOCAL. */
export class Settings {
  readonly #defaults = new Map<string, string>();
  #session = new Map<string, string>();
  #local = new Map<string, string>();
  #beforeTransaction: Map<string, string> | undefined;
  #savepoints: {
    readonly name: string;
    readonly session: ReadonlyMap<string, string>;
    readonly local: ReadonlyMap<string, string>;
  }[] = [];
  /** Names of settings that the client made. */
  readonly #custom = new Set<string>();
  readonly #user: string;
  readonly #changed: (name: string, value: string) => void;
  #version = 0;

  constructor(
    startup: ReadonlyMap<string, string>,
    changed: (name: string, value: string) => void = () => undefined,
  ) {
    this.#changed = changed;
    this.#user = startup.get('session_authorization') ?? '';
    for (const [name, value] of startupOptions(startup.get('options') ?? '')) {
      this.#default(this.#settable(name), value);
    }
    for (const [name, value] of startup) {
      const found = findSettingDefinition(name);
      if (found !== undefined) this.#default(found, value);
    }
  }

  /** What a client asks for at its start stands behind RESET. */
  #default(found: SettingDefinition, value: string): void {
    const unquoted = value.replace(/^'(.*)'$/, '$1');
    this.#defaults.set(
      found.name,
      found.readOnly === true ? value : (found.check?.(unquoted, this.#user) ?? unquoted),
    );
  }

  /** Another number after every change. */
  get version(): number {
    return this.#version;
  }

  get(name: string): string {
    const custom = customSetting(name);
    const made = custom !== undefined && this.#custom.has(custom.name);
    const { name: key, initial, follows } = made ? custom : settingDefinition(name);
    return (
      this.#local.get(key) ??
      this.#session.get(key) ??
      this.#defaults.get(key) ??
      (follows === undefined ? initial : this.get(follows))
    );
  }

  /** Undefined value: back to the default. */
  set(name: string, value: string | undefined, local = false): void {
    const found = this.#settable(name);
    if (found.readOnly === true) {
      throw new QueryError('cannotChangeParameter', `parameter "${found.name}" cannot be changed`);
    }
    const target = local ? this.#local : this.#session;
    if (value === undefined || value.toLowerCase() === 'default') {
      this.#apply(found, () => {
        this.#local.delete(found.name);
        target.delete(found.name);
      });
      return;
    }
    const checked = found.check?.(value, this.#user) ?? value;
    this.#apply(found, () => {
      if (!local) {
        this.#local.delete(found.name);
      }
      target.set(found.name, checked);
    });
  }

  /** A setting by its name; one with a name of a client's own is made. */
  #settable(name: string): SettingDefinition {
    const custom = customSetting(name);
    if (custom === undefined) return settingDefinition(name);
    if (this.#custom.size >= MOST_CUSTOM && !this.#custom.has(custom.name)) {
      throw new QueryError(
        'programLimitExceeded',
        `a session can make at most ${MOST_CUSTOM} settings of its own`,
      );
    }
    this.#custom.add(custom.name);
    return custom;
  }

  resetAll(): void {
    this.#replace(new Map(), new Map());
  }

  begin(): void {
    this.#beforeTransaction = new Map(this.#session);
    this.#savepoints = [];
  }

  savepoint(name: string): void {
    this.#savepoints.push({
      name,
      session: new Map(this.#session),
      local: new Map(this.#local),
    });
  }

  /** Forgets the newest savepoint of that name and all after it; their changes stay. */
  release(name: string): void {
    this.#savepoints.length = this.#place(name);
  }

  /** Undoes what was changed after the newest savepoint of that name, which stays. */
  rollbackTo(name: string): void {
    const place = this.#place(name);
    const savepoint = this.#savepoints[place];
    if (savepoint === undefined) {
      return;
    }
    this.#savepoints.length = place + 1;
    this.#replace(new Map(savepoint.session), new Map(savepoint.local));
  }

  #place(name: string): number {
    const place = this.#savepoints.findLastIndex((each) => each.name === name);
    return place < 0 ? this.#savepoints.length : place;
  }

  end(committed: boolean): void {
    const session = committed ? this.#session : (this.#beforeTransaction ?? this.#session);
    this.#beforeTransaction = undefined;
    this.#savepoints = [];
    this.#replace(session, new Map());
  }

  /** Every setting in name order, as SHOW ALL lists them. */
  all(): readonly {
    readonly name: string;
    readonly value: string;
    readonly description: string;
  }[] {
    return SETTING_DEFINITIONS.map(({ name, description }) => ({
      name,
      value: this.get(name),
      description,
    })).sort((a, b) => (a.name.toLowerCase() < b.name.toLowerCase() ? -1 : 1));
  }

  /** What a client is told after login. */
  reported(): readonly (readonly [string, string])[] {
    return SETTING_DEFINITIONS.filter((each) => each.reported === true).map((each) => [
      each.name,
      this.get(each.name),
    ]);
  }

  #replace(session: Map<string, string>, local: Map<string, string>): void {
    const before = new Map(this.reported());
    this.#version += 1;
    this.#session = session;
    this.#local = local;
    for (const [name, value] of this.reported()) {
      if (before.get(name) !== value) {
        this.#changed(name, value);
      }
    }
  }

  #apply(found: SettingDefinition, change: () => void): void {
    const before = this.get(found.name);
    this.#version += 1;
    change();
    const after = this.get(found.name);
    if (found.reported === true && before !== after) {
      this.#changed(found.name, after);
    }
  }
}
