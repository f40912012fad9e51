import type { FunctionEntry } from '@tributary/sql';
import { ExpressionGenerator, columnsOf, isInexact } from './expressions.ts';
import type { GeneratorOptions } from './expressions.ts';

/** One generated statement. */
export interface GeneratedStatement {
  readonly sql: string;
  readonly parameters: readonly (string | null)[];
  /** Functions and operators in it. */
  readonly names: ReadonlySet<string>;
  /** Some answer is compared by value: its last digits are documented to differ. */
  readonly inexact: boolean;
  /** The order of rows is given. */
  readonly ordered: boolean;
}

interface Shape {
  readonly sql: string;
  readonly ordered: boolean;
}

/** Random statements of every shape, from one source of choices. */
export class StatementGenerator {
  readonly #expressions: ExpressionGenerator;

  constructor(options: GeneratorOptions) {
    this.#expressions = new ExpressionGenerator(options);
  }

  next(): GeneratedStatement {
    const e = this.#expressions;
    const { random } = e;
    e.reset([], random.chance(0.1));
    const shape = random.pick([
      ...Array.from({ length: 10 }, () => () => this.#call()),
      () => this.#filter(),
      () => this.#filter(),
      () => this.#sorted(),
      () => this.#grouped(),
      () => this.#grouped(),
      () => this.#groupingSets(),
      () => this.#window(),
      () => this.#window(),
      () => this.#setOperation(),
      () => this.#subquery(),
      () => this.#subquery(),
      () => this.#join(),
      () => this.#lateral(),
      () => this.#distinct(),
      () => this.#with(),
      () => this.#tableFunction(),
    ])();
    return {
      ...withParameters(shape, e.parameters),
      names: new Set(e.used),
      inexact: e.inexact,
    };
  }

  /** Mostly everyday values; edges one row at a time, so that an error of one row hides no other. */
  #source(alias: string): { readonly from: string; readonly where: string } {
    const { random } = this.#expressions;
    this.#expressions.columns = columnsOf(alias);
    return random.chance(0.3)
      ? { from: `edge AS ${alias}`, where: `${alias}.id = ${random.integer(1, 6)}` }
      : random.chance(0.5)
        ? { from: `plain AS ${alias}`, where: `${alias}.id = ${random.integer(1, 9)}` }
        : { from: `plain AS ${alias}`, where: `true` };
  }

