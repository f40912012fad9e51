import { dateRows } from '../src/functions/rows/dates.ts';
import { describeRows } from './support/describe-rows.ts';
import type { RowCases } from './support/describe-rows.ts';
import type { Argument } from './support/row-tester.ts';

const NOW = '2024-02-29 23:34:56.789012+00';
const ZONE = 'America/New_York';

const DATES = [
  '2024-02-29',
  '2000-01-01',
  '2001-01-01',
  '1999-12-31',
  '0001-01-01',
  '1970-01-01',
  '2020-12-28',
  '2024-12-30',
  '9999-12-31',
];
const CLOCKS = ['00:00:00', '23:59:59.999999', '13:04:05.678901', '02:30:00'];
const TIMESTAMPS = [
  ...DATES.flatMap((date) => CLOCKS.map((clock) => `${date} ${clock}`)),
  '2024-03-10 02:30:00',
  '2024-11-03 05:30:00',
  '2024-11-03 06:30:00.5',
];
const INTERVALS = [
  '0',
  '1 year 2 mons 3 days 04:05:06.789012',
  '-14 mons -3 days -30:00:05.5',
  '40 days 30:00:00',
  '1234 years',
  '-1 mons +1 day',
];
const UNITS = [
  'microseconds',
  'milliseconds',
  'second',
  'minute',
  'hour',
  'day',
  'week',
  'month',
  'quarter',
  'year',
  'decade',
  'century',
  'millennium',
];
const FIELDS = [
  ...UNITS,
  'isoyear',
  'dow',
  'isodow',
  'doy',
  'epoch',
  'timezone',
  'timezone_hour',
  'timezone_minute',
  'nope',
  'Y',
  'mins',
];

function cross(units: readonly string[], values: readonly Argument[]): (readonly Argument[])[] {
  return units.flatMap((unit) => values.map((value) => [unit, value]));
}

const BC = ['0044-03-15 01:02:03 BC', '0001-12-31 00:00:00 BC'];
const values: Readonly<Record<string, readonly Argument[]>> = {
  date: [...DATES, '0044-03-15 BC', null],
  time: [...CLOCKS, null],
  timestamp: [...TIMESTAMPS, ...BC, null],
  timestamptz: [...TIMESTAMPS.map((text) => `${text}+00`), null],
  interval: [...INTERVALS, null],
};

function parts(type: string): RowCases[] {
  const tuples = cross(FIELDS, values[type] ?? []);
  const cases: RowCases[] = [{ tuples, constantsOnly: true }];
  if (type === 'date')
    cases.push({ tuples: cross(['julian'], values[type] ?? []), constantsOnly: true });
  if (type === 'timestamptz')
    cases.push({
      tuples: cross(
        FIELDS,
        (values[type] ?? []).filter((v) => !(typeof v === 'string' && v.startsWith('0001'))),
      ),
      constantsOnly: true,
      timeZone: ZONE,
    });
  return cases;
}

const zoneNames = [
  'UTC',
  'Europe/Berlin',
  'america/new_york',
  'Asia/Kolkata',
  'EST',
  'CET',
  'PST',
  '+02',
  '-5',
  'Z',
  'Etc/GMT+5',
  null,
];
const gaps = [
  '2024-03-31 02:30:00',
  '2024-10-27 02:30:00',
  '2024-03-10 02:30:00',
  '2024-11-03 01:30:00',
  '2024-07-01 12:00:00',
  'infinity',
  '-infinity',
];

const pair = (type: string): RowCases => ({
  timeZone: type === 'timestamptz' ? ZONE : 'UTC',
  tuples: [
    ['2024-03-01', '2024-02-29'],
    ['2024-02-29', '2024-03-31'],
    ['2024-03-31 10:00', '2023-02-28 11:00'],
    ['2024-01-31', '2023-12-31 23:59:59.999999'],
    ['2023-02-28', '2024-02-29'],
    ['2024-05-31', '2024-04-30'],
    ['2024-04-30', '2024-05-31'],
    ['2024-01-01', '2024-01-01'],
    ['1999-12-31 13:00', '2024-06-15 12:30:15.25'],
    [null, '2024-01-01'],
    ['2024-01-01', null],
  ],
});

