import { listedCast } from '../../src/functions/cast-contexts.ts';
import { castEntry } from '../../src/functions/casts.ts';
import type { FunctionEntry, Template } from '../../src/functions/function-entry.ts';
import { digitsOfType } from '../../src/types/numeric-digits.ts';
import type { ScalarName } from '../../src/types/sql-type.ts';
import { scalar, UNKNOWN } from '../../src/types/sql-type.ts';
import { describeRows, signatureOf } from '../support/describe-rows.ts';
import type { RowCases } from '../support/describe-rows.ts';
import { EDGE_VALUES } from '../support/edge-values.ts';
import type { Argument } from '../support/row-tester.ts';
import { printTemplate } from '../support/row-tester.ts';

const NAMES: readonly ScalarName[] = [
  'bool',
  'int2',
  'int4',
  'int8',
  'float4',
  'float8',
  'numeric',
  'text',
  'varchar',
  'bpchar',
  'date',
  'time',
  'timestamp',
  'timestamptz',
  'interval',
  'uuid',
];

/** Texts that each type reads from a text column, malformed ones included. */
const TEXTS: Readonly<Partial<Record<ScalarName, readonly Argument[]>>> = {
  bool: ['t', 'YES', ' on', 'off', 'n', '1', '0', 'maybe', '', null],
  int2: ['1', ' 42 ', '-7', '1.5', '70000', 'x', '', null],
  int4: ['1', ' 42 ', '-7', '1.5', '1e3', 'x', '', null],
  int8: ['9223372036854775807', '9223372036854775808', '1.5', null],
  float4: ['1.5', '-0.25', 'x', null],
  float8: ['1.5', 'NaN', 'Infinity', '1e300', 'x', null],
  numeric: ['1.5', '-0.25', '1e3', 'x', null],
  date: ['2020-02-29', '2020-02-30', 'x', null],
  time: ['12:34:56.5', '25:00', null],
  timestamp: ['2020-02-29 12:34:56.5', '2020-02-29', '2020-02-29T01:02:03', 'x', null],
  timestamptz: ['2020-02-29 12:34:56+02', '2020-02-29 12:34:56', '2020-07-01', null],
  interval: ['1 day', '1 year 2 months', null],
  uuid: ['a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', 'x', null],
};

/** Values whose casts differ by design: numerics wider than 38 digits, floats printed with an exponent by DuckDB's limits. */
const CHANGED: Readonly<Record<string, readonly Argument[]>> = {
  'float8 numeric': ['0', '0.5', '-2.5', '3.7', '0.1', '123456.789', null],
  'float4 numeric': ['0', '1.5', '-2.5', '0.1', '1234.5', null],
  'float4 text': ['0', '1.5', '-2.5', 'NaN', 'Infinity', '0.1', null],
  'numeric int2': ['0', '2.5', '-2.5', '1.4', '40000', null],
  'numeric int4': ['0', '2.5', '-2.5', '1.4', '123456789012', null],
  // As text the blanks of a bpchar are gone, which is how results are compared.
  'text bpchar': ['', 'a', 'añ', null],
  'timestamptz text': ['2020-02-29 12:34:56.789+00', '2020-07-01 00:00:00+00', null],
};

const entries: FunctionEntry[] = [];
const cases: Record<string, RowCases> = {};
for (const from of NAMES) {
  for (const to of NAMES) {
    if (from === to || castEntry(scalar(from), scalar(to)) === undefined) continue;
    const template: Template = (args, context) => {
      const type = args[0]?.type ?? UNKNOWN;
      const found = castEntry(type, context.result)?.templates.duckdb;
      if (found === undefined) throw new Error(`no template from ${from} to ${to}`);
      return printTemplate(found, args, context);
    };
    const entry: FunctionEntry = {
      name: `cast_${to}`,
      kind: 'function',
      args: [scalar(from)],
      variadic: false,
      returns: scalar(to),
      volatility: 'stable',
      strict: true,
      templates: { duckdb: template },
      proven: false,
      ...(to === 'numeric' ? { digits: ([type = UNKNOWN]) => digitsOfType(type) } : {}),
    };
    entries.push(entry);
    const isText = from === 'text' || from === 'varchar' || from === 'bpchar';
    const texts = isText && listedCast(from, to) === undefined ? TEXTS[to] : undefined;
    const key = `${from} ${/varchar|bpchar/.test(to) ? 'text' : to}`;
    const values =
      (to === 'bpchar' && isText ? CHANGED['text bpchar'] : undefined) ??
      CHANGED[key] ??
      texts ??
      EDGE_VALUES[from === 'varchar' ? 'text' : from] ??
      [];
    cases[signatureOf(entry)] = {
      tuples: values.map((value) => [value]),
      postgres: `CAST({0} AS ${to})`,
      timeZone: 'Europe/Berlin',
    };
  }
}

describeRows('casts', entries, cases);
