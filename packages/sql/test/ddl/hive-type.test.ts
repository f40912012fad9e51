import { describe, expect, test } from '@jest/globals';
import { formatHiveType, parseHiveType } from '../../src/ddl/hive-type.ts';
import { formatType } from '../../src/types/type-info.ts';

describe('Hive types', () => {
  test.each([
    ['BOOLEAN', 'boolean', 'boolean'],
    ['tinyint', 'tinyint', 'smallint'],
    ['smallint', 'smallint', 'smallint'],
    ['INTEGER', 'int', 'integer'],
    ['bigint', 'bigint', 'bigint'],
    ['float', 'float', 'real'],
    ['double precision', 'double', 'double precision'],
    ['decimal', 'decimal(10,0)', 'numeric(10,0)'],
    ['decimal( 12 , 2 )', 'decimal(12,2)', 'numeric(12,2)'],
    ['decimal(38)', 'decimal(38,0)', 'numeric(38,0)'],
    ['string', 'string', 'text'],
    ['varchar(10)', 'varchar(10)', 'character varying(10)'],
    ['char(3)', 'char(3)', 'character(3)'],
    ['binary', 'binary', 'bytea'],
    ['date', 'date', 'date'],
    ['timestamp', 'timestamp', 'timestamp without time zone'],
    [
      'timestamp with local time zone',
      'timestamp with local time zone',
      'timestamp with time zone',
    ],
    ['array<array<int>>', 'array<array<int>>', 'integer[]'],
  ])('%s is %s, %s to clients', (written, text, client) => {
    const hive = parseHiveType(written);
    expect(hive.text).toBe(text);
    expect(formatType(hive.type)).toBe(client);
  });

  test('nested types keep their shape', () => {
    const text = 'array<struct<a:int,b:map<string,array<decimal(5,1)>>,`c d`:string,"E":date>>';
    const hive = parseHiveType(
      text.replaceAll(',', ' , ').replace('decimal(5 , 1)', 'decimal(5,1)'),
    );
    expect(hive.text).toBe(text);
    expect(formatHiveType(hive.type)).toBe(text);
    expect(hive.type).toMatchObject({
      kind: 'array',
      element: {
        kind: 'struct',
        fields: [
          { name: 'a' },
          { name: 'b', type: { kind: 'map' } },
          { name: 'c d' },
          { name: 'E' },
        ],
      },
    });
  });

  test.each([
    ['decimal(39,0)', 'precision must be'],
    ['decimal(3,4)', 'precision must be'],
    ['varchar(0)', 'length of varchar'],
    ['char(256)', 'length of char'],
    ['uniontype<int,string>', 'type "uniontype" is not supported'],
    ['map<array<int>,int>', 'map with a key'],
    ['struct<a:int,A:int>', 'more than once'],
    ['array<int', 'expected ">"'],
    ['int int', 'the end of the statement'],
    ['', 'expected a type'],
  ])('%s is refused', (text, message) => {
    expect(() => parseHiveType(text)).toThrow(message);
  });

  test('types that Hive lacks are refused', () => {
    expect(() => formatHiveType({ kind: 'scalar', name: 'uuid', typmod: -1 })).toThrow(
      'no type for uuid',
    );
  });
});
