import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { startPostgres } from '../../packages/sql/test/support/postgres.ts';
import type { TestPostgres } from '../../packages/sql/test/support/postgres.ts';
import { hasExtension } from '../support/engine-extensions.ts';
import { startTributary } from '../support/tributary.ts';
import { COLUMNS, createTables } from './column-values.ts';
import type { TestServer } from '../support/tributary.ts';

let postgres: TestPostgres;
let server: TestServer;
let client: pg.Client;

const asText = { getTypeParser: () => (text: string) => text };

async function answer(sql: string): Promise<readonly (readonly (string | null)[])[]> {
  const result = await client.query<(string | null)[]>({
    text: sql,
    rowMode: 'array',
    types: asText,
  });
  return result.rows;
}

const WAYS = hasExtension('postgres_scanner')
  ? (['never', 'always'] as const)
  : (['never'] as const);

describe.each(WAYS)('values of a Postgres source, with the extension %s', (extension) => {
  beforeAll(async () => {
    postgres = await startPostgres();
    await createTables(postgres);
    server = await startTributary({
      sources: `warehouse: { connector: postgres, catalogAge: 0, extension: ${extension}, url: '${postgres.connectionString}' }`,
      extensions: extension === 'never' ? [] : ['postgres_scanner'],
    });
    client = new pg.Client({ connectionString: server.url });
    await client.connect();
  });

  afterAll(async () => {
    await client.end();
    await server.close();
    await postgres.stop();
  });

  test.each(COLUMNS.map(([type], index) => [type, index] as const))(
    'of type %s are answered as the source shows them',
    async (_, index) => {
      const wanted = await postgres.query(`SELECT v FROM t${index} ORDER BY n`);
      expect(await answer(`SELECT v FROM warehouse.t${index} ORDER BY n`)).toEqual(wanted);
    },
  );

  test.each([
    ['numeric', "'NaN'", /column "v" of source "warehouse".*NaN/],
    ['numeric', "'Infinity'", /column "v".*Infinity/],
    ['numeric', '1e30', /column "v".*1000000000000000000000000000000 has more than 23 digits/],
    [
      'numeric',
      '0.1234567890123456789',
      /column "v".*0\.1234567890123456789 has more than 15 digits after/,
    ],
    ['interval', "'infinity'", /column "v".*infinity/],
    ['timestamp', "'294276-12-31'", /column "v".*294247/],
    ['int4[]', "'{{1,2},{3,4}}'", /column "v".*2 dimensions/],
    ['int4[]', "'[0:1]={1,2}'", /column "v".*number 0/],
  ])(
    '%s %s, which the engine cannot hold, is an error that names column and value',
    async (type, value, message) => {
      await postgres.query(`DROP TABLE IF EXISTS odd CASCADE`);
      await postgres.query(`CREATE TABLE odd AS SELECT CAST(${value} AS ${type}) AS v`);
      await expect(answer('SELECT v FROM warehouse.odd')).rejects.toMatchObject({ message });
    },
  );
});
