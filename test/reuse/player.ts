import { mkdir, mkdtemp, realpath, rm, stat, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SqlSession } from '@tributary/planner';
import { isQueryError } from '@tributary/sql';
import type { PlanColumn } from '@tributary/sql';
import { dialectText } from '../random/dialects.ts';
import { openQueryStack, query } from '../support/query-stack.ts';
import type { QueryStack } from '../support/query-stack.ts';
import { difference, textRows } from './compare.ts';
import { runAndKill } from './killed-server.ts';
import type { KilledRun } from './killed-server.ts';
import { disguise, writeRows } from './lake-files.ts';
import type { ComparedStatement } from './statements.ts';
import type { Step } from './steps.ts';
import { MOST_ROWS, Truth, filesBelow } from './truth.ts';
import type { TableState } from './windowed-tables.ts';

/** Refused by DuckDB alone: what it does not know, not what is wrong. */
const TRUTH_LIMITS = ['Cannot perform non-inner join on subquery', 'Not implemented Error'];
/** A race may end so: data changed twice, or under rows that had left. */
const CHANGED = 'dataChanged';

export interface PlayerOptions {
  /** Files look an hour old when they are written. */
  readonly aged: boolean;
  /** The server's, whenever it starts. */
  readonly reuse: KilledRun['reuse'];
  /** Work in the background ends before the next step begins. */
  readonly waits: boolean;
}

export interface Outcome {
  readonly kind: 'same' | 'different' | 'productFailed' | 'bothFailed' | 'truthFailed' | 'skipped';
  readonly rows: number;
  readonly detail: string;
  readonly windows: WindowCounts;
}

/** What a statement's time ranges were cut into. */
export interface WindowCounts {
  readonly total: number;
  readonly hits: number;
  readonly misses: number;
  /** Why parts of the statement were computed anew, and not kept. */
  readonly reasons: readonly string[];
}

const NO_WINDOWS: WindowCounts = { total: 0, hits: 0, misses: 0, reasons: [] };

type Rows = readonly (readonly string[])[];

function describeError(error: unknown): string {
  if (isQueryError(error)) {
    const cause = error.cause === undefined ? '' : ` (${describeError(error.cause)})`;
    return `${error.code}: ${error.message}${cause}`;
  }
  return error !== null && typeof error === 'object' && 'message' in error
    ? String(error.message)
    : String(error);
}

function shown(rows: Rows): string {
  const list = rows.slice(0, 20).map((row) => `  ${row.join(' | ')}`);
  return [...list, ...(rows.length > 20 ? [`  ... ${rows.length} rows`] : [])].join('\n');
}

/** Plays a history's steps against a server with a state folder of its own, beside a plain DuckDB that reads the same files. */
export class Player {
  readonly root: string;
  /** Whether the product has windows and reuse. */
  reuse = false;
  readonly #folder: string;
  readonly #options: PlayerOptions;
  readonly #tables = new Map<string, TableState>();
  readonly #unread = new Set<string>();
  #truth: Truth;
  #stack: QueryStack | undefined;
  #session: SqlSession | undefined;
  #staying: string[] = [];
  /** Of work in the background. */
  readonly #failures: string[] = [];
  #beforeRead: (() => Promise<void>) | undefined;

  private constructor(folder: string, truth: Truth, options: PlayerOptions) {
    this.#folder = folder;
    this.root = `${folder}lake/`;
    this.#truth = truth;
    this.#options = options;
  }

  static async open(options: PlayerOptions): Promise<Player> {
    const folder = `${await realpath(await mkdtemp(join(tmpdir(), 'tributary-reuse-')))}/`;
    await mkdir(`${folder}lake/`);
    const player = new Player(folder, await Truth.open(`${folder}lake/`), options);
    try {
      await player.#start();
    } catch (error) {
      await player.close();
      throw error;
    }
    return player;
  }

