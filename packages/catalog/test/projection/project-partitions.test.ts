import { describe, expect, test } from '@jest/globals';
import {
  parseDomainValue,
  rangesDomain,
  valuesDomain,
  type Constraint,
  type Domain,
  type ScalarName,
  type SqlType,
} from '@tributary/sql';
import { projectPartitions } from '../../src/projection/project-partitions.ts';
import { projectedTable, typed } from './projected-table.ts';

const NOW = new Date('2024-03-31T10:20:30.456Z');

/** The rendered values of one projected column. */
function rendered(type: ScalarName, properties: Record<string, string>): readonly string[] {
  return pairs(type, properties).map(([, text]) => text);
}

function pairs(
  type: ScalarName,
  properties: Record<string, string>,
  constraint: Constraint = new Map(),
): readonly (readonly [string | null, string])[] {
  const table = projectedTable(
    { c: typed(type) },
    {
      'storage.location.template': 's3://b/${c}/',
      ...Object.fromEntries(
        Object.entries(properties).map(([key, value]) => [`projection.c.${key}`, value]),
      ),
    },
  );
  const set = projectPartitions(table, constraint, { now: NOW });
  const found = [...set].map(
    ({ values, location }) => [values[0] ?? null, location.slice('s3://b/'.length, -1)] as const,
  );
  expect(set.kept).toBe(BigInt(found.length));
  return found;
}

function values(type: SqlType, ...texts: string[]): Domain {
  return valuesDomain(
    type,
    texts.map((text) => parsed(type, text)),
  );
}

function between(type: SqlType, low: string, high: string): Domain {
  return rangesDomain(type, [
    {
      low: { value: parsed(type, low), inclusive: true },
      high: { value: parsed(type, high), inclusive: true },
    },
  ]);
}

function parsed(type: SqlType, text: string): bigint | number | string {
  const value = parseDomainValue(text, type);
  if (value === undefined) throw new Error(`no value: ${text}`);
  return value;
}

interface Vector {
  readonly name: string;
  readonly type?: ScalarName;
  readonly properties: Record<string, string>;
  readonly values: readonly string[];
}

const date = (format: string, range: string, interval?: string): Record<string, string> => {
  const [step, unit] = interval?.split(' ') ?? [];
  return {
    type: 'date',
    format,
    range,
    ...(step === undefined ? {} : { interval: step }),
    ...(unit === undefined ? {} : { 'interval.unit': unit }),
  };
};

