/** Literals of a type in PostgreSQL's text form: everyday values and edges. */
export const VALUES: Readonly<Record<string, readonly string[]>> = {
  bool: ['true', 'false'],
  int2: ['0', '1', '-7', '12', '32767', '-32768'],
  int4: ['0', '1', '2', '-7', '10', '100', '2147483647', '-2147483648'],
  int8: ['0', '2', '-7', '1000000', '9223372036854775807', '-9223372036854775808'],
  float4: ['0', '1.5', '-2.5', '100', '0.1', 'NaN', 'Infinity'],
  float8: ['0', '0.5', '-2.5', '3.7', '100', '1e15', 'NaN', '-Infinity'],
  numeric: ['0', '1', '-2.5', '3.14159', '0.005', '12345678.90', '-0.5', '10'],
  text: ['', 'a', 'B', 'añb', 'a ', 'abc', 'Hello World', '12', '%', "it's"],
  varchar: ['', 'a', 'abc', ' b '],
  date: ['2020-02-29', '1969-12-31', '2000-01-01', '2024-01-15'],
  time: ['00:00:00', '23:59:59.999999', '12:30:00'],
  timestamp: ['2020-02-29 12:34:56.789', '1969-12-31 23:59:59', '2024-01-15 10:30:00'],
  timestamptz: ['2020-02-29 12:34:56.789+00', '2020-03-29 00:30:00+01', '2024-01-15 10:30:00+00'],
  interval: [
    '0',
    '1 mon',
    '30 days',
    '1 year 2 mons -3 days 04:05:06.5',
    '-25:00:00',
    '90 minutes',
  ],
  uuid: ['00000000-0000-0000-0000-000000000001', 'f0000000-0000-0000-0000-000000000000'],
  bytea: ['\\x', '\\x00ff', '\\x61'],
  json: ['{"a": 1}', '[1, "x", null]', '5', '"s"', 'null', '{"a": {"b": [true]}}'],
  jsonb: ['{"a": 1}', '[1, "x", null]', '5', '"s"', 'null', '{"a": {"b": [true]}}'],
  'int4[]': ['{}', '{1,2,3}', '{1,NULL}', '{3}'],
  'int8[]': ['{}', '{1,2,3}', '{NULL}'],
  'text[]': ['{}', '{a,b}', '{a,NULL,"x y"}', '{""}'],
  'float8[]': ['{0.25,0.5}', '{1.5,NULL}'],
  'numeric[]': ['{1.5,2.5}', '{0.1,NULL}'],
  'date[]': ['{2024-01-15,NULL}'],
  'bool[]': ['{t,f,NULL}'],
  'timestamp[]': ['{"2024-01-15 10:30:00"}'],
};

/** Types whose values have an order and an equality. */
export const ORDERED = [
  'bool',
  'int2',
  'int4',
  'int8',
  'float4',
  'float8',
  'numeric',
  'text',
  'varchar',
  'date',
  'time',
  'timestamp',
  'timestamptz',
  'interval',
  'uuid',
  'bytea',
];

export const ARRAYS = ['int4[]', 'int8[]', 'text[]', 'numeric[]', 'date[]', 'bool[]'];

const SMALL = ['0', '1', '2', '3', '5', '-1', '10'];
const UNITS = ['year', 'quarter', 'month', 'week', 'day', 'hour', 'minute', 'second'];
const TRUNC_UNITS = [...UNITS, 'millisecond', 'microsecond', 'decade', 'century', 'millennium'];
const FIELDS = [...TRUNC_UNITS, 'dow', 'doy', 'isodow', 'isoyear', 'epoch'];
const ZONES = ['UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Kolkata'];
const PATTERNS = [
  'a',
  '^a',
  'b$',
  '[a-c]+',
  '\\d+',
  '(a)(b)',
  'x|y',
  '.',
  '\\s',
  '^$',
  'l+',
  '[^a-z]',
];
const LIKES = ['a%', '%b%', '_', '%', '', 'a_c', '%\\%%', 'A%', '%o W%'];
const DATE_FORMATS = [
  'YYYY-MM-DD',
  'YYYY-MM-DD HH24:MI:SS',
  'DD Mon YYYY',
  'FMMonth FMDD',
  'HH12:MI AM',
  'Day',
  'YYYYMMDD',
  'Q',
  'IYYY-IW',
  'DDD',
  'MS US',
  'YY',
  'Dy',
  '"week" WW',
];
const NUMBER_FORMATS = ['999', '0000', '9,999.99', 'FM999990.00', 'FM9999', '000.0'];
const FLAGS = ['g', 'i', 'gi'];
const DIMENSIONS = ['1', '1', '1', '0', '2'];
const KEYS = ['a', 'b', 'c', 'zz'];
const JSON_PATHS = ['{a}', '{a,b}', '{0}', '{-1}', '{a,b,0}', '{5}'];

