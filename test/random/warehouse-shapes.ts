import type { RandomSource } from '../support/random-source.ts';
import { day, DAYS } from './lake-tables.ts';
import type { LakeTable } from './lake-tables.ts';
import { partitionPredicate, truncatedDate } from './partition-predicates.ts';

/** A fact table's use in a statement. */
interface Fact {
  readonly name: string;
  /** The row's day, for an alias. */
  date(alias: string): string;
  /** A random restriction to partitions, for an alias. */
  some(alias: string): string;
  /** A restriction to a span of days, in the form that the table's partitioning asks for. */
  span(alias: string): string;
}

const DATES: Readonly<Record<string, (alias: string) => string>> = {
  ev: (a) => `${a}.dt`,
  ymd: (a) => `make_date(${a}.year, ${a}.month, ${a}.day)`,
  ymdt: (a) => `cast(${a}.year || '-' || ${a}.month || '-' || ${a}.day as date)`,
  en: (a) => `${a}.ds::date`,
  mon: (a) => `${a}.mo`,
  hr: (a) => `${a}.h::date`,
  regd: (a) => `${a}.dt`,
};

function facts(random: RandomSource, tables: readonly LakeTable[], count: number): Fact[] {
  const usable = tables.filter(({ name }) => DATES[name] !== undefined);
  const chosen = Array.from({ length: count }, () => random.pick(usable));
  return chosen.map(({ name, partitionColumns }) => {
    const date = DATES[name] ?? ((a: string) => `${a}.dt`);
    const from = random.integer(0, DAYS - 20);
    return {
      name: `lake.${name}`,
      date,
      some: (alias) =>
        partitionPredicate(
          partitionColumns.map(({ name: column, role, kind }) => ({
            role,
            isText: kind === 'text',
            text: `${alias}.${column}`,
          })),
          random,
        ),
      span: (alias) =>
        `${date(alias)} BETWEEN date '${day(from)}' AND date '${day(from)}' + ${random.integer(10, 60)}`,
    };
  });
}

const pair = (random: RandomSource, tables: readonly LakeTable[]): [Fact, Fact, Fact] => {
  const [a, b, c] = facts(random, tables, 3);
  if (a === undefined || b === undefined || c === undefined) throw new Error('no fact tables');
  return [a, b, c];
};

export interface WarehouseShape {
  readonly name: string;
  text(random: RandomSource, tables: readonly LakeTable[]): string;
}

