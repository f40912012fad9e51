import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { isQueryError } from '../../src/errors.ts';
import { parseLiteral } from '../../src/types/literal.ts';
import { typeFromName } from '../../src/types/type-info.ts';
import { postgresFailure, startPostgres } from '../support/postgres.ts';
import type { TestPostgres } from '../support/postgres.ts';

const CASES: Readonly<Record<string, readonly string[]>> = {
  bool: [
    't',
    'TRUE',
    ' yes ',
    'y',
    'on',
    'o',
    'of',
    'off',
    '0',
    '1',
    'tr',
    'x',
    '',
    'no',
    'n',
    'fals',
  ],
  int4: [
    '1',
    ' 12 ',
    '+5',
    '-0',
    '1.5',
    '2147483648',
    '-2147483648',
    '0x1F',
    '1_000',
    '1__0',
    'abc',
    '',
    '1e3',
    '0b11',
    '0o17',
  ],
  int2: ['32768', '-32768'],
  int8: ['9223372036854775807', '9223372036854775808'],
  oid: ['1', '4294967295', '-1'],
  float8: [
    '1',
    '1e15',
    '1e14',
    '123456789012345678',
    '0.0001',
    '0.00001',
    '1e400',
    '1e-400',
    'NaN',
    'inf',
    '-Infinity',
    '.5',
    '5.',
    '-0',
    '1.10',
    'abc',
    '',
    '0.1',
    '1e308',
    '1.7976931348623157e308',
    '5e-324',
    '100000',
  ],
  float4: [
    '1',
    '1e6',
    '1e5',
    '123456.7',
    '0.1',
    '3.4e38',
    '1e39',
    '1e-46',
    '0.3333333333',
    '16777217',
    '1234567',
  ],
  numeric: [
    '1.50',
    '1e3',
    '1e-3',
    '.5',
    '5.',
    '-0',
    '-0.00',
    '00012.30',
    'NaN',
    'inf',
    'abc',
    '1.2e2',
    '1_000.5',
    '0x1f',
    '',
    '1 2',
    '1e-20',
  ],
  uuid: [
    'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11',
    '{a0eebc999c0b4ef8bb6d6bb9bd380a11}',
    'a0ee-bc99-9c0b-4ef8-bb6d-6bb9-bd38-0a11',
    'a0eebc99',
    'x',
  ],
  bytea: ['\\xDEADbeef', 'abc', '\\\\', '\\001a', '\\x1', '\\xzz', '\\x', 'a\\'],
  json: [
    '{"a":1}',
    '[1,2',
    'null',
    '"x"',
    '1.0',
    '01',
    '{"a":1,"a":2}',
    '',
    '  {} ',
    'tru',
    '"\\u00e9"',
    "'a'",
  ],
  jsonb: [
    '{"b":1, "a" :[1, 2.50,1e2,{}]}',
    '{"a":1,"a":2}',
    '"\\u00e9"',
    '{"aa":1,"b":2,"":3}',
    '[]',
    '-0',
    '1.10',
    'tRue',
    '"a\\nb"',
    '"\\u0001"',
  ],
  date: [
    '2020-01-02',
    '20200102',
    '2020/01/02',
    '01/02/2020',
    'January 2, 2020',
    '2 Jan 2020',
    '2-Jan-2020',
    '2020-Jan-02',
    'Jan-02-2020',
    '2020.032',
    'J2451187',
    '2020-13-01',
    '2020-02-30',
    'infinity',
    '-infinity',
    'epoch',
    '0044-03-15 BC',
    '2020-1-2',
    'x',
    '',
    '2020-01-02 10:11:12',
    '5874897-12-31',
    '5874898-01-01',
    '4714-11-24 BC',
    '4714-11-23 BC',
    '1/8/99',
    '99-Jan-08',
    '2020-01-02T10:11:12Z',
    'Wed Jan 1 2020',
    '2020-01',
    '10:00',
    'Jan 2020',
    '0000-01-01',
    '1999-01-08 00:00:00 PST',
    '2020-02-29',
    '2019-02-29',
    '120-01-01',
    '990108',
    'infinity x',
    '2020 01 02',
  ],
  time: [
    '04:05:06',
    '04:05',
    '040506',
    '04:05 AM',
    '04:05 PM',
    '12:00 AM',
    '12:00 PM',
    '24:00:00',
    '24:00:01',
    '04:05:06.789',
    '04:05:60',
    '25:00',
    '04:05:06.1234567',
    'allballs',
    '2020-01-01 04:05',
    'x',
    '4:05',
    '13:00 PM',
    '04:05:06+02',
    '04:60',
  ],
  timetz: ['04:05:06+02', '04:05:06-05:30', '04:05:06Z', '04:05:06 PST', '040506+0730'],
  timestamp: [
    '2020-01-02 03:04:05',
    '2020-01-02',
    '2020-01-02T03:04:05.123456',
    '2020-01-02 03:04:05.1234567',
    '20200102T030405',
    '2020-01-02 03:04:05+02',
    '2020-01-02 24:00:00',
    'Jan 2 2020 3:04 PM',
    '2020-01-02 03',
    'epoch',
    'infinity',
    '294276-12-31 23:59:59',
    '294277-01-01',
    '0001-01-01 00:00:00 BC',
    '2020-01-02 3:4:5',
    '2020-01-02 03:04:05 Europe/Berlin',
    '2020-01-02 03:04:05 foo',
    '2020-06-31',
    '2020-01-02 03:04:05.',
    'Thu Jan 02 03:04:05 2020',
    '2020-01-02 030405',
    'x',
    '2020-01-02 10:',
    '1/2/2020 1:02',
    '2020-01-02 03:04:05 PST',
    '2020-01-02t03:04:05z',
    '1969-12-31 23:59:59.999999',
  ],
  timestamptz: [
    '2020-01-02 03:04:05',
    '2020-07-02 03:04:05',
    '2020-01-02 03:04:05Z',
    '2020-01-02 03:04:05+02',
    '2020-01-02 03:04:05-05:30',
    '2020-01-02 03:04:05 America/New_York',
    '2020-01-02 03:04:05 EST',
    '2020-03-29 02:30:00',
    '2020-10-25 02:30:00',
    '1800-01-01 00:00:00+00',
    'epoch',
    'infinity',
    '2020-01-02',
    '2020-01-02+02',
    '2020-01-02 03:04:05.5 UTC',
    '2020-01-02 03:04:05 +0200',
    '10000-01-01 00:00:00+00',
    '0044-03-15 00:00:00+00 BC',
  ],
  interval: [
    '1 day',
    '1 year 2 months 3 days 04:05:06',
    '1-2',
    '3 4:05:06',
    'P1Y2M3DT4H5M6S',
    'P0001-02-03T04:05:06',
    '1 day ago',
    '@ 1 minute',
    '1.5 days',
    '1.5 months',
    '1.3 years',
    '90 minutes',
    '-1 day 2 hours',
    '1 year -1 mon',
    '-1-2',
    '5',
    '1 week',
    'PT36H',
    'P1W',
    '1.5 hours',
    '0.5 seconds',
    '-04:05:06',
    '1 mon -1 days',
    '',
    'x',
    '1 foo',
    '1 day 5',
    '2 decades',
    '04:05',
    '1:2:3.5',
    '100 hours',
    '1 sec 1 sec',
    'infinity',
    'P',
    'PT1.5S',
    '-1 years',
    '1 quarter',
    '1d 2h 3m 4s',
    '12 h 30 min',
    '1.123456789 s',
    '+1 day -2:00',
    '1 day -00:00:01',
  ],
  'int4[]': [
    '{1,2}',
    '{}',
    '{1,NULL}',
    '{{1,2},{3,4}}',
    '{1,x}',
    '{1',
    '1',
    '{ 1 , 2 }',
    '{1,}',
    '{1}x',
  ],
  'text[]': ['{a,b}', '{"a,b","c\\"d"}', '{a b,  c }', '{"NULL",null}', '{""}', '{,}', '{a\\,b}'],
  'varchar(3)': ['abcdef', 'ab', '日本語日'],
  'bpchar(5)': ['ab', 'abcdefg'],
  'numeric(5,2)': ['1.235', '-1.235', '999.994', '999.995', '1e2', 'NaN'],
  'timestamp(0)': ['2020-01-01 00:00:00.5', '2020-01-01 00:00:01.4999', '1969-12-31 23:59:59.5'],
  name: ['abc'],
  '"char"': ['abc'],
};

