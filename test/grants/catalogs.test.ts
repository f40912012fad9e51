import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type pg from 'pg';
import { startGrantingServer } from './granting-server.ts';
import type { GrantingServer, Rows, User } from './granting-server.ts';

let server: GrantingServer;

const NAMES = "('events', 'secrets', 'sums', 'orders', 'lines', 'staff')";

/** What names relations, each with a column `name`. */
const LISTINGS = {
  pg_class: `SELECT relname FROM pg_class WHERE relkind IN ('r', 'v') AND relname IN ${NAMES} ORDER BY 1`,
  'pg_catalog.pg_class': `SELECT pg_catalog.pg_class.relname FROM pg_catalog.pg_class WHERE relkind IN ('r', 'v') AND relname IN ${NAMES} ORDER BY 1`,
  'pg_class by text': `SELECT word FROM ts_stat('select to_tsvector(''simple'', relname) from pg_class where relkind in (''r'', ''v'')') WHERE word IN ${NAMES} ORDER BY 1`,
  pg_type: `SELECT typname FROM pg_type WHERE typtype = 'c' AND typname IN ${NAMES} ORDER BY 1`,
  'array types': `SELECT substr(typname, 2) FROM pg_type WHERE typelem <> 0 AND substr(typname, 2) IN ${NAMES} ORDER BY 1`,
  'tables and views': `SELECT tablename::text FROM pg_tables WHERE tablename IN ${NAMES} UNION SELECT viewname FROM pg_views WHERE viewname IN ${NAMES} ORDER BY 1`,
  'information_schema.tables': `SELECT table_name FROM information_schema.tables WHERE table_name IN ${NAMES} ORDER BY 1`,
  'information_schema.columns': `SELECT DISTINCT table_name::text FROM information_schema.columns WHERE table_name IN ${NAMES} ORDER BY 1`,
  'pg_attribute by regclass': `SELECT DISTINCT split_part(attrelid::regclass::text, '.', 2) FROM pg_attribute a JOIN pg_class c ON c.oid = attrelid AND c.relkind IN ('r', 'v') WHERE c.relname IN ${NAMES} AND c.relname <> 'sums' UNION SELECT relname FROM pg_class WHERE relname = 'sums' ORDER BY 1`,
  'catalogs beside data': `SELECT DISTINCT c.relname::text FROM pg_class c JOIN lake.events e ON e.n > 0 WHERE c.relkind IN ('r', 'v') AND c.relname IN ${NAMES} ORDER BY 1`,
};

async function expectListings(user: User, names: readonly string[]): Promise<void> {
  const wrong: unknown[] = [];
  for (const [what, statement] of Object.entries(LISTINGS)) {
    for (const parameters of [undefined, []]) {
      const answer = await server.ask(user, statement, parameters);
      const found = typeof answer === 'string' ? answer : answer.map(([name]) => name);
      if (JSON.stringify(found) !== JSON.stringify(names)) wrong.push({ user, what, found });
    }
  }
  expect(wrong).toEqual([]);
}

const ALL = ['events', 'lines', 'orders', 'secrets', 'staff', 'sums'];
const FOR_BEN = ['events', 'lines', 'sums'];

beforeAll(async () => {
  server = await startGrantingServer('embedded');
}, 90_000);

afterAll(() => server.close());

test('system catalogs show everything to everybody before anything is revoked', async () => {
  await expectListings('ben', ALL);
  await expectListings('ana', ALL);
});