  #call(): Shape {
    const e = this.#expressions;
    if (e.random.chance(0.2)) return { sql: `SELECT ${e.anyCall(2)}`, ordered: true };
    const { from, where } = this.#source('p');
    const call = e.random.chance(0.85) ? e.anyCall(2) : e.expression(e.type(), 3);
    return { sql: `SELECT p.id, ${call} FROM ${from} WHERE ${where} ORDER BY p.id`, ordered: true };
  }

  #filter(): Shape {
    const e = this.#expressions;
    const { from, where } = this.#source('p');
    return {
      sql: `SELECT p.id FROM ${from} WHERE ${where} AND ${e.expression('bool', 3)} ORDER BY p.id`,
      ordered: true,
    };
  }

  #direction(): string {
    return this.#expressions.random.pick(['', ' ASC', ' DESC', ' NULLS FIRST', ' DESC NULLS LAST']);
  }

  #sorted(): Shape {
    const e = this.#expressions;
    const table = e.random.pick(['plain', 'edge']);
    e.columns = columnsOf('p');
    const type = e.orderedType();
    const key = table === 'edge' ? e.leaf(type) : e.expression(type, 1);
    const limit = e.random.pick([
      '',
      ` LIMIT 3`,
      ` LIMIT 4 OFFSET 2`,
      ' OFFSET 1',
      ' LIMIT ALL',
      ' FETCH FIRST 2 ROWS ONLY',
    ]);
    return {
      sql: `SELECT p.id, p.${e.random.pick(['t', 'i4', 'd', 'n'])} AS shown FROM ${table} p ORDER BY ${key}${this.#direction()}, p.id${this.#direction()}${limit}`,
      ordered: true,
    };
  }

  #aggregate(depth: number): string {
    const e = this.#expressions;
    const { random } = e;
    const name = random.pick([
      ...new Set([...e.aggregates, ...e.orderedSets].map((each) => each.name)),
    ]);
    const entry = random.pick(
      [...e.aggregates, ...e.orderedSets].filter((each) => each.name === name),
    );
    if (isInexact(entry)) e.inexact = true;
    e.used.add(entry.name);
    const element = e.bind(entry);
    const types = e.argumentTypes(entry, element);
    const args = types.map((type, index) => e.argument(entry.name, types, type, index, depth));
    const filter = random.chance(0.2) ? ` FILTER (WHERE ${e.expression('bool', 1)})` : '';
    if (entry.kind === 'orderedSet') {
      const direct = args.slice(0, -1).join(', ');
      return `${entry.name}(${direct}) WITHIN GROUP (ORDER BY ${args.at(-1) ?? 'p.id'}${this.#direction()})${filter}`;
    }
    if (entry.name === 'count' && args.length === 0) return `count(*)${filter}`;
    const ordered = needsOrder(entry);
    const order = ordered ? ` ORDER BY p.id` : '';
    if (!ordered && !entry.name.startsWith('regr') && random.chance(0.2) && distinctable(types)) {
      return `${entry.name}(DISTINCT ${args.join(', ')})${filter}`;
    }
    return `${entry.name}(${args.join(', ')}${order})${filter}`;
  }

  #grouped(): Shape {
    const e = this.#expressions;
    const { random } = e;
    const { from, where } = this.#source('p');
    if (random.chance(0.4)) {
      return { sql: `SELECT ${this.#aggregate(2)} FROM ${from} WHERE ${where}`, ordered: true };
    }
    const key = random.pick([
      'p.b',
      'p.i2',
      'p.t',
      'p.d',
      'p.n',
      'p.i4 % 2',
      'lower(p.t)',
      'p.ts',
      'p.f8',
      'p.iv',
      'p.u',
      'p.ai',
    ]);
    const having = random.chance(0.2) ? ` HAVING count(*) >= ${random.integer(1, 2)}` : '';
    return {
      sql: `SELECT ${key} AS k, ${this.#aggregate(1)}, ${this.#aggregate(1)} AS second FROM ${from} WHERE ${where} GROUP BY ${random.pick(['1', key])}${having} ORDER BY 1`,
      ordered: true,
    };
  }

  #groupingSets(): Shape {
    const e = this.#expressions;
    const { random } = e;
    e.columns = columnsOf('p');
    const [a = 'b', b = 'i2'] = random.sample(['b', 'i2', 't', 'd', 'n'], 2);
    const sets = random.pick([
      `ROLLUP (p.${a}, p.${b})`,
      `CUBE (p.${a}, p.${b})`,
      `GROUPING SETS ((p.${a}), (p.${b}), ())`,
      `GROUPING SETS ((p.${a}, p.${b}), (p.${a}))`,
      `p.${a}, ROLLUP (p.${b})`,
    ]);
    return {
      sql: `SELECT p.${a}, p.${b}, GROUPING(p.${a}, p.${b}), ${this.#aggregate(0)} FROM plain p GROUP BY ${sets}`,
      ordered: false,
    };
  }

  #frame(): string {
    return this.#expressions.random.pick([
      '',
      '',
      '',
      ' ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW',
      ' ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING',
      ' ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING',
      ' RANGE BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING',
      ' GROUPS BETWEEN 1 PRECEDING AND CURRENT ROW',
      ' ROWS BETWEEN 2 PRECEDING AND 1 PRECEDING',
      ' ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING EXCLUDE CURRENT ROW',
      ' ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING EXCLUDE TIES',
    ]);
  }

  #window(): Shape {
    const e = this.#expressions;
    const { random } = e;
    e.columns = columnsOf('p');
    const partition = random.chance(0.5)
      ? `PARTITION BY ${random.pick(['p.b', 'p.t', 'p.i2 % 3'])} `
      : '';
    const order = `ORDER BY ${random.pick(['', 'p.d, ', 'p.n DESC NULLS LAST, ', 'p.i4 DESC, '])}p.id`;
    const over = `OVER (${partition}${order}${this.#frame()})`;
    const text = random.chance(0.5) ? this.#windowCall() : this.#windowAggregate();
    return { sql: `SELECT p.id, ${text} ${over} FROM plain p ORDER BY p.id`, ordered: true };
  }

  #windowCall(): string {
    const e = this.#expressions;
    const entry = e.random.pick(e.windows);
    return e.call(entry, 1, e.bind(entry));
  }

  #windowAggregate(): string {
    const e = this.#expressions;
    const entry = e.random.pick(e.aggregates.filter((each) => each.name !== 'median'));
    if (isInexact(entry)) e.inexact = true;
    if (entry.args.length === 0) return 'count(*)';
    return e.call(entry, 1, e.bind(entry));
  }

  #setOperation(): Shape {
    const e = this.#expressions;
    const { random } = e;
    const operator = random.pick([
      'UNION',
      'UNION ALL',
      'INTERSECT',
      'INTERSECT ALL',
      'EXCEPT',
      'EXCEPT ALL',
    ]);
    const [left, right] = random.pick([
      ['i4', 'i8'],
      ['i2', 'n'],
      ['n', 'f8'],
      ['t', 't'],
      ['d', 'ts'],
      ['f4', 'n'],
      ['vc', 't'],
      ['i4', 'i4'],
      ['b', 'b'],
      ['ts', 'tz'],
      ['m', 'n'],
    ]);
    const tail = random.pick(['', ' ORDER BY 1', ' ORDER BY 1 DESC NULLS LAST LIMIT 4']);
    return {
      sql: `SELECT p.${left ?? 't'} FROM plain p WHERE p.id < ${random.integer(3, 10)} ${operator} SELECT q.${right ?? 't'} FROM plain q${tail}`,
      ordered: tail !== '',
    };
  }

  #subquery(): Shape {
    const e = this.#expressions;
    const { random } = e;
    const { from, where } = this.#source('p');
    const type = random.pick(['int4', 'text', 'numeric', 'date', 'float8', 'int8', 'timestamp']);
    const outer = e.expression(type, 1);
    e.columns = [...columnsOf('q'), ...(random.chance(0.4) ? columnsOf('p') : [])];
    const inner = e.expression(type, 1);
    const condition = e.expression('bool', 2);
    const comparison = random.pick(['=', '<>', '<', '>=']);
    const test = random.pick([
      `${outer} IN (SELECT ${inner} FROM plain q WHERE ${condition})`,
      `${outer} NOT IN (SELECT ${inner} FROM plain q WHERE ${condition})`,
      `EXISTS (SELECT 1 FROM plain q WHERE q.i2 = p.i2 AND ${condition})`,
      `NOT EXISTS (SELECT 1 FROM plain q WHERE q.t = p.t AND ${condition})`,
      `${outer} ${comparison} ANY (SELECT ${inner} FROM plain q WHERE q.id > 2)`,
      `${outer} ${comparison} ALL (SELECT ${inner} FROM plain q WHERE q.id < 5)`,
      `${outer} ${comparison} (SELECT max(${inner}) FROM plain q WHERE ${condition})`,
      `(${outer}, p.id) IN (SELECT ${inner}, q.id FROM plain q)`,
    ]);
    return random.choose(
      () => ({
        sql: `SELECT p.id FROM ${from} WHERE ${where} AND ${test} ORDER BY p.id`,
        ordered: true,
      }),
      () => ({
        sql: `SELECT p.id, ${test} AS answer FROM ${from} WHERE ${where} ORDER BY p.id`,
        ordered: true,
      }),
      () => ({
        sql: `SELECT p.id, (SELECT count(${inner}) FROM plain q WHERE q.i2 = p.i2), ARRAY(SELECT q.id FROM plain q WHERE q.t = p.t ORDER BY q.id) FROM ${from} WHERE ${where} ORDER BY p.id`,
        ordered: true,
      }),
      () => ({
        sql: `SELECT s.k, count(*) FROM (SELECT ${outer} AS k FROM ${from} WHERE ${where}) s GROUP BY s.k ORDER BY s.k`,
        ordered: true,
      }),
    );
  }

  #join(): Shape {
    const e = this.#expressions;
    const { random } = e;
    e.columns = [...columnsOf('p'), ...columnsOf('q')];
    const kind = random.pick(['JOIN', 'LEFT JOIN', 'RIGHT JOIN', 'FULL JOIN', 'CROSS JOIN']);
    const key = random.pick(['i2', 't', 'd', 'u', 'n', 'b']);
    const on =
      kind === 'CROSS JOIN'
        ? ''
        : random.pick([` USING (${key})`, ` ON p.${key} = q.${key}`, ` ON p.id = q.i4`]);
    const columns = on.startsWith(' USING') ? key : `p.${key} AS left_key, q.${key} AS right_key`;
    const type = random.pick(['text', 'int4', 'bool', 'numeric', 'date']);
    return {
      sql: `SELECT p.id, q.id, ${columns}, ${e.expression(type, 1)} FROM plain p ${kind} edge q${on} ORDER BY p.id, q.id, 3`,
      ordered: true,
    };
  }

  #lateral(): Shape {
    const e = this.#expressions;
    const { random } = e;
    e.columns = columnsOf('p');
    const type = random.pick(['int4', 'text', 'numeric', 'date', 'interval']);
    const value = e.expression(type, 1);
    return random.choose(
      () => ({
        sql: `SELECT p.id, l.x FROM plain p CROSS JOIN LATERAL (SELECT ${value} AS x) l ORDER BY p.id`,
        ordered: true,
      }),
      () => ({
        sql: `SELECT p.id, l.x FROM plain p LEFT JOIN LATERAL (SELECT q.id AS x FROM plain q WHERE q.i2 = p.i2 ORDER BY q.id DESC LIMIT 1) l ON true ORDER BY p.id`,
        ordered: true,
      }),
      () => ({
        sql: `SELECT p.id, l.item, l.place FROM plain p, LATERAL unnest(p.${random.pick(['ai', 'at'])}) WITH ORDINALITY AS l(item, place) ORDER BY p.id, l.place`,
        ordered: true,
      }),
    );
  }

  #distinct(): Shape {
    const e = this.#expressions;
    const { random } = e;
    const { from, where } = this.#source('p');
    const type = e.orderedType();
    const value = e.expression(type, 1);
    return random.choose(
      () => ({
        sql: `SELECT DISTINCT ${value} AS x FROM ${from} WHERE ${where} ORDER BY 1`,
        ordered: true,
      }),
      () => ({
        sql: `SELECT DISTINCT ON (${value}) p.id FROM ${from} WHERE ${where} ORDER BY ${value}, p.id${this.#direction()}`,
        ordered: true,
      }),
    );
  }

  #with(): Shape {
    const e = this.#expressions;
    const { random } = e;
    const { from, where } = this.#source('p');
    const type = random.pick(['int4', 'text', 'numeric', 'date', 'timestamp', 'bool']);
    const value = e.expression(type, 2);
    return random.choose(
      () => ({
        sql: `WITH w AS (SELECT p.id, ${value} AS x FROM ${from} WHERE ${where}) SELECT a.id, a.x, b.x FROM w a JOIN w b ON a.id = b.id ORDER BY 1`,
        ordered: true,
      }),
      () => ({
        sql: `WITH RECURSIVE r(n, x) AS (SELECT 1, '${random.pick(['7', '1000', '-9'])}'::${random.pick(['int8', 'int4', 'numeric'])} UNION ALL SELECT n + 1, r.x - n FROM r WHERE n < ${random.integer(2, 5)}) SELECT r.* FROM r ORDER BY 1`,
        ordered: true,
      }),
      () => ({
        sql: `SELECT v.a, v.b, ${value} FROM ${from}, (VALUES (1, 'x'), (2, NULL), (NULL, 'z')) AS v(a, b) WHERE ${where} ORDER BY 1, 2, p.id`,
        ordered: true,
      }),
    );
  }

  #tableFunction(): Shape {
    const e = this.#expressions;
    const { random } = e;
    const { from, where } = this.#source('p');
    const entry = random.pick(e.tables);
    const call = e.call(entry, 1, e.bind(entry));
    return random.choose(
      () => ({
        sql: `SELECT p.id, f.x FROM ${from}, LATERAL ${call} AS f(x) WHERE ${where}`,
        ordered: false,
      }),
      () => ({ sql: `SELECT p.id, ${call} FROM ${from} WHERE ${where}`, ordered: false }),
    );
  }
}

/** Numbers the parameters that stand in the text from 1: parts that were made and not taken may have had some. */
function withParameters(
  shape: Shape,
  values: readonly (string | null)[],
): Shape & { readonly parameters: readonly (string | null)[] } {
  const places: number[] = [];
  const sql = shape.sql.replace(/\$(\d+)(?=::)/g, (_, digits: string) => {
    const index = Number(digits) - 1;
    if (!places.includes(index)) places.push(index);
    return `$${places.indexOf(index) + 1}`;
  });
  return { ...shape, sql, parameters: places.map((index) => values[index] ?? null) };
}

/** Aggregates whose answer depends on the order of their input. */
function needsOrder(entry: FunctionEntry): boolean {
  return /(_agg|listagg|any_value)$/.test(entry.name);
}

function distinctable(types: readonly string[]): boolean {
  return types.length === 1 && types.every((type) => !/json/.test(type));
}
