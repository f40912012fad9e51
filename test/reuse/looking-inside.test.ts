import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { stat } from 'node:fs/promises';
import { startTributary } from '../support/tributary.ts';
import { disguise } from './lake-files.ts';
import { DAYS, ReuseLake } from './reuse-lake.ts';

const BY_DAY =
  "SELECT dt, count(*), sum(n) FROM lake.t WHERE dt <= '2024-01-10' GROUP BY dt ORDER BY dt";

let lake: ReuseLake;

beforeEach(async () => {
  lake = await ReuseLake.create();
});

afterEach(() => lake.close());

async function settled(): Promise<void> {
  await lake.stack.reuse?.background.settled();
  await lake.stack.reuse?.store.settled();
}

describe('tributary.cells', () => {
  test('has a row for each window that is kept, with its file, its times and its quarantine', async () => {
    const started = Date.now();
    await lake.texts(BY_DAY);
    await lake.texts(BY_DAY);
    await settled();
    const rows = await lake.texts(
      `SELECT table_name, kind, window_from::text, window_to::text, file, file_bytes, created_at >= to_timestamp(${started / 1000 - 1}),
         last_used_at >= created_at, verified_at <= now(), quarantined, shape LIKE '%count%', length(version) > 0
       FROM tributary.cells WHERE kind = 'cell' ORDER BY window_from`,
    );
    const days = Array.from(
      { length: DAYS },
      (_, at) => `2024-01-${String(at + 1).padStart(2, '0')}`,
    );
    expect(rows.map(([, , from]) => from)).toEqual(days.map((day) => `${day} 00:00:00`));
    expect(rows.map(([, , , to]) => to)).toEqual([
      ...days.slice(1).map((day) => `${day} 00:00:00`),
      '2024-01-11 00:00:00',
    ]);
    for (const [table, kind, , , file = '', bytes, ...facts] of rows) {
      expect([table, kind]).toEqual(['lake.default.t', 'cell']);
      expect(String((await stat(file)).size)).toBe(bytes);
      expect(facts).toEqual(['true', 'true', 'true', 'false', 'true', 'true']);
    }
    const [[id] = []] = await lake.texts(
      "SELECT cell_id FROM tributary.cells WHERE kind = 'cell' AND window_from = '2024-01-03'",
    );
    await lake.stack.reuse?.store.quarantine([Number(id)]);
    expect(
      await lake.texts('SELECT window_from::date::text FROM tributary.cells WHERE quarantined'),
    ).toContainEqual(['2024-01-03']);
    expect(await lake.texts(BY_DAY)).toEqual(await lake.expected(BY_DAY));
    expect(await lake.reused()).toEqual({ hits: DAYS - 1, misses: 1 });
  });
});

describe('CALL tributary.invalidate', () => {
  async function notice(text: string): Promise<string | undefined> {
    const [statement] = await lake.session.parse(text);
    if (statement === undefined) throw new Error('no statement');
    const result = await lake.session.execute(
      await lake.session.prepare(statement, []),
      [],
      new AbortController().signal,
    );
    return result.kind === 'command' ? result.notices?.[0]?.message : undefined;
  }

  async function left(): Promise<number> {
    const [[count] = []] = await lake.texts(
      "SELECT count(*) FROM tributary.cells WHERE kind = 'cell'",
    );
    return Number(count);
  }

  test.each([
    ["'2024-01-03', '2024-01-06'", 3],
    ["'2024-01-03 12:00', '2024-01-05 00:00:01'", 3],
    ["'2023-01-01', '2024-01-02'", 1],
    ["'2024-01-10', '2025-01-01'", 1],
    ["'2024-02-01', '2024-03-01'", 0],
  ] as const)('drops what overlaps [%s), and nothing else', async (bounds, windows) => {
    await lake.texts(BY_DAY);
    await lake.texts(BY_DAY);
    await settled();
    expect(await left()).toBe(DAYS);
    expect(await notice(`CALL tributary.invalidate('lake.default.t', ${bounds})`)).toMatch(
      /^\d+ stored cells of default\.t dropped$/,
    );
    expect(await left()).toBe(DAYS - windows);
    expect(await lake.texts(BY_DAY)).toEqual(await lake.expected(BY_DAY));
    expect(await lake.reused()).toEqual({ hits: DAYS - windows, misses: windows });
  });

  test('drops everything of a table without bounds, what was merged too, and files go', async () => {
    await lake.stop();
    await lake.open({ mergeAbove: 0 });
    for (const text of [BY_DAY, 'SELECT v, sum(n) FROM lake.t GROUP BY v']) {
      await lake.texts(text);
      await lake.texts(text);
    }
    await settled();
    expect(
      await lake.texts("SELECT count(*) > 0 FROM tributary.cells WHERE kind <> 'cell'"),
    ).toEqual([['true']]);
    await lake.texts("CALL tributary.invalidate('lake.default.t')");
    expect(await lake.texts('SELECT count(*) FROM tributary.cells')).toEqual([['0']]);
    await settled();
    expect(await lake.storeFiles()).toEqual([]);
  });

  test('makes data that changed without a trace be read again', async () => {
    await lake.texts("SET tributary.reuse = '1 hour'");
    const before = await lake.texts(BY_DAY);
    expect(await disguise(lake.writer, lake.path(4), 'inPlace', ['n + 1 AS n'])).toBe(true);
    expect(await lake.texts(BY_DAY)).toEqual(before);
    await lake.texts("CALL tributary.invalidate('lake.default.t', '2024-01-04', '2024-01-05')");
    expect(await lake.texts(BY_DAY)).toEqual(await lake.expected(BY_DAY));
    expect(await lake.texts(BY_DAY)).not.toEqual(before);
  });

  test.each([
    ["CALL tributary.invalidate('lake.default.t', '2024-01-01')", 'undefinedFunction'],
    ['CALL tributary.invalidate(NULL)', 'invalidParameterValue'],
    ["CALL tributary.invalidate('lake.default.t', NULL, '2024-01-02')", 'invalidParameterValue'],
    [
      "CALL tributary.invalidate('lake.default.t', 'infinity', 'infinity')",
      'invalidParameterValue',
    ],
    ["CALL tributary.invalidate('lake.default.nothing')", 'undefinedTable'],
    ["CALL tributary.forget('lake.default.t')", 'undefinedFunction'],
  ])('refuses %s', async (text, code) => {
    await expect(lake.texts(text)).rejects.toMatchObject({ code });
  });
});

