import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { functionsNamed } from '../../../src/functions/catalog.ts';
import { decomposeAggregate } from '../../../src/functions/merge/decompose-aggregate.ts';
import type { AggregateExpression, Expression, SortKey } from '../../../src/plan/expression.ts';
import {
  arrayOf,
  DATE,
  FLOAT8,
  INT2,
  INT4,
  INT8,
  INTERVAL,
  JSON_TYPE,
  JSONB,
  numericResult,
  TEXT,
  TIMESTAMP,
  TIMETZ,
} from '../../../src/types/sql-type.ts';
import type { SqlType } from '../../../src/types/sql-type.ts';
import { aggregateCall, column, compare, constant, key } from '../../support/plans.ts';
import { compareOverRandomSplits } from './compare-over-splits.ts';
import type { CompareOptions } from './compare-over-splits.ts';
import type { MergeTester } from './merged-call.ts';
import { decompositionOf, openMergeTester } from './merged-call.ts';

let tester: MergeTester;
beforeAll(async () => {
  tester = await openMergeTester();
});
afterAll(async () => {
  await tester.stop();
});

type Case = readonly [
  title: string,
  call: AggregateExpression,
  types: readonly SqlType[],
  options?: CompareOptions,
];

const average = numericResult({ precision: 38, scale: 16 });
const money = numericResult({ precision: 12, scale: 2 });
const ordered = (...keys: readonly SortKey[]): Partial<AggregateExpression> => ({ orderBy: keys });
const within = (sorted: SortKey): Partial<AggregateExpression> => ({ withinGroup: [sorted] });
const distinct = { distinct: true };

/** Items in any order. */
const asSet = (value: unknown): unknown =>
  Array.isArray(value)
    ? [...(value as unknown[])].map((each) => JSON.stringify(each)).sort()
    : typeof value === 'string'
      ? value
          .replace(/[[\]{}]/g, '')
          .split(/, ?/)
          .map((each) => each.trim())
          .sort()
      : value;
const isThere = (value: unknown): unknown => value !== null;

const moments: readonly Case[] = [
  ...['stddev', 'stddev_samp', 'stddev_pop', 'variance', 'var_samp', 'var_pop'].flatMap(
    (name): readonly Case[] => [
      [`${name}(int2)`, aggregateCall(name, [column(1, INT2)], average), [INT2]],
      [`${name}(numeric)`, aggregateCall(name, [column(1, money)], average), [money]],
      [`${name}(float8)`, aggregateCall(name, [column(1, FLOAT8)], FLOAT8), [FLOAT8]],
    ],
  ),
  ...[
    'covar_pop',
    'covar_samp',
    'corr',
    'regr_slope',
    'regr_intercept',
    'regr_r2',
    'regr_avgx',
    'regr_avgy',
    'regr_sxx',
    'regr_syy',
    'regr_sxy',
    'regr_count',
  ].map((name): Case => {
    const type = name === 'regr_count' ? INT8 : FLOAT8;
    const args = [column(1, FLOAT8), column(2, FLOAT8)];
    return [name, aggregateCall(name, args, type), [FLOAT8, FLOAT8]];
  }),
];