const VECTORS: readonly Vector[] = [
  // enum
  { name: 'lists enum values', properties: { type: 'enum', values: 'a,b' }, values: ['a', 'b'] },
  {
    name: 'keeps white space of enum values',
    properties: { type: 'enum', values: 'a, b ' },
    values: ['a', ' b '],
  },
  {
    name: 'reads the type in any case with white space',
    properties: { type: '  EnuM ', values: 'a' },
    values: ['a'],
  },
  {
    name: 'takes each enum value once',
    properties: { type: 'enum', values: 'a,b,a' },
    values: ['a', 'b'],
  },
  {
    name: 'drops enum values that leave their folder',
    properties: { type: 'enum', values: 'a,,.,..,b/../c,d/e' },
    values: ['a', 'd/e'],
  },
  // integer
  {
    name: 'counts integers inclusively',
    properties: { type: 'integer', range: '1,3' },
    values: ['1', '2', '3'],
  },
  {
    name: 'steps integers',
    properties: { type: 'integer', range: '1,3', interval: '2' },
    values: ['1', '3'],
  },
  {
    name: 'stops before the upper bound that a step passes',
    properties: { type: 'integer', range: '1,6', interval: '4' },
    values: ['1', '5'],
  },
  {
    name: 'pads integers with digits',
    properties: { type: 'integer', range: '9,11', digits: '3' },
    values: ['009', '010', '011'],
  },
  {
    name: 'does not pad without digits',
    properties: { type: 'integer', range: '09,0011' },
    values: ['9', '10', '11'],
  },
  {
    name: 'counts through negative integers',
    properties: { type: 'integer', range: '-2,1' },
    values: ['-2', '-1', '0', '1'],
  },
  {
    name: 'pads negative integers with the sign counted',
    properties: { type: 'integer', range: '-1,0', digits: '3' },
    values: ['-01', '000'],
  },
  {
    name: 'counts in 64 bits',
    properties: { type: 'integer', range: '9223372036854775806,9223372036854775807' },
    values: ['9223372036854775806', '9223372036854775807'],
  },
  {
    name: 'reaches the least 64-bit integer',
    properties: {
      type: 'integer',
      range: '-9223372036854775808,9223372036854775807',
      interval: '9223372036854775807',
    },
    values: ['-9223372036854775808', '-1', '9223372036854775806'],
  },
  {
    name: 'accepts equal integer bounds',
    properties: { type: 'integer', range: '5,5' },
    values: ['5'],
  },
  {
    name: 'is empty for integer bounds in reverse',
    properties: { type: 'integer', range: '6,5' },
    values: [],
  },
  // date
  {
    name: 'defaults to days for a format of days',
    properties: date('yyyy-MM-dd', '2024-02-28,2024-03-01'),
    values: ['2024-02-28', '2024-02-29', '2024-03-01'],
  },
  {
    name: 'defaults to months for a format of months',
    properties: date('yyyy-MM', '2023-11,2024-01'),
    values: ['2023-11', '2023-12', '2024-01'],
  },
  {
    name: 'defaults to years for a format of years',
    properties: date('yyyy', '2022,2024'),
    values: ['2022', '2023', '2024'],
  },
  {
    name: 'accepts equal date bounds',
    properties: date('yyyy-MM-dd', '2024-02-28,2024-02-28'),
    values: ['2024-02-28'],
  },
  {
    name: 'steps by weeks from the lower bound',
    properties: date('yyyy-MM-dd', '2024-01-03,2024-01-20', '1 WEEKS'),
    values: ['2024-01-03', '2024-01-10', '2024-01-17'],
  },
  {
    name: 'steps by years',
    properties: date('yyyy-MM-dd', '2020-02-29,2024-03-01', '2 YEARS'),
    values: ['2020-02-29', '2022-02-28', '2024-02-28'],
  },
  {
    name: 'clamps month ends and keeps the shorter day',
    properties: date('yyyy-MM-dd', '2023-01-31,2023-05-31', '1 MONTHS'),
    values: ['2023-01-31', '2023-02-28', '2023-03-28', '2023-04-28', '2023-05-28'],
  },
  {
    name: 'drifts in two steps through a leap year',
    properties: date('yyyy-MM-dd', '2023-12-31,2024-05-29', '2 MONTHS'),
    values: ['2023-12-31', '2024-02-29', '2024-04-29'],
  },
  {
    name: 'keeps the 31st where no shorter month comes',
    properties: date('yyyy-MM-dd', '2023-01-31,2025-01-31', '12 MONTHS'),
    values: ['2023-01-31', '2024-01-31', '2025-01-31'],
  },
  {
    name: 'leaves out a month end past the upper bound',
    properties: date('yyyy-MM-dd', '2023-01-15,2023-03-14', '1 MONTHS'),
    values: ['2023-01-15', '2023-02-15'],
  },
  {
    name: 'reads units in lower case',
    properties: date('yyyy-MM-dd', '2024-01-01,2024-01-05', '2 days'),
    values: ['2024-01-01', '2024-01-03', '2024-01-05'],
  },
  {
    name: 'steps by hours',
    properties: date('yyyy/MM/dd/HH', '2024/01/01/22,2024/01/02/01', '1 HOURS'),
    values: ['2024/01/01/22', '2024/01/01/23', '2024/01/02/00', '2024/01/02/01'],
  },
  {
    name: 'steps by minutes',
    properties: date('yyyyMMddHHmm', '202401012345,202401020015', '15 MINUTES'),
    values: ['202401012345', '202401020000', '202401020015'],
  },
  {
    name: 'steps by seconds',
    properties: date('yyyyMMdd-HHmmss', '20240101-235959,20240102-000001', '1 SECONDS'),
    values: ['20240101-235959', '20240102-000000', '20240102-000001'],
  },
  {
    name: 'steps by milliseconds',
    properties: date(
      'yyyy-MM-dd HH.mm.ss.SSS',
      '2024-01-01 00.00.00.000,2024-01-01 00.00.01.000',
      '500 MILLISECONDS',
    ),
    values: ['2024-01-01 00.00.00.000', '2024-01-01 00.00.00.500', '2024-01-01 00.00.01.000'],
  },
  {
    name: 'renders quoted text',
    properties: date("'year='yyyy'/month='MM", 'year=2024/month=01,year=2024/month=02'),
    values: ['year=2024/month=01', 'year=2024/month=02'],
  },
  {
    name: 'reads a doubled quote',
    properties: date("yyyy''MM", "2024'01,2024'02"),
    values: ["2024'01", "2024'02"],
  },
  {
    name: 'ignores letters of quoted text for the default unit',
    properties: date("yyyy-MM-dd'Hms'", '2024-01-01Hms,2024-01-02Hms'),
    values: ['2024-01-01Hms', '2024-01-02Hms'],
  },
  {
    name: 'renders unpadded fields',
    properties: date('y-M-d', '2024-9-30,2024-10-1'),
    values: ['2024-9-30', '2024-10-1'],
  },
  {
    name: 'renders month names',
    properties: date('dd MMM yyyy', '31 Jan 2024,01 Feb 2024'),
    values: ['31 Jan 2024', '01 Feb 2024'],
  },
  {
    name: 'renders days of the year',
    properties: date('uuuu-DDD', '2024-365,2025-001'),
    values: ['2024-365', '2024-366', '2025-001'],
  },
  {
    name: 'renders two-digit years from 2000',
    properties: date('yyMMdd', '231231,240101'),
    values: ['231231', '240101'],
  },
  {
    name: 'renders half days',
    properties: date('yyyy-MM-dd hh a', '2024-01-01 11 AM,2024-01-01 01 PM', '1 HOURS'),
    values: ['2024-01-01 11 AM', '2024-01-01 12 PM', '2024-01-01 01 PM'],
  },
  {
    name: 'clamps a literal past the end of its month',
    properties: date('yyyy-MM-dd', '2024-02-30,2024-03-01'),
    values: ['2024-02-29', '2024-03-01'],
  },
  // NOW
  {
    name: 'ends at NOW',
    properties: date('yyyy-MM-dd', '2024-03-30,NOW'),
    values: ['2024-03-30', '2024-03-31'],
  },
  {
    name: 'truncates NOW to the format',
    properties: date('yyyy-MM-dd-HH', 'NOW-1HOUR,NOW', '1 HOURS'),
    values: ['2024-03-31-09', '2024-03-31-10'],
  },
  {
    name: 'truncates NOW to a month',
    properties: date('yyyy-MM', 'NOW-1MONTH,NOW'),
    values: ['2024-02', '2024-03'],
  },
  {
    name: 'allows white space around NOW',
    properties: date('yyyy-MM-dd', ' NOW - 1 DAYS , NOW '),
    values: ['2024-03-30', '2024-03-31'],
  },
  {
    name: 'adds to NOW',
    properties: date('yyyy-MM-dd', 'NOW,NOW+1DAY'),
    values: ['2024-03-31', '2024-04-01'],
  },
  {
    name: 'clamps NOW minus months at a month end',
    properties: date('yyyy-MM-dd', 'NOW-1MONTH,2024-03-01'),
    values: ['2024-02-29', '2024-03-01'],
  },
  {
    name: 'takes NOW minus years',
    properties: date('yyyy', 'NOW-2YEARS,NOW'),
    values: ['2022', '2023', '2024'],
  },
  {
    name: 'takes NOW minus weeks',
    properties: date('yyyy-MM-dd', 'NOW-2WEEKS,2024-03-18'),
    values: ['2024-03-17', '2024-03-18'],
  },
  {
    name: 'takes NOW minus minutes and seconds',
    properties: date('HHmm yyyyMMdd', 'NOW-1MINUTE,NOW-30SECONDS', '1 MINUTES'),
    values: ['1019 20240331', '1020 20240331'],
  },
  {
    name: 'is empty before the range begins',
    properties: date('yyyy-MM-dd', '2025-01-01,NOW'),
    values: [],
  },
  // steps finer than the format name each partition once
  {
    name: 'takes each day once under a step of hours',
    properties: date('yyyy-MM-dd', '2024-01-01,2024-01-03', '7 HOURS'),
    values: ['2024-01-01', '2024-01-02'],
  },
  {
    name: 'takes each month once under a step of days',
    properties: date('yyyy-MM', '2024-01,2024-03', '1 DAYS'),
    values: ['2024-01', '2024-02', '2024-03'],
  },
  {
    name: 'takes each year once under a step of months',
    properties: date('yyyy', '2023,2024', '5 MONTHS'),
    values: ['2023'],
  },
  {
    name: 'takes each month once under a step of 30 days, which may skip one',
    properties: date('yyyy-MM', '2023-01,2023-05', '30 DAYS'),
    values: ['2023-01', '2023-03', '2023-04', '2023-05'],
  },
];

