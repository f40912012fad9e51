import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import pg from 'pg';
import { startPostgres } from '../../packages/sql/test/support/postgres.ts';
import { startTributary } from '../support/tributary.ts';
import { RELATIONS, fileStatements, postgresStatements, tributaryStatements } from './tables.ts';

/** What a statement gives through the wire: columns and rows in text form, or an SQLSTATE. */
export type Answer =
  | {
      readonly names: readonly string[];
      readonly oids: readonly number[];
      readonly rows: readonly (readonly (string | null)[])[];
    }
  | { readonly sqlstate: string; readonly message: string };

export interface Side {
  run(sql: string, parameters: readonly (string | null)[]): Promise<Answer>;
}

/** A real PostgreSQL and a Tributary server over a lake with the same tables. */
export interface Sides {
  readonly postgres: Side;
  readonly tributary: Side;
  /** Names of PostgreSQL's own functions. */
  readonly postgresFunctions: ReadonlySet<string>;
  close(): Promise<void>;
}

const AS_TEXT = { getTypeParser: () => (text: string) => text };

function side(client: pg.Client): Side {
  return {
    async run(sql, parameters) {
      try {
        const result = await client.query<(string | null)[]>({
          text: sql,
          rowMode: 'array',
          types: AS_TEXT,
          ...(parameters.length === 0 ? {} : { values: [...parameters] }),
        });
        return {
          names: result.fields.map((field) => field.name),
          oids: result.fields.map((field) => field.dataTypeID),
          rows: result.rows,
        };
      } catch (error) {
        const { code, message } = error as { readonly code?: string; readonly message: string };
        if (code === undefined || code.length !== 5) throw error;
        return { sqlstate: code, message };
      }
    },
  };
}

/** Starts both. `close` stops them and removes the lake. */
export async function openSides(): Promise<Sides> {
  const folder = await mkdtemp(join(tmpdir(), 'tributary-differential-'));
  const closers: (() => Promise<unknown>)[] = [() => rm(folder, { recursive: true, force: true })];
  const close = async (): Promise<void> => {
    for (const each of closers.splice(0).reverse()) await each().catch(() => undefined);
  };
  try {
    await writeFiles(folder);
    const postgres = await startPostgres();
    closers.push(() => postgres.stop());
    for (const statement of postgresStatements()) await postgres.query(statement);
    const names = await postgres.query('SELECT DISTINCT proname FROM pg_proc');
    const tributary = await startTributary({
      sources: `lake: { connector: lake, root: ${folder} }`,
      bootstrap: tributaryStatements(),
    });
    closers.push(() => tributary.close());
    const clients = [postgres.connectionString, tributary.url].map(
      (connectionString) => new pg.Client({ connectionString }),
    );
    for (const client of clients) {
      client.on('error', () => undefined);
      closers.push(() => client.end());
      await client.connect();
      await client.query("SET TimeZone = 'UTC'");
      await client.query('SET statement_timeout = 10000');
    }
    const [theirs, ours] = clients;
    if (theirs === undefined || ours === undefined) throw new TypeError('two clients');
    return {
      postgres: side(theirs),
      tributary: side(ours),
      postgresFunctions: new Set(names.map(([name]) => name ?? '')),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function writeFiles(folder: string): Promise<void> {
  await Promise.all(RELATIONS.map(({ name }) => mkdir(join(folder, name))));
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  try {
    await connection.run("SET TimeZone = 'UTC'");
    for (const statement of fileStatements(folder)) await connection.run(statement);
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}
