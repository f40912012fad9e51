import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { FunctionEntry } from '../../src/functions/function-entry.ts';
import { aggregateRows } from '../../src/functions/rows/aggregates.ts';
import { windowRows } from '../../src/functions/rows/windows.ts';
import { engineType } from '../../src/print/engine-type.ts';
import { placeCallParts } from '../../src/print/text-shape.ts';
import type { ScalarType, SqlType } from '../../src/types/sql-type.ts';
import { scalar } from '../../src/types/sql-type.ts';
import { signatureOf } from '../support/describe-rows.ts';
import { openDuckdb } from '../support/duckdb.ts';
import type { TestDuckdb } from '../support/duckdb.ts';
import {
  comparable,
  engineLiteral,
  parseArray,
  renderEngineValue,
  typeOfName,
} from '../support/engine-values.ts';
import { startPostgres } from '../support/postgres.ts';
import type { TestPostgres } from '../support/postgres.ts';
import { printTemplate } from '../support/row-tester.ts';

/** Values of a column, NULL among them; every group holds some of them. */
const VALUES: Readonly<Record<string, readonly (string | null)[]>> = {
  bool: ['true', 'false', null, 'true'],
  int2: ['1', '2', null, '32767'],
  int4: ['1', '2', null, '2147483647', '2147483647'],
  int8: ['1', '2', null, '9223372036854775807', '9223372036854775807'],
  oid: ['1', '4294967295', null],
  float4: ['1.5', '2.5', null, '-0.25'],
  float8: ['1.5', '2.5', null, '-0.25', '1e10'],
  numeric: ['1.50', '2.25', null, '-1000000.01'],
  text: ['b', 'a', null, 'B', ''],
  bpchar: ['b', 'a', null],
  bytea: ['\\x00', '\\xff', null],
  date: ['2020-02-29', '1969-12-31', null],
  time: ['10:00:00', '23:59:59.5', null],
  timetz: ['10:00:00+00', '11:00:00+00', null],
  timestamp: ['2020-02-29 10:00:00', '1969-12-31 23:59:59.5', null],
  timestamptz: ['2020-02-29 10:00:00+00', '1969-12-31 23:59:59.5+00', null],
  interval: ['1 day', '2 days 03:00:00', null],
};

const SECOND: readonly (string | null)[] = ['3', '1', '2', null, '5'];

interface Case {
  readonly entry: FunctionEntry;
  readonly types: readonly ScalarType[];
}

/** `any` and polymorphic arguments are tried as int4. */
function caseOf(entry: FunctionEntry): Case | undefined {
  const types = entry.args.map((arg) => (typeof arg === 'string' ? scalar('int4') : arg));
  const known = types.every((type) => type.kind === 'scalar' && VALUES[type.name] !== undefined);
  if (!known || entry.args.includes('anyarray') || entry.templates.duckdb === undefined)
    return undefined;
  return { entry, types: types.filter((type): type is ScalarType => type.kind === 'scalar') };
}

const NOT_IN_POSTGRES: ReadonlySet<string> = new Set(['count_if', 'listagg', 'median']);
const cases = [...aggregateRows, ...windowRows]
  .filter(({ name, templates }) => templates.postgres !== undefined && !NOT_IN_POSTGRES.has(name))
  .flatMap((entry) => caseOf(entry) ?? []);

/** `2.5` for types with places, `2` for integers. */
function wholeFor(value: string | null, type: ScalarType | undefined): string | null {
  return value !== null && type?.name.startsWith('int') === true
    ? value.replace(/\..*$/, '')
    : value;
}

/** PostgreSQL's and DuckDB's sums of squares differ in the last digits. */
function rounded(text: string, entry: FunctionEntry): string {
  // PostgreSQL keeps about sixteen digits of a mean, so a long one has no places; ours has all of them.
  const number = entry.name === 'avg' ? /^-?\d+(\.\d+)?$/ : /^-?\d+\.\d+(e[+-]?\d+)?$/;
  return number.test(text) ? Number(text).toPrecision(11) : text;
}

