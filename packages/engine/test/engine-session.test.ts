import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { EngineSession } from '../src/index.ts';
import type { TemporaryEngine } from './support/temporary-engine.ts';
import { temporaryEngine } from './support/temporary-engine.ts';

let own: TemporaryEngine;
beforeAll(async () => {
  own = await temporaryEngine();
});
afterAll(() => own.remove());

async function begin(signal = new AbortController().signal): Promise<EngineSession> {
  const session = await own.engine.session(signal);
  if (session === undefined) throw new Error('there is no connection to spare');
  return session;
}

async function loadNumbers(
  rows: number,
): Promise<{ readonly name: string; drop(): Promise<void> }> {
  const table = await own.engine.load([{ name: 'n', type: 'INTEGER' }]);
  const [n] = table.columns;
  if (n === undefined) throw new Error('no column');
  for (let row = 0; row < rows; row++) n.view.setInt32(row * n.width, row, true);
  table.append(rows);
  table.finish();
  return table;
}

describe('a session', () => {
  it('sees tables whose rows came after it was begun and used', async () => {
    const session = await begin();
    try {
      expect(await session.types("(SELECT upper('a') AS a, 1::BIGINT AS b)")).toEqual([
        'VARCHAR',
        'BIGINT',
      ]);
      const table = await loadNumbers(3);
      expect(
        await own.engine.rows(`SELECT n FROM ${table.name} ORDER BY n`, [], { session }),
      ).toEqual([[0], [1], [2]]);
      await table.drop();
    } finally {
      await session.close();
    }
  });

  it('fills a table whose rows are seen once it has committed', async () => {
    for (const [commit, rows] of [
      [true, 3],
      [false, 0],
    ] as const) {
      const table = await own.engine.load([{ name: 'n', type: 'BIGINT' }]);
      const session = await begin();
      expect(await session.fill(table.name, 'range(3)')).toBe(3);
      await session.close(commit);
      expect(await own.engine.rows(`SELECT n FROM ${table.name}`, [])).toHaveLength(rows);
      await table.drop();
    }
  });

  it('tells who watches that it ends, and is of no use then', async () => {
    const told: unknown[] = [];
    const session = await begin();
    session.watch({
      ending: (commit) => told.push(commit),
      ended: () => {
        told.push('ended');
        return Promise.resolve();
      },
    });
    await Promise.all([session.close(), session.close()]);
    expect(told).toEqual([false, 'ended']);
    await expect(session.types('range(3)')).rejects.toMatchObject({ code: 'internalError' });
  });

  it('stops what it runs when its signal aborts, and gives its connection back', async () => {
    for (let round = 0; round < 20; round++) {
      const controller = new AbortController();
      const session = await begin(controller.signal);
      const table = await own.engine.load([{ name: 'n', type: 'BIGINT' }]);
      const filling = session.fill(
        table.name,
        '(SELECT a.range FROM range(1000000) a, range(1000000) b)',
      );
      controller.abort();
      await expect(filling).rejects.toMatchObject({ code: 'queryCanceled' });
      await session.close();
      await table.drop();
    }
  });

  it('is refused where statements that may run at once would find no connection', async () => {
    const sessions: EngineSession[] = [];
    try {
      for (;;) {
        const session = await own.engine.session(new AbortController().signal);
        if (session === undefined) break;
        sessions.push(session);
      }
      expect(await own.engine.rows('SELECT 1', [])).toEqual([[1]]);
    } finally {
      await Promise.all(sessions.map((session) => session.close()));
    }
    await (await begin()).close();
  });
});
