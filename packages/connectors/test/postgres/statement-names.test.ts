import { afterAll, beforeAll, expect, test } from '@jest/globals';
import pg from 'pg';
import { Pipeline } from '../../src/postgres/direct/pipeline.ts';
import { StatementNames } from '../../src/postgres/direct/statement-names.ts';
import { startPostgres } from '../../../sql/test/support/postgres.ts';
import type { TestPostgres } from '../../../sql/test/support/postgres.ts';

let postgres: TestPostgres;
let client: pg.Client;

beforeAll(async () => {
  postgres = await startPostgres();
  client = new pg.Client({ connectionString: postgres.connectionString });
  await client.connect();
});

afterAll(async () => {
  await client.end();
  await postgres.stop();
});

const prepared = async (): Promise<readonly string[]> =>
  (await client.query<{ name: string }>('SELECT name FROM pg_prepared_statements')).rows.map(
    ({ name }) => name,
  );

/** Runs a text as a connection's statement of one bigint; answers its rows. */
async function run(
  names: StatementNames,
  text: string,
  values: readonly string[] = [],
): Promise<bigint[]> {
  const rows: bigint[] = [];
  const found = names.of(client, text);
  const name = found?.name ?? '';
  const step = { name, text: found?.isKnown === true ? undefined : text, values };
  const pipeline = new Pipeline([step], names.surplus(client), {
    onParsed: () => {
      if (name !== '') names.parsed(client, text, name);
    },
    onRow: (_, buffer, from) => rows.push(buffer.readBigInt64BE(from + 6)),
    onFailure: () => undefined,
  });
  client.query(pipeline);
  await pipeline.done;
  return rows;
}

test('a connection is told a text once, and the longest unused ones of many are dropped', async () => {
  const names = new StatementNames();
  const text = 'SELECT CAST($1 AS bigint) + 1';
  expect(await run(names, text, ['1'])).toEqual([2n]);
  const [name] = await prepared();
  expect(await run(names, text, ['41'])).toEqual([42n]);
  expect(await prepared()).toEqual([name]);
  for (let index = 0; index < 100; index++) {
    expect(await run(names, `SELECT CAST(${index} AS bigint)`)).toEqual([BigInt(index)]);
  }
  expect((await prepared()).length).toBeLessThanOrEqual(65);
  expect(await run(names, text, ['2'])).toEqual([3n]);
});

test('a text that fails leaves the connection ready, and what was parsed known', async () => {
  const names = new StatementNames();
  const text = 'SELECT 10 / CAST($1 AS bigint)';
  await expect(run(names, text, ['0'])).rejects.toMatchObject({ code: '22012' });
  expect(await run(names, text, ['5'])).toEqual([2n]);
  await expect(run(names, 'SELECT nothing')).rejects.toMatchObject({ code: '42703' });
  expect(await run(names, 'SELECT CAST(7 AS bigint)')).toEqual([7n]);
});

test('names that the server does not know are given up', async () => {
  const names = new StatementNames();
  const text = 'SELECT CAST($1 AS bigint)';
  await run(names, text, ['1']);
  await client.query('DEALLOCATE ALL');
  await expect(run(names, text, ['1'])).rejects.toMatchObject({ code: '26000' });
  names.refuse();
  expect(await run(names, text, ['3'])).toEqual([3n]);
  expect(await prepared()).toEqual([]);
});