  get stack(): QueryStack {
    if (this.#stack === undefined) throw new Error('the server is not running');
    return this.#stack;
  }

  get session(): SqlSession {
    if (this.#session === undefined) throw new Error('the server is not running');
    return this.#session;
  }

  table(name: string): TableState | undefined {
    return this.#tables.get(name);
  }

  /** Paths below the root of all files in a table's folder, also of partitions that are not registered. */
  async files(name: string): Promise<readonly string[]> {
    const table = this.#tables.get(name);
    if (table === undefined) return [];
    return (await filesBelow(this.root + table.location)).map((each) => table.location + each);
  }

  /** Plays one step; statements have an outcome. Steps that have become impossible do nothing. */
  async play(step: Step): Promise<Outcome | undefined> {
    switch (step.kind) {
      case 'statement':
        return this.#audited(await this.#compare(step.statement));
      case 'race':
        return this.#audited(await this.#race(step.statement, step.change));
      case 'together':
        return this.#audited(await this.#together(step.statements));
      case 'restart':
        await this.#stop();
        await this.#start();
        return undefined;
      case 'killed':
        await this.#stop();
        await runAndKill({
          folder: this.#folder,
          reuse: this.#options.reuse,
          texts: [...this.#staying, ...step.texts],
          unharmed: this.#staying.length,
          milliseconds: step.milliseconds,
        });
        await this.#start();
        return undefined;
      case 'setting':
        if (this.reuse) await query(this.session, step.text);
        this.#staying.push(step.text);
        return undefined;
      case 'both':
        await query(this.session, step.postgres);
        await this.#read();
        await this.#truth.connection.run(step.duckdb);
        if (step.stays) this.#staying.push(step.postgres);
        return undefined;
      case 'define':
        for (const text of step.texts) await query(this.session, text);
        if (step.state === undefined) this.#tables.delete(step.name);
        else this.#tables.set(step.name, step.state);
        this.#unread.add(step.name);
        return undefined;
      case 'repair':
        return this.#repair(step.name);
      case 'file':
        await writeRows(
          this.#truth.connection,
          step.rows,
          this.root + step.path,
          this.#options.aged,
        );
        break;
      case 'remove':
        await rm(this.root + step.path, { force: true });
        break;
      case 'disguise':
        if ((await stat(this.root + step.path).catch(() => undefined)) === undefined)
          return undefined;
        await disguise(this.#truth.connection, this.root + step.path, step.how);
        break;
    }
    for (const table of this.#tables.values()) {
      const places = [table.location, ...(table.registered?.values() ?? [])];
      if (places.some((place) => step.path.startsWith(place))) this.#unread.add(table.name);
    }
    return undefined;
  }

  async close(): Promise<void> {
    await this.#stop();
    this.#truth.close();
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #start(): Promise<void> {
    this.#stack = await openQueryStack({
      folder: this.#folder,
      reuse: {
        ...this.#options.reuse,
        failed: (error) => this.#failures.push(describeError(error)),
      },
      beforeRead: async () => {
        const change = this.#beforeRead;
        this.#beforeRead = undefined;
        await change?.();
      },
    });
    this.#session = await this.#stack.service.createSession('tributary', new Map());
    this.reuse = await query(this.#session, "SET tributary.reuse = 'exact'").then(
      () => true,
      () => false,
    );
    for (const text of this.#staying) {
      if (this.reuse || !text.includes('tributary.')) await query(this.#session, text);
    }
  }

  /** What work in the background found wrong counts as the statement's. */
  async #audited(outcome: Outcome): Promise<Outcome> {
    const { reuse } = this.stack;
    if (reuse === undefined) return outcome;
    if (this.#options.waits) await reuse.background.settled();
    const { auditDifferences: differences, damaged } = reuse.counts;
    reuse.counts.auditDifferences = 0;
    reuse.counts.damaged = 0;
    const [failure] = this.#failures.splice(0);
    if (differences === 0 && damaged === 0 && failure === undefined) return outcome;
    return {
      ...outcome,
      kind: 'different',
      detail: `${outcome.detail} in the background: ${differences} audit differences, ${damaged} answers not made of their cells, ${failure ?? ''}`,
    };
  }

  /** Several clients ask at once. */
  async #together(statements: readonly ComparedStatement[]): Promise<Outcome> {
    const sessions = await Promise.all(
      statements.map(() => this.stack.service.createSession('tributary', new Map())),
    );
    try {
      for (const text of this.#staying)
        await Promise.all(sessions.map((session) => query(session, text)));
      const answers = await Promise.all(
        statements.map(({ text }, index) => this.#ask(text, sessions[index])),
      );
      let last: Outcome | undefined;
      for (const [index, statement] of statements.entries()) {
        const actual = answers[index] ?? 'not asked';
        const expected = await this.#expected(
          statement,
          typeof actual === 'string' ? undefined : actual.columns,
        );
        last = await this.#outcome(statement, actual, [expected], NO_WINDOWS);
        if (!['same', 'bothFailed', 'skipped'].includes(last.kind)) return last;
      }
      return last ?? { kind: 'skipped', rows: 0, detail: '', windows: NO_WINDOWS };
    } finally {
      await Promise.all(sessions.map((session) => session.close()));
    }
  }

  async #stop(): Promise<void> {
    await this.#session?.close();
    this.#session = undefined;
    await this.#stack?.close();
    this.#stack = undefined;
  }

  /** Registers what MSCK REPAIR TABLE finds. */
  async #repair(name: string): Promise<undefined> {
    const table = this.#tables.get(name);
    if (table?.registered === undefined || table.layout === undefined) return undefined;
    const depth = table.layout.partitionColumns.length;
    const registered = new Map(table.registered);
    const base = this.root + table.location;
    const entries = await readdir(base, { recursive: true, withFileTypes: true });
    for (const entry of entries.filter((each) => each.isDirectory())) {
      // A folder is a partition, also once its last file has gone, as in Hive.
      const path = `${join(entry.parentPath, entry.name).slice(base.length)}/`;
      if (path.split('/').length !== depth + 1) continue;
      if (!registered.has(path)) registered.set(path, table.location + path);
    }
    await query(this.session, `MSCK REPAIR TABLE lake.default.${name}`);
    this.#tables.set(name, { ...table, registered });
    this.#unread.add(name);
    return undefined;
  }

  /** Reads again what changed since the truth was last asked. */
  async #read(): Promise<void> {
    for (const name of [...this.#unread]) {
      // Before: what changes while it is read is read again.
      this.#unread.delete(name);
      const table = this.#tables.get(name);
      if (table !== undefined) await this.#truth.load(table);
    }
  }

  async #expected(
    { text }: ComparedStatement,
    columns: readonly PlanColumn[] | undefined,
  ): Promise<Rows | string> {
    await this.#read();
    try {
      return textRows(await this.#truth.rows(dialectText(text, 'duckdb'), columns));
    } catch (error) {
      return describeError(error);
    }
  }

  async #ask(
    text: string,
    session = this.session,
  ): Promise<{ readonly columns: readonly PlanColumn[]; readonly rows: Rows } | string> {
    try {
      const { columns, rows } = await query(session, dialectText(text, 'postgres'));
      return { columns, rows: textRows(rows) };
    } catch (error) {
      return describeError(error);
    }
  }