describe('projected values', () => {
  test.each(VECTORS)('a projection $name', ({ type, properties, values: expected }) => {
    expect(rendered(type ?? 'text', properties)).toEqual(expected);
  });

  const TYPED: readonly [
    string,
    ScalarName,
    Record<string, string>,
    readonly (readonly [string, string])[],
  ][] = [
    [
      'smallint',
      'int2',
      { type: 'integer', range: '1,2', digits: '2' },
      [
        ['1', '01'],
        ['2', '02'],
      ],
    ],
    [
      'int',
      'int4',
      { type: 'integer', range: '-1,0' },
      [
        ['-1', '-1'],
        ['0', '0'],
      ],
    ],
    [
      'bigint',
      'int8',
      { type: 'integer', range: '9,10', digits: '4' },
      [
        ['9', '0009'],
        ['10', '0010'],
      ],
    ],
    [
      'int enum',
      'int4',
      { type: 'enum', values: '07,8' },
      [
        ['7', '07'],
        ['8', '8'],
      ],
    ],
    ['date enum', 'date', { type: 'enum', values: '2024-01-01' }, [['2024-01-01', '2024-01-01']]],
    [
      'date with slashes',
      'date',
      date('yyyy/MM/dd', '2024/01/01,2024/01/01'),
      [['2024-01-01', '2024/01/01']],
    ],
    [
      'date of months',
      'date',
      date('yyyy-MM', '2024-01,2024-02'),
      [
        ['2024-01-01', '2024-01'],
        ['2024-02-01', '2024-02'],
      ],
    ],
    [
      'timestamp',
      'timestamp',
      date('yyyy-MM-dd-HH', '2024-01-01-22,2024-01-01-23', '1 HOURS'),
      [
        ['2024-01-01 22:00:00', '2024-01-01-22'],
        ['2024-01-01 23:00:00', '2024-01-01-23'],
      ],
    ],
    ['varchar', 'varchar', date('yyyyMMdd', '20240101,20240101'), [['20240101', '20240101']]],
  ];
  test.each(TYPED)(
    'a %s column has typed values and rendered paths',
    (_name, type, properties, expected) => {
      expect(pairs(type, properties)).toEqual(expected);
    },
  );
});