/** What may stand at a place of a call: constants, because the function wants one there or any value would be an error or too much. */
type Pool = Readonly<Record<number, readonly string[]>>;

const date: Pool = {
  0: ['2024', '1999', '1', '2020'],
  1: ['1', '2', '12', '13'],
  2: ['1', '28', '29', '31'],
};
const clock: Pool = { 3: ['0', '12', '23'], 4: ['0', '30', '59'], 5: ['0', '30.5', '59.999999'] };

const POOLS: Readonly<Record<string, Pool>> = {
  repeat: { 1: SMALL },
  lpad: { 1: SMALL, 2: ['x', 'ab', ''] },
  rpad: { 1: SMALL, 2: ['x', 'ab', ''] },
  left: { 1: SMALL },
  right: { 1: SMALL },
  substr: { 1: SMALL, 2: ['0', '1', '2', '5', '-1'] },
  overlay: { 2: ['1', '2', '3', '0'], 3: ['0', '1', '2'] },
  split_part: { 1: [' ', ',', 'b', ''], 2: ['1', '2', '-1', '0'] },
  chr: { 0: ['65', '228', '8364', '97', '0', '-1'] },
  format: { 0: ['%s', 'x', '%s and %L', '%I', '%%', '%2$s %1$s', '%5s|%-5s', '%*s'] },
  jsonb_set: { 1: JSON_PATHS },
  '#-': { 1: JSON_PATHS },
  '#>': { 1: JSON_PATHS },
  '#>>': { 1: JSON_PATHS },
  encode: { 1: ['hex', 'base64'] },
  decode: { 0: ['', '6162', 'YWI=', 'zz', '00ff'], 1: ['hex', 'base64'] },
  convert_from: { 1: ['UTF8'] },
  convert_to: { 1: ['UTF8', 'utf-8'] },
  like_escape: { 0: LIKES, 1: ['\\', '!', ''] },
  factorial: { 0: ['0', '1', '5', '20', '-1'] },
  exp: { 0: ['0', '1', '-1', '2.5', '10'] },
  power: { 0: ['0', '2', '-2', '1.5', '10'], 1: ['0', '1', '2', '-1', '0.5', '3'] },
  pow: { 0: ['0', '2', '-2', '1.5', '10'], 1: ['0', '1', '2', '-1', '0.5', '3'] },
  '^': { 0: ['0', '2', '-2', '1.5', '10'], 1: ['0', '1', '2', '-1', '0.5', '3'] },
  date_trunc: { 0: TRUNC_UNITS, 2: ZONES },
  extract: { 0: FIELDS },
  date_part: { 0: FIELDS },
  timezone: { 0: ZONES },
  make_date: date,
  make_time: {
    0: ['0', '12', '23', '24', '25'],
    1: ['0', '30', '59'],
    2: ['0', '30.5', '59.999999'],
  },
  make_timestamp: { ...date, ...clock },
  make_timestamptz: { ...date, ...clock, 6: ZONES },
  make_interval: {
    0: SMALL,
    1: SMALL,
    2: SMALL,
    3: SMALL,
    4: SMALL,
    5: SMALL,
    6: ['0', '1.5', '-0.25'],
  },
  date_bin: { 0: ['15 minutes', '1 day', '90 seconds', '1 mon'] },
  to_char: { 1: DATE_FORMATS },
  to_date: { 0: ['2024-01-15', '1999-12-31', '2024-02-30'], 1: ['YYYY-MM-DD'] },
  to_number: { 0: ['12', '-7', '123'], 1: ['999', '9999'] },
  like: { 1: LIKES },
  '~': { 1: PATTERNS },
  '~*': { 1: PATTERNS },
  '!~': { 1: PATTERNS },
  '!~*': { 1: PATTERNS },
  '~~': { 1: LIKES },
  '~~*': { 1: LIKES },
  '!~~': { 1: LIKES },
  '!~~*': { 1: LIKES },
  regexp_like: { 1: PATTERNS, 2: ['i', 'c'] },
  regexp_replace: { 1: PATTERNS, 2: ['', 'X', '<\\&>', '\\1'], 3: FLAGS },
  regexp_match: { 1: PATTERNS, 2: ['i'] },
  regexp_matches: { 1: PATTERNS, 2: FLAGS },
  regexp_split_to_array: { 1: [',', ' ', '\\s+', 'b'], 2: ['i'] },
  regexp_split_to_table: { 1: [',', ' ', '\\s+', 'b'], 2: ['i'] },
  regexp_substr: { 1: PATTERNS },
  regexp_count: { 1: PATTERNS },
  regexp_instr: { 1: PATTERNS },
  json_extract_path: { 1: KEYS, 2: KEYS },
  json_extract_path_text: { 1: KEYS, 2: KEYS },
  jsonb_extract_path: { 1: KEYS, 2: KEYS },
  jsonb_extract_path_text: { 1: KEYS, 2: KEYS },
  '->': { 1: SMALL },
  '->>': { 1: SMALL },
  array_length: { 1: DIMENSIONS },
  array_upper: { 1: DIMENSIONS },
  array_lower: { 1: DIMENSIONS },
  array_position: { 2: ['1', '2'] },
  trim_array: { 1: ['0', '1', '2'] },
  array_to_string: { 1: [',', '', ' | '], 2: ['*'] },
  string_to_array: { 1: [',', ' ', 'b', ''] },
  generate_series: { 0: ['1', '0', '-2'], 1: ['3', '0', '5'], 2: ['1', '2', '-1'] },
  string_agg: { 1: [',', '', ' / '] },
  listagg: { 1: [',', ''] },
  lag: { 1: ['1', '2', '0'] },
  lead: { 1: ['1', '2', '0'] },
  nth_value: { 1: ['1', '2', '100'] },
  ntile: { 0: ['1', '2', '3'] },
  percentile_cont: { 0: ['0', '0.25', '0.5', '1'] },
  percentile_disc: { 0: ['0', '0.25', '0.5', '1'] },
  width_bucket: { 3: ['1', '5', '10'] },
};

