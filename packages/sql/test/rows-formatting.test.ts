import { formattingRows } from '../src/functions/rows/formatting.ts';
import { describeRows } from './support/describe-rows.ts';
import type { Argument } from './support/row-tester.ts';

const MOMENTS = [
  '2024-02-29 13:04:05.678901',
  '2000-01-01 00:00:00',
  '1999-12-31 23:59:59.999999',
  '2024-05-06 12:00:00',
  '0987-09-08 07:06:05',
  'infinity',
  null,
];
const FORMATS = [
  'YYYY-MM-DD',
  'YYYY-MM-DD HH24:MI:SS',
  'YYYY-MM-DD"T"HH24:MI:SS.MS',
  'YYYYMMDD',
  'DD Mon YYYY',
  'Month DD, YYYY',
  'FMMonth FMDD, YYYY',
  'DAY',
  'Day',
  'day',
  'FMDay',
  'DY dy Dy',
  'MON mon',
  'MONTH|month',
  'HH12:MI:SS AM',
  'HH:MI pm',
  'Q',
  'D ID',
  'DDD',
  'W WW IW',
  'IYYY-IW',
  'YY',
  'US',
  'J',
  'SSSS',
  'yyyy-mm-dd',
  'hh24:mi',
  'CC',
  '',
  '100%',
  '"quoted %d" YYYY',
  'FMMM/FMDD',
  'YYYY-MM',
  'FMHH24',
  'A.M.',
];
const UNSUPPORTED = ['TZ', 'Y,YYY', 'DDth', 'RM', 'BC', 'IYY', 'tzh', 'MM"'];
const cross = (values: readonly Argument[], formats: readonly string[]): Argument[][] =>
  values.flatMap((v) => formats.map((f) => [v, f]));

const NUMBER_FORMATS = [
  '9',
  '999',
  '000',
  '0999',
  '9990',
  '999,999',
  '9,999,999.99',
  'FM999',
  'FM999,999.99',
  'FM000.00',
  'FM990.09',
  '999.9',
  '0.99',
  '.9',
  '999.',
  'FM9999999990.00',
  '9G999D99',
  'FM999.999',
  '09,999',
];
const INTEGERS = [0, 1, -1, 12, 123, -123, 1234, 1234567, -9999999, null];
const NUMBERS = [
  '0',
  '0.1',
  '-0.1',
  '0.004',
  '-0.004',
  '1.5',
  '12.345',
  '-1234.5',
  '999.999',
  '1234567.891',
  '0.05',
  null,
];

describeRows('formatting functions', formattingRows, {
  'to_char(timestamp, text)': [
    { constantsOnly: true, tuples: cross(MOMENTS, FORMATS) },
    { mayRefuse: true, tuples: cross(MOMENTS, UNSUPPORTED) },
  ],
  'to_char(timestamptz, text)': [
    {
      constantsOnly: true,
      tuples: cross(['2024-02-29 13:04:05+00', '2024-07-01 03:00:00+00', null], FORMATS),
    },
    {
      constantsOnly: true,
      timeZone: 'America/New_York',
      tuples: cross(['2024-02-29 13:04:05+00', '2024-07-01 03:00:00+00', 'infinity'], FORMATS),
    },
  ],
  'to_char(int4, text)': {
    constantsOnly: true,
    mayRefuse: true,
    tuples: cross(INTEGERS, [...NUMBER_FORMATS, '9.99EEEE', 'S999', 'RN']),
  },
  'to_char(int8, text)': {
    constantsOnly: true,
    mayRefuse: true,
    tuples: cross([...INTEGERS, '9223372036854775807'], NUMBER_FORMATS.slice(0, 8)),
  },
  'to_char(numeric, text)': {
    constantsOnly: true,
    mayRefuse: true,
    tuples: cross(NUMBERS, NUMBER_FORMATS),
  },
  'to_char(float8, text)': {
    constantsOnly: true,
    mayRefuse: true,
    tuples: cross([...NUMBERS, '0.125', 'NaN', '-Infinity'], NUMBER_FORMATS),
  },
  'to_date(text, text)': {
    constantsOnly: true,
    mayRefuse: true,
    tuples: [
      ['2024-02-29', 'YYYY-MM-DD'],
      ['20240229', 'YYYYMMDD'],
      ['29/02/2024', 'DD/MM/YYYY'],
      ['2024-02-30', 'YYYY-MM-DD'],
      ['2024-13-01', 'YYYY-MM-DD'],
      ['29 Feb 2024', 'DD Mon YYYY'],
      ['February 29, 2024', 'Month DD, YYYY'],
      [null, 'YYYY'],
      ['2024-02', 'YYYY-MM'],
      ['x', 'YYYY-MM-DD'],
    ],
  },
  'to_timestamp(text, text)': [
    {
      constantsOnly: true,
      mayRefuse: true,
      tuples: [
        ['2024-02-29 13:04:05', 'YYYY-MM-DD HH24:MI:SS'],
        ['2024-02-29T13:04:05.678', 'YYYY-MM-DD"T"HH24:MI:SS.MS'],
        ['2024-02-29 13:04:05.678901', 'YYYY-MM-DD HH24:MI:SS.US'],
        ['2024-02-29 25:00', 'YYYY-MM-DD HH24:MI'],
        [null, 'YYYY'],
      ],
    },
    {
      constantsOnly: true,
      timeZone: 'Europe/Berlin',
      tuples: [
        ['2024-07-01 12:00', 'YYYY-MM-DD HH24:MI'],
        ['2024-03-31 02:30', 'YYYY-MM-DD HH24:MI'],
      ],
    },
  ],
  'to_number(text, text)': {
    constantsOnly: true,
    mayRefuse: true,
    tuples: [
      ['1,234.5', '9,999.9'],
      ['-12', '999'],
      ['12.34', '99.99'],
      ['0', '9'],
      [null, '9'],
      ['1234567.89', '9999999.99'],
    ],
  },
  'date_format(timestamp, text)': {
    constantsOnly: true,
    expected: true,
    tuples: [
      ['2024-02-29 13:04:05', '%Y-%m-%d %H:%i:%s', '2024-02-29 13:04:05'],
      ['2024-02-09 03:04:05', '%e %M %y, %l %p %%', '9 February 24, 3 AM %'],
      ['2024-02-29', '%D', 'ERROR'],
      [null, '%Y', null],
    ],
  },
});
