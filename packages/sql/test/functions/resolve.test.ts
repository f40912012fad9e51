import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { canCoerce } from '../../src/functions/cast-contexts.ts';
import { allEntries } from '../../src/functions/catalog.ts';
import { commonType, resolveFunction, resolveOperator } from '../../src/functions/resolve.ts';
import { isQueryError } from '../../src/errors.ts';
import type { SqlType } from '../../src/types/sql-type.ts';
import { formatType, typeFromName, typeLabel } from '../../src/types/type-info.ts';
import { postgresFailure, startPostgres } from '../support/postgres.ts';
import type { TestPostgres } from '../support/postgres.ts';
import { signatureOf } from '../support/describe-rows.ts';

const NAMES = [
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
  'name',
  'bytea',
  'date',
  'time',
  'timetz',
  'timestamp',
  'timestamptz',
  'interval',
  'uuid',
  'json',
  'jsonb',
  'oid',
  'int4[]',
  'text[]',
  'numeric[]',
  'unknown',
];

function typeNamed(name: string): SqlType {
  return name.endsWith('[]')
    ? typeFromName([name.slice(0, -2)], [], 1)
    : typeFromName([name], [], 0);
}

function nullOf(name: string): string {
  return name === 'unknown' ? 'NULL' : `NULL::${name}`;
}

/** The type's name, or SQLSTATE and message of the failure. */
function ours(resolve: () => SqlType): string {
  try {
    return formatType(resolve());
  } catch (error) {
    if (!isQueryError(error)) throw error;
    return `${error.sqlstate} ${error.message}`;
  }
}

/** Symbols whose rows are complete here: the others belong to json and arrays, tested with their rows. */
const SYMBOLS = [
  '+',
  '-',
  '*',
  '/',
  '%',
  '^',
  '=',
  '<>',
  '<',
  '>=',
  '&',
  '|',
  '#',
  '<<',
  '~~',
  '~~*',
];
const FUNCTIONS = allEntries().filter(
  ({ kind, name }) =>
    kind === 'aggregate' ||
    /^(abs|ceil|floor|round|mod|sqrt|power|sign|lag|first_value|ntile)$/.test(name),
);

describe('resolution agrees with PostgreSQL', () => {
  let postgres: TestPostgres | undefined;
  beforeAll(async () => {
    postgres = await startPostgres();
  });
  afterAll(async () => {
    await postgres?.stop();
  });

  async function theirs(expression: string): Promise<string> {
    try {
      const rows = await postgres?.query(`SELECT pg_typeof(${expression})::text`);
      return String(rows?.[0]?.[0]);
    } catch (error) {
      const failure = postgresFailure(error);
      if (failure === undefined) throw error;
      return `${failure.code} ${failure.message}`;
    }
  }

  test.each(SYMBOLS)(
    'operator %s takes the same pairs of types and gives the same type',
    async (symbol) => {
      const differences: string[] = [];
      for (const left of NAMES) {
        for (const right of NAMES) {
          const expression = `${nullOf(left)} ${symbol} ${nullOf(right)}`;
          // jsonb - text and text[] stand with the json rows.
          if (symbol === '-' && /json/.test(expression)) continue;
          if (symbol === '-' && left === 'unknown' && /text|name|char/.test(right)) continue;
          const answer = ours(
            () =>
              resolveOperator(symbol, { type: typeNamed(left) }, { type: typeNamed(right) }).result,
          );
          const wanted = await theirs(expression);
          if (answer !== wanted) differences.push(`${expression}: ${answer}, wanted ${wanted}`);
        }
      }
      expect(differences).toEqual([]);
    },
  );

  test('one type of three values is found, or the same two types are named as not matching', async () => {
    const differences: string[] = [];
    for (const a of NAMES) {
      for (const b of NAMES) {
        for (const c of ['unknown', 'numeric', 'timestamp']) {
          const wanted = await theirs(`COALESCE(${[a, b, c].map(nullOf).join(', ')})`);
          const answer = ours(() => commonType([a, b, c].map(typeNamed), 'COALESCE'));
          if (answer !== wanted) differences.push(`${a}, ${b}, ${c}: ${answer}, wanted ${wanted}`);
        }
      }
    }
    expect(differences).toEqual([]);
  });

  test('the same pairs of types can be cast', async () => {
    const differences: string[] = [];
    for (const from of NAMES) {
      for (const to of NAMES) {
        if (to === 'unknown') continue;
        const wanted = await theirs(`CAST(${nullOf(from)} AS ${to})`);
        const allowed = canCoerce(typeNamed(from), typeNamed(to), 'explicit');
        if (allowed !== (wanted === typeLabel(typeNamed(to)))) {
          differences.push(`${from} to ${to}: ${String(allowed)}, wanted ${wanted}`);
        }
      }
    }
    expect(differences).toEqual([]);
  });

  test('functions of one argument resolve to the same type for every type', async () => {
    const known = await postgres?.query('SELECT DISTINCT proname FROM pg_proc');
    const names = new Set(known?.map(([name]) => name));
    const differences: string[] = [];
    for (const entry of FUNCTIONS) {
      if (!names.has(entry.name) || entry.args.length !== 1) continue;
      for (const type of NAMES) {
        const call = `${entry.name}(${nullOf(type)})`;
        const over = entry.kind === 'window' ? ' OVER ()' : '';
        const wanted = await theirs(call + over);
        // array_agg of NULL arrays and such fail when they run, after resolution.
        if (/^(?!42)\d\w{4} /.test(wanted)) continue;
        const answer = ours(() => resolveFunction(entry.name, [{ type: typeNamed(type) }]).result);
        if (answer !== wanted) differences.push(`${call}: ${answer}, wanted ${wanted}`);
      }
    }
    expect([...new Set(differences)]).toEqual([]);
  });
});

test('no two rows of the catalog have one name and one list of argument types', () => {
  const seen = new Set<string>();
  const twice: string[] = [];
  for (const entry of allEntries()) {
    const signature = signatureOf(entry);
    if (seen.has(signature)) twice.push(signature);
    seen.add(signature);
  }
  expect(twice).toEqual([]);
});

test('a call of a type name is a cast where no function takes the argument', () => {
  const resolved = resolveFunction('int4', [{ type: typeNamed('unknown') }]);
  expect(resolved.cast).toEqual(typeNamed('int4'));
  expect(ours(() => resolveFunction('int4', [{ type: typeNamed('date') }]).result)).toBe(
    '42883 function int4(date) does not exist',
  );
});

test('an unknown function names its argument types and hints at casts', () => {
  expect(ours(() => resolveFunction('foo', [{ type: typeNamed('int4') }]).result)).toBe(
    '42883 function foo(integer) does not exist',
  );
});
