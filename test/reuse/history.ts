import { dialectText } from '../random/dialects.ts';
import { RandomSource } from '../support/random-source.ts';
import { hasLeadingSubquery } from './fragments.ts';
import type { Source, Surroundings } from './joins.ts';
import { SELF } from './time-slots.ts';
import type { Layout } from './time-slots.ts';
import type { Player, PlayerOptions } from './player.ts';
import { changedPlan, randomPlan, statementOf } from './statements.ts';
import type { StatementPlan } from './statements.ts';
import type { Step } from './steps.ts';
import {
  LATER_COLUMNS,
  definitionText,
  dimensionTable,
  nullPartitionPath,
  partitionPath,
  randomRows,
  windowedTable,
} from './windowed-tables.ts';
import type { TableState } from './windowed-tables.ts';

const ZONES = ['UTC', 'America/New_York', 'Asia/Kolkata', 'Pacific/Apia', 'Pacific/Fiji'];
const TABLES = ['ta', 'tb'];
const DIMENSION = 'dim';
const MOST_PLANS = 12;

export function playerOptions(seed: number): PlayerOptions {
  const random = new RandomSource(seed);
  const aged = random.chance(0.75);
  return {
    aged,
    waits: random.chance(0.5),
    reuse: {
      settle: aged ? 0 : 2000,
      auditShare: random.pick([0, 0.2, 1]),
      answerMemory: seed % 4 === 0 ? 0 : 1_000_000,
      // What small tables come to is merged and tried as what large ones do.
      ...(random.chance(0.6) ? { mergeAbove: 0 } : {}),
      ...(random.chance(0.15) ? { probeAbove: 0 } : {}),
      // A store that keeps little forgets much.
      ...(random.chance(0.2) ? { store: { maxBytes: random.pick([20_000, 100_000]) } } : {}),
    },
  };
}

/** Makes a history's steps one by one; what comes next depends on the seed and on the lake as the player has it. */
export class History {
  readonly #random: RandomSource;
  readonly #player: Player;
  readonly #layouts = new Map<string, Layout>();
  /** Slots that have had data, by table. */
  readonly #horizon = new Map<string, number>();
  #plans: { readonly table: string; readonly plan: StatementPlan }[] = [];
  #views: { readonly name: string; readonly table: string; readonly columns: Source['columns'] }[] =
    [];
  #row = 0;
  #file = 0;

  constructor(seed: number, player: Player) {
    this.#random = new RandomSource(seed ^ 0x5bd1e995);
    this.#player = player;
  }