describe('EXPLAIN', () => {
  async function lines(text: string): Promise<readonly string[]> {
    const rows = await lake.texts(`EXPLAIN ${text}`);
    return rows.flatMap(([line = '']) =>
      / over default\./.test(line) ? [line.replace('fragments: ', '').trim()] : [],
    );
  }

  test('tells of each block what is there and what is missing, and computes nothing', async () => {
    expect(await lines(BY_DAY)).toEqual([
      `groups over default.t: ${DAYS} windows, 0 HIT, ${DAYS} MISS`,
    ]);
    expect(await lake.storeFiles()).toEqual([]);
    await lake.texts(`${BY_DAY.replace('01-10', '01-04')}`);
    await settled();
    expect(await lines(BY_DAY)).toEqual([
      `groups over default.t: ${DAYS} windows, 4 HIT, ${DAYS - 4} MISS`,
    ]);
  });

  test('names the reason of a block that runs whole, and tables that have no windows', async () => {
    expect(await lines('SELECT count(*) FROM lake.t WHERE random() < 2')).toEqual([
      expect.stringMatching(/^block over default\.t: BYPASS volatile \(.+\)$/),
    ]);
    expect(await lines('SELECT k, count(*) FROM lake.d GROUP BY k')).toEqual([
      expect.stringMatching(/^block over default\.d: not windowed \(.+\)$/),
    ]);
  });
});

test('metrics count windows, bypasses by reason, bytes saved, and what waited, was tried again or differed', async () => {
  const server = await startTributary({
    sources: `lake: { connector: lake, root: '${lake.root}' }`,
    config: 'reuse: { settle: 0s }',
    bootstrap: `CREATE EXTERNAL TABLE lake.default.t (n bigint, v int, s string) PARTITIONED BY (dt date) STORED AS PARQUET
         LOCATION '${lake.root}t/' TBLPROPERTIES ('projection.enabled' = 'true', 'projection.dt.type' = 'date',
           'projection.dt.format' = 'yyyy-MM-dd', 'projection.dt.range' = '2024-01-01,2024-01-31');`,
  });
  try {
    const metrics = async (): Promise<ReadonlyMap<string, number>> => {
      const text = await (await fetch(`http://127.0.0.1:${server.httpPort}/metrics`)).text();
      return new Map(
        [...text.matchAll(/^(tributary_reuse_\S+) (\S+)$/gm)].map(([, name = '', value]) => [
          name.replace(/^tributary_reuse_|_total/g, ''),
          Number(value),
        ]),
      );
    };
    await server.query(BY_DAY);
    await server.query(BY_DAY);
    await server.query('SELECT count(*) FROM lake.t WHERE random() < 2');
    const counts = await metrics();
    expect(Object.fromEntries(counts)).toMatchObject({
      hits: DAYS,
      misses: DAYS,
      'bypass{reason="volatile"}': 1,
      waits: 0,
      retries: 0,
      damaged: 0,
      audit_differences: 0,
      widened: 0,
    });
    expect(counts.get('bytes_saved')).toBeGreaterThan(0);
    const last = await server.query(
      'SELECT windows_total, windows_hit, windows_miss, windows_bypass, bypass_reasons FROM tributary.queries LIMIT 3',
    );
    expect(last.rows.map((row) => row.slice(1, 3))).toContainEqual([String(DAYS), '0']);
  } finally {
    await server.close();
  }
});
