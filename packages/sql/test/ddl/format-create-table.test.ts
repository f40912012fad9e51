import { beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { formatCreateTable } from '../../src/ddl/format-create-table.ts';
import { parseHiveType } from '../../src/ddl/hive-type.ts';
import { parseStatementsSync } from '../../src/parse/parse-statements.ts';
import { loadParser } from '../../src/parse/parse-tree.ts';
import type { StorageClause } from '../../src/statement.ts';

beforeAll(loadParser);

const text = fc
  .string({ unit: 'grapheme', maxLength: 12 })
  .filter((value) => !value.includes('\0'));
const tricky = fc.oneof(
  text,
  fc.constantFrom(
    "'",
    '\\',
    "\\'",
    '"',
    '`',
    ';',
    '--',
    '/*',
    '\n',
    '\\N',
    '\\u0041',
    '\u0001',
    "''",
    '%',
    '\\%',
  ),
);
const name = fc
  .oneof(text, fc.constantFrom('select', 'a b', 'A', 'a"B', 'a`b', 'é', 'x\\', 'X\\"', 'É'))
  .filter((value) => value.length > 0 && Buffer.byteLength(value) <= 63);
const hiveType = fc.letrec<{ type: string; scalar: string }>((tie) => ({
  scalar: fc.constantFrom(
    'int',
    'tinyint',
    'string',
    'decimal(12,2)',
    'varchar(10)',
    'char(3)',
    'timestamp',
    'binary',
  ),
  type: fc.oneof(
    { maxDepth: 3 },
    tie('scalar'),
    tie('type').map((element) => `array<${element}>`),
    fc.tuple(tie('scalar'), tie('type')).map(([key, value]) => `map<${key},${value}>`),
    fc.tuple(tie('type'), tie('type')).map(([a, b]) => `struct<a:${a},"B c":${b}>`),
  ),
})).type;
const column = fc
  .record({ name, hiveType, comment: fc.option(tricky, { nil: undefined }) })
  .map(({ comment, ...rest }) => ({
    ...rest,
    type: parseHiveType(rest.hiveType).type,
    ...(comment === undefined ? {} : { comment }),
  }));
const character = fc.constantFrom(',', '\t', '|', '\u0001', "'", '\\', '"', ';', 'é');
const storage: fc.Arbitrary<StorageClause> = fc.oneof(
  fc.constant({ format: 'parquet' as const }),
  fc.constant({ format: 'json' as const }),
  fc.record(
    {
      format: fc.constant('csv' as const),
      delimiter: character,
      nullText: tricky,
      escape: character,
    },
    { requiredKeys: ['format', 'delimiter', 'nullText'] },
  ),
  fc.record(
    {
      format: fc.constant('csv' as const),
      delimiter: character,
      quote: character,
      nullText: tricky,
      escape: character,
    },
    { requiredKeys: ['format', 'delimiter', 'quote'] },
  ),
);
const columns = (minLength: number) =>
  fc.uniqueArray(column, { minLength, maxLength: 4, selector: (one) => one.name });

test('a printed table reads back as the same table', () => {
  fc.assert(
    fc.property(
      fc.array(name, { minLength: 1, maxLength: 3 }),
      columns(1),
      columns(0),
      storage,
      fc.option(tricky, { nil: undefined }),
      tricky,
      fc.uniqueArray(fc.tuple(tricky, tricky), { maxLength: 4, selector: ([key]) => key }),
      (tableName, all, partitions, storageClause, comment, location, properties) => {
        const names = new Set(all.map((one) => one.name));
        const parts = {
          name: tableName,
          columns: all,
          partitionColumns: partitions.filter((one) => !names.has(one.name)),
          storage: storageClause,
          location,
          properties: new Map(properties),
          ...(comment === undefined ? {} : { comment }),
        };
        const printed = formatCreateTable(parts);
        const [statement, another] = parseStatementsSync(printed);
        expect(another).toBeUndefined();
        expect(statement).toEqual({
          kind: 'createExternalTable',
          ifNotExists: false,
          text: printed,
          offset: 0,
          ...parts,
        });
        // And printing is stable.
        if (statement?.kind === 'createExternalTable')
          expect(formatCreateTable(statement)).toBe(printed);
      },
    ),
    { numRuns: 300 },
  );
});
