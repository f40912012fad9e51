import { describe, expect, test } from '@jest/globals';
import { INT4 } from '@tributary/sql';
import { declaredKeys } from '../../src/keys/declared-keys.ts';

function keys(properties: Readonly<Record<string, string>>) {
  return declaredKeys({
    schema: 'shop',
    columns: ['id', 'app_id', 'Odd Name'].map((name) => ({ name, type: INT4 })),
    partitionColumns: [{ name: 'day', type: INT4 }],
    properties,
  });
}

describe('Keys of a lake table', () => {
  test.each([
    ['id', ['id']],
    [' ID , day ', ['id', 'day']],
    ['(day, "Odd Name")', ['day', 'Odd Name']],
  ])('its primary key is declared as %j', (text, columns) => {
    expect(keys({ 'tributary.primary_key': text })).toEqual({
      keys: [{ kind: 'primary', columns }],
      problems: [],
    });
  });

  test('foreign keys name tables by schema, or in their own', () => {
    const text =
      'app_id REFERENCES warehouse.Apps (id), (day, "Odd Name") references rates(at, "Of"); id references users ( id )';
    expect(keys({ 'tributary.foreign_keys': text })).toEqual({
      keys: [
        ['app_id', 'warehouse', 'apps', 'id'],
        ['day,Odd Name', 'shop', 'rates', 'at,Of'],
        ['id', 'shop', 'users', 'id'],
      ].map(([columns = '', schema, name, targets = '']) => ({
        kind: 'foreign',
        columns: columns.split(','),
        references: { schema, name, columns: targets.split(',') },
      })),
      problems: [],
    });
  });

  test.each([
    ['tributary.primary_key', '', 'is no declaration of keys'],
    ['tributary.primary_key', 'id day', 'is no declaration of keys'],
    ['tributary.primary_key', 'id, gone', 'names a column that does not exist: "gone"'],
    ['tributary.foreign_keys', 'app_id references apps', 'is no declaration of keys'],
    ['tributary.foreign_keys', '(id, day) references t (x)', 'is no declaration of keys'],
    ['tributary.foreign_keys', 'id references t (x) and more', 'is no declaration of keys'],
    [
      'tributary.foreign_keys',
      'gone references t (x)',
      'names a column that does not exist: "gone"',
    ],
  ])('%s = %j is told and left out', (property, text, why) => {
    expect(keys({ [property]: text })).toEqual({ keys: [], problems: [{ property, why }] });
  });

  test('a long text that is no declaration is refused at once', () => {
    const text = `(${'a,'.repeat(50_000)}`;
    expect(keys({ 'tributary.primary_key': text, 'tributary.foreign_keys': text }).keys).toEqual(
      [],
    );
  });
});
