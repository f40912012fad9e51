import type { RandomSource } from '../support/random-source.ts';
import { either } from './dialects.ts';
import { day, DAYS, ENUM_VALUES, quote } from './lake-tables.ts';
import type { Kind, LakeTable } from './lake-tables.ts';
import { partitionPredicate } from './partition-predicates.ts';
import type { PartitionReference } from './partition-predicates.ts';
import { ExpressionMaker, randomKind } from './random-expression.ts';
import type { ScopeColumn } from './random-expression.ts';

export interface RandomStatement {
  /** With both dialects' fragments. */
  readonly text: string;
  /** Rows come in one order only. */
  readonly ordered: boolean;
  /** Reads a table that cannot be read without its predicates. */
  readonly needsPruning: boolean;
}

interface Output {
  readonly name: string;
  readonly kind: Kind;
}

interface Query {
  readonly text: string;
  readonly outputs: readonly Output[];
}

interface NamedColumn extends ScopeColumn {
  readonly name: string;
}

interface Relation {
  /** As FROM has it, alias included. */
  readonly text: string;
  readonly columns: readonly NamedColumn[];
  readonly partitions: readonly PartitionReference[];
  /** Must hold in WHERE. */
  readonly required?: string;
  readonly isTable: boolean;
}

/** A view that both sides know. */
export interface RandomView extends Query {
  readonly name: string;
}

/** Makes statements over a lake's tables and views: every clause, every join, every form of partition predicate. */
export class StatementMaker {
  readonly #random: RandomSource;
  readonly #tables: readonly LakeTable[];
  readonly #views: readonly RandomView[];
  #ctes: (Query & { readonly name: string })[] = [];
  #aliases = 0;
  #needsPruning = false;

  constructor(random: RandomSource, tables: readonly LakeTable[], views: readonly RandomView[]) {
    this.#random = random;
    this.#tables = tables;
    this.#views = views;
  }