const made: readonly Argument[][] = [
  [2024, 2, 29, 1, 2, 3.5],
  [2024, 2, 29, 23, 59, 60],
  [2024, 2, 29, 24, 0, 0],
  [-44, 3, 15, 0, 0, 0],
  [2024, 2, 30, 0, 0, 0],
  [0, 1, 1, 0, 0, 0],
  [2024, 13, 1, 0, 0, 0],
  [2024, 1, 1, 25, 0, 0],
  [2024, 1, 1, 24, 1, 0],
  [2024, 1, 1, 0, 60, 0],
  [2024, 1, 1, 0, 0, 61],
  [2024, 1, 1, 0, 0, -1],
  [2024, 1, 1, 0, 0, 0.123456],
  [null, 1, 1, 0, 0, 0],
  [2024, 1, 1, 0, 0, null],
];

const series: RowCases = {
  tuples: [
    [1, 5],
    [5, 1],
    [0, 0],
    [null, 1],
    [1, null],
    [-3, 3],
  ],
};
const steps: RowCases = {
  tuples: [
    [1, 6, 2],
    [6, 1, -2],
    [1, 6, -1],
    [1, 6, 0],
    [1, 1, 5],
    [null, 1, 1],
    [1, 6, null],
  ],
};
const timeSeries = (suffix: string): Argument[][] =>
  [
    ['2024-01-31', '2024-06-01', '1 mon'],
    ['2024-01-01', '2024-01-02', '6 hours'],
    ['2024-01-02', '2024-01-01', '-1 day'],
    ['2024-01-02', '2024-01-01', '1 day'],
    ['2024-03-08', '2024-03-12', '1 day'],
    ['2024-11-02', '2024-11-04', '12 hours'],
    ['2024-01-01', '2024-01-01', '0'],
    ['2024-01-01', '2024-01-02', null],
    [null, '2024-01-02', '1 day'],
  ].map(([a, b, c]) => [a === null ? null : `${a}${suffix}`, `${b}${suffix}`, c ?? null]);

const bins = (suffix: string): Argument[][] =>
  [
    ['15 min', '2024-02-29 13:04:05.6', '2024-01-01'],
    ['1 hour', '2000-01-01 00:20', '2024-01-01 00:05'],
    ['1 day', '2024-01-01 12:00', '2024-01-01 06:00'],
    ['1 day', '2024-01-01', '2024-01-01'],
    ['7 days', '1999-12-31', '2024-01-01'],
    ['1 mon', '2024-01-01', '2024-01-01'],
    ['0', '2024-01-01', '2024-01-01'],
    ['-1 day', '2024-01-01', '2024-01-01'],
  ].map(([a, b, c]) => [a ?? '', `${b}${suffix}`, `${c}${suffix}`]);

const periods = (a: string, b: string, c: string): Argument[][] => {
  const ends: readonly Argument[] = [a, b, c, null];
  return ends.flatMap((w) =>
    ends.flatMap((x) => ends.flatMap((y) => ends.map((z) => [w, x, y, z]))),
  );
};

const clock = (expected: string): RowCases => ({
  expected: true,
  now: NOW,
  timeZone: ZONE,
  tuples: [[expected]],
});
const instant = clock(NOW);

const trinoParts = (
  rows: readonly (readonly [string, string, string])[],
): Record<string, RowCases> =>
  Object.fromEntries(
    rows.flatMap(([name, date, timestamp]) =>
      (['date', 'timestamp'] as const).map((type) => [
        `${name}(${type})`,
        {
          expected: true as const,
          tuples: [
            ['2024-12-30', date],
            [null, null],
          ].map(([v, e]) => [
            v ?? null,
            e === null ? null : type === 'timestamp' ? timestamp : (e ?? null),
          ]),
        },
      ]),
    ),
  );