  /** The steps that make the lake. */
  *beginning(): Generator<Step> {
    const random = this.#random;
    const zone = random.pick(ZONES);
    yield {
      kind: 'both',
      postgres: `SET TimeZone = '${zone}'`,
      duckdb: `SET TimeZone = '${zone}'`,
      stays: true,
    };
    yield { kind: 'setting', text: `SET tributary.window_days = ${random.pick([1, 5, 60, 60])}` };
    for (const name of TABLES) {
      const table = windowedTable(name, random);
      const { layout } = table;
      if (layout === undefined) continue;
      this.#layouts.set(name, layout);
      this.#horizon.set(name, layout.slots);
      const rows = Math.max(1, Math.round(250 / (layout.slots * layout.apps.length)));
      for (let slot = 0; slot < layout.slots; slot++) {
        // Empty days.
        if (random.chance(0.12)) continue;
        for (const app of layout.apps) {
          if (layout.apps.length > 1 && random.chance(0.2)) continue;
          yield this.#newFile(table, partitionPath(layout, layout.texts(slot, app)), slot, rows);
          if (random.chance(0.2))
            yield this.#newFile(table, partitionPath(layout, layout.texts(slot, app)), slot, rows);
        }
      }
      if (layout.nullPartition === true && random.chance(0.7)) {
        yield this.#newFile(table, nullPartitionPath(layout), 3, rows);
      }
      yield {
        kind: 'define',
        name,
        state: table,
        texts: [definitionText(table, this.#player.root)],
      };
      if (table.registered !== undefined) yield { kind: 'repair', name };
    }
    const dimension = dimensionTable(DIMENSION);
    yield {
      kind: 'file',
      path: `${DIMENSION}/a.parquet`,
      rows: randomRows(dimension, 0, 25, () => this.#row++, random),
    };
    yield {
      kind: 'define',
      name: DIMENSION,
      state: dimension,
      texts: [definitionText(dimension, this.#player.root)],
    };
    for (const table of TABLES) {
      const view = this.#view(table);
      if (view !== undefined) yield view;
    }
  }

  /** A statement, or by chance something that changes the lake, the catalog or the server. */
  async next(): Promise<Step> {
    const random = this.#random;
    if (random.chance(0.2)) {
      const event = await this.#event();
      if (event !== undefined) return event;
    }
    const statement = this.#statement();
    if (random.chance(0.02)) {
      const change = await this.#fileEvent(random.pick(TABLES));
      if (change !== undefined && !hasLeadingSubquery(statement.text))
        return { kind: 'race', statement, change };
    }
    if (random.chance(0.05)) {
      const more = Array.from({ length: random.integer(1, 3) }, () => this.#statement());
      return { kind: 'together', statements: [statement, ...more] };
    }
    return { kind: 'statement', statement };
  }

  #statement() {
    const random = this.#random;
    const others = this.#surroundings();
    const known =
      this.#plans.length > 0 && random.chance(0.75) ? random.pick(this.#plans) : undefined;
    const source = random.pick(this.#sources());
    const next =
      known === undefined
        ? { table: source.table.name, plan: randomPlan(source, others, random) }
        : { table: known.table, plan: changedPlan(known.plan, others, random) };
    this.#plans.push(next);
    if (this.#plans.length > MOST_PLANS) this.#plans.splice(random.integer(0, MOST_PLANS - 1), 1);
    return statementOf(next.plan, others);
  }

  #state(name: string): TableState {
    const state = this.#player.table(name);
    if (state === undefined) throw new Error(`no table ${name}`);
    return state;
  }

  #source(name: string): Source {
    const table = this.#state(name);
    const layout = this.#layouts.get(name);
    if (layout === undefined) throw new Error(`no layout ${name}`);
    return { name: `lake.${name}`, table, layout, columns: table.columns };
  }

  #sources(): readonly Source[] {
    const tables = TABLES.map((name) => this.#source(name));
    const views = this.#views.map(({ name, table, columns }) => ({
      ...this.#source(table),
      name,
      columns,
    }));
    return [...tables, ...tables, ...tables, ...views];
  }

  #surroundings(): Surroundings {
    return { sources: TABLES.map((name) => this.#source(name)), dimension: this.#state(DIMENSION) };
  }

  #newFile(table: TableState, partition: string, slot: number, rows: number): Step {
    const path = `${table.location}${partition}part-${this.#file++}.parquet`;
    return {
      kind: 'file',
      path,
      rows: randomRows(
        table,
        slot,
        this.#random.integer(1, rows * 2),
        () => this.#row++,
        this.#random,
      ),
    };
  }

  async #event(): Promise<Step | undefined> {
    const random = this.#random;
    const name = random.pick(TABLES);
    const kind = random.integer(0, 99);
    if (kind < 62) return this.#fileEvent(name);
    if (kind < 72) return this.#dimensionEvent();
    if (kind < 86) return this.#catalogEvent(name);
    if (kind < 90) return this.#view(name);
    if (kind < 93) {
      const zone = random.pick(ZONES);
      return {
        kind: 'both',
        postgres: `SET TimeZone = '${zone}'`,
        duckdb: `SET TimeZone = '${zone}'`,
        stays: true,
      };
    }
    if (kind < 96) {
      return {
        kind: 'setting',
        text: random.pick([
          'SET tributary.window_days = 1',
          'SET tributary.window_days = 7',
          'SET tributary.window_days = 60',
          "SET tributary.reuse_populate = 'off'",
          "SET tributary.reuse_populate = 'on'",
          "SET tributary.reuse_populate = 'on'",
        ]),
      };
    }
    if (kind < 99) return { kind: 'restart' };
    return {
      kind: 'killed',
      texts: Array.from({ length: 6 }, () => dialectText(this.#statement().text, 'postgres')),
      milliseconds: random.integer(0, 300),
    };
  }

  /** Files arrive, are replaced, are disguised, or go. */
  async #fileEvent(name: string): Promise<Step | undefined> {
    const random = this.#random;
    const table = this.#state(name);
    const { layout } = table;
    if (layout === undefined) return undefined;
    const files = await this.#player.files(name);
    const kind = random.integer(0, 9);
    if (kind === 0 || files.length === 0) {
      const slot = this.#horizon.get(name) ?? layout.slots;
      this.#horizon.set(name, slot + 1);
      return slot > layout.slots + 25
        ? undefined
        : this.#newFile(
            table,
            partitionPath(layout, layout.texts(slot, random.pick(layout.apps))),
            slot,
            4,
          );
    }
    if (kind < 4) {
      // Late rows.
      const slot = random.integer(0, layout.slots - 1);
      return this.#newFile(
        table,
        partitionPath(layout, layout.texts(slot, random.pick(layout.apps))),
        slot,
        4,
      );
    }
    const path = random.pick(files);
    if (kind < 6) {
      return {
        kind: 'file',
        path,
        rows: randomRows(
          table,
          this.#slotOf(layout, path),
          random.integer(1, 8),
          () => this.#row++,
          random,
        ),
      };
    }
    if (kind < 9) return { kind: 'disguise', path, how: random.pick(['beside', 'inPlace']) };
    return { kind: 'remove', path };
  }

