import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ScanRelation } from '@tributary/connectors';
import type { Engine } from '@tributary/engine';
import {
  DATE,
  INT4,
  INT8,
  TEXT,
  domainContains,
  noneDomain,
  notNullDomain,
  nullDomain,
  numericType,
  parseDomainValue,
  rangesDomain,
  unionDomains,
  valuesDomain,
} from '@tributary/sql';
import type { Constraint, Domain, SqlType } from '@tributary/sql';

export interface ConformanceColumn {
  readonly name: string;
  readonly type: SqlType;
}

/** Values in PostgreSQL's text form. */
export type ConformanceRow = readonly (string | null)[];

/** A source that holds the table `readings` with the columns and rows of the suite. */
export interface ConformanceSource {
  readonly engine: Engine;
  /** Opens what a statement reads of `readings`: columns by name, output as `c<id>`, and what holds of the rows it needs. */
  open(
    columns: readonly { readonly id: number; readonly name: string }[],
    constraint: Constraint,
    signal: AbortSignal,
  ): Promise<ScanRelation>;
  close(): Promise<void>;
}

export const COLUMNS: readonly ConformanceColumn[] = [
  { name: 'id', type: INT8 },
  { name: 'n', type: INT4 },
  { name: 'word', type: TEXT },
  { name: 'day', type: DATE },
  { name: 'price', type: numericType(10, 2) },
];

const WORDS = ['red', 'Red', 'grün', "o'clock", 'a longer word than the others', ''];
const ROW_COUNT = 5_000;

/** Some rows of each column are NULL. */
export const ROWS: readonly ConformanceRow[] = Array.from({ length: ROW_COUNT }, (_, index) => [
  String(index),
  index % 7 === 0 ? null : String((index * 31) % 100),
  index % 11 === 0 ? null : (WORDS[index % WORDS.length] ?? null),
  index % 13 === 0
    ? null
    : new Date(Date.UTC(2024, 0, 1 + (index % 400))).toISOString().slice(0, 10),
  index % 5 === 0 ? null : ((index % 1000) / 4 - 100).toFixed(2),
]);

const [, N, WORD, DAY, PRICE] = COLUMNS.map(({ type }) => type) as [
  SqlType,
  SqlType,
  SqlType,
  SqlType,
  SqlType,
];
const at = (text: string, type: SqlType, inclusive = true) => ({
  value: parseDomainValue(text, type) ?? 0n,
  inclusive,
});

/** Constraints of every form, by what they ask. */
const CONSTRAINTS: Readonly<Record<string, Readonly<Record<string, Domain>>>> = {
  'one value': { n: valuesDomain(N, [31n]) },
  'many values': {
    n: valuesDomain(
      N,
      Array.from({ length: 40 }, (_, index) => BigInt(index * 2)),
    ),
  },
  'a range': { n: rangesDomain(N, [{ low: at('10', N), high: at('20', N, false) }]) },
  'several ranges': {
    day: rangesDomain(DAY, [
      { high: at('2024-01-05', DAY) },
      { low: at('2024-06-01', DAY), high: at('2024-06-30', DAY) },
      { low: at('2025-01-20', DAY, false) },
    ]),
  },
  'NULL alone': { word: nullDomain(WORD) },
  'values or NULL': { word: unionDomains(valuesDomain(WORD, ['grün', '']), nullDomain(WORD)) },
  'anything but NULL': { price: notNullDomain(PRICE) },
  'a text’s range': { word: rangesDomain(WORD, [{ low: { value: 'b', inclusive: true } }]) },
  'quoted text': { word: valuesDomain(WORD, ["o'clock"]) },
  'decimal bounds': {
    price: rangesDomain(PRICE, [{ low: at('-1.25', PRICE), high: at('12.50', PRICE) }]),
  },
  'several columns': { n: valuesDomain(N, [31n, 62n]), word: valuesDomain(WORD, ['red', 'Red']) },
  nothing: { n: noneDomain(N) },
};

function satisfies(row: ConformanceRow, constraint: Constraint): boolean {
  return COLUMNS.every(({ name, type }, index) => {
    const domain = constraint.get(name);
    const text = row[index] ?? null;
    const value = text === null ? null : parseDomainValue(text, type);
    return domain === undefined || (value !== undefined && domainContains(domain, value));
  });
}