const comma = constant(', ', TEXT);
const collections: readonly Case[] = [
  [
    'string_agg(x ORDER BY x)',
    aggregateCall('string_agg', [column(1, TEXT), comma], TEXT, ordered(key(column(1, TEXT)))),
    [TEXT],
  ],
  [
    'string_agg(x ORDER BY d DESC NULLS LAST, n, x)',
    aggregateCall(
      'string_agg',
      [column(1, TEXT), comma],
      TEXT,
      ordered(
        key(column(2, DATE), true, false),
        key(column(3, FLOAT8)),
        key(column(1, TEXT), true),
      ),
    ),
    [TEXT, DATE, FLOAT8],
  ],
  [
    'string_agg(DISTINCT x ORDER BY x DESC)',
    aggregateCall('string_agg', [column(1, TEXT), comma], TEXT, {
      ...distinct,
      ...ordered(key(column(1, TEXT), true)),
    }),
    [TEXT],
  ],
  [
    'string_agg(x) without an order',
    aggregateCall('string_agg', [column(1, TEXT), comma], TEXT),
    [TEXT],
    { determined: asSet },
  ],
  [
    'listagg(x ORDER BY x)',
    aggregateCall('listagg', [column(1, TEXT)], TEXT, ordered(key(column(1, TEXT)))),
    [TEXT],
  ],
  ...[INT4, TIMETZ, TIMESTAMP, INTERVAL, TEXT].map((type): Case => [
    `array_agg(${type.name})`,
    aggregateCall('array_agg', [column(1, type)], arrayOf(type)),
    [type],
    { determined: asSet },
  ]),
  [
    'array_agg(x ORDER BY x DESC)',
    aggregateCall(
      'array_agg',
      [column(1, INT4)],
      arrayOf(INT4),
      ordered(key(column(1, INT4), true)),
    ),
    [INT4],
  ],
  [
    'array_agg(DISTINCT x)',
    aggregateCall('array_agg', [column(1, TEXT)], arrayOf(TEXT), distinct),
    [TEXT],
    { determined: asSet },
  ],
  [
    'json_agg(x ORDER BY x)',
    aggregateCall('json_agg', [column(1, INT4)], JSON_TYPE, ordered(key(column(1, INT4)))),
    [INT4],
  ],
  [
    'jsonb_agg(x)',
    aggregateCall('jsonb_agg', [column(1, TEXT)], JSONB),
    [TEXT],
    { determined: asSet },
  ],
  ...(['json', 'jsonb'] as const).map((type): Case => {
    const present: Expression = { kind: 'coalesce', args: [column(1, TEXT), comma], type: TEXT };
    return [
      `${type}_object_agg(k, v)`,
      aggregateCall(
        `${type}_object_agg`,
        [present, column(2, INT4)],
        type === 'json' ? JSON_TYPE : JSONB,
      ),
      [TEXT, INT4],
      { determined: asSet },
    ];
  }),
];

const fraction = (value: string, type: SqlType = FLOAT8): Expression => constant(value, type);
const fractions = (value: string): Expression => fraction(value, arrayOf(FLOAT8));
const quantiles: readonly Case[] = [
  ['median', aggregateCall('median', [column(1, FLOAT8)], FLOAT8), [FLOAT8]],
  ...['0', '0.25', '1'].flatMap((value) =>
    [false, true].flatMap((descending): readonly Case[] => [
      [
        `percentile_cont(${value})${descending ? ' descending' : ''}`,
        aggregateCall(
          'percentile_cont',
          [fraction(value)],
          FLOAT8,
          within(key(column(1, FLOAT8), descending)),
        ),
        [FLOAT8],
      ],
      ...[INT4, TEXT, TIMESTAMP].map((type): Case => [
        `percentile_disc(${value}) of ${type.name}${descending ? ' descending' : ''}`,
        aggregateCall(
          'percentile_disc',
          [fraction(value)],
          type,
          within(key(column(1, type), descending)),
        ),
        [type],
      ]),
    ]),
  ),
  [
    'percentile_cont of several fractions',
    aggregateCall(
      'percentile_cont',
      [fractions('{0.1,0.5}')],
      arrayOf(FLOAT8),
      within(key(column(1, FLOAT8))),
    ),
    [FLOAT8],
  ],
  [
    'percentile_disc of several fractions',
    aggregateCall(
      'percentile_disc',
      [fractions('{0.1,0.5}')],
      arrayOf(INT4),
      within(key(column(1, INT4))),
    ),
    [INT4],
  ],
  [
    'mode',
    aggregateCall('mode', [], INT4, within(key(column(1, INT4)))),
    [INT4],
    { determined: isThere },
  ],
  [
    'approx_percentile',
    aggregateCall('approx_percentile', [column(1, FLOAT8), fraction('0.5')], FLOAT8),
    [FLOAT8],
    { determined: isThere },
  ],
];