/** Statements as decision support benchmarks have them, over whichever tables a lake's seed picks. */
export const WAREHOUSE_SHAPES: readonly WarehouseShape[] = [
  {
    name: 'customers above their group: a common table compared with its own correlated average',
    text: (random, tables) => {
      const [a] = pair(random, tables);
      return `WITH total AS (SELECT f.k AS k, d.s AS store, sum(f.k) AS amount FROM ${a.name} f JOIN lake.dim d ON f.k = d.k WHERE ${a.span('f')} GROUP BY f.k, d.s)
        SELECT t.k, t.store, t.amount FROM total t WHERE t.amount > (SELECT avg(o.amount::double precision) * 1.2 FROM total o WHERE t.store = o.store) ORDER BY 1, 2, 3 LIMIT 100`;
    },
  },
  {
    name: 'weeks side by side: sums by weekday of two facts, joined with themselves a year or weeks later',
    text: (random, tables) => {
      const [a, b] = pair(random, tables);
      const daily = [1, 2, 3, 6, 0]
        .map(
          (dow) => `sum(CASE WHEN extract(dow from u.d) = ${dow} THEN u.k ELSE 0 END) AS d${dow}`,
        )
        .join(', ');
      return `WITH u AS (SELECT ${a.date('f')} AS d, f.k FROM ${a.name} f UNION ALL SELECT ${b.date('f')}, f.k FROM ${b.name} f),
        w AS (SELECT ${truncatedDate('week', 'u.d')}::date AS week, ${daily} FROM u GROUP BY 1)
        SELECT x.week, x.d1, y.d1, x.d2 - y.d2, x.d6::double precision / nullif(y.d6, 0), y.d0 FROM w x JOIN w y ON x.week = y.week - ${random.pick([7, 14, 28])}
        WHERE x.week >= date '${day(random.integer(0, 30))}' ORDER BY 1, 2, 3, 4, 5, 6`;
    },
  },
  {
    name: 'growth by channel: one union of channels and periods, joined four times',
    text: (random, tables) => {
      const [a, b] = pair(random, tables);
      const part = (fact: Fact, label: string): string =>
        `SELECT d.k AS id, d.s AS s, extract(month from ${fact.date('f')})::int AS m, sum(f.k) AS total, '${label}' AS channel FROM ${fact.name} f JOIN lake.dim d ON d.k = f.k GROUP BY 1, 2, 3`;
      return `WITH totals AS (${part(a, 'store')} UNION ALL ${part(b, 'web')})
        SELECT s1.id, s1.s, w2.total FROM totals s1, totals s2, totals w1, totals w2
        WHERE s1.id = s2.id AND s1.id = w1.id AND s1.id = w2.id AND s1.channel = 'store' AND s2.channel = 'store' AND w1.channel = 'web' AND w2.channel = 'web'
        AND s1.m = 12 AND s2.m = 1 AND w1.m = 12 AND w2.m = 1 AND s1.total > 0 AND w1.total > 0
        AND CASE WHEN w1.total > 0 THEN w2.total::double precision / w1.total END > CASE WHEN s1.total > 0 THEN s2.total::double precision / s1.total ELSE 0 END ORDER BY 1, 2, 3`;
    },
  },
  {
    name: 'channels rolled up: grouping sets over a union of aggregates',
    text: (random, tables) => {
      const [a, b, c] = pair(random, tables);
      const part = (fact: Fact, label: string): string =>
        `SELECT '${label}' AS channel, f.s AS id, sum(f.k) AS sales, count(*) AS n, sum(f.k) - count(f.k) AS profit FROM ${fact.name} f WHERE ${fact.some('f')} GROUP BY f.s`;
      return `SELECT channel, id, sum(sales), sum(n), sum(profit), grouping(channel, id) FROM (${part(a, 'a')} UNION ALL ${part(b, 'b')} UNION ALL ${part(c, 'c')}) x GROUP BY ROLLUP (channel, id) ORDER BY 1, 2, 3, 4, 5, 6 LIMIT 100`;
    },
  },
  {
    name: 'buckets by scalar subqueries in CASE',
    text: (random, tables) => {
      const [a] = pair(random, tables);
      const bucket = (from: number): string =>
        `CASE WHEN (SELECT count(*) FROM ${a.name} f WHERE f.k BETWEEN ${from} AND ${from + 10} AND ${a.some('f')}) > ${random.integer(0, 60)} THEN (SELECT max(f.k) FROM ${a.name} f WHERE f.k BETWEEN ${from} AND ${from + 10}) ELSE (SELECT min(f.rid) FROM ${a.name} f WHERE f.k BETWEEN ${from} AND ${from + 10}) END`;
      return `SELECT ${bucket(0)} AS b1, ${bucket(11)} AS b2, ${bucket(22)} AS b3 FROM lake.dim d WHERE d.rid = 1`;
    },
  },
  {
    name: 'demographics of those who bought here and elsewhere: EXISTS, and EXISTS or EXISTS',
    text: (random, tables) => {
      const [a, b, c] = pair(random, tables);
      return `SELECT d.s, d.q, count(*), min(d.k), max(d.k), count(DISTINCT d.k) FROM lake.dim d
        WHERE EXISTS (SELECT * FROM ${a.name} f WHERE d.k = f.k AND ${a.span('f')})
        AND (EXISTS (SELECT * FROM ${b.name} f WHERE d.k = f.k AND ${b.some('f')}) OR EXISTS (SELECT * FROM ${c.name} f WHERE d.k = f.k AND ${c.some('f')}))
        GROUP BY d.s, d.q ORDER BY 1, 2, 3, 4, 5, 6 LIMIT 100`;
    },
  },
  {
    name: 'share of revenue within a class: a window over aggregates',
    text: (random, tables) => {
      const [a] = pair(random, tables);
      return `SELECT d.s, f.s, sum(f.k) AS revenue, sum(f.k) * 100::double precision / nullif(sum(sum(f.k)) OVER (PARTITION BY d.s), 0) AS ratio
        FROM ${a.name} f JOIN lake.dim d ON f.k = d.k WHERE ${a.span('f')} AND d.s IN ('red', 'blue', 'grey') GROUP BY d.s, f.s ORDER BY 1, 2, 3, 4`;
    },
  },
  {
    name: 'items sold in all channels: INTERSECT in IN, HAVING above a scalar subquery, rolled up',
    text: (random, tables) => {
      const [a, b, c] = pair(random, tables);
      return `WITH cross_items AS (SELECT f.k FROM ${a.name} f WHERE ${a.some('f')} INTERSECT SELECT f.k FROM ${b.name} f INTERSECT SELECT f.k FROM ${c.name} f),
        average AS (SELECT avg(x.k::double precision) AS v FROM (SELECT f.k FROM ${a.name} f WHERE ${a.span('f')} UNION ALL SELECT f.k FROM ${b.name} f WHERE ${b.span('f')}) x)
        SELECT channel, s, sum(sales), sum(n) FROM (
          SELECT 'a' AS channel, f.s, sum(f.k) AS sales, count(*) AS n FROM ${a.name} f WHERE f.k IN (SELECT k FROM cross_items) GROUP BY f.s HAVING sum(f.k) > (SELECT v FROM average)
          UNION ALL SELECT 'b', f.s, sum(f.k), count(*) FROM ${b.name} f WHERE f.k IN (SELECT k FROM cross_items) AND ${b.some('f')} GROUP BY f.s HAVING sum(f.k) > (SELECT v FROM average)) y
        GROUP BY ROLLUP (channel, s) ORDER BY 1, 2, 3, 4`;
    },
  },
  {
    name: 'orders with several warehouses and no returns: EXISTS with inequality, NOT EXISTS',
    text: (random, tables) => {
      const [a, b] = pair(random, tables);
      return `SELECT count(DISTINCT f.k), sum(f.k), count(*) FROM ${a.name} f JOIN lake.dim d ON d.k = f.k
        WHERE ${a.span('f')} AND EXISTS (SELECT * FROM ${a.name} g WHERE g.k = f.k AND g.s <> f.s) AND NOT EXISTS (SELECT * FROM ${b.name} r WHERE r.k = f.k AND ${b.some('r')})`;
    },
  },
  {
    name: 'best customers of frequent items: HAVING over counts and a fraction of a maximum of sums',
    text: (random, tables) => {
      const [a, b] = pair(random, tables);
      return `WITH frequent AS (SELECT f.s, ${a.date('f')} AS d, count(*) AS cnt FROM ${a.name} f GROUP BY f.s, ${a.date('f')} HAVING count(*) > 1),
        most AS (SELECT max(total) AS top FROM (SELECT f.k, sum(f.k) AS total FROM ${a.name} f JOIN lake.dim d ON f.k = d.k WHERE ${a.span('f')} GROUP BY f.k) x),
        best AS (SELECT f.k, sum(f.k) AS total FROM ${a.name} f GROUP BY f.k HAVING sum(f.k) > 0.5::double precision * (SELECT top FROM most))
        SELECT sum(f.k), count(*) FROM ${b.name} f WHERE ${b.some('f')} AND f.s IN (SELECT s FROM frequent) AND f.k IN (SELECT k FROM best)`;
    },
  },
  {
    name: 'six buckets cross joined',
    text: (random, tables) => {
      const chosen = facts(random, tables, 4);
      return `SELECT * FROM ${chosen
        .map(
          (fact, index) =>
            `(SELECT avg(f.k::double precision) AS a${index}, count(f.k) AS b${index}, count(DISTINCT f.k) AS c${index} FROM ${fact.name} f WHERE f.k BETWEEN ${index * 8} AND ${index * 8 + 12} AND ${fact.some('f')}) x${index}`,
        )
        .join(', ')}`;
    },
  },
  {
    name: 'ranks within levels of a hierarchy: rank over grouping',
    text: (random, tables) => {
      const [a] = pair(random, tables);
      return `SELECT sum(f.k) AS total, d.s, f.s, grouping(d.s) + grouping(f.s) AS level, rank() OVER (PARTITION BY grouping(d.s) + grouping(f.s), CASE WHEN grouping(f.s) = 0 THEN d.s END ORDER BY sum(f.k) DESC) AS place
        FROM ${a.name} f JOIN lake.dim d ON d.k = f.k WHERE ${a.span('f')} GROUP BY ROLLUP (d.s, f.s) ORDER BY level DESC, 1, 2, 3, 5`;
    },
  },
  {
    name: 'customers of all channels, or of one alone: counts over INTERSECT and EXCEPT',
    text: (random, tables) => {
      const [a, b, c] = pair(random, tables);
      const part = (fact: Fact): string =>
        `SELECT DISTINCT d.s, f.k FROM ${fact.name} f JOIN lake.dim d ON f.k = d.k WHERE ${fact.some('f')}`;
      const operator = random.pick(['INTERSECT', 'EXCEPT']);
      return `SELECT count(*) FROM ((${part(a)}) ${operator} (${part(b)}) ${operator} (${part(c)})) x`;
    },
  },
  {
    name: 'deviation from the mean of a month: averages over windows, neighbours by self join',
    text: (random, tables) => {
      const [a] = pair(random, tables);
      return `WITH v1 AS (SELECT d.s AS cat, f.s AS brand, extract(year from ${a.date('f')})::int AS y, extract(month from ${a.date('f')})::int AS m, sum(f.k) AS total,
          avg(sum(f.k)::double precision) OVER (PARTITION BY d.s, f.s, extract(year from ${a.date('f')})::int) AS mean,
          rank() OVER (PARTITION BY d.s, f.s ORDER BY extract(year from ${a.date('f')})::int, extract(month from ${a.date('f')})::int) AS rn
          FROM ${a.name} f JOIN lake.dim d ON f.k = d.k WHERE ${a.some('f')} GROUP BY 1, 2, 3, 4),
        v2 AS (SELECT x.cat, x.brand, x.y, x.m, x.mean, x.total, p.total AS before, n.total AS after FROM v1 x, v1 p, v1 n
          WHERE x.cat = p.cat AND x.cat = n.cat AND x.brand = p.brand AND x.brand = n.brand AND x.rn = p.rn + 1 AND x.rn = n.rn - 1)
        SELECT * FROM v2 WHERE CASE WHEN mean > 0 THEN abs(total - mean) / mean END > 0.1 ORDER BY 1, 2, 3, 4, 6, 7, 8`;
    },
  },
  {
    name: 'running totals of two channels met in a full join',
    text: (random, tables) => {
      const [a, b] = pair(random, tables);
      const part = (fact: Fact): string =>
        `SELECT f.k AS item, ${fact.date('f')} AS d, sum(sum(f.k)) OVER (PARTITION BY f.k ORDER BY ${fact.date('f')} ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS cume FROM ${fact.name} f WHERE ${fact.span('f')} AND f.k IS NOT NULL GROUP BY f.k, ${fact.date('f')}`;
      return `WITH web AS (${part(a)}), store AS (${part(b)})
        SELECT * FROM (SELECT x.item, x.d, web_sales, store_sales, max(web_sales) OVER (PARTITION BY x.item ORDER BY x.d ROWS UNBOUNDED PRECEDING) AS web_cume, max(store_sales) OVER (PARTITION BY x.item ORDER BY x.d ROWS UNBOUNDED PRECEDING) AS store_cume
          FROM (SELECT CASE WHEN w.item IS NOT NULL THEN w.item ELSE s.item END AS item, CASE WHEN w.d IS NOT NULL THEN w.d ELSE s.d END AS d, w.cume AS web_sales, s.cume AS store_sales FROM web w FULL JOIN store s ON w.item = s.item AND w.d = s.d) x) y
        WHERE web_cume > store_cume ORDER BY 1, 2, 3, 4 LIMIT 100`;
    },
  },
  {
    name: 'top of each category: a rank over rolled up sums, filtered',
    text: (random, tables) => {
      const [a] = pair(random, tables);
      return `SELECT * FROM (SELECT s, q, y, m, total, rank() OVER (PARTITION BY s ORDER BY total DESC) AS place FROM (
          SELECT d.s, d.q, extract(year from ${a.date('f')})::int AS y, extract(month from ${a.date('f')})::int AS m, sum(coalesce(f.k * d.q, 0)) AS total FROM ${a.name} f, lake.dim d WHERE f.k = d.k AND ${a.some('f')} GROUP BY ROLLUP (d.s, d.q, extract(year from ${a.date('f')})::int, extract(month from ${a.date('f')})::int)) dw1) dw2
        WHERE place <= 10 ORDER BY 1, 2, 3, 4, 5, 6 LIMIT 100`;
    },
  },
  {
    name: 'sold but never returned: a left join kept where it found nothing',
    text: (random, tables) => {
      const [a, b] = pair(random, tables);
      return `WITH sold AS (SELECT extract(month from ${a.date('f')})::int AS m, f.k, f.s, sum(f.k) AS qty FROM ${a.name} f LEFT JOIN ${b.name} r ON r.rid = f.rid AND f.k = r.k WHERE r.rid IS NULL GROUP BY 1, 2, 3),
        web AS (SELECT f.k, f.s, sum(f.k) AS qty FROM ${b.name} f WHERE ${b.some('f')} GROUP BY 1, 2)
        SELECT x.m, x.k, x.s, x.qty, round(coalesce(w.qty, 0)::numeric, 2), coalesce(w.qty, 0) > 0 FROM sold x LEFT JOIN web w ON w.k = x.k AND w.s = x.s WHERE coalesce(w.qty, 0) >= 0 AND x.m IN (1, 12) ORDER BY 1, 2, 3, 4, 5, 6 LIMIT 100`;
    },
  },
  {
    name: 'customers of one channel, the other or both: a full join counted by its NULLs',
    text: (random, tables) => {
      const [a, b] = pair(random, tables);
      return `WITH x AS (SELECT f.k, f.s FROM ${a.name} f WHERE ${a.span('f')} GROUP BY 1, 2), y AS (SELECT f.k, f.s FROM ${b.name} f WHERE ${b.some('f')} GROUP BY 1, 2)
        SELECT sum(CASE WHEN x.k IS NOT NULL AND y.k IS NULL THEN 1 ELSE 0 END), sum(CASE WHEN x.k IS NULL AND y.k IS NOT NULL THEN 1 ELSE 0 END), count(*) FILTER (WHERE x.k IS NOT NULL AND y.k IS NOT NULL) FROM x FULL JOIN y ON x.k = y.k AND x.s = y.s`;
    },
  },
  {
    name: 'days before and after a day: sums by CASE over a date, a dimension of dates by subquery',
    text: (random, tables) => {
      const [a] = pair(random, tables);
      const pivot = day(random.integer(10, DAYS - 10));
      return `SELECT d.s, f.s, sum(CASE WHEN ${a.date('f')} < date '${pivot}' THEN f.k ELSE 0 END) AS before, sum(CASE WHEN ${a.date('f')} >= date '${pivot}' THEN f.k ELSE 0 END) AS after
        FROM ${a.name} f LEFT JOIN lake.dim d ON f.k = d.rid WHERE ${a.date('f')} BETWEEN date '${pivot}' - interval '30 day' AND date '${pivot}' + interval '30 day' GROUP BY d.s, f.s ORDER BY 1, 2, 3, 4 LIMIT 100`;
    },
  },
  {
    name: 'dates chosen by a dimension: a semi join on the partition column',
    text: (random, tables) => {
      const [a] = pair(random, tables);
      return `SELECT f.s, count(*), sum(f.k) FROM ${a.name} f WHERE ${a.date('f')} IN (SELECT d.d FROM lake.dim d WHERE d.d >= date '${day(random.integer(0, 40))}') AND f.k = ANY (SELECT d.k FROM lake.dim d WHERE d.s <> 'red') GROUP BY f.s ORDER BY 1, 2, 3`;
    },
  },
];