describe('constraints on one column', () => {
  const text = typed('text');
  const kept = (
    type: ScalarName,
    properties: Record<string, string>,
    domain: Domain,
  ): readonly string[] => pairs(type, properties, new Map([['c', domain]])).map(([, path]) => path);

  test('a text column of dates is compared as text', () => {
    const properties = date('dd-MM-yyyy', '01-01-2024,31-12-2024');
    expect(kept('text', properties, between(text, '30-12-2024', '31-01-2024'))).toEqual([
      '31-01-2024',
      '30-12-2024',
    ]);
  });

  test('a date column is compared by time whatever its format', () => {
    const properties = date('dd-MM-yyyy', '01-01-2024,31-12-2024');
    expect(kept('date', properties, between(typed('date'), '2024-01-30', '2024-02-01'))).toEqual([
      '30-01-2024',
      '31-01-2024',
      '01-02-2024',
    ]);
  });

  test('a text column of integers is compared as text', () => {
    const properties = { type: 'integer', range: '-25,120' };
    const all = rendered('text', properties);
    for (const [low, high] of [
      ['1', '12'],
      ['-1', '-19'],
      ['0', '3'],
      ['', '9'],
      ['-', '1'],
    ] as const) {
      expect(kept('text', properties, between(text, low, high))).toEqual(
        all.filter((value) => value >= low && value <= high),
      );
    }
  });

  test('a padded text column of integers is compared as text', () => {
    const properties = { type: 'integer', range: '-25,1200', digits: '3', interval: '7' };
    const all = rendered('text', properties);
    for (const [low, high] of [
      ['001', '012'],
      ['-01', '-19'],
      ['100', '1000'],
      ['0', '2'],
    ] as const) {
      expect(kept('text', properties, between(text, low, high))).toEqual(
        all.filter((value) => value >= low && value <= high),
      );
    }
  });

  test('a value outside the range or off the step leaves nothing', () => {
    const properties = { type: 'integer', range: '0,100', interval: '10' };
    expect(kept('int4', properties, values(typed('int4'), '20', '25', '200'))).toEqual(['20']);
    expect(
      kept(
        'date',
        date('yyyy-MM-dd', '2024-01-01,2024-12-31', '1 WEEKS'),
        values(typed('date'), '2024-01-02', '2024-01-08', '2023-01-01'),
      ),
    ).toEqual(['2024-01-08']);
  });

  test('NULL matches no projected partition', () => {
    expect(
      kept(
        'int4',
        { type: 'integer', range: '0,100' },
        { type: typed('int4'), ranges: [], nulls: true },
      ),
    ).toEqual([]);
  });

  test('many values are found one by one', () => {
    const type = typed('int8');
    const asked = Array.from({ length: 5000 }, (_, index) => String(index * 3));
    expect(
      kept('int8', { type: 'integer', range: '0,1000000000000' }, values(type, ...asked)),
    ).toEqual(asked);
  });

  test('a timestamp column of 400 years of milliseconds is cut by arithmetic', () => {
    const properties = date(
      "yyyy-MM-dd'T'HH-mm-ss.SSS",
      '1900-01-01T00-00-00.000,2300-01-01T00-00-00.000',
      '1 MILLISECONDS',
    );
    expect(
      kept(
        'timestamp',
        properties,
        between(typed('timestamp'), '2024-01-01 00:00:00.0005', '2024-01-01 00:00:00.002'),
      ),
    ).toEqual(['2024-01-01T00-00-00.001', '2024-01-01T00-00-00.002']);
  });

  test('too many texts without an order are refused instead of searched', () => {
    expect(() =>
      kept(
        'text',
        date('ss-mm-HH-dd-MM-yyyy', '00-00-00-01-01-1900,00-00-00-01-01-2300', '1 SECONDS'),
        values(text, 'x'),
      ),
    ).toThrow(/has 12622780801 projected values whose texts do not sort/);
  });
});

