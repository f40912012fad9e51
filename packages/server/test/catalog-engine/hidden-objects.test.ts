import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { grantsOf } from '@tributary/catalog';
import type { CatalogSnapshot } from '@tributary/catalog';
import { NO_ROLES } from '@tributary/planner';
import { INT4, TEXT } from '@tributary/sql';
import { createCatalogEngine } from '../../src/catalog-engine/catalog-engine.ts';
import type { RunningCatalogEngine } from '../../src/catalog-engine/catalog-engine.ts';
import { snapshotOf, table } from './support/snapshot.ts';

const START_MS = 180_000;

function snapshot(version: number, grantees: readonly string[]): CatalogSnapshot {
  const columns = [
    { name: 'id', type: INT4 },
    { name: 'note', type: TEXT },
  ];
  const names = Array.from({ length: 40 }, (_, index) => `thing_${index}`);
  return {
    ...snapshotOf(version, {
      main: { public: [] },
      lake: { default: names.map((name) => table(name, columns)) },
    }),
    grants: grantsOf(
      names.slice(0, 30).map((name) => ({ database: 'lake', schema: 'default', name, grantees })),
    ),
  };
}

const CLOSED = snapshot(1, ['ann']);

const STATEMENTS = [
  "select relname from pg_class where relname like 'thing%' order by 1",
  "select count(*) from pg_attribute where attname = 'note'",
  "select 'lake.thing_1'::regclass",
  "select table_name from information_schema.tables where table_schema = 'lake' order by 1",
  'select 1 / (relnatts - relnatts) from pg_class',
  "select count(*) from pg_type where typname like '%thing_%'",
  "select set_config('search_path', 'lake', true), relname from pg_class limit 1",
  "select to_regclass('lake.thing_2'), to_regclass('lake.thing_35'), current_user",
  "select relname from pg_class where relname like 'thing_3%' order by 1",
];

describe('What is hidden from a reader', () => {
  let folder: string;
  const engines: RunningCatalogEngine[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tributary-hidden-'));
    const logger = { info: () => undefined, warn: () => undefined };
    for (const keepHiddenMs of [0, START_MS]) {
      const limits = { startMs: START_MS, statementMs: START_MS, keepHiddenMs };
      const engine = createCatalogEngine({ logger, snapshots: folder, limits });
      engines.push(engine);
      await ask(engine, 'ann', 'select 1 from pg_class limit 1');
    }
  }, START_MS);

  afterAll(async () => {
    await Promise.all(engines.map((engine) => engine.close()));
    await rm(folder, { recursive: true, force: true });
  });

  async function ask(
    engine: RunningCatalogEngine,
    user: string,
    text: string,
    catalog = CLOSED,
  ): Promise<unknown> {
    const scope = {
      snapshot: catalog,
      database: 'main',
      searchPath: ['public'],
      user,
      reader: NO_ROLES.reader(user),
      timeZone: 'UTC',
    };
    return engine
      .execute(text, [], scope, new AbortController().signal)
      .catch((error: unknown) => String(error));
  }

  test('is the same whether it stays hidden between statements or not', async () => {
    const answers = [];
    for (const engine of engines) {
      const answer = [];
      for (const user of ['ben', 'ben', 'eve']) {
        for (const text of STATEMENTS)
          answer.push(await ask(engine, user, `${text} -- ${answer.length}`));
        answer.push(await ask(engine, 'ann', `${STATEMENTS[0]} -- ${answer.length}`));
      }
      answers.push(answer);
    }
    expect(answers[1]).toEqual(answers[0]);
    const [ofBen = []] = answers;
    expect(ofBen[0]).toHaveLength(10);
    expect(ofBen[1]).toEqual([['10']]);
    expect(String(ofBen[2])).toContain('does not exist');
    expect(ofBen[5]).toEqual([['20']]);
    expect(ofBen[STATEMENTS.length]).toHaveLength(40);
  });

  test('does not stop the clock', async () => {
    for (const engine of engines) {
      await ask(engine, 'ben', "select relname from pg_class where relname = 'x'");
      const [first, second] = [
        await ask(engine, 'ben', 'select now() = clock_timestamp(), now() from pg_class limit 1'),
        await ask(engine, 'ben', 'select now() = clock_timestamp(), now() from pg_class limit 1 '),
      ];
      expect(second).not.toEqual(first);
    }
  });

  test('comes back with a new catalog', async () => {
    const open = snapshot(2, ['public']);
    for (const engine of engines) {
      expect(await ask(engine, 'ben', STATEMENTS[0] ?? '', open)).toHaveLength(40);
      expect(await ask(engine, 'ben', STATEMENTS[0] ?? '', snapshot(3, []))).toHaveLength(10);
      expect(await ask(engine, 'ann', STATEMENTS[0] ?? '', snapshot(3, []))).toHaveLength(10);
    }
  });
});
