import type { FunctionEntry } from '../../src/functions/function-entry.ts';
import type { RowCases } from './describe-rows.ts';
import { signatureOf } from './describe-rows.ts';
import type { Argument } from './row-tester.ts';

/** Values at the edges of each type, as PostgreSQL reads them; null is always among them. */
export const EDGE_VALUES: Readonly<Record<string, readonly Argument[]>> = {
  bool: [true, false, null],
  int2: [0, 1, -7, 32767, -32768, null],
  int4: [0, 1, -7, 2147483647, -2147483648, null],
  int8: [0, 2, -7, '9223372036854775807', '-9223372036854775808', null],
  oid: [0, 1, '4294967295', null],
  float4: ['0', '1.5', '-2.5', '3e38', 'NaN', 'Infinity', null],
  float8: ['0', '0.5', '-2.5', '3.7', '1e300', 'NaN', '-Infinity', null],
  numeric: ['0', '1', '-2.5', '3.14159', '0.005', '123456789012.34', '-0.5', null],
  text: ['', 'a', 'B', 'añ', 'a ', null],
  name: ['a', 'B', 'abc', null],
  bpchar: ['a', 'a  ', 'B', '', null],
  char: ['a', 'b', null],
  bytea: ['\\x', '\\x00ff', '\\x61', null],
  date: ['2020-02-29', '1969-12-31', '2000-01-01', null],
  time: ['00:00:00', '23:59:59.999999', '12:30:00', null],
  timetz: ['10:00:00+00', '12:30:00.5+02', null],
  timestamp: ['2020-02-29 12:34:56.789', '1969-12-31 23:59:59', '2020-03-29 02:30:00', null],
  timestamptz: [
    '2020-02-29 12:34:56.789+00',
    '2020-03-29 00:30:00+00',
    '2020-10-25 01:30:00+01',
    null,
  ],
  interval: ['0', '1 mon', '30 days', '1 year 2 mons -3 days 04:05:06.5', '-25:00:00', null],
  uuid: ['00000000-0000-0000-0000-000000000001', 'f0000000-0000-0000-0000-000000000000', null],
};

/** All combinations of edge values of the row's argument types; undefined where a type has none listed. */
export function edgeCases(entry: FunctionEntry): RowCases | undefined {
  let tuples: readonly (readonly Argument[])[] = [[]];
  for (const arg of entry.args) {
    const values =
      typeof arg !== 'string' && arg.kind === 'scalar' ? EDGE_VALUES[arg.name] : undefined;
    if (values === undefined) return undefined;
    tuples = tuples.flatMap((tuple) => values.map((value) => [...tuple, value]));
  }
  return { tuples };
}

/** Edge cases of every row, `changed` ones in their place. */
export function casesOf(
  rows: readonly FunctionEntry[],
  changed: Readonly<Record<string, RowCases | readonly RowCases[]>>,
): Readonly<Record<string, RowCases | readonly RowCases[]>> {
  const cases: Record<string, RowCases | readonly RowCases[]> = {};
  for (const entry of rows) {
    const signature = signatureOf(entry);
    const found = changed[signature] ?? edgeCases(entry);
    if (found !== undefined) cases[signature] = found;
  }
  return cases;
}