const unique = column(2, INT4);
const choices: readonly Case[] = [
  ...['arg_min', 'max_by'].flatMap((name): readonly Case[] => [
    [`${name}(x, x)`, aggregateCall(name, [column(1, INT4), column(1, INT4)], INT4), [INT4]],
    [
      `${name}(timetz, timetz)`,
      aggregateCall(name, [column(1, TIMETZ), column(1, TIMETZ)], TIMETZ),
      [TIMETZ],
    ],
  ]),
  ...['first', 'last'].flatMap((name): readonly Case[] => [
    [
      `${name}(x ORDER BY x)`,
      aggregateCall(name, [unique], INT4, ordered(key(unique))),
      [TEXT, INT4],
    ],
    [
      `${name}(x ORDER BY t DESC, x)`,
      aggregateCall(name, [unique], INT4, ordered(key(column(1, TEXT), true), key(unique))),
      [TEXT, INT4],
    ],
  ]),
  [
    'any_value',
    aggregateCall('any_value', [column(1, INTERVAL)], INTERVAL),
    [INTERVAL],
    { determined: isThere },
  ],
];

describe.each([
  ['moments', moments],
  ['collections', collections],
  ['quantiles', quantiles],
  ['choices', choices],
] as const)('%s merge', (_, cases) => {
  test.each(cases)('%s', async (...[, call, types, options]) => {
    await compareOverRandomSplits(tester, call, types, options);
  });
});

test('only an order in which equal items are the same makes a collection exact', () => {
  const joined = (...keys: readonly SortKey[]): AggregateExpression =>
    aggregateCall('string_agg', [column(1, TEXT), comma], TEXT, ordered(...keys));
  expect(decompositionOf(joined(key(column(2, INT4)))).exactness).toBe('nondeterministic');
  expect(decompositionOf(joined(key(column(2, INT4)), key(column(1, TEXT)))).exactness).toBe(
    'exact',
  );
});

test('deviations of equal values are zero however they are split', async () => {
  const rows = Array.from({ length: 17 }, () => ['0.1', '3']);
  const parts = rows.map((_, index) => index % 4);
  for (const name of ['corr', 'regr_slope', 'regr_sxx', 'regr_syy']) {
    const call = aggregateCall(name, [column(2, FLOAT8), column(1, FLOAT8)], FLOAT8);
    const found = await tester.answers(call, [FLOAT8, FLOAT8], rows, parts, { regroupings: [2] });
    expect(found.merged).toEqual(found.whole);
  }
});

test('what depends on each row or on no constant is not mergeable, and says so by name', () => {
  const separators = aggregateCall('string_agg', [column(1, TEXT), column(2, TEXT)], TEXT);
  expect(decomposeAggregate(separators)).toEqual({
    reason: 'aggregate_not_mergeable',
    detail: 'string_agg',
  });
  const deviations = aggregateCall('stddev', [column(1, FLOAT8)], FLOAT8, distinct);
  expect(decomposeAggregate(deviations)).toEqual({
    reason: 'aggregate_not_mergeable',
    detail: 'stddev(distinct)',
  });
});

test('first and last without an order take any row, NULL as any other, and no set without rows', async () => {
  for (const name of ['first', 'last']) {
    const filter = compare('>', column(2, INT4), constant('0', INT4));
    const call = { ...aggregateCall(name, [column(1, INTERVAL)], INTERVAL), filter };
    const rows = [
      [null, '0'],
      ['1 mon', '1'],
      ['1 mon', '2'],
      [null, '-1'],
    ];
    const some = await tester.answers(call, [INTERVAL, INT4], rows, [0, 1, 2, 3], {});
    expect(some.merged).toEqual(some.whole);
    const nulls = rows.map(([value = null, n = null]) => [value === null ? '1 mon' : null, n]);
    const none = await tester.answers(call, [INTERVAL, INT4], nulls, [0, 1, 2, 3], {});
    expect(none.merged).toEqual([[null]]);
  }
});

test('volatile arguments are never merged', () => {
  const [random] = functionsNamed('random');
  if (random === undefined) throw new Error('no random()');
  const drawn: Expression = { kind: 'call', entry: random, args: [], type: FLOAT8 };
  expect(decomposeAggregate(aggregateCall('sum', [drawn], FLOAT8))).toEqual({
    reason: 'volatile',
    detail: 'sum',
  });
});