  async #windows(): Promise<WindowCounts> {
    if (!this.reuse) return NO_WINDOWS;
    const { rows } = await query(
      this.session,
      'SELECT windows_total, windows_hit, windows_miss, bypass_reasons FROM tributary.last_query',
    );
    const [total, hits, misses, reasons] = rows[0] ?? [];
    return {
      total: Number(total ?? 0),
      hits: Number(hits ?? 0),
      misses: Number(misses ?? 0),
      reasons: typeof reasons === 'string' && reasons !== '' ? reasons.split(/, */) : [],
    };
  }

  async #compare(statement: ComparedStatement): Promise<Outcome> {
    const actual = await this.#ask(statement.text);
    const windows = await this.#windows();
    const expected = await this.#expected(
      statement,
      typeof actual === 'string' ? undefined : actual.columns,
    );
    return this.#outcome(statement, actual, [expected], windows);
  }

  async #race(statement: ComparedStatement, change: Step): Promise<Outcome> {
    const described = await this.#ask(`EXPLAIN ${statement.text}`);
    let changing: Promise<unknown> = Promise.resolve();
    await this.#read();
    const connection = this.#truth.connection;
    const text = dialectText(statement.text, 'duckdb');
    // The rows from before, as the types are not known yet.
    const before = await connection
      .run(`CREATE OR REPLACE TEMP TABLE before AS SELECT * FROM (${text})`)
      .then(
        () => true,
        () => false,
      );
    // Not sooner: work in the background reads as well.
    this.#beforeRead = async () => {
      changing = this.play(change);
      await changing;
    };
    const actual = await this.#ask(statement.text);
    const windows = await this.#windows();
    this.#beforeRead = undefined;
    // A statement that ended early, or work in the background that read first, did not wait for it.
    await changing;
    if (typeof described === 'string' || !before)
      return { kind: 'bothFailed', rows: 0, detail: 'before the race', windows };
    if (typeof actual === 'string' && actual.startsWith(CHANGED)) {
      return { kind: 'skipped', rows: 0, detail: actual, windows };
    }
    const columns = typeof actual === 'string' ? undefined : actual.columns;
    const earlier = await this.#expected({ ...statement, text: 'SELECT * FROM before' }, columns);
    const later = await this.#expected(statement, columns);
    return this.#outcome(statement, actual, [earlier, later], windows);
  }

  async #outcome(
    statement: ComparedStatement,
    actual: { readonly columns: readonly PlanColumn[]; readonly rows: Rows } | string,
    expected: readonly (Rows | string)[],
    windows: WindowCounts,
  ): Promise<Outcome> {
    const [first = 'nothing was expected'] = expected;
    const answer = (kind: Outcome['kind'], detail: string): Outcome => ({
      kind,
      rows: typeof first === 'string' ? 0 : first.length,
      detail,
      windows,
    });
    if (typeof first === 'string') {
      if (typeof actual === 'string') return answer('bothFailed', `${actual}; truth: ${first}`);
      const limit = TRUTH_LIMITS.some((each) => first.includes(each));
      return answer(limit ? 'skipped' : 'truthFailed', `truth: ${first}`);
    }
    if (first.length >= MOST_ROWS) return answer('skipped', 'too many rows');
    if (typeof actual === 'string')
      return answer('productFailed', `${actual}${await this.#withoutReuse(statement, first)}`);
    const differences = expected.map((rows) =>
      typeof rows === 'string'
        ? rows
        : difference(actual.rows, rows, statement.ordered, statement.inexact),
    );
    if (differences.includes(undefined)) return answer('same', '');
    const detail = `${differences.join('; ')}${await this.#withoutReuse(statement, first)}\nactual:\n${shown(actual.rows)}\nexpected:\n${shown(first)}`;
    return answer('different', detail);
  }

  /** Whether the same statement answers rightly when nothing is reused. */
  async #withoutReuse(statement: ComparedStatement, expected: Rows): Promise<string> {
    if (!this.reuse) return '';
    await query(this.session, "SET tributary.reuse = 'off'");
    try {
      const plain = await this.#ask(statement.text);
      if (typeof plain === 'string') return ` [without reuse: ${plain}]`;
      const wrong = difference(plain.rows, expected, statement.ordered, statement.inexact);
      return wrong === undefined
        ? ' [right without reuse]'
        : ` [wrong without reuse as well: ${wrong}]`;
    } finally {
      await query(this.session, "SET tributary.reuse = 'exact'");
    }
  }
}