describe('injected columns', () => {
  const text = typed('text');
  const kept = (domain: Domain | undefined): readonly string[] =>
    pairs(
      'text',
      { type: 'injected' },
      domain === undefined ? new Map() : new Map([['c', domain]]),
    ).map(([, path]) => path);

  test('take the values that the query asks for', () => {
    expect(kept(values(text, 'b', 'a'))).toEqual(['a', 'b']);
  });

  test.each(['', '.', '..', '../x', 'a/b', '/', 'a\u0000', 'a\n', '\u007f'])(
    'match no partition for %j',
    (value) => {
      expect(kept(values(text, value, '1'))).toEqual(['1']);
    },
  );

  test('take pattern characters as they are', () => {
    expect(kept(values(text, '*', '[1]', '10', '1'))).toEqual(['*', '1', '10', '[1]']);
  });

  test('have no partition for a contradiction', () => {
    expect(kept({ type: text, ranges: [], nulls: false })).toEqual([]);
  });

  test.each([
    ['no condition', undefined],
    ['a range', between(text, 'a', 'b')],
    ['IS NULL', { type: text, ranges: [], nulls: true }],
    ['equality or IS NULL', { ...values(text, 'a'), nulls: true }],
  ])('refuse %s with the text of Athena', (_name, domain) => {
    expect(() => kept(domain)).toThrow(
      'CONSTRAINT_VIOLATION: For the injected projected partition column c, the WHERE clause must contain only static equality conditions, and at least one such condition must be present.',
    );
  });
});

