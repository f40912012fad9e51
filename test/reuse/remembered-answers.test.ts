import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createEngine } from '@tributary/engine';
import { utimes } from 'node:fs/promises';
import { RememberedAnswers } from '../../packages/planner/src/reuse/remembered-answers.ts';
import { writeRows } from './lake-files.ts';
import { ReuseLake } from './reuse-lake.ts';

const BY_VALUE = "SELECT v, sum(n) FROM lake.t WHERE dt >= DATE '2024-01-02' GROUP BY v ORDER BY v";
const JOINED =
  'SELECT d.name, sum(t.n) FROM lake.t t JOIN lake.d d ON d.k = t.v GROUP BY d.name ORDER BY d.name';
const FIRST_ROWS = 'SELECT n, v FROM lake.t ORDER BY n DESC LIMIT 5';
const ROWS = 'SELECT n, s FROM lake.t WHERE n % 1000 = 7 ORDER BY n';

let lake: ReuseLake;
let reads: number;

beforeEach(async () => {
  lake = await ReuseLake.create({ answerMemory: 1_000_000 });
  lake.beforeRead = () => {
    reads += 1;
    return Promise.resolve();
  };
  reads = 0;
});

afterEach(() => lake.close());

/** Asks until what is merged in the background is merged, and the answer is that of the data; then how often the engine read for it. */
async function readsOfAnother(text: string): Promise<number> {
  for (let turn = 0; turn < 3; turn++) {
    expect(await lake.texts(text)).toEqual(await lake.expected(text));
    await lake.stack.reuse?.store.settled();
    await lake.stack.reuse?.background.settled();
  }
  reads = 0;
  expect(await lake.texts(text)).toEqual(await lake.expected(text));
  return reads;
}

test.each([BY_VALUE, JOINED, FIRST_ROWS, ROWS])(
  'rows that were made of the same cells are given again without the engine: %s',
  async (text) => {
    expect(await readsOfAnother(text)).toBe(0);
    await lake.texts("SET tributary.rules_off = 'remembered-answers'");
    expect(await lake.texts(text)).toEqual(await lake.expected(text));
    expect(reads).toBe(1);
  },
);

test.each([BY_VALUE, JOINED, FIRST_ROWS, ROWS])(
  'rows are made anew where data have changed: %s',
  async (text) => {
    await readsOfAnother(text);
    await lake.write(4, 'late', 90_000);
    expect(await lake.texts(text)).toEqual(await lake.expected(text));
    expect(reads).toBeGreaterThan(0);
  },
);

test('a joined table that was replaced shows, by the same name, size and mtime', async () => {
  await readsOfAnother(JOINED);
  const path = `${lake.root}d/a.parquet`;
  const long = new Date(Date.now() - 3_600_000);
  await utimes(path, long, long);
  await readsOfAnother(JOINED);
  await writeRows(
    lake.writer,
    "SELECT i::INTEGER AS k, 'eman ' || i AS name FROM range(5) AS r(i)",
    path,
    true,
  );
  await utimes(path, long, long);
  expect(await lake.texts(JOINED)).toEqual(await lake.expected(JOINED));
});

test('rows joined with a table that was written a moment ago are not remembered', async () => {
  await lake.stop();
  await lake.open({ answerMemory: 1_000_000, settle: 3_600_000 });
  expect(await readsOfAnother(JOINED)).toBeGreaterThan(0);
});

test('a function that gives another value each time is asked each time', async () => {
  const text = `SELECT random(), v, sum(n) FROM lake.t GROUP BY v ORDER BY v`;
  const answers = new Set<string>();
  for (let turn = 0; turn < 4; turn++) {
    answers.add(JSON.stringify(await lake.texts(text)));
    await lake.stack.reuse?.store.settled();
    await lake.stack.reuse?.background.settled();
  }
  expect(answers.size).toBe(4);
});

test('without memory for answers each is made by the engine', async () => {
  await lake.stop();
  await lake.open({ answerMemory: 0 });
  expect(await readsOfAnother(BY_VALUE)).toBe(1);
});

describe('what is remembered', () => {
  const key = (text: string): { text: string; modifiedAt: undefined } => ({
    text,
    modifiedAt: undefined,
  });

  test('stays within its bytes, whole answers go, and one that is too large is not taken', async () => {
    const engine = await createEngine({
      threads: 1,
      maxConcurrent: 1,
      memoryLimit: 1e8,
      spillDirectory: `${lake.folder}spill/`,
      spillLimit: 1e8,
      allowedDirectories: [],
      extensions: [],
      extensionDirectories: [],
      s3: [],
    });
    try {
      const answers = new RememberedAnswers(100_000);
      const chunksOf = async (text: string): Promise<Parameters<typeof answers.set>[1]> => {
        const result = await engine.run(text, []);
        const chunks = [];
        for await (const chunk of result.chunks()) chunks.push(chunk);
        return chunks;
      };
      const texts = await chunksOf("SELECT i, repeat('x', 100) FROM range(80) AS r(i)");
      for (let place = 0; place < 20; place++) answers.set(key(`k${place}`), texts);
      expect(answers.get(key('k19'))).toBe(texts);
      expect(answers.get(key('k0'))).toBeUndefined();
      expect(answers.bytes).toBeGreaterThan(80_000);
      expect(answers.bytes).toBeLessThanOrEqual(100_000);
      answers.set(key('large'), await chunksOf("SELECT repeat('x', 20000)"));
      answers.set(key('nested'), await chunksOf("SELECT ['x']"));
      expect(answers.get(key('large'))).toBeUndefined();
      expect(answers.get(key('nested'))).toBeUndefined();
    } finally {
      await engine.close();
    }
  });
});
