import { describe, expect, test } from '@jest/globals';
import type { StoredCell, TableDefinition } from '@tributary/catalog';
import type { ListedPartition } from '@tributary/connectors';
import { scalar } from '@tributary/sql';
import { timeAxis } from '../../src/reuse/time-axis.ts';
import {
  cellBounds,
  cellDetail,
  isCurrent,
  partitionValues,
  windowsInFile,
  windowsOf,
  withWindowsInFile,
} from '../../src/reuse/windows.ts';
import type { Window } from '../../src/reuse/windows.ts';
import { fragmentOf } from './found-fragments.ts';

const TABLE: TableDefinition = {
  kind: 'table',
  id: 't',
  database: 'lake',
  schema: 'public',
  name: 't',
  version: 1,
  source: 'lake',
  columns: [{ name: 'n', type: scalar('int4') }],
  partitionColumns: [
    { name: 'dt', type: scalar('date') },
    { name: 's', type: scalar('text') },
  ],
  storage: { format: 'parquet' },
  location: '/lake/t/',
  properties: {},
};
const PROJECTED: TableDefinition = { ...TABLE, properties: { 'projection.enabled': 'true' } };

/** A partition with files of this version; without, it has none. */
function listed(dt: string | null, s: string, version = '', modifiedAt?: number): ListedPartition {
  return {
    partition: { values: [dt, s], location: `/lake/t/dt=${dt}/s=${s}/` },
    files: version === '' ? 0 : 1,
    bytes: version === '' ? 0 : 100,
    version,
    modifiedAt,
  };
}

function windows(...partitions: readonly ListedPartition[]): readonly Window[] {
  const axis = timeAxis(TABLE);
  const found = axis && windowsOf({ partitions }, TABLE, axis);
  if (found === undefined) throw new Error('no windows');
  return found;
}

function only(...partitions: readonly ListedPartition[]): Window {
  const [window, ...others] = windows(...partitions);
  if (window === undefined || others.length > 0) throw new Error('not one window');
  return window;
}

function cellOf(...partitions: readonly ListedPartition[]): StoredCell {
  const window = only(...partitions);
  return {
    id: 1,
    shape: 1,
    file: 1,
    kind: 'cell',
    from: window.span?.from ?? null,
    to: window.span?.to ?? null,
    version: window.version,
    detail: cellDetail(window, { partitions }, { windows: 12, bounds: { low: -5n, high: 7n } }),
    rows: 0,
    verifiedAt: 0,
    inputBytes: 0,
  };
}

const DAY = '2024-01-01';

describe('windows', () => {
  test('stand in the order of time, rows without a time last', () => {
    const found = windows(
      listed(null, 'a', '1'),
      listed('2024-01-02', 'a', '1'),
      listed(DAY, 'a', '1'),
      listed('2024-01-02', 'b', '1'),
    );
    expect(found.map(({ id }) => id)).toEqual(['["2024-01-01"]', '["2024-01-02"]', '[null]']);
    expect(found.map(({ partitions }) => partitions)).toEqual([[2], [1, 3], [0]]);
    expect(found.map(({ span }) => span === null)).toEqual([false, false, true]);
  });

  test('count the files of their partitions, and know the newest', () => {
    expect(
      only(listed(DAY, 'a', '1', 5), listed(DAY, 'b', '2', 9), listed(DAY, 'c')),
    ).toMatchObject({
      files: 2,
      bytes: 200,
      modifiedAt: 9,
      partitions: [0, 1],
    });
    expect(only(listed(DAY, 'a'))).toMatchObject({ files: 0, partitions: [] });
  });

  test('have another version for every difference in their files', () => {
    const versions = [
      [listed(DAY, 'a', '1')],
      [listed(DAY, 'a', '2')],
      [listed(DAY, 'b', '1')],
      [listed('2024-01-02', 'a', '1')],
      [listed(DAY, 'a', '1'), listed(DAY, 'b', '1')],
      [listed(DAY, 'a', '1'), listed(DAY, 'b', '2')],
      [listed(DAY, 'a')],
    ].map((each) => only(...each).version);
    expect(new Set(versions).size).toBe(versions.length);
  });

  test('have the same version where partitions without files come and go', () => {
    expect(only(listed(DAY, 'a', '1'), listed(DAY, 'b')).version).toBe(
      only(listed(DAY, 'a', '1')).version,
    );
  });

  test('are none where a value is no time', () => {
    const axis = timeAxis({ ...TABLE, partitionColumns: [{ name: 'dt', type: scalar('text') }] });
    if (axis === undefined) throw new Error('no axis');
    const partition = { values: ['soon'], location: '/lake/t/dt=soon/' };
    const partitions = [{ ...listed(DAY, 'a', '1'), partition }];
    expect(windowsOf({ partitions }, TABLE, axis)).toBeUndefined();
  });
});