  /** The slot that a file's folder stands for. */
  #slotOf(layout: Layout, path: string): number {
    for (let slot = 0; slot < layout.slots + 30; slot++)
      for (const app of layout.apps)
        if (path.includes(`/${partitionPath(layout, layout.texts(slot, app))}`)) return slot;
    return 0;
  }

  async #dimensionEvent(): Promise<Step> {
    const random = this.#random;
    const files = await this.#player.files(DIMENSION);
    const path = random.chance(0.6)
      ? random.pick(files)
      : `${DIMENSION}/part-${this.#file++}.parquet`;
    if (files.includes(path) && random.chance(0.5))
      return { kind: 'disguise', path, how: 'beside' };
    return {
      kind: 'file',
      path,
      rows: randomRows(this.#state(DIMENSION), 0, random.integer(5, 25), () => this.#row++, random),
    };
  }

  #catalogEvent(name: string): Step | undefined {
    const random = this.#random;
    const table = this.#state(name);
    const { layout, registered } = table;
    if (layout === undefined) return undefined;
    const later = LATER_COLUMNS.find(
      (each) => !table.columns.some((column) => column.name === each.name),
    );
    const choice = random.integer(0, 9);
    if (choice < 2 && later !== undefined) {
      return {
        kind: 'define',
        name,
        state: { ...table, columns: [...table.columns, later] },
        texts: [`ALTER TABLE lake.default.${name} ADD COLUMNS (${later.name} ${later.type})`],
      };
    }
    if (choice < 4) return this.#redefinition(table);
    if (registered === undefined) return undefined;
    const [path] = random.sample([...registered.keys()], 1);
    if (choice < 6 || path === undefined) return { kind: 'repair', name };
    const without = new Map(registered);
    without.delete(path);
    const spec = `PARTITION (${path
      .split('/')
      .slice(0, -1)
      .map((part) => part.replace(/^([^=]*)=(.*)$/, "$1='$2'"))
      .join(', ')})`;
    const drop = `ALTER TABLE lake.default.${name} DROP ${spec}`;
    const folder = registered.get(path) ?? '';
    const other = random.pick([...registered.values()]);
    if (choice < 8)
      return { kind: 'define', name, state: { ...table, registered: without }, texts: [drop] };
    // The partition's rows come from another place, or from the same one again.
    const place = random.chance(0.6) ? other : folder;
    return {
      kind: 'define',
      name,
      state: { ...table, registered: without.set(path, place) },
      texts: [
        drop,
        `ALTER TABLE lake.default.${name} ADD ${spec} LOCATION '${this.#player.root}${place}'`,
      ],
    };
  }

  /** The table is dropped and comes back: the same, wider, or without a column. Statements that named the column are forgotten. */
  #redefinition(table: TableState): Step {
    const random = this.#random;
    const plain = table.columns.filter(({ name }) => !['rid', 'k', 's', 'ts'].includes(name));
    const dropped = random.chance(0.4) && plain.length > 3 ? random.pick(plain) : undefined;
    const columns = table.columns
      .filter((column) => column !== dropped)
      .map((column) =>
        column.type === 'int' && column.name !== 'k' && random.chance(0.5)
          ? { ...column, type: 'bigint', engineType: 'BIGINT' }
          : column,
      );
    if (dropped !== undefined) {
      this.#plans = this.#plans.filter((each) => each.table !== table.name);
      this.#views = this.#views.filter((each) => each.table !== table.name);
    }
    const state: TableState = {
      ...table,
      columns: random.chance(0.3)
        ? [...columns.slice(0, 3), ...random.sample(columns.slice(3), columns.length)]
        : columns,
      ...(table.registered === undefined ? {} : { registered: new Map<string, string>() }),
    };
    return {
      kind: 'define',
      name: table.name,
      state,
      texts: [`DROP TABLE lake.default.${table.name}`, definitionText(state, this.#player.root)],
    };
  }

  /** A view that keeps the time columns: of the rows that pass a filter, or of groups by time and key. */
  #view(table: string): Step | undefined {
    const random = this.#random;
    const name = `v${table}`;
    const source = this.#player.table(table) === undefined ? undefined : this.#source(table);
    if (source === undefined) return undefined;
    const times = source.layout.partitionColumns.map(({ name: each }) => `r.${each}`);
    const grouped = random.chance(0.4) && source.layout.inside === undefined;
    const filter = random.pick([`r.k IS NOT NULL`, `r.s <> 'grey'`, `coalesce(r.k, 1) < 20`]);
    const kept = source.columns.filter(
      ({ name: each }) => each === 'rid' || each === 'k' || each === 's',
    );
    const text = grouped
      ? `SELECT min(r.rid) AS rid, r.k, r.s, ${times.join(', ')}, count(*) AS n, sum(r.rid) AS m FROM lake.${table} AS r GROUP BY r.k, r.s, ${times.join(', ')}`
      : `SELECT ${source.columns.map((each) => `r.${each.name}`).join(', ')}, ${times.join(', ')} FROM lake.${table} AS r WHERE ${filter}`;
    const columns = grouped
      ? [...kept, { name: 'n', kind: 'int' as const, type: 'bigint', engineType: 'BIGINT' }]
      : source.columns;
    this.#views = [...this.#views.filter((each) => each.name !== name), { name, table, columns }];
    this.#plans = this.#plans.filter(
      ({ plan }) => plan.fragment.source.name !== name && plan.second.source.name !== name,
    );
    const create = `CREATE OR REPLACE VIEW ${name} AS ${text.replaceAll(SELF, 'r')}`;
    return { kind: 'both', postgres: create, duckdb: create, stays: false };
  }
}
