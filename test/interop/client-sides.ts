import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { startPostgres } from '../../packages/sql/test/support/postgres.ts';
import { startTributary } from '../support/tributary.ts';
import {
  clientSources,
  postgresSchema,
  tributarySchema,
  writeClientLake,
} from './client-schema.ts';
import { wireAnswer } from './wire-answer.ts';
import type { ClientStatement, WireAnswer } from './wire-answer.ts';

/** One of the two servers that hold the same schema. */
export interface ClientSide {
  /** A connection of its own for the statements, which share a session; the answers in their order. */
  answers(statements: readonly ClientStatement[]): Promise<readonly WireAnswer[]>;
  /** The OID by which this server knows a relation or type. */
  oid(name: string): string;
  /** What an OID of this server stands for: `class sales.orders`. Undefined for those that every PostgreSQL has. */
  objectOf(oid: string): string | undefined;
}

export interface ClientSides {
  readonly postgres: ClientSide;
  readonly tributary: ClientSide;
  close(): Promise<void>;
}

/** OIDs below are the same in every PostgreSQL of a version. */
const FIRST_OWN_OID = 12_000;

/** Relations and types are told with a name that `oid` takes. */
const OBJECTS = `
SELECT oid::text, 'class ' || oid::regclass::text FROM pg_catalog.pg_class WHERE relkind <> 't'
UNION ALL SELECT oid::text, 'type ' || oid::regtype::text FROM pg_catalog.pg_type
UNION ALL SELECT oid::text, 'namespace ' || nspname FROM pg_catalog.pg_namespace
UNION ALL SELECT oid::text, 'role ' || rolname FROM pg_catalog.pg_roles
UNION ALL SELECT oid::text, 'database ' || datname FROM pg_catalog.pg_database
UNION ALL SELECT oid::text, 'function ' || oid::regprocedure::text FROM pg_catalog.pg_proc
UNION ALL SELECT oid::text, 'constraint ' || conname FROM pg_catalog.pg_constraint
UNION ALL SELECT oid::text, 'collation ' || collname FROM pg_catalog.pg_collation`;

async function openSide(url: string): Promise<ClientSide> {
  const connected = async <T>(use: (client: pg.Client) => Promise<T>): Promise<T> => {
    const client = new pg.Client({ connectionString: url });
    client.on('error', () => undefined);
    await client.connect();
    try {
      return await use(client);
    } finally {
      await client.end();
    }
  };
  const { rows } = await connected((client) =>
    wireAnswer(client, { protocol: 'simple', sql: OBJECTS }),
  );
  const objects = new Map(rows.map(([oid, name]) => [oid ?? '', name ?? '']));
  const oids = new Map([...objects].map(([oid, name]) => [name, oid]));
  return {
    answers: (statements) =>
      connected(async (client) => {
        const answers: WireAnswer[] = [];
        for (const statement of statements) answers.push(await wireAnswer(client, statement));
        return answers;
      }),
    oid(name) {
      const found = [name, name.replace(/^public\./, '')]
        .flatMap((each) => [oids.get(`class ${each}`), oids.get(`type ${each}`)])
        .find((each) => each !== undefined);
      if (found === undefined) throw new Error(`no relation or type ${name}`);
      return found;
    },
    objectOf: (oid) => (Number(oid) < FIRST_OWN_OID ? undefined : objects.get(oid)),
  };
}

/** Starts a PostgreSQL and a Tributary server with the schema that the captured statements ask about. */
export async function openClientSides(): Promise<ClientSides> {
  const folder = await mkdtemp(join(tmpdir(), 'tributary-clients-'));
  const closers: (() => Promise<unknown>)[] = [() => rm(folder, { recursive: true, force: true })];
  const close = async (): Promise<void> => {
    for (const each of closers.splice(0).reverse()) await each().catch(() => undefined);
  };
  try {
    await writeClientLake(folder);
    const cluster = await startPostgres();
    closers.push(() => cluster.stop());
    await cluster.query('CREATE ROLE tributary LOGIN');
    await cluster.query("ALTER ROLE tributary PASSWORD 'tributary'");
    await cluster.query('CREATE DATABASE main OWNER tributary');
    const main = cluster.connectionString.replace(/\/postgres$/, '/main');
    const owner = new pg.Client({ connectionString: main });
    await owner.connect();
    try {
      for (const statement of postgresSchema()) await owner.query(statement);
    } finally {
      await owner.end();
    }
    const server = await startTributary({
      sources: clientSources(folder),
      bootstrap: tributarySchema(),
    });
    closers.push(() => server.close());
    return {
      postgres: await openSide(
        `${main.replace(/\/\/[^@]*@/, '//tributary:tributary@')}?options=-csearch_path%3Dpublic`,
      ),
      tributary: await openSide(server.url),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
