import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { BothServers } from './both-servers.ts';
import { openBothServers } from './both-servers.ts';

let servers: BothServers;
beforeAll(async () => {
  servers = await openBothServers();
}, 60_000);
afterAll(() => servers.close());

async function expectAlike(...texts: readonly string[]): Promise<void> {
  const { postgres, tributary } = await servers.run([...texts, 'ROLLBACK', 'CLOSE ALL']);
  expect(tributary).toEqual(postgres);
}

const DECLARE =
  'DECLARE c NO SCROLL CURSOR FOR SELECT i, i * 2 AS j FROM generate_series(1, 10) t(i)';

describe('SQL cursors answer as those of PostgreSQL', () => {
  it('FETCH reads on from where it ended, up to the end', async () => {
    await expectAlike(
      'BEGIN',
      DECLARE,
      'FETCH c',
      'FETCH NEXT FROM c',
      'FETCH 3 IN c',
      'FETCH FORWARD 2 c',
      'MOVE 1 c',
      'FETCH ALL c',
      'FETCH c',
      'FETCH 5 c',
      'MOVE ALL c',
      'CLOSE c',
      'COMMIT',
    );
  });

  it('FETCH and MOVE go to rows by number', async () => {
    await expectAlike(
      'BEGIN',
      DECLARE,
      'FETCH FIRST c',
      'FETCH RELATIVE 2 c',
      'FETCH ABSOLUTE 5 c',
      'MOVE ABSOLUTE 7 c',
      'FETCH c',
      'MOVE RELATIVE 10 c',
      'FETCH c',
      'COMMIT',
    );
  });

  it('several cursors at once, and one message with all of it', async () => {
    await expectAlike(
      "BEGIN; DECLARE a CURSOR FOR SELECT 1 AS x; DECLARE b CURSOR FOR SELECT 'y' AS y; FETCH a; FETCH b; FETCH a; COMMIT",
      'DECLARE c CURSOR FOR SELECT generate_series(1, 3) AS i; FETCH 2 c; MOVE c; FETCH c',
      'FETCH c',
    );
  });

  it('a binary cursor gives binary rows to a simple query', async () => {
    await expectAlike(
      'BEGIN',
      "DECLARE c BINARY CURSOR FOR SELECT 65::int4 AS a, 'x' AS b",
      'FETCH c',
    );
  });

  it('a cursor ends with its transaction', async () => {
    await expectAlike(
      'BEGIN',
      DECLARE,
      'COMMIT',
      'BEGIN',
      'FETCH c',
      'ROLLBACK',
      'BEGIN',
      DECLARE,
      'FETCH c',
    );
  });

  it('a cursor WITH HOLD outlives a commit, not a rollback', async () => {
    const hold = DECLARE.replace('CURSOR', 'CURSOR WITH HOLD');
    await expectAlike(
      'BEGIN',
      hold,
      'FETCH 2 c',
      'COMMIT',
      'FETCH 2 c',
      'BEGIN',
      'FETCH c',
      'ROLLBACK',
      'FETCH c',
      'CLOSE c',
      'FETCH c',
      'BEGIN',
      hold,
      'ROLLBACK',
      'FETCH c',
      hold,
      'FETCH c',
      'SELECT nothing',
      'FETCH c',
      'CLOSE ALL',
      'FETCH c',
    );
  });

  it('savepoints take the cursors with them that came after', async () => {
    await expectAlike(
      'BEGIN',
      'SAVEPOINT s',
      DECLARE,
      'FETCH c',
      'ROLLBACK TO s',
      'FETCH c',
      'ROLLBACK TO s',
      DECLARE,
      'SAVEPOINT t',
      'FETCH c',
      'ROLLBACK TO t',
      'FETCH c',
      'RELEASE t',
      'FETCH c',
      'COMMIT',
    );
  });

  it('what cannot be done is refused with the same code', async () => {
    await expectAlike(DECLARE);
    await expectAlike('FETCH nothing');
    await expectAlike('CLOSE nothing');
    await expectAlike('BEGIN', DECLARE, DECLARE);
    await expectAlike('BEGIN', 'DECLARE c CURSOR FOR SELECT * FROM nowhere');
    await expectAlike('BEGIN', 'DECLARE c CURSOR FOR SELECT $1');
  });

  it('rows that were read are gone: going back is refused by name', async () => {
    const { tributary } = await servers.run([
      'BEGIN',
      'SAVEPOINT s',
      DECLARE,
      'FETCH 3 c',
      'FETCH ABSOLUTE 2 c',
      'ROLLBACK TO s',
      'FETCH PRIOR c',
      'ROLLBACK TO s',
      'DECLARE c SCROLL CURSOR FOR SELECT 1',
      'ROLLBACK',
    ]);
    const errors = tributary.flat().filter((line) => line.startsWith('error'));
    expect(errors).toEqual([
      'error 55000 cursor can only scan forward',
      'error 55000 cursor can only scan forward',
      'error 0A000 DECLARE SCROLL CURSOR is not supported',
    ]);
  });
});

describe('portals and cursors that stay open', () => {
  it('many of them hold up nobody', async () => {
    const { tributary } = servers;
    await tributary.query('BEGIN');
    for (let index = 0; index < 20; index++) {
      await tributary.query(
        `DECLARE c${index} CURSOR FOR SELECT i FROM generate_series(1, 100000) t(i)`,
      );
      const { rows } = await tributary.query(`FETCH 2 c${index}`);
      expect(rows).toEqual([{ i: 1 }, { i: 2 }]);
    }
    expect(
      (await tributary.query('SELECT count(*)::int AS n FROM generate_series(1, 10)')).rows,
    ).toEqual([{ n: 10 }]);
    expect((await tributary.query('FETCH 1 c7')).rows).toEqual([{ i: 3 }]);
    await tributary.query('ROLLBACK');
  }, 20_000);
});