type Group = RowCases | readonly RowCases[];
const table = (entries: readonly (readonly [string, Group])[]): Record<string, Group> =>
  Object.fromEntries(entries);

describeRows('date functions', dateRows, {
  ...table(
    ['now', 'current_timestamp', 'transaction_timestamp', 'statement_timestamp'].map((name) => [
      `${name}()`,
      instant,
    ]),
  ),
  'localtimestamp()': clock('2024-02-29 18:34:56.789012'),
  'getdate()': clock('2024-02-29 18:34:56.789012'),
  'current_date()': [
    clock('2024-02-29'),
    { expected: true, now: '2024-03-01 02:00:00+00', timeZone: ZONE, tuples: [['2024-02-29']] },
  ],
  'localtime()': clock('18:34:56.789012'),
  'clock_timestamp()': { tuples: [], expected: true },
  'date_trunc(text, timestamp)': {
    constantsOnly: true,
    tuples: cross(
      [...UNITS, 'dow', 'nope', 'Years'],
      [...TIMESTAMPS, ...BC, 'infinity', '-infinity', null],
    ),
  },
  'date_trunc(text, timestamptz)': [
    {
      constantsOnly: true,
      tuples: cross(UNITS, [...TIMESTAMPS.map((t) => `${t}+00`), 'infinity', null]),
    },
    {
      constantsOnly: true,
      timeZone: ZONE,
      tuples: cross(UNITS, [
        ...TIMESTAMPS.filter((t) => !t.startsWith('0001')).map((t) => `${t}+00`),
        'infinity',
        null,
      ]),
    },
  ],
  'date_trunc(text, timestamptz, text)': {
    constantsOnly: true,
    tuples: cross(
      ['day', 'hour', 'month', 'second'],
      ['2024-03-31 00:30:00+00', '2024-10-27 01:30:00+00', '2024-02-29 23:34:56.789+00', null],
    ).flatMap((t) => ['Europe/Berlin', 'Asia/Kolkata', 'UTC'].map((z) => [...t, z])),
  },
  'date_trunc(text, interval)': {
    constantsOnly: true,
    tuples: cross(UNITS, values['interval'] ?? []),
  },
  ...table(
    ['date', 'time', 'timestamp', 'timestamptz', 'interval'].flatMap((type) => [
      [`extract(text, ${type})`, parts(type)],
      [`date_part(text, ${type})`, parts(type)],
    ]),
  ),
  'age(timestamp, timestamp)': pair('timestamp'),
  'age(timestamptz, timestamptz)': pair('timestamptz'),
  'age(timestamp)': {
    expected: true,
    now: NOW,
    timeZone: ZONE,
    tuples: [
      ['2024-01-31 12:00:00', '28 days 12:00:00'],
      [null, null],
    ],
  },
  'age(timestamptz)': {
    expected: true,
    now: NOW,
    timeZone: ZONE,
    tuples: [
      ['2024-01-31 17:00:00+00', '28 days 12:00:00'],
      [null, null],
    ],
  },
  'make_date(int4, int4, int4)': { tuples: made.map((m) => m.slice(0, 3)) },
  'make_time(int4, int4, float8)': {
    tuples: [...made.map((m) => m.slice(3)), [23, 59, 59.9999999]].filter(
      (m) => m[0] !== 24 || m[1] !== 0,
    ),
  },
  'make_timestamp(int4, int4, int4, int4, int4, float8)': { tuples: made },
  'make_timestamptz(int4, int4, int4, int4, int4, float8)': [
    { tuples: made },
    { tuples: made.filter((m) => m[0] !== -44), timeZone: ZONE },
  ],
  'make_timestamptz(int4, int4, int4, int4, int4, float8, text)': {
    constantsOnly: true,
    tuples: made.filter((m) => m[0] !== -44).map((m) => [...m, 'Europe/Berlin']),
  },
  ...table(
    [0, 1, 2, 3, 4, 5, 6, 7].map((n) => {
      const types = ['int4', 'int4', 'int4', 'int4', 'int4', 'int4', 'float8'].slice(0, n);
      return [
        `make_interval(${types.join(', ')})`,
        {
          tuples: [
            [1, 14, 2, 3, 30, 90, 61.5].slice(0, n),
            [-1, 0, 0, -3, 0, 0, -0.25].slice(0, n),
          ],
        },
      ];
    }),
  ),
  'to_timestamp(float8)': {
    tuples: [
      [0],
      [1.5],
      [-1.5],
      [1284352323.123457],
      ['NaN'],
      ['infinity'],
      ['-infinity'],
      [1e300],
      [null],
    ],
  },
  'timezone(text, timestamptz)': {
    constantsOnly: true,
    mayRefuse: true,
    tuples: cross(
      zoneNames.filter((z) => z !== null),
      gaps.map((g) => (g.includes('inf') ? g : `${g}+00`)),
    ),
  },
  'timezone(text, timestamp)': {
    constantsOnly: true,
    mayRefuse: true,
    tuples: cross(
      zoneNames.filter((z) => z !== null),
      gaps,
    ),
  },
  'timezone(interval, timestamptz)': {
    tuples: [
      ['2 hours', '2024-01-01 00:00+00'],
      ['-05:30', '2024-01-01 00:00+00'],
      [null, '2024-01-01 00:00+00'],
    ],
  },
  'timezone(interval, timestamp)': {
    tuples: [
      ['2 hours', '2024-01-01 00:00'],
      ['-05:30', '2024-01-01 00:00'],
      ['1 hour', null],
    ],
  },
  'isfinite(date)': { tuples: [['2024-01-01'], ['infinity'], ['-infinity'], [null]] },
  'isfinite(timestamp)': { tuples: [['2024-01-01'], ['infinity'], ['-infinity'], [null]] },
  'isfinite(timestamptz)': { tuples: [['2024-01-01'], ['infinity'], [null]] },
  'isfinite(interval)': { tuples: [['1 day'], [null]] },
  'date_bin(interval, timestamp, timestamp)': { constantsOnly: true, tuples: bins('') },
  'date_bin(interval, timestamptz, timestamptz)': { constantsOnly: true, tuples: bins('+00') },
  'generate_series(int4, int4)': series,
  'generate_series(int8, int8)': series,
  'generate_series(int4, int4, int4)': steps,
  'generate_series(int8, int8, int8)': steps,
  'generate_series(numeric, numeric)': series,
  'generate_series(numeric, numeric, numeric)': {
    tuples: [
      ['1.5', '6', '1.25'],
      ['6', '1.5', '-0.5'],
      ['1', '6', '0'],
      ['1', '2', '-1'],
      [null, '1', '1'],
    ],
  },
  'generate_series(timestamp, timestamp, interval)': { tuples: timeSeries('') },
  'generate_series(timestamptz, timestamptz, interval)': [
    { tuples: timeSeries('+00') },
    { tuples: timeSeries(' 00:00:00-05'), timeZone: ZONE },
  ],
  'generate_series(timestamptz, timestamptz, interval, text)': {
    constantsOnly: true,
    tuples: timeSeries('+00').map((t) => [...t, 'Europe/Berlin']),
  },
  'overlaps(timestamp, timestamp, timestamp, timestamp)': {
    tuples: periods('2024-01-01', '2024-01-02', '2024-01-03'),
  },
  'overlaps(timestamptz, timestamptz, timestamptz, timestamptz)': {
    tuples: periods('2024-01-01', '2024-01-02', '2024-01-03').slice(0, 20),
  },
  'overlaps(time, time, time, time)': { tuples: periods('01:00', '02:00', '03:00').slice(0, 20) },
  'overlaps(timestamp, interval, timestamp, interval)': {
    tuples: [
      ['2024-01-01', '1 day', '2024-01-01 12:00', '1 day'],
      ['2024-01-01', '1 day', '2024-01-02', '1 day'],
      ['2024-01-02', '-1 day', '2024-01-01', '1 hour'],
      ['2024-01-01', null, '2024-01-01', '1 day'],
    ],
  },
  ...table(
    (['date', 'timestamp'] as const).flatMap((type) => {
      const suffix = type === 'date' ? '' : ' 00:00:00';
      return [
        [
          `date_diff(text, ${type}, ${type})`,
          {
            constantsOnly: true,
            expected: true,
            tuples: [
              ['day', '2024-02-28', '2024-03-01', '2'],
              ['month', '2024-01-31', '2024-02-29', '1'],
              ['month', '2024-01-31', '2024-02-28', '0'],
              ['year', '2024-02-29', '2025-02-28', '1'],
              ['month', '2024-03-15', '2024-01-16', '-1'],
              ['hour', '2024-01-02', '2024-01-01', '-24'],
              ['week', '2024-01-01', '2024-01-14', '1'],
              ['day', null, '2024-01-14', null],
              ['nope', '2024-01-01', '2024-01-14', 'ERROR'],
            ],
          },
        ],
        [
          `datediff(text, ${type}, ${type})`,
          {
            constantsOnly: true,
            expected: true,
            tuples: [
              ['day', '2024-02-28', '2024-03-01', '2'],
              ['month', '2024-01-31', '2024-02-01', '1'],
              ['year', '2024-12-31', '2025-01-01', '1'],
              ['quarter', '2024-03-31', '2024-04-01', '1'],
              ['week', '2024-03-31', '2024-04-01', 'ERROR'],
              ['day', null, '2024-01-14', null],
            ],
          },
        ],
        [
          `date_add(text, int8, ${type})`,
          {
            constantsOnly: true,
            expected: true,
            tuples: [
              ['day', 2, '2024-02-28', `2024-03-01${suffix}`],
              ['month', 1, '2024-01-31', `2024-02-29${suffix}`],
              ['quarter', -1, '2024-05-31', `2024-02-29${suffix}`],
              ['year', 1, '2024-02-29', `2025-02-28${suffix}`],
              ['hour', 25, '2024-02-28', type === 'date' ? 'ERROR' : '2024-02-29 01:00:00'],
              ['day', null, '2024-01-01', null],
            ],
          },
        ],
        [
          `last_day(${type})`,
          {
            expected: true,
            tuples: [
              ['2024-02-03', '2024-02-29'],
              ['2023-12-31', '2023-12-31'],
              [null, null],
            ],
          },
        ],
      ];
    }),
  ),
  ...trinoParts([
    ['year', '2024', '2024'],
    ['month', '12', '12'],
    ['day', '30', '30'],
    ['quarter', '4', '4'],
    ['week', '1', '1'],
    ['week_of_year', '1', '1'],
    ['day_of_month', '30', '30'],
    ['day_of_week', '1', '1'],
    ['dow', '1', '1'],
    ['day_of_year', '365', '365'],
    ['doy', '365', '365'],
    ['year_of_week', '2025', '2025'],
    ['yow', '2025', '2025'],
  ]),
  ...table(
    [
      ['hour', '13'],
      ['minute', '4'],
      ['second', '5'],
    ].map(([name, value]) => [
      `${name}(timestamp)`,
      {
        expected: true,
        tuples: [
          ['2024-01-01 13:04:05.9', value ?? null],
          [null, null],
        ],
      },
    ]),
  ),
  'dateadd(text, int8, timestamp)': {
    constantsOnly: true,
    expected: true,
    tuples: [
      ['day', 2, '2024-02-28', '2024-03-01 00:00:00'],
      ['month', -1, '2024-03-31', '2024-02-29 00:00:00'],
      ['second', 1, '2024-02-28', '2024-02-28 00:00:01'],
    ],
  },
  'from_unixtime(float8)': { tuples: [[0], [1.5], [-1.5], [null]] },
  'to_unixtime(timestamptz)': { tuples: [['2024-01-01 00:00:00.5+00'], [null]] },
  'to_unixtime(timestamp)': { tuples: [['2024-01-01 00:00:00.5'], [null]] },
});