/** What every connector must do with a scan, whatever its source. */
export function describeConnector(name: string, open: () => Promise<ConformanceSource>): void {
  describe(`the ${name} connector`, () => {
    let source: ConformanceSource;
    const none: Constraint = new Map();
    const { signal } = new AbortController();
    const everything = COLUMNS.map((column, index) => ({ id: index + 1, name: column.name }));

    beforeAll(async () => {
      source = await open();
    });
    afterAll(() => source.close());

    const read = async (
      relation: ScanRelation,
      columns: readonly { readonly id: number; readonly name: string }[],
    ): Promise<readonly ConformanceRow[]> => {
      const list = columns.map(({ id }) => `CAST(c${id} AS VARCHAR)`).join(', ');
      const text = relation.text.replaceAll(
        /\{(\d+)\}/g,
        (_, place: string) => `$${Number(place) + 1}`,
      );
      const rows = await source.engine.rows(
        `SELECT ${list} FROM ${text} AS r`,
        relation.parameters,
      );
      return rows.map((row) => row.map((cell) => (cell === null ? null : String(cell))));
    };
    const sorted = (rows: readonly ConformanceRow[]): readonly string[] =>
      rows.map((row) => JSON.stringify(row)).sort();

    test('reads every row and value', async () => {
      const relation = await source.open(everything, none, signal);
      expect(sorted(await read(relation, everything))).toEqual(sorted(ROWS));
      await relation.verify();
      await relation.release();
    });

    test('reads the asked columns under the asked ids, in any order, each as often as asked', async () => {
      const asked = [
        { id: 40, name: 'day' },
        { id: 7, name: 'id' },
      ];
      const relation = await source.open(asked, none, signal);
      const wanted = ROWS.map(([id, , , day]) => [day ?? null, id ?? null]);
      expect(sorted(await read(relation, asked))).toEqual(sorted(wanted));
      await relation.release();
    });

    test('counts rows where no column is asked for', async () => {
      const relation = await source.open([], none, signal);
      const text = relation.text.replaceAll(
        /\{(\d+)\}/g,
        (_, place: string) => `$${Number(place) + 1}`,
      );
      const rows = await source.engine.rows(
        `SELECT count(*) FROM ${text} AS r`,
        relation.parameters,
      );
      expect(rows).toEqual([[BigInt(ROW_COUNT)]]);
      await relation.release();
    });

    test.each(Object.entries(CONSTRAINTS))(
      'leaves out no row that a constraint on %s wants, and invents none',
      async (_, domains) => {
        const constraint = new Map(Object.entries(domains));
        const relation = await source.open(everything, constraint, signal);
        const rows = await read(relation, everything);
        await relation.release();
        const wanted = ROWS.filter((row) => satisfies(row, constraint));
        expect(sorted(rows.filter((row) => satisfies(row, constraint)))).toEqual(sorted(wanted));
        const known = new Set(sorted(ROWS));
        expect(sorted(rows).filter((row) => !known.has(row))).toEqual([]);
      },
    );

    test('keeps relations apart: releasing one leaves the other', async () => {
      const [first, second] = await Promise.all([
        source.open(everything, none, signal),
        source.open(everything, none, signal),
      ]);
      await first.release();
      await first.release();
      expect(await read(second, everything)).toHaveLength(ROW_COUNT);
      await second.release();
    });

    test('says what it read', async () => {
      const relation = await source.open(everything, none, signal);
      const { statistics } = relation;
      expect(statistics.path).not.toBe('');
      expect(statistics.fileBytes + statistics.bytesRead).toBeGreaterThan(0);
      expect(statistics.rows).toBe(ROW_COUNT);
      await relation.release();
    });

    test('leaves nothing in the engine, also where it was cancelled or failed', async () => {
      const tables = (): Promise<unknown> =>
        source.engine.rows(
          "SELECT count(*) FROM duckdb_tables() WHERE database_name = 'memory'",
          [],
        );
      expect(await tables()).toEqual([[0n]]);
      const cancelled = new AbortController();
      const opening = source.open(everything, none, cancelled.signal);
      cancelled.abort();
      await opening.then(
        (relation) => relation.release(),
        (error: unknown) => expect(error).toMatchObject({ code: 'queryCanceled' }),
      );
      await expect(source.open(everything, none, AbortSignal.abort())).rejects.toMatchObject({
        code: 'queryCanceled',
      });
      await expect(
        source.open([{ id: 1, name: 'no_such_column' }], none, signal),
      ).rejects.toMatchObject({ name: 'QueryError' });
      expect(await tables()).toEqual([[0n]]);
    });
  });
}

/** A literal of a value, for making the table. */
export function literal(value: string | null): string {
  return value === null ? 'NULL' : `'${value.replaceAll("'", "''")}'`;
}