describe('the space of several columns', () => {
  const table = projectedTable(
    { dt: typed('date'), app: typed('int4'), region: typed('text'), tenant: typed('text') },
    {
      'projection.dt.type': 'date',
      'projection.dt.format': 'yyyy-MM-dd',
      'projection.dt.range': '2014-01-01,2023-12-29',
      'projection.app.type': 'integer',
      'projection.app.range': '1,500',
      'projection.region.type': 'enum',
      'projection.region.values': 'eu,us,ap,sa',
      'projection.tenant.type': 'injected',
    },
  );
  const constraint: Constraint = new Map([
    ['dt', between(typed('date'), '2020-03-01', '2020-08-27')],
    ['app', values(typed('int4'), '42')],
    ['region', values(typed('text'), 'eu')],
    ['tenant', values(typed('text'), 'a b', 'x=y')],
  ]);

  test('is counted without being enumerated', () => {
    const set = projectPartitions(table, constraint, { now: NOW });
    expect(set.considered).toBe(3650n * 500n * 4n * 2n);
    expect(set.kept).toBe(360n);
  });

  test('is produced as it is taken, in partition column order, with Hive-escaped folders', () => {
    const [first, second] = projectPartitions(table, constraint, { now: NOW });
    expect(first).toEqual({
      values: ['2020-03-01', '42', 'eu', 'a b'],
      location: 's3://bucket/t/dt=2020-03-01/app=42/region=eu/tenant=a b/',
    });
    expect(second?.location).toBe('s3://bucket/t/dt=2020-03-01/app=42/region=eu/tenant=x%3Dy/');
  });

  test('can be iterated again', () => {
    const set = projectPartitions(table, constraint, { now: NOW });
    expect([...set]).toEqual([...set]);
  });

  test('is empty when any column of the table can have no value', () => {
    const impossible = new Map([
      ...constraint,
      ['x', { type: typed('int8'), ranges: [], nulls: false }],
    ]);
    expect(projectPartitions(table, impossible, { now: NOW }).kept).toBe(0n);
  });

  test('of 7,300,000 partitions is cut in well under a millisecond', () => {
    const times: number[] = [];
    for (let round = 0; round < 200; round++) {
      const start = performance.now();
      const set = projectPartitions(table, constraint, { now: NOW });
      expect(set.kept).toBe(360n);
      times.push(performance.now() - start);
    }
    expect(times.sort((a, b) => a - b)[100]).toBeLessThan(1);
  });

  test('of an unpartitioned table is the table itself', () => {
    const set = projectPartitions(projectedTable({}, {}), new Map(), { now: NOW });
    expect([...set]).toEqual([{ values: [], location: 's3://bucket/t/' }]);
  });

  test('inserts values raw into a template and repeats placeholders', () => {
    const templated = projectedTable(
      { dt: typed('date'), app: typed('int4') },
      {
        'projection.dt.type': 'date',
        'projection.dt.format': 'yyyy/MM/dd',
        'projection.dt.range': '2024/01/01,2024/01/01',
        'projection.app.type': 'integer',
        'projection.app.range': '7,7',
        'projection.app.digits': '3',
        'storage.location.template': 's3://other/x/${app}/${dt}/v=${app}/',
      },
    );
    expect([...projectPartitions(templated, new Map(), { now: NOW })]).toEqual([
      { values: ['2024-01-01', '7'], location: 's3://other/x/007/2024/01/01/v=007/' },
    ]);
  });

  test('escapes a date format with slashes in the default layout', () => {
    const plain = projectedTable(
      { dt: typed('text') },
      {
        'projection.dt.type': 'date',
        'projection.dt.format': 'yyyy/MM/dd',
        'projection.dt.range': '2024/01/01,2024/01/01',
      },
    );
    expect([...projectPartitions(plain, new Map(), { now: NOW })]).toEqual([
      { values: ['2024/01/01'], location: 's3://bucket/t/dt=2024%2F01%2F01/' },
    ]);
  });
});