describe('aggregates and window functions agree with PostgreSQL', () => {
  let postgres: TestPostgres | undefined;
  let duckdb: TestDuckdb | undefined;
  beforeAll(async () => {
    postgres = await startPostgres();
    duckdb = await openDuckdb();
  });
  afterAll(async () => {
    await postgres?.stop();
    duckdb?.close();
  });

  async function compare(
    { entry, types }: Case,
    filter: string,
  ): Promise<readonly [string, string]> {
    // Sums of squares of the widest integers pass what a double holds exactly.
    const small = /^(stddev|var|regr|covar|corr)/.test(entry.name);
    const first = small
      ? ['1', '2.5', null, '7', '-4'].map((value) => wholeFor(value, types[0]))
      : (VALUES[types[0]?.name ?? 'int4'] ?? []);
    const constant = /^(string_agg|ntile|lag|lead|nth_value|percentile)/.test(entry.name);
    const columns = first.map((value, index) =>
      types.map((type, place) => {
        if (place === 0) return value;
        if (/percentile/.test(entry.name)) return VALUES[type.name]?.[index] ?? null;
        if (constant) return type.name === 'text' ? ',' : '2';
        return type.name === 'int4' || type.name === 'float8'
          ? (SECOND[index] ?? null)
          : (VALUES[type.name]?.[index] ?? null);
      }),
    );
    const list = (literal: (value: string | null, type: SqlType) => string): string =>
      columns
        .map(
          (row, index) =>
            `(${[String(index), ...row.map((value, place) => literal(value, types[place] ?? scalar('text')))].join(', ')})`,
        )
        .join(', ');
    const names = ['i', ...types.map((_, index) => `x${index}`)].join(', ');
    const isWindow = entry.kind === 'window';
    const isOrdered = entry.kind === 'orderedSet';
    const over = isWindow
      ? ' OVER (ORDER BY i)'
      : isOrdered
        ? ` WITHIN GROUP (ORDER BY x${types.length - 1})`
        : '';
    const direct = isOrdered ? (types.length === 2 ? '0.5' : '') : undefined;
    const args = types.map((_, index) =>
      constant && (index > 0 || entry.name === 'ntile') && !isOrdered
        ? types[index]?.name === 'text'
          ? "','"
          : '2'
        : `x${index}`,
    );
    const call = `${entry.name}(${direct ?? (entry.args.length === 0 && !isWindow ? '*' : args.join(', '))})`;
    const ordered = /_agg$/.test(entry.name) ? call.replace(/\)$/, ' ORDER BY i)') : call;
    const wanted = await postgres?.query(
      `SELECT pg_typeof(min(y::text)), string_agg(coalesce(y::text, 'NULL'), ';' ORDER BY n), min(pg_typeof(y)::text) FROM (SELECT ${ordered}${over} AS y, ${isWindow ? 'i' : '0'} AS n FROM (VALUES ${list((value, type) => (value === null ? `NULL::${(type as ScalarType).name}` : `'${value}'::${(type as ScalarType).name}`))}) AS v(${names}) ${filter}) AS s`,
    );
    const [, text, typeName] = wanted?.[0] ?? [];
    const type = typeOfName(String(typeName), typeof text === 'string' ? text : null);
    const typed = types.map((argument, place) => {
      if (argument.name !== 'numeric') return argument;
      const texts = columns.map((row) => row[place]).filter((value) => typeof value === 'string');
      return typeOfName('numeric', texts.sort((a, b) => b.length - a.length)[0] ?? null);
    });
    const digits = entry.digits?.(typed, []);
    const result: SqlType =
      digits === undefined
        ? type.kind === 'scalar' && type.name === 'numeric'
          ? (typed[0] ?? type)
          : type
        : { ...scalar('numeric'), digits };
    const template = entry.templates.duckdb;
    if (template === undefined) throw new Error('no template');
    const printed = printTemplate(
      template,
      args.map((text, index) => ({
        text: isOrdered && index === 0 && types.length === 2 ? '0.5' : text,
        type: typed[index] ?? scalar('text'),
      })),
      { result, engineType, timeZone: "'UTC'", now: 'now()' },
    );
    const placed = placeCallParts(printed, {
      distinct: false,
      order: /_agg$/.test(entry.name) ? 'ORDER BY i' : '',
      suffix: over,
    });
    const rows = await duckdb?.query(
      `SELECT y, typeof(y) FROM (SELECT ${placed ?? printed} AS y, ${isWindow ? 'i' : '0'} AS n FROM (VALUES ${list(
        (value, valueType) => {
          const place = types.indexOf(valueType as ScalarType);
          const exact = typed[place] ?? valueType;
          return value === null
            ? `CAST(NULL AS ${engineType(exact)})`
            : `CAST(${engineLiteral(value, exact, engineType)} AS ${engineType(exact)})`;
        },
      )}) AS v(${names}) ${filter}) AS s ORDER BY n`,
    );
    const shownType = rows?.find((row) => row[0] !== null)?.[1];
    const wantedType = engineType(result);
    const gotType =
      shownType === undefined || shownType === wantedType ? '' : ` (${String(shownType)})`;
    const got = (rows ?? [])
      .map((row) => rounded(comparable(renderEngineValue(row[0] ?? null), type), entry))
      .join(';');
    const texts = text === undefined ? [] : isWindow ? String(text).split(';') : [String(text)];
    const expected = texts
      .map((value) =>
        rounded(
          comparable(
            value === 'NULL' ? null : type.kind === 'array' ? parseArray(value) : value,
            type,
          ),
          entry,
        ),
      )
      .join(';');
    return [got + gotType, expected];
  }

  test.each(cases.map((each) => [signatureOf(each.entry), each] as const))(
    '%s',
    async (_, each) => {
      // json objects refuse NULL keys.
      const [got, wanted] = await compare(
        each,
        /object/.test(each.entry.name) ? 'WHERE x0 IS NOT NULL' : '',
      );
      expect(got).toBe(wanted);
      if (each.entry.kind === 'window') return;
      const [gotNone, wantedNone] = await compare(each, 'WHERE i < 0');
      expect(gotNone).toBe(wantedNone);
    },
  );
});