describe('once something is revoked, system catalogs', () => {
  const rows = (user: User, statement: string): Promise<Rows | string> =>
    server.ask(user, statement);
  let secrets: unknown;
  let rowType: unknown;
  let before: pg.Client;
  const prepared = { name: 'names', text: LISTINGS.pg_class };

  beforeAll(async () => {
    before = await server.connect('ben');
    await before.query(prepared);
    const oids = await rows('ana', "SELECT oid, reltype FROM pg_class WHERE relname = 'secrets'");
    [secrets, rowType] = (oids as Rows)[0] ?? [];
    for (const statement of [
      'REVOKE SELECT ON lake.secrets, warehouse.orders FROM PUBLIC',
      'GRANT SELECT ON lake.secrets, warehouse.orders TO analysts',
      'REVOKE USAGE ON SCHEMA warehouse_hr FROM PUBLIC',
      'GRANT USAGE ON SCHEMA warehouse_hr TO clerks',
    ]) {
      expect(await server.ask('root', statement)).toEqual([]);
    }
  });

  test('name nothing to a reader that it may not read, in whatever way they are asked', async () => {
    await expectListings('ben', FOR_BEN);
    await expectListings('ana', ALL);
    await expectListings('root', ALL);
    await expectListings('ben', FOR_BEN);
  });

  test('answer statements prepared before as they stand', async () => {
    const { rows: found } = await before.query<{ relname: string }>(prepared);
    expect(found.map(({ relname }) => relname)).toEqual(FOR_BEN);
  });

  test('print no hidden name by casts and functions', async () => {
    const asked = `SELECT ${String(secrets)}::oid::regclass::text, to_regclass('lake.secrets')::text, format_type(${String(rowType)}, -1),
      has_table_privilege(${String(secrets)}::oid, 'select'), pg_get_viewdef(${String(secrets)}::oid), obj_description(${String(secrets)}::oid, 'pg_class')`;
    expect(await rows('ben', asked)).toEqual([[String(secrets), null, '???', null, null, null]]);
    const [answer] = (await rows('ana', asked)) as Rows;
    expect(answer?.slice(0, 4)).toEqual(['lake.secrets', 'lake.secrets', 'lake.secrets', true]);
    expect(await rows('ben', "SELECT 'lake.secrets'::regclass")).toMatch(/^42P01 /);
    expect(await rows('ben', "SELECT attname FROM pg_attribute WHERE attname = 'word'")).toEqual(
      [],
    );
    expect(
      await rows('ben', "SELECT nspname FROM pg_namespace WHERE nspname = 'warehouse_hr'"),
    ).toEqual([]);
    expect(
      await rows('ana', "SELECT nspname FROM pg_namespace WHERE nspname = 'warehouse_hr'"),
    ).toEqual([['warehouse_hr']]);
  });

  test('leave out keys that end in what is hidden', async () => {
    const keys = `SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE contype = 'f'`;
    expect(await rows('ben', keys)).toEqual([]);
    expect(await rows('ana', keys)).toEqual([
      ['lines_order_id_fkey', 'FOREIGN KEY (order_id) REFERENCES warehouse.orders(id)'],
    ]);
    const primary = `SELECT conname::text FROM pg_constraint WHERE contype = 'p' AND oid >= 65536 UNION ALL
      SELECT indexrelid::regclass::text FROM pg_index WHERE indrelid >= 65536 ORDER BY 1`;
    expect(await rows('ben', primary)).toEqual([['lines_pkey'], ['warehouse.lines_pkey']]);
  });

  test('tell privileges as they were granted', async () => {
    const acl = `SELECT relname, relacl::text FROM pg_class WHERE relname IN ('events', 'secrets') ORDER BY 1`;
    expect(await rows('root', acl)).toEqual([
      ['events', '{=r/tributary,tributary=arwdDxtm/tributary}'],
      ['secrets', '{analysts=r/tributary,tributary=arwdDxtm/tributary}'],
    ]);
    const asked = `SELECT u, has_table_privilege(u, 'lake.secrets', 'select'), has_table_privilege(u, 'lake.secrets', 'insert'),
      has_schema_privilege(u, 'warehouse_hr', 'usage') FROM unnest(array['root', 'ana', 'ben']) u`;
    expect(await rows('root', asked)).toEqual([
      ['root', true, false, true],
      ['ana', true, false, true],
      ['ben', false, false, false],
    ]);
    const schema = "SELECT nspacl::text FROM pg_namespace WHERE nspname = 'warehouse_hr'";
    expect(await rows('root', schema)).toEqual([['{clerks=U/tributary,tributary=UC/tributary}']]);
    const grants = `SELECT grantee, privilege_type FROM information_schema.table_privileges
      WHERE table_name = 'secrets' AND grantee <> 'tributary'`;
    expect(await rows('ana', grants)).toEqual([['analysts', 'SELECT']]);
  });

  test("answer psql's own statements without errors to a reader from whom something is hidden", async () => {
    const file = new URL(
      '../../packages/server/test/catalog-engine/fixtures/psql-statements.json',
      import.meta.url,
    );
    const recorded = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
    const texts: string[] = [];
    const collect = (value: unknown): void => {
      if (typeof value === 'string') texts.push(value);
      else if (typeof value === 'object' && value !== null) Object.values(value).forEach(collect);
    };
    collect(recorded);
    const statements = texts.filter((text) => /^\s*select\b/i.test(text));
    expect(statements.length).toBeGreaterThan(5);
    for (const statement of statements) {
      const answer = await server.ask('ben', statement);
      const others = await server.ask('root', statement);
      expect([statement, typeof answer]).toEqual([statement, typeof others]);
      expect(JSON.stringify(answer)).not.toMatch(/secrets|staff|"orders"/);
    }
  });

  test('are browsed by psql', async () => {
    const psql = async (user: User, ...commands: readonly string[]): Promise<string> => {
      const options = commands.flatMap((command) => ['-c', command]);
      const { stdout, stderr } = await promisify(execFile)(
        'psql',
        ['-X', '-A', '-t', ...options, server.url(user)],
        { timeout: 30_000 },
      ).catch((error: unknown) => error as { readonly stdout: string; readonly stderr: string });
      return stdout + stderr;
    };
    const browse = ['\\d', '\\dt+ *.*', '\\dp *.*', '\\dn+', '\\dv *.*', '\\di *.*'] as const;
    expect(await psql('ben', ...browse)).not.toMatch(/secrets|orders|hr\|/);
    const all = await psql('ana', ...browse);
    for (const name of ['lake|secrets|table', 'warehouse|orders|table', 'warehouse_hr|']) {
      expect(all).toContain(name);
    }
    expect(all).toContain('lake|secrets|table|analysts=r/tributary');
    expect(await psql('ben', '\\d lake.events')).toContain('n|integer');
    expect(await psql('ben', '\\d lake.secrets')).toBe(
      'Did not find any relation named "lake.secrets".\n',
    );
    expect(await psql('ana', '\\d lake.secrets')).toContain('word|text');
  });

  test('follow what is granted and revoked, and stand after a restart', async () => {
    await server.ask('root', 'GRANT SELECT ON lake.secrets TO ben');
    await expectListings('ben', ['events', 'lines', 'secrets', 'sums']);
    await server.ask('root', 'REVOKE SELECT ON lake.secrets FROM ben');
    await expectListings('ben', FOR_BEN);
    await server.restart();
    await expectListings('ben', FOR_BEN);
    await expectListings('ana', ALL);
    await server.ask('root', 'GRANT USAGE ON SCHEMA warehouse_hr TO PUBLIC');
    await server.ask('root', 'GRANT SELECT ON lake.secrets, warehouse.orders TO PUBLIC');
    await expectListings('ben', ALL);
  });
});
