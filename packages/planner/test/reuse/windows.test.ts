import { expect, test } from '@jest/globals';
import type { TableDefinition } from '@tributary/catalog';
import type { ListedPartition } from '@tributary/connectors';
import { DATE, INT4 } from '@tributary/sql';
import { timeAxis } from '../../src/reuse/time-axis.ts';
import { windowsOf } from '../../src/reuse/windows.ts';
import type { Window } from '../../src/reuse/windows.ts';

const TABLE: TableDefinition = {
  kind: 'table',
  id: 'events',
  database: 'lake',
  schema: 'default',
  name: 'events',
  version: 1,
  source: 'lake',
  location: '/lake/',
  storage: { format: 'parquet' },
  columns: [],
  partitionColumns: [
    { name: 'app', type: INT4 },
    { name: 'dt', type: DATE },
  ],
  properties: {},
};

function listed(app: string | null, day: string | null, version = 'v', files = 1): ListedPartition {
  const location = `/lake/app=${app ?? ''}/dt=${day ?? ''}/`;
  return {
    partition: { values: [app, day], location },
    files,
    bytes: 10 * files,
    version,
    modifiedAt: 5,
  };
}

function windows(...partitions: readonly ListedPartition[]): readonly Window[] {
  const axis = timeAxis(TABLE);
  if (axis === undefined) throw new Error('the table has a date');
  return windowsOf({ partitions }, TABLE, axis) ?? [];
}

test('partitions of a day make one window wherever they stand in the listing; the window without a time comes last', () => {
  const found = windows(
    listed('1', null),
    listed('1', '2024-01-02'),
    listed('1', '2024-01-01'),
    listed('2', '2024-01-02'),
    listed('3', '2024-01-02', '', 0),
  );
  expect(
    found.map(({ values, partitions, files, bytes }) => [values, partitions, files, bytes]),
  ).toEqual([
    [['2024-01-01'], [2], 1, 10],
    [['2024-01-02'], [1, 3], 2, 20],
    [[null], [0], 1, 10],
  ]);
});

test('a version changes with any partition, its place or its files, and with nothing else', () => {
  const day = '2024-01-02';
  const version = (...partitions: readonly ListedPartition[]): string | undefined =>
    windows(...partitions)[0]?.version;
  const same = version(listed('1', day, 'a'), listed('2', day, 'b'));
  expect(version(listed('1', day, 'a'), listed('2', day, 'b'), listed('3', day, '', 0))).toBe(same);
  const others = [
    version(listed('1', day, 'a'), listed('2', day, 'c')),
    version(listed('1', day, 'b'), listed('2', day, 'a')),
    version(listed('1', day, 'ab'), listed('2', day, '')),
    version(listed('1', day, 'a'), listed('3', day, 'b')),
    version(listed('1', day, 'a')),
    version(listed('1', '2024-01-03', 'a'), listed('2', '2024-01-03', 'b')),
  ];
  expect(new Set([same, ...others]).size).toBe(others.length + 1);
});