const ZONE = 'Europe/Berlin';

function ours(text: string, typeText: string): string {
  const [, name = '', precision, scale, array] =
    /^"?([a-z0-9]+)"?(?:\((\d+)(?:,(\d+))?\))?(\[\])?$/.exec(typeText) ?? [];
  const typmods = [precision, scale].filter((each) => each !== undefined).map(Number);
  const type = typeFromName([name], typmods, array === undefined ? 0 : 1);
  try {
    return parseLiteral(text, type, { timeZone: ZONE, now: new Date(0) });
  } catch (error) {
    if (!isQueryError(error)) throw error;
    return error.sqlstate;
  }
}

describe('literals are read as PostgreSQL reads them', () => {
  let postgres: TestPostgres | undefined;
  beforeAll(async () => {
    postgres = await startPostgres();
    await postgres.query(`SET TimeZone = '${ZONE}'`);
  });
  afterAll(async () => {
    await postgres?.stop();
  });

  async function theirs(text: string, type: string): Promise<string> {
    const value = `$q$${text}$q$::${type}`;
    // timestamptz is answered in UTC whatever the session's zone.
    const shown =
      type === 'timestamptz'
        ? `regexp_replace(CASE WHEN isfinite(v) THEN (v AT TIME ZONE 'UTC')::text || '+00' ELSE v::text END, ' BC\\+00$', '+00 BC')`
        : type === 'bool'
          ? `left(v::text, 1)`
          : type.startsWith('bpchar')
            ? `format('%s', v)`
            : 'v::text';
    try {
      const rows = await postgres?.query(`SELECT ${shown} FROM (SELECT ${value} AS v) AS s`);
      return String(rows?.[0]?.[0]);
    } catch (error) {
      const failure = postgresFailure(error);
      if (failure === undefined) throw error;
      return failure.code;
    }
  }

  test.each(Object.entries(CASES))('%s', async (type, texts) => {
    const answers: Record<string, string> = {};
    const wanted: Record<string, string> = {};
    for (const text of texts) {
      answers[text] = ours(text, type);
      wanted[text] = await theirs(text, type);
    }
    expect(answers).toEqual(wanted);
  });
});

test("today and now are the statement's frozen moment in the session's zone", () => {
  const options = { timeZone: ZONE, now: new Date('2024-02-29T23:30:00Z') };
  expect(parseLiteral('today', typeFromName(['date'], [], 0), options)).toBe('2024-03-01');
  expect(parseLiteral('tomorrow', typeFromName(['date'], [], 0), options)).toBe('2024-03-02');
  expect(parseLiteral('now', typeFromName(['timestamp'], [], 0), options)).toBe(
    '2024-03-01 00:30:00',
  );
  expect(parseLiteral('now', typeFromName(['timestamptz'], [], 0), options)).toBe(
    '2024-02-29 23:30:00+00',
  );
});

test('a bare number of an interval with fields counts its lowest field', () => {
  const day = typeFromName(['interval'], [8], 0);
  expect(parseLiteral('7', day, { timeZone: 'UTC', now: new Date(0) })).toBe('7 days');
});