test("a cell's detail tells of its file, its bounds and its partitions", () => {
  const cell = cellOf(listed(DAY, 'a', '1'), listed(DAY, 'b', '2'));
  expect(windowsInFile(cell)).toBe(12);
  expect(cellBounds(cell)).toEqual({ low: -5n, high: 7n });
  expect(partitionValues(cell)).toEqual([DAY, 'a']);
  const moved = { ...cell, detail: withWindowsInFile(cell, 3) };
  expect(windowsInFile(moved)).toBe(3);
  expect(cellBounds(moved)).toEqual({ low: -5n, high: 7n });
  expect(partitionValues(moved)).toEqual([DAY, 'a']);
  expect({ ...moved, detail: withWindowsInFile(moved, 12) }).toEqual(cell);
  expect(partitionValues(cellOf(listed(DAY, 'a')))).toBeUndefined();
});

describe('a cell is current', () => {
  /** For a question about `s = 'a'` over a cell of all `s`. */
  async function narrower(
    cell: StoredCell,
    partitions: readonly ListedPartition[],
    table = TABLE,
  ): Promise<boolean> {
    const fragment = await fragmentOf("SELECT n, count(*) FROM t WHERE s = 'a' GROUP BY n");
    const domains = new Map([
      [
        's',
        {
          type: scalar('text'),
          ranges: [{ low: { value: 'a', inclusive: true }, high: { value: 'a', inclusive: true } }],
          nulls: false,
        },
      ],
    ]) as unknown as typeof fragment.domains;
    return isCurrent(cell, only(...partitions), {
      listing: { partitions },
      fragment: { ...fragment, domains },
      table,
      narrower: true,
    });
  }

  const cell = cellOf(listed(DAY, 'a', '1'), listed(DAY, 'b', '2'));

  test('for all of its window, when the versions are equal', async () => {
    const fragment = await fragmentOf('SELECT count(*) FROM t');
    const current = (...partitions: readonly ListedPartition[]): boolean =>
      isCurrent(cell, only(...partitions), {
        listing: { partitions },
        fragment,
        table: TABLE,
        narrower: false,
      });
    expect(current(listed(DAY, 'a', '1'), listed(DAY, 'b', '2'))).toBe(true);
    expect(current(listed(DAY, 'a', '1'), listed(DAY, 'b', '3'))).toBe(false);
    expect(current(listed(DAY, 'a', '1'))).toBe(false);
  });

  test('for a part of it, when that part is unchanged', async () => {
    expect(await narrower(cell, [listed(DAY, 'a', '1')])).toBe(true);
    expect(await narrower(cell, [listed(DAY, 'a', '9')])).toBe(false);
    expect(await narrower(cell, [listed(DAY, 'a', '1'), listed(DAY, 'c', '1')])).toBe(false);
  });

  test('for a part of a projected table, when what else it holds is no candidate', async () => {
    expect(await narrower(cell, [listed(DAY, 'a', '1')], PROJECTED)).toBe(true);
    expect(await narrower(cell, [listed(DAY, 'a', '1'), listed(DAY, 'b')], PROJECTED)).toBe(false);
  });

  test('not, when a registered partition that the question asks for was dropped', async () => {
    const both = cellOf(listed(DAY, 'a', '1'), listed(DAY, 'b', '2'));
    expect(await narrower(both, [listed(DAY, 'b', '2')])).toBe(false);
  });

  test('not, when its detail cannot be read', async () => {
    expect(await narrower({ ...cell, detail: '12\n{' }, [listed(DAY, 'a', '1')])).toBe(false);
  });
});
