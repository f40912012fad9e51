import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { TemporaryEngine } from './support/temporary-engine.ts';
import { temporaryEngine } from './support/temporary-engine.ts';

let own: TemporaryEngine;
beforeAll(async () => {
  own = await temporaryEngine();
});
afterAll(() => own.remove());

const bytes = (text: string): Uint8Array => Buffer.from(text, 'utf8');

describe('rows from outside', () => {
  it('are seen as they were written: NULLs, short and long texts, lists', async () => {
    const table = await own.engine.load([
      { name: 'a', type: 'INTEGER' },
      { name: 'b', type: 'VARCHAR' },
      { name: 'c', type: 'VARCHAR[]' },
    ]);
    const texts = ['', 'short', 'grüße', 'twelve bytes', 'a text of more than twelve bytes', null];
    const [a, b, c] = table.columns;
    if (a === undefined || b === undefined || c?.items === undefined) throw new Error('no columns');
    for (const [row, text] of texts.entries()) {
      a.view.setInt32(row * a.width, row, true);
      if (text === null) {
        b.setNull(row);
        c.setNull(row);
        continue;
      }
      b.setBytes(row, bytes(text), 0, bytes(text).length);
      const first = c.setList(row, row);
      for (let item = 0; item < row; item++) {
        if (item === 1) c.items.setNull(first + item);
        else c.items.setBytes(first + item, bytes(text), 0, bytes(text).length);
      }
    }
    table.append(texts.length);
    a.view.setInt32(0, 99, true);
    b.setNull(0);
    c.setList(0, 0);
    table.append(1);
    table.finish();
    const rows = await own.engine.rows(
      `SELECT a, b, CAST(c AS VARCHAR) FROM ${table.name} ORDER BY a`,
      [],
    );
    expect(rows).toEqual([
      [0, '', '[]'],
      [1, 'short', '[short]'],
      [2, 'grüße', '[grüße, NULL]'],
      [3, 'twelve bytes', '[twelve bytes, NULL, twelve bytes]'],
      [4, texts[4], `[${texts[4]}, NULL, ${texts[4]}, ${texts[4]}]`],
      [5, null, null],
      [99, null, '[]'],
    ]);
    await table.drop();
    await expect(own.engine.rows(`FROM ${table.name}`, [])).rejects.toMatchObject({
      code: 'internalError',
    });
  });

  it('have texts of every length and alphabet, also where a chunk follows another', async () => {
    const table = await own.engine.load([
      { name: 'a', type: 'INTEGER' },
      { name: 'b', type: 'VARCHAR' },
      { name: 'c', type: 'BLOB' },
    ]);
    const [a, b, c] = table.columns;
    const alphabets = ['x', 'é', '語', '😀', '\n'];
    const lengths = [
      0, 1, 3, 4, 11, 12, 13, 16, 63, 64, 65, 300, 4096, 65_535, 65_536, 65_537, 200_000,
    ];
    const text = (row: number): string =>
      (alphabets[row % alphabets.length] ?? '').repeat(lengths[row % lengths.length] ?? 0) + row;
    const rows = 250;
    for (let chunk = 0; chunk < 2; chunk++) {
      for (let place = 0; place < rows; place++) {
        const row = chunk * rows + place;
        a?.view.setInt32(place * 4, row, true);
        const value = bytes(text(row));
        if (row % 7 === 3) b?.setNull(place);
        else b?.setBytes(place, Buffer.concat([bytes('--'), value]), 2, 2 + value.length);
        c?.setBytes(
          place,
          Buffer.from([0xff, 0xfe, ...Array.from({ length: row }, () => row)]),
          0,
          row + 2,
        );
      }
      table.append(rows);
    }
    table.finish();
    const read = await own.engine.rows(
      `SELECT a, md5(b), length(b), md5(c), octet_length(c) FROM ${table.name} ORDER BY a`,
      [],
    );
    const md5 = (value: Uint8Array): string => createHash('md5').update(value).digest('hex');
    expect(read).toEqual(
      Array.from({ length: 2 * rows }, (_, row) => {
        const blob = Buffer.from([0xff, 0xfe, ...Array.from({ length: row }, () => row)]);
        const value = text(row);
        return [
          row,
          ...(row % 7 === 3 ? [null, null] : [md5(bytes(value)), BigInt([...value].length)]),
          md5(blob),
          BigInt(blob.length),
        ];
      }),
    );
    await table.drop();
  });

  it.each([
    ['short', Buffer.from([0xc3])],
    [
      'of a character that the next text would complete',
      Buffer.concat([bytes('a text of some length '), Buffer.from([0xc3])]),
    ],
    ['long', Buffer.concat([Buffer.alloc(100_000, 'x'), Buffer.from([0xff])])],
  ])('that are no text are refused: %s', async (_, broken) => {
    const table = await own.engine.load([{ name: 'a', type: 'VARCHAR' }]);
    const [a] = table.columns;
    a?.setBytes(0, broken, 0, broken.length);
    const next = Buffer.concat([Buffer.from([0xa9]), bytes(' and what follows')]);
    a?.setBytes(1, next, 0, next.length);
    expect(() => table.append(2)).toThrow(/not valid UTF-8/);
    await table.drop();
  });

  it('of a table that is dropped before it is finished are gone', async () => {
    const table = await own.engine.load([{ name: 'a', type: 'INTEGER' }]);
    table.append(1);
    await table.drop();
    await table.drop();
    const tables = await own.engine.rows('SELECT count(*) FROM duckdb_tables()', []);
    expect(tables).toEqual([[0n]]);
  });

  it('fill many chunks', async () => {
    const table = await own.engine.load([{ name: 'a', type: 'BIGINT' }]);
    const [a] = table.columns;
    for (let chunk = 0; chunk < 200; chunk++) {
      for (let row = 0; row < 2048; row++) {
        a?.view.setBigInt64(row * 8, BigInt(chunk * 2048 + row), true);
      }
      table.append(2048);
    }
    table.finish();
    const rows = await own.engine.rows(`SELECT count(*), sum(a)::BIGINT FROM ${table.name}`, []);
    expect(rows).toEqual([[409600n, (409599n * 409600n) / 2n]]);
    await table.drop();
  });
});
