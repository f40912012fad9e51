import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { createLogger, parseConfig, startServer } from '@tributary/server';
import type { RunningServer } from '@tributary/server';
import { startPostgres } from '../../packages/sql/test/support/postgres.ts';

export type User = 'root' | 'ana' | 'ben';

export type Rows = readonly (readonly unknown[])[];

/** A server with users, a lake and a warehouse, that can be started again over what it keeps. */
export interface GrantingServer {
  /** Rows, or SQLSTATE and message of the failure. */
  ask(user: User, statement: string, parameters?: readonly unknown[]): Promise<Rows | string>;
  /** A connection of one's own; closed with the server. */
  connect(user: User): Promise<pg.Client>;
  url(user: User): string;
  restart(): Promise<void>;
  /** What the warehouse itself is told. */
  inWarehouse(statement: string): Promise<void>;
  close(): Promise<void>;
}

/** Each start runs it again. */
const BOOTSTRAP = `
CREATE TABLE IF NOT EXISTS lake.default.events AS SELECT i AS n FROM generate_series(1, 3) g(i);
CREATE TABLE IF NOT EXISTS lake.default.secrets AS SELECT i AS n, 'x' AS word FROM generate_series(1, 2) g(i);
CREATE OR REPLACE VIEW public.sums AS SELECT sum(n) AS total FROM lake.secrets;
`;

export async function startGrantingServer(store: 'embedded' | 'postgres'): Promise<GrantingServer> {
  const folder = await mkdtemp(join(tmpdir(), 'tributary-grants-'));
  const postgres = await startPostgres();
  await postgres.query('CREATE TABLE orders (id int PRIMARY KEY, note text)');
  await postgres.query("INSERT INTO orders VALUES (1, 'one'), (2, 'two')");
  await postgres.query(
    'CREATE TABLE lines (order_id int REFERENCES orders (id), line int, PRIMARY KEY (order_id, line))',
  );
  await postgres.query('INSERT INTO lines VALUES (1, 1), (1, 2)');
  await postgres.query('CREATE SCHEMA hr');
  await postgres.query('CREATE TABLE hr.staff (id int)');
  await postgres.query('CREATE DATABASE catalog');
  await mkdir(join(folder, 'lake'));
  await writeFile(join(folder, 'bootstrap.sql'), BOOTSTRAP);
  const catalog = postgres.connectionString.replace(/\/[^/]*$/, '/catalog');
  const text = `server: { memory: 2GB, sql: { port: 0 }, http: { port: 0 } }
state: ${folder}/state
catalog: { store: ${store === 'embedded' ? store : `'${catalog}'`} }
auth:
  administrators: [admins]
  users:
    - { name: root, password: p, roles: [admins] }
    - { name: ana, password: p, roles: [analysts, clerks, loader] }
    - { name: ben, password: p, roles: [loader] }
sources:
  lake: { connector: lake, root: ${folder}/lake, write: { roles: [loader] } }
  warehouse: { connector: postgres, url: '${postgres.connectionString}', catalogAge: 0 }
bootstrap: [ bootstrap.sql ]
`;
  const clients = new Map<User, pg.Client>();
  const others: pg.Client[] = [];
  let server: RunningServer;
  const start = async (): Promise<void> => {
    server = await startServer(
      parseConfig(text, join(folder, 'tributary.yaml'), {}),
      createLogger('error'),
      new AbortController().signal,
    );
  };
  const stop = async (): Promise<void> => {
    await Promise.all([...clients.values(), ...others].map((client) => client.end()));
    clients.clear();
    others.length = 0;
    await server.close(AbortSignal.timeout(5000));
  };
  const url = (user: User): string => `postgres://${user}:p@127.0.0.1:${server.sqlPort}/main`;
  const open = async (user: User): Promise<pg.Client> => {
    const client = new pg.Client({ connectionString: url(user) });
    await client.connect();
    return client;
  };
  await start();
  return {
    async ask(user, statement, parameters) {
      let client = clients.get(user);
      if (client === undefined) {
        client = await open(user);
        clients.set(user, client);
      }
      try {
        const values = parameters === undefined ? {} : { values: [...parameters] };
        const answer = await client.query<unknown[]>({
          text: statement,
          rowMode: 'array',
          ...values,
        });
        return answer.rows;
      } catch (error) {
        const { code = '', message } = error as pg.DatabaseError;
        return `${code} ${message}`;
      }
    },
    async connect(user) {
      const client = await open(user);
      others.push(client);
      return client;
    },
    url,
    async restart() {
      await stop();
      await start();
    },
    inWarehouse: async (statement) => {
      await postgres.query(statement);
    },
    async close() {
      await stop();
      await postgres.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