  statement(): RandomStatement {
    const random = this.#random;
    this.#ctes = [];
    this.#aliases = 0;
    this.#needsPruning = false;
    const withs: string[] = [];
    if (random.chance(0.3)) {
      for (let index = random.integer(1, 2); index > 0; index--) {
        const name = `w${index}`;
        const query = this.#select(1);
        withs.push(
          `${name} AS ${random.pick(['', '', 'MATERIALIZED ', 'NOT MATERIALIZED '])}(${query.text})`,
        );
        this.#ctes.push({ ...query, name });
      }
    }
    const recursive = random.chance(0.06);
    if (recursive) {
      const step = random.integer(1, 9);
      withs.push(
        `days AS (SELECT date '${day(random.integer(0, DAYS - 20))}' AS dt, 1 AS k UNION ALL SELECT dt + ${step}, k + 1 FROM days WHERE k < ${random.integer(1, 12)})`,
      );
      this.#ctes.push({
        name: 'days',
        text: '',
        outputs: [
          { name: 'dt', kind: 'date' },
          { name: 'k', kind: 'int' },
        ],
      });
    }
    const body = this.#body(2);
    const prefix =
      withs.length === 0 ? '' : `WITH ${recursive ? 'RECURSIVE ' : ''}${withs.join(', ')} `;
    const order = this.#order(body);
    return {
      text: `${prefix}${body.text}${order}`,
      ordered: order !== '',
      needsPruning: this.#needsPruning,
    };
  }

  view(name: string): RandomView {
    this.#ctes = [];
    const withoutInjected = new StatementMaker(
      this.#random,
      this.#tables.filter(({ injected }) => injected === undefined),
      [],
    );
    return { ...withoutInjected.#select(1), name };
  }

  /** All outputs are sort keys, so that equal rows are all that may change places. */
  #order(query: Query): string {
    const random = this.#random;
    if (!random.chance(0.45)) return '';
    const positions = random.sample(
      query.outputs.map((_, index) => index + 1),
      query.outputs.length,
    );
    const keys = positions.map(
      (position) =>
        `${position}${random.pick(['', ' DESC', ' ASC NULLS FIRST', ' DESC NULLS LAST'])}`,
    );
    const limit = random.chance(0.6) ? ` LIMIT ${random.integer(0, 30)}` : '';
    const offset = random.chance(0.2) ? ` OFFSET ${random.integer(0, 10)}` : '';
    return ` ORDER BY ${keys.join(', ')}${limit}${offset}`;
  }

  #body(depth: number): Query {
    const random = this.#random;
    if (random.chance(0.15)) {
      const kinds = Array.from({ length: random.integer(1, 3) }, () => randomKind(random));
      const operands = Array.from({ length: random.integer(2, 3) }, () =>
        this.#select(depth - 1, kinds),
      );
      const operator = random.pick([
        'UNION',
        'UNION ALL',
        'INTERSECT',
        'EXCEPT',
        'INTERSECT ALL',
        'EXCEPT ALL',
        'UNION ALL',
      ]);
      const [first] = operands;
      return {
        text: operands.map(({ text }) => `(${text})`).join(` ${operator} `),
        outputs: first?.outputs ?? [],
      };
    }
    return this.#select(depth);
  }

  #alias(): string {
    return `r${this.#aliases++}`;
  }

  #table(table: LakeTable): Relation {
    const random = this.#random;
    const alias = this.#alias();
    const reference = (name: string): string => `${alias}.${name}`;
    if (table.injected !== undefined) this.#needsPruning = true;
    const injected = table.injected === undefined ? '' : reference(table.injected);
    const value = (): string => quote(random.pick(ENUM_VALUES.slice(0, 4)));
    return {
      text: `lake.${table.name} AS ${alias}`,
      columns: [...table.columns, ...table.partitionColumns].map(({ name, kind }) => ({
        name,
        kind,
        text: reference(name),
      })),
      partitions: table.partitionColumns
        .filter(({ name }) => name !== table.injected)
        .map(({ name, role, kind }) => ({ role, isText: kind === 'text', text: reference(name) })),
      ...(table.injected === undefined
        ? {}
        : {
            required: random.choose(
              () => `${injected} = ${value()}`,
              () => `${value()} = ${injected}`,
              () => `${injected} IN (${value()}, ${value()})`,
              () => `(${injected} = ${value()} OR ${injected} = ${value()})`,
            ),
          }),
      isTable: true,
    };
  }

  #derived(text: (alias: string) => string, outputs: readonly Output[]): Relation {
    const alias = this.#alias();
    return {
      text: text(alias),
      columns: outputs.map(({ name, kind }) => ({ name, kind, text: `${alias}.${name}` })),
      partitions: [],
      isTable: false,
    };
  }

  /** Rows that no table holds. */
  #madeRelation(): Relation {
    const random = this.#random;
    if (random.chance(0.4)) {
      return this.#derived(
        (alias) =>
          `generate_series(${random.integer(-3, 3)}, ${random.integer(4, 30)}) AS ${alias}(k)`,
        [{ name: 'k', kind: 'int' }],
      );
    }
    const make = new ExpressionMaker(random, []);
    const rows = Array.from(
      { length: random.integer(1, 6) },
      () => `(${make.constant('int')}, ${make.constant('text')}, ${make.constant('date')})`,
    );
    return this.#derived(
      (alias) => `(VALUES ${rows.join(', ')}) AS ${alias}(k, s, dt)`,
      [
        { name: 'k', kind: 'int' },
        { name: 's', kind: 'text' },
        { name: 'dt', kind: 'date' },
      ],
    );
  }

  #relation(depth: number): Relation {
    const random = this.#random;
    if (this.#ctes.length > 0 && random.chance(0.4)) {
      const cte = random.pick(this.#ctes);
      return this.#derived((alias) => `${cte.name} AS ${alias}`, cte.outputs);
    }
    if (depth > 0 && random.chance(0.2)) {
      const query = random.chance(0.2) ? this.#body(depth - 1) : this.#select(depth - 1);
      return this.#derived((alias) => `(${query.text}) AS ${alias}`, query.outputs);
    }
    if (random.chance(0.08)) return this.#madeRelation();
    if (depth > 0 && random.chance(0.08)) {
      const query = this.#select(depth - 1);
      const keys = query.outputs.map((_, index) => `${index + 1}${random.pick(['', ' DESC'])}`);
      const limited = `${query.text} ORDER BY ${keys.join(', ')} LIMIT ${random.integer(0, 40)}`;
      return this.#derived((alias) => `(${limited}) AS ${alias}`, query.outputs);
    }
    if (depth > 0 && random.chance(0.05)) {
      const { alias: inner, relation } = this.#plainTable();
      const first = `SELECT DISTINCT ON (${inner}.k) ${inner}.k AS c0, ${inner}.rid AS c1, ${inner}.s AS c2 FROM ${relation.text} WHERE true${this.#and(relation)} ORDER BY ${inner}.k, ${inner}.rid${random.pick(['', ' DESC'])}`;
      return this.#derived(
        (alias) => `(${first}) AS ${alias}`,
        [
          { name: 'c0', kind: 'int' },
          { name: 'c1', kind: 'int' },
          { name: 'c2', kind: 'text' },
        ],
      );
    }
    if (this.#views.length > 0 && random.chance(0.12)) {
      const view = random.pick(this.#views);
      return this.#derived((alias) => `${view.name} AS ${alias}`, view.outputs);
    }
    return this.#table(random.pick(this.#tables));
  }

  /** An equality between two relations, on a key and by chance on a partition column as well. */
  #joinCondition(left: readonly NamedColumn[], right: Relation): string {
    const random = this.#random;
    const pairs = right.columns.flatMap((column) =>
      left
        .filter((other) => other.kind === column.kind)
        .map((other) => ({ column, other, score: other.name === column.name ? 2 : 1 })),
    );
    const byName = pairs.filter(({ score }) => score === 2);
    const preferred = byName.filter(({ column }) =>
      ['rid', 'k', 'dt', 'mo', 'h', 'ds'].includes(column.name),
    );
    const first = preferred.length > 0 ? preferred : byName.length > 0 ? byName : pairs;
    if (first.length === 0) return 'false';
    const chosen = random.sample(first, random.integer(1, 2));
    if (random.chance(0.3) && pairs.length > 0) chosen.push(random.pick(pairs));
    return chosen
      .map(({ column, other }) =>
        random.chance(0.5) ? `${other.text} = ${column.text}` : `${column.text} = ${other.text}`,
      )
      .join(' AND ');
  }

  #from(depth: number): {
    readonly text: string;
    readonly relations: readonly Relation[];
    readonly required: readonly string[];
  } {
    const random = this.#random;
    const count = random.pick([1, 1, 1, 2, 2, 3, depth > 1 ? 4 : 2]);
    const first = this.#relation(depth);
    const relations = [first];
    const required = first.required === undefined ? [] : [first.required];
    let text = first.text;
    while (relations.length < count) {
      const left = relations.flatMap(({ columns }) => columns);
      if (random.chance(0.08)) {
        const lateral = this.#lateral(left);
        relations.push(lateral);
        text += lateral.text;
        continue;
      }
      const right = this.#relation(depth - 1);
      if (
        right.required === undefined &&
        right.columns.some(({ name }) => name === 'k') &&
        relations.length === 1 &&
        first.columns.some(({ name }) => name === 'k') &&
        random.chance(0.1)
      ) {
        const both = first.columns.filter(
          ({ name, kind }) =>
            ['dt', 's', 'd'].includes(name) &&
            right.columns.some((other) => other.name === name && other.kind === kind),
        );
        const shared = ['k', ...random.sample(both, 1).map(({ name }) => name)];
        text += ` ${required.length > 0 ? '' : random.pick(['', 'LEFT ', 'FULL '])}JOIN ${right.text} USING (${shared.join(', ')})`;
        relations.push(right);
        continue;
      }
      let on = this.#joinCondition(left, right);
      // A predicate on the nullable side belongs to ON, where it restricts that side alone.
      const kind =
        right.required !== undefined
          ? random.pick(['', 'LEFT '])
          : random.pick(['', '', '', 'LEFT ', 'LEFT ', 'RIGHT ', 'FULL ']);
      if (required.length > 0 && (kind === 'RIGHT ' || kind === 'FULL ')) continue;
      if (right.required !== undefined) on += ` AND ${right.required}`;
      if (right.partitions.length > 0 && random.chance(0.4) && kind !== 'FULL ') {
        on += ` AND ${partitionPredicate(right.partitions, random)}`;
      }
      if (random.chance(0.1) && kind === '')
        text += ` CROSS JOIN (SELECT 1 AS one) AS ${this.#alias()}`;
      text += ` ${kind}JOIN ${right.text} ON ${on}`;
      relations.push(right);
    }
    return { text, relations, required };
  }

  #lateral(left: readonly NamedColumn[]): Relation {
    const random = this.#random;
    const make = new ExpressionMaker(random, left);
    if (random.chance(0.5)) {
      const { text, kind } = make.any(1);
      return this.#derived(
        (alias) => ` CROSS JOIN LATERAL (SELECT ${text} AS e) AS ${alias}`,
        [{ name: 'e', kind }],
      );
    }
    const keys = left.filter(({ kind }) => kind === 'int');
    const inner = this.#plainTable();
    const on = keys.length === 0 ? 'true' : `${inner.alias}.k = ${random.pick(keys).text}`;
    return this.#derived(
      (alias) =>
        ` LEFT JOIN LATERAL (SELECT count(*) AS n, max(${inner.alias}.rid) AS m FROM ${inner.relation.text} WHERE ${on}${this.#and(inner.relation)}) AS ${alias} ON true`,
      [
        { name: 'n', kind: 'int' },
        { name: 'm', kind: 'int' },
      ],
    );
  }

  #plainTable(): { readonly alias: string; readonly relation: Relation } {
    const relation = this.#table(this.#random.pick(this.#tables));
    return { relation, alias: relation.text.slice(relation.text.lastIndexOf(' ') + 1) };
  }

  #and(relation: Relation): string {
    const terms = [
      ...(relation.required === undefined ? [] : [relation.required]),
      ...(relation.partitions.length > 0 && this.#random.chance(0.7)
        ? [partitionPredicate(relation.partitions, this.#random)]
        : []),
    ];
    return terms.map((each) => ` AND ${each}`).join('');
  }

  /** A predicate with a subquery, correlated or not. */
  #subqueryPredicate(outer: readonly NamedColumn[]): string {
    const random = this.#random;
    const { alias, relation } = this.#plainTable();
    const and = this.#and(relation);
    const inner = new ExpressionMaker(random, relation.columns);
    const keys = outer.filter(({ kind }) => kind === 'int');
    const key = keys.length === 0 ? '7' : random.pick(keys).text;
    const texts = outer.filter(({ kind }) => kind === 'text');
    const dates = outer.filter(({ kind }) => kind === 'date');
    const innerDates = relation.columns.filter(({ kind }) => kind === 'date');
    const where = `WHERE ${inner.predicate(1)}${and}`;
    const correlated = `WHERE ${alias}.k = ${key}${and}`;
    const options: (() => string)[] = [
      () =>
        `${key} ${random.pick(['', '', 'NOT '])}IN (SELECT ${alias}.k FROM ${relation.text} ${where})`,
      () => `${key} NOT IN (SELECT ${alias}.rid FROM ${relation.text} ${where})`,
      () =>
        `${random.pick(['', 'NOT '])}EXISTS (SELECT 1 FROM ${relation.text} ${correlated} AND ${inner.predicate(0)})`,
      () =>
        `${key} ${random.pick(['<', '>', '='])} (SELECT ${random.pick(['max', 'min'])}(${alias}.k) FROM ${relation.text} ${random.pick([where, correlated])})`,
      () =>
        `(SELECT count(*) FROM ${relation.text} ${correlated}) ${random.pick(['>', '='])} ${random.integer(0, 4)}`,
      () =>
        `${key} ${random.pick(['= ANY', '<> ALL', '> ALL'])} (SELECT ${alias}.k FROM ${relation.text} ${where})`,
    ];
    if (texts.length > 0) {
      const text = random.pick(texts).text;
      options.push(() =>
        either(
          `(${key}, ${text}) IN (SELECT ${alias}.k, ${alias}.s FROM ${relation.text} ${where})`,
          `EXISTS (SELECT 1 FROM ${relation.text} ${where} AND ${alias}.k = ${key} AND ${alias}.s = ${text})`,
        ),
      );
    }
    if (dates.length > 0 && innerDates.length > 0) {
      const date = random.pick(dates).text;
      const innerDate = random.pick(innerDates).text;
      options.push(
        () => `${date} IN (SELECT ${innerDate} FROM ${relation.text} ${where})`,
        () => `${date} >= (SELECT min(${innerDate}) FROM ${relation.text} ${where})`,
        () => `EXISTS (SELECT 1 FROM ${relation.text} ${correlated} AND ${innerDate} = ${date})`,
      );
    }
    return random.choose(...options);
  }

  #where(relations: readonly Relation[], required: readonly string[]): string {
    const random = this.#random;
    const columns = relations.flatMap((relation) => relation.columns);
    const make = new ExpressionMaker(random, columns);
    const terms = [...required];
    for (const { partitions } of relations) {
      if (partitions.length > 0 && random.chance(0.65))
        terms.push(partitionPredicate(partitions, random));
    }
    // Partition columns that came through subqueries, views and common tables.
    const through = relations
      .filter(({ isTable }) => !isTable)
      .flatMap((relation) => relation.columns)
      .filter(({ kind }) => kind === 'date');
    if (through.length > 0 && random.chance(0.5)) {
      terms.push(
        partitionPredicate(
          [{ role: 'date', isText: false, text: random.pick(through).text }],
          random,
        ),
      );
    }
    if (random.chance(0.35)) terms.push(make.predicate(2));
    if (random.chance(0.2)) terms.push(this.#subqueryPredicate(columns));
    if (terms.length === 0) return '';
    if (required.length === 0 && terms.length > 1 && random.chance(0.1))
      return ` WHERE ${terms.join(' OR ')}`;
    return ` WHERE ${random.sample(terms, terms.length).join(' AND ')}`;
  }

  #select(depth: number, kinds?: readonly Kind[]): Query {
    const random = this.#random;
    const { text, relations, required } = this.#from(depth);
    const from = ` FROM ${text}${this.#where(relations, required)}`;
    const columns = relations.flatMap((relation) => relation.columns);
    const make = new ExpressionMaker(random, columns);
    if (kinds === undefined && (random.chance(0.45) || relations.length > 2)) {
      return this.#grouped(from, columns, make);
    }
    if (
      kinds === undefined &&
      relations.length === 1 &&
      relations[0]?.isTable === true &&
      random.chance(0.25)
    ) {
      return this.#windowed(from, relations[0], make);
    }
    const wanted =
      kinds ?? Array.from({ length: random.integer(1, 5) }, () => random.pick(columns).kind);
    const outputs = wanted.map((kind, index) => ({
      kind,
      name: `c${index}`,
      text: make.value(kind, 2),
    }));
    if (kinds === undefined && random.chance(0.08)) {
      const { alias, relation } = this.#plainTable();
      const keys = columns.filter(({ kind }) => kind === 'int');
      outputs.push({
        kind: 'int',
        name: `c${outputs.length}`,
        text: `(SELECT ${random.pick(['count(*)', `max(${alias}.k)`])} FROM ${relation.text} WHERE ${alias}.k = ${keys.length === 0 ? '1' : random.pick(keys).text}${this.#and(relation)})`,
      });
    }
    const list = outputs.map((output) => `${output.text} AS ${output.name}`).join(', ');
    return { text: `SELECT ${random.chance(0.15) ? 'DISTINCT ' : ''}${list}${from}`, outputs };
  }

  #aggregate(make: ExpressionMaker): { readonly text: string; readonly kind: Kind } {
    const random = this.#random;
    const kind = random.pick<Kind>(['int', 'num', 'float', 'text', 'date', 'bool']);
    const value = make.value(kind, 1);
    const filter = random.chance(0.15) ? ` FILTER (WHERE ${make.predicate(1)})` : '';
    const options: (() => { text: string; kind: Kind; whole?: string })[] = [
      () => ({ text: 'count(*)', kind: 'int' }),
      () => ({ text: `count(${value})`, kind: 'int' }),
      () => ({ text: `count(DISTINCT ${value})`, kind: 'int' }),
    ];
    if (kind === 'bool') {
      options.push(() => ({
        text: `${random.pick(['bool_and', 'bool_or'])}(${value})`,
        kind: 'bool',
      }));
    } else {
      options.push(() => ({ text: `${random.pick(['min', 'max'])}(${value})`, kind }));
    }
    if (kind === 'int' || kind === 'num' || kind === 'float') {
      // The sum of bigints is a numeric here: as another whole number it is divided as in a plain DuckDB.
      const whole = kind === 'int' ? '::bigint' : '';
      options.push(
        () => ({ text: `sum(${value})`, kind, whole }),
        () => ({ text: `sum(DISTINCT ${value})`, kind, whole }),
        // Whole numbers divided once: the same in both.
        () => ({ text: `avg(${make.value('int', 1)}::double precision)`, kind: 'float' }),
      );
    }
    if (kind === 'text') {
      options.push(() => ({ text: `string_agg(${value}, ',' ORDER BY ${value})`, kind: 'text' }));
    }
    const chosen = random.choose(...options);
    return { kind: chosen.kind, text: `${chosen.text}${filter}${chosen.whole ?? ''}` };
  }

  #grouped(from: string, columns: readonly NamedColumn[], make: ExpressionMaker): Query {
    const random = this.#random;
    const sets = random.chance(0.12);
    const keys = Array.from({ length: random.integer(sets ? 2 : 0, 3) }, () => {
      if (sets || random.chance(0.7)) {
        const column = random.pick(columns);
        return { text: column.text, kind: column.kind };
      }
      return make.any(1);
    }).filter((key, index, all) => all.findIndex(({ text }) => text === key.text) === index);
    const grouped = sets && keys.length > 1;
    const aggregates = Array.from({ length: random.integer(1, 3) }, () => this.#aggregate(make));
    if (grouped) aggregates.push({ text: `grouping(${keys[0]?.text ?? ''})`, kind: 'int' });
    const outputs = [...keys, ...aggregates].map((each, index) => ({ ...each, name: `c${index}` }));
    const names = keys.map(({ text }) => text);
    const groupBy = grouped
      ? random.choose(
          () => `ROLLUP (${names.join(', ')})`,
          () =>
            `CUBE (${names.slice(0, 2).join(', ')})${names
              .slice(2)
              .map((each) => `, ${each}`)
              .join('')}`,
          () => `GROUPING SETS ((${names.join(', ')}), (${names[0] ?? ''}), ())`,
        )
      : random.chance(0.5) || !names.every((name) => /\br\d+\./.test(name))
        ? keys.map((_, index) => String(index + 1)).join(', ')
        : names.join(', ');
    const having = random.chance(0.2)
      ? ` HAVING ${random.pick([`count(*) > ${random.integer(0, 5)}`, `${this.#aggregate(make).text} IS NOT NULL`, `max(${make.column('int')}) < ${random.integer(0, 30)}`])}`
      : '';
    return {
      text: `SELECT ${outputs.map(({ text, name }) => `${text} AS ${name}`).join(', ')}${from}${keys.length === 0 ? '' : ` GROUP BY ${groupBy}`}${having}`,
      outputs,
    };
  }

  /** Window calls whose value does not depend on the order of equal rows. */
  #windowed(from: string, relation: Relation, make: ExpressionMaker): Query {
    const random = this.#random;
    const alias = relation.text.slice(relation.text.lastIndexOf(' ') + 1);
    const partition = random.chance(0.7)
      ? `PARTITION BY ${random.pick(relation.columns).text} `
      : '';
    const dates = relation.columns.filter(({ kind }) => kind === 'date');
    const key = random.pick(relation.columns).text;
    const call = random.choose(
      () =>
        `row_number() OVER (${partition}ORDER BY ${key}${random.pick(['', ' DESC'])}, ${alias}.rid)`,
      () => `rank() OVER (${partition}ORDER BY ${key})`,
      () => `dense_rank() OVER (${partition}ORDER BY ${key} DESC)`,
      () => `count(*) OVER (${partition.trim()})`,
      () => `sum(${make.column('int')}) OVER (${partition}ORDER BY ${key})`,
      () => `lag(${alias}.k) OVER (${partition}ORDER BY ${alias}.rid)`,
      () => `lead(${alias}.k, 2, -1) OVER (${partition}ORDER BY ${alias}.rid)`,
      () => `first_value(${alias}.k) OVER (${partition}ORDER BY ${key}, ${alias}.rid)`,
      () =>
        `sum(${alias}.k) OVER (${partition}ORDER BY ${alias}.rid ROWS BETWEEN ${random.integer(0, 3)} PRECEDING AND ${random.integer(0, 3)} FOLLOWING)`,
      () =>
        dates.length === 0
          ? `max(${alias}.k) OVER (${partition.trim()})`
          : `sum(${alias}.k) OVER (${partition}ORDER BY ${random.pick(dates).text} RANGE BETWEEN interval '3 days' PRECEDING AND CURRENT ROW)`,
    );
    const plain = Array.from({ length: random.integer(1, 3) }, () => random.pick(relation.columns));
    const outputs: { text: string; kind: Kind }[] = [...plain, { text: call, kind: 'int' }];
    const named = outputs.map(({ text, kind }, index) => ({ text, kind, name: `c${index}` }));
    const qualify = random.chance(0.15) ? ` QUALIFY ${call} <= 2` : '';
    return {
      text: `SELECT ${named.map(({ text, name }) => `${text} AS ${name}`).join(', ')}${from}${qualify}`,
      outputs: named,
    };
  }
}
