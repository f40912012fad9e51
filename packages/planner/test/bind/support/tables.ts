import type { SqlType } from '@tributary/sql';
import {
  arrayOf,
  BOOL,
  DATE,
  FLOAT8,
  INT2,
  INT4,
  INT8,
  INTERVAL,
  numericType,
  scalar,
  TEXT,
  TIMESTAMP,
  TIMESTAMPTZ,
} from '@tributary/sql';

/** A table that PostgreSQL and DuckDB both hold; values in PostgreSQL's text form. */
export interface TestTable {
  readonly schema: string;
  readonly name: string;
  readonly columns: readonly { readonly name: string; readonly type: SqlType }[];
  readonly rows: readonly (readonly (string | null)[])[];
}

function table(
  name: string,
  columns: Readonly<Record<string, SqlType>>,
  rows: readonly (readonly (string | number | null)[])[],
  schema = 'public',
): TestTable {
  return {
    schema,
    name,
    columns: Object.entries(columns).map(([column, type]) => ({ name: column, type })),
    rows: rows.map((row) => row.map((value) => (value === null ? null : String(value)))),
  };
}

/** A small deterministic generator, so that failures repeat. */
function generator(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

function day(offset: number, from = '1992-01-01'): string {
  const date = new Date(`${from}T00:00:00Z`);
  date.setUTCDate(date.getUTCDate() + offset);
  return date.toISOString().slice(0, 10);
}

const MONEY = numericType(12, 2);
const NAMES = ['green', 'forest', 'red', 'blue', 'ivory'];

const small: readonly TestTable[] = [
  table(
    't',
    { a: INT4, b: TEXT, c: numericType(10, 2), d: DATE, e: TIMESTAMP, f: FLOAT8, g: BOOL },
    [
      [1, 'one', '1.50', '2024-01-01', '2024-01-01 10:00:00', '1.5', 't'],
      [2, 'two', '2.25', '2024-02-15', '2024-02-15 23:59:59.5', '-2.5', 'f'],
      [3, 'three', '-3.00', '2024-02-29', '2024-02-29 00:00:00', '0', null],
      [4, null, null, null, null, null, 't'],
      [2, 'two', '10.00', '2023-12-31', '2023-12-31 12:30:00', '100.25', 'f'],
      [null, 'none', '0.10', '2024-03-10', '2024-03-10 01:02:03', '1e10', 't'],
    ],
  ),
  table('u', { a: INT4, b: TEXT, x: INT8, s: INT2 }, [
    [1, 'one', 100, 1],
    [2, 'TWO', 200, 2],
    [2, 'two', 201, 2],
    [5, 'five', 500, 5],
    [null, null, null, null],
  ]),
  table('n', { q: INT4, r: INT4 }, [
    [1, 1],
    [1, null],
    [null, 2],
    [3, 4],
  ]),
  table(
    'emp',
    {
      id: INT4,
      name: scalar('varchar', 24),
      dept: INT4,
      salary: MONEY,
      hired: DATE,
      boss: INT4,
      seen: TIMESTAMPTZ,
      pause: INTERVAL,
    },
    [
      [1, 'Ana', 10, '5000.00', '2020-01-15', null, '2024-05-01 08:00:00+00', '01:00:00'],
      [2, 'Bo', 10, '4000.50', '2021-03-01', 1, '2024-05-01 23:30:00+00', '1 day'],
      [3, 'Cy', 20, '4000.50', '2019-07-30', 1, '2024-05-02 00:15:00+00', '2 mons'],
      [4, 'Di', 20, '3500.00', '2022-11-11', 3, null, null],
      [5, 'Ed', null, '2500.25', '2023-02-28', 3, '2024-02-29 12:00:00+00', '00:30:00'],
      [6, "O'Neil", 30, '9000.00', '2018-05-05', null, '2023-12-31 23:59:59+00', '-1 days'],
    ],
  ),
  table('dept', { id: INT4, name: TEXT, budget: INT8 }, [
    [10, 'Eng', 1000000],
    [20, 'Ops', 250000],
    [40, 'Law', null],
  ]),
  table('arr', { id: INT4, xs: arrayOf(INT4), ts: arrayOf(TEXT) }, [
    [1, '{1,2,3}', '{a,b}'],
    [2, '{}', '{c}'],
    [3, null, null],
    [4, '{5,NULL}', '{d,NULL,e}'],
  ]),
  table('Mixed Case', { Id: INT4, id: INT4, select: TEXT }, [
    [1, 10, 'x'],
    [2, 20, 'y'],
  ]),
  table('t', { z: INT4 }, [[7], [8]], 'other'),
];

function tpch(): readonly TestTable[] {
  const random = generator(42);
  const pick = <T>(list: readonly T[]): T => list[random(list.length)] as T;
  const nations: readonly (readonly [string, number])[] = [
    ['ALGERIA', 0],
    ['BRAZIL', 1],
    ['CANADA', 1],
    ['FRANCE', 3],
    ['GERMANY', 3],
    ['SAUDI ARABIA', 4],
    ['CHINA', 2],
    ['INDIA', 2],
  ];
  const segments = ['BUILDING', 'AUTOMOBILE', 'MACHINERY'];
  const modes = ['MAIL', 'SHIP', 'AIR', 'AIR REG', 'TRUCK'];
  const types = [
    'ECONOMY ANODIZED STEEL',
    'PROMO BURNISHED COPPER',
    'MEDIUM POLISHED BRASS',
    'LARGE BRASS',
  ];
  const text44 = scalar('varchar', 48);
  const suppliers = 8;
  const parts = 20;
  const customers = 25;
  const orders = 120;
  const lines: (string | number)[][] = [];
  const orderRows: (string | number)[][] = [];
  for (let o = 1; o <= orders; o += 1) {
    const ordered = random(2300);
    const count = 1 + random(4);
    for (let l = 1; l <= count; l += 1) {
      const quantity = 1 + random(50);
      const ship = ordered + 1 + random(120);
      const commit = ordered + 30 + random(60);
      lines.push([
        o,
        1 + random(parts),
        1 + random(suppliers),
        l,
        `${quantity}.00`,
        `${quantity * (900 + random(1000))}.${10 + random(89)}`,
        `0.0${random(10)}`,
        `0.0${random(8)}`,
        pick(['A', 'N', 'R']),
        pick(['O', 'F']),
        day(ship),
        day(commit),
        day(ship + 1 + random(30)),
        pick(['DELIVER IN PERSON', 'NONE', 'COLLECT COD']),
        pick(modes),
        'comment',
      ]);
    }
    orderRows.push([
      o,
      1 + random(customers),
      pick(['F', 'O', 'P']),
      `${1000 + random(300000)}.${10 + random(89)}`,
      day(ordered),
      pick(['1-URGENT', '2-HIGH', '3-MEDIUM', '5-LOW']),
      `Clerk#${random(9)}`,
      0,
      pick(['special requests', 'plain', 'regular deposits']),
    ]);
  }
  return [
    table('region', { r_regionkey: INT4, r_name: scalar('bpchar', 29), r_comment: TEXT }, [
      [0, 'AFRICA'.padEnd(25), ''],
      [1, 'AMERICA'.padEnd(25), ''],
      [2, 'ASIA'.padEnd(25), ''],
      [3, 'EUROPE'.padEnd(25), ''],
      [4, 'MIDDLE EAST'.padEnd(25), ''],
    ]),
    table(
      'nation',
      { n_nationkey: INT4, n_name: scalar('varchar', 29), n_regionkey: INT4, n_comment: TEXT },
      nations.map(([name, region], index) => [index, name, region, '']),
    ),
    table(
      'supplier',
      {
        s_suppkey: INT4,
        s_name: TEXT,
        s_address: TEXT,
        s_nationkey: INT4,
        s_phone: TEXT,
        s_acctbal: MONEY,
        s_comment: TEXT,
      },
      Array.from({ length: suppliers }, (_, i) => [
        i + 1,
        `Supplier#${i + 1}`,
        `addr ${i}`,
        i % nations.length,
        `1${i}-555`,
        `${random(9000) - 500}.25`,
        pick(['Customer stuff Complaints', 'fine']),
      ]),
    ),
    table(
      'part',
      {
        p_partkey: INT4,
        p_name: TEXT,
        p_mfgr: TEXT,
        p_brand: TEXT,
        p_type: text44,
        p_size: INT4,
        p_container: TEXT,
        p_retailprice: MONEY,
        p_comment: TEXT,
      },
      Array.from({ length: parts }, (_, i) => [
        i + 1,
        `${pick(NAMES)} ${pick(NAMES)}`,
        `Manufacturer#${1 + (i % 5)}`,
        pick(['Brand#12', 'Brand#23', 'Brand#34', 'Brand#45']),
        pick(types),
        pick([1, 5, 9, 15, 23, 49]),
        pick(['SM CASE', 'MED BOX', 'LG CASE', 'MED BAG']),
        `${900 + i}.10`,
        '',
      ]),
    ),
    table(
      'partsupp',
      {
        ps_partkey: INT4,
        ps_suppkey: INT4,
        ps_availqty: INT4,
        ps_supplycost: MONEY,
        ps_comment: TEXT,
      },
      Array.from({ length: parts * 2 }, (_, i) => [
        1 + (i % parts),
        1 + ((i * 3) % suppliers),
        10 + random(9000),
        `${1 + random(900)}.50`,
        '',
      ]),
    ),
    table(
      'customer',
      {
        c_custkey: INT4,
        c_name: TEXT,
        c_address: TEXT,
        c_nationkey: INT4,
        c_phone: TEXT,
        c_acctbal: MONEY,
        c_mktsegment: TEXT,
        c_comment: TEXT,
      },
      Array.from({ length: customers + 10 }, (_, i) => [
        i + 1,
        `Customer#${i + 1}`,
        `street ${i}`,
        i % nations.length,
        `${pick(['13', '31', '23', '29', '30', '18', '17'])}-100-${i}`,
        `${random(9000) - 900}.75`,
        pick(segments),
        '',
      ]),
    ),
    table(
      'orders',
      {
        o_orderkey: INT8,
        o_custkey: INT4,
        o_orderstatus: TEXT,
        o_totalprice: MONEY,
        o_orderdate: DATE,
        o_orderpriority: TEXT,
        o_clerk: TEXT,
        o_shippriority: INT4,
        o_comment: TEXT,
      },
      orderRows,
    ),
    table(
      'lineitem',
      {
        l_orderkey: INT8,
        l_partkey: INT4,
        l_suppkey: INT4,
        l_linenumber: INT4,
        l_quantity: MONEY,
        l_extendedprice: MONEY,
        l_discount: MONEY,
        l_tax: MONEY,
        l_returnflag: TEXT,
        l_linestatus: TEXT,
        l_shipdate: DATE,
        l_commitdate: DATE,
        l_receiptdate: DATE,
        l_shipinstruct: TEXT,
        l_shipmode: TEXT,
        l_comment: TEXT,
      },
      lines,
    ),
  ];
}

function tpcds(): readonly TestTable[] {
  const random = generator(7);
  const days = 60;
  return [
    table(
      'date_dim',
      { d_date_sk: INT4, d_date: DATE, d_year: INT4, d_moy: INT4, d_qoy: INT4, d_day_name: TEXT },
      Array.from({ length: days }, (_, i) => {
        const text = day(i * 20, '1999-01-01');
        const moy = Number(text.slice(5, 7));
        return [i + 1, text, Number(text.slice(0, 4)), moy, Math.ceil(moy / 3), `day${i % 7}`];
      }),
    ),
    table(
      'item',
      {
        i_item_sk: INT4,
        i_item_id: TEXT,
        i_brand_id: INT4,
        i_brand: TEXT,
        i_category: TEXT,
        i_class: TEXT,
        i_manufact_id: INT4,
        i_current_price: MONEY,
      },
      Array.from({ length: 12 }, (_, i) => [
        i + 1,
        `ITEM${i}`,
        i % 4,
        `brand${i % 4}`,
        ['Books', 'Home', 'Music'][i % 3] ?? null,
        `class${i % 2}`,
        i % 5,
        `${10 + random(90)}.99`,
      ]),
    ),
    table(
      'store',
      {
        s_store_sk: INT4,
        s_store_id: TEXT,
        s_store_name: TEXT,
        s_state: TEXT,
        s_gmt_offset: MONEY,
      },
      [
        [1, 'S1', 'ought', 'TN', '-5.00'],
        [2, 'S2', 'able', 'TN', '-5.00'],
        [3, 'S3', 'ese', 'CA', '-8.00'],
      ],
    ),
    table(
      'store_sales',
      {
        ss_sold_date_sk: INT4,
        ss_item_sk: INT4,
        ss_customer_sk: INT4,
        ss_store_sk: INT4,
        ss_quantity: INT4,
        ss_sales_price: MONEY,
        ss_ext_sales_price: MONEY,
        ss_net_profit: MONEY,
        ss_ticket_number: INT8,
      },
      Array.from({ length: 300 }, (_, i) => [
        random(20) === 0 ? null : 1 + random(days),
        1 + random(12),
        1 + random(25),
        random(15) === 0 ? null : 1 + random(3),
        1 + random(100),
        `${random(100)}.${10 + random(89)}`,
        `${random(3000)}.${10 + random(89)}`,
        `${random(2000) - 1000}.${10 + random(89)}`,
        Math.floor(i / 3),
      ]),
    ),
    table(
      'web_sales',
      { ws_sold_date_sk: INT4, ws_item_sk: INT4, ws_ext_sales_price: MONEY, ws_quantity: INT4 },
      Array.from({ length: 120 }, () => [
        1 + random(days),
        1 + random(12),
        `${random(3000)}.${10 + random(89)}`,
        1 + random(100),
      ]),
    ),
  ];
}

export const TABLES: readonly TestTable[] = [...small, ...tpch(), ...tpcds()];