/** Pools of a name at one argument type: what the general pool does not fit. */
const TYPED: Readonly<Record<string, Pool>> = {
  'to_char int4': { 1: NUMBER_FORMATS },
  'to_char int8': { 1: NUMBER_FORMATS },
  'to_char numeric': { 1: NUMBER_FORMATS },
  'to_char float8': { 1: NUMBER_FORMATS },
  'date_trunc interval': { 0: UNITS },
  'extract date': {
    0: ['year', 'month', 'day', 'dow', 'doy', 'quarter', 'week', 'isoyear', 'epoch'],
  },
  'date_part date': {
    0: ['year', 'month', 'day', 'dow', 'doy', 'quarter', 'week', 'isoyear', 'epoch'],
  },
  'extract time': { 0: ['hour', 'minute', 'second', 'epoch', 'millisecond'] },
  'date_part time': { 0: ['hour', 'minute', 'second', 'epoch', 'millisecond'] },
  'extract interval': { 0: [...UNITS, 'epoch'] },
  'date_part interval': { 0: [...UNITS, 'epoch'] },
  'substring text': { 1: PATTERNS },
  'substring int4': { 1: SMALL, 2: ['0', '1', '2', '5', '-1'] },
  'round int4': { 1: ['0', '1', '2', '-2'] },
  'trunc int4': { 1: ['0', '1', '2', '-2'] },
  'to_timestamp text': { 0: ['2024-01-15', '1999-12-31'], 1: ['YYYY-MM-DD'] },
  '- jsonb': { 1: ['0', '1', '-1', '5'] },
  '-> text': { 1: KEYS },
  '->> text': { 1: KEYS },
  'timezone interval': { 0: ['01:00:00', '-05:30:00', '00:00:00'] },
  'generate_series timestamp': {
    0: ['2024-01-01'],
    1: ['2024-01-05', '2023-12-28'],
    2: ['1 day', '-1 day', '36 hours'],
  },
  'generate_series timestamptz': {
    0: ['2024-03-30'],
    1: ['2024-04-02', '2024-03-28'],
    2: ['1 day', '-1 day', '36 hours'],
    3: ZONES,
  },
};

/** The constants for one argument of a call; undefined: any expression of its type. */
export function argumentPool(
  name: string,
  types: readonly string[],
  index: number,
): readonly string[] | undefined {
  for (const type of types) {
    const found = TYPED[`${name} ${type}`]?.[index];
    if (found !== undefined) return found;
  }
  return POOLS[name]?.[index];
}
