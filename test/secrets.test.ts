import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createLogger, parseConfig, startServer } from '@tributary/server';
import type { RunningServer } from '@tributary/server';
import pg from 'pg';
import { S3Server } from './support/s3-server.ts';

const SECRET_KEY = 'kept-apart-secret-access-key-91';
const WRONG_KEY = 'kept-apart-but-wrong-key-92';
const TOKEN = 'kept-apart-session-token-93';
const PASSWORD = 'kept-apart-password-94';
const SECRETS = [SECRET_KEY, WRONG_KEY, TOKEN, PASSWORD];

let folder: string;
let s3: S3Server;
let server: RunningServer;
let client: pg.Client;
const logged: string[] = [];
/** Everything a client was told. */
const told: string[] = [];

const TABLES = `
CREATE EXTERNAL TABLE lake.default.good (note string) STORED AS JSON LOCATION 'good/';
CREATE EXTERNAL TABLE lake.default.damaged (note string) STORED AS PARQUET LOCATION 'damaged/';
CREATE EXTERNAL TABLE lake.default.truncated (note bigint) STORED AS JSON LOCATION 'truncated/';
CREATE EXTERNAL TABLE denied.default.t (note string) STORED AS JSON LOCATION 'good/';
CREATE EXTERNAL TABLE nowhere.default.t (note string) STORED AS JSON LOCATION 'good/';
`;

function destination(): Writable {
  return new Writable({
    write(chunk: Buffer, _, done) {
      logged.push(chunk.toString());
      done();
    },
  });
}

function source(name: string, endpoint: string, secret: string): string {
  return `  ${name}:
    connector: lake
    root: s3://bucket/
    s3: { endpoint: "${endpoint}", region: us-east-1, accessKeyId: tributary, secretAccessKey: ${secret}, pathStyle: true }
`;
}

function configuration(state: string, sources: string): string {
  return `server: { memory: 1GB, sql: { port: 0 }, http: { port: 0 } }
state: ${state}
auth: { users: [ { name: ana, password: ${PASSWORD} } ] }
bootstrap: [ bootstrap.sql ]
sources:
${sources}`;
}

async function start(config: string): Promise<RunningServer> {
  return startServer(
    parseConfig(config, join(folder, 'tributary.yaml'), {}),
    createLogger('trace', destination()),
    new AbortController().signal,
  );
}

/** The answer as text, or the error with all its fields. */
async function ask(text: string): Promise<string> {
  let answer: string;
  try {
    answer = JSON.stringify(await client.query({ text, rowMode: 'array' }));
  } catch (error) {
    answer = JSON.stringify(error, Object.getOwnPropertyNames(error));
  }
  told.push(answer);
  return answer;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tributary-secrets-'));
  s3 = await S3Server.start({ secretAccessKey: SECRET_KEY });
  const bucket = s3.bucket('bucket');
  bucket.put('good/a.json', Buffer.from('{"note":"hello"}\n'));
  bucket.put('damaged/a.parquet', Buffer.from('PAR1 this is no parquet file PAR1'));
  bucket.put('truncated/a.json', Buffer.from('{"note":'));
  await writeFile(join(folder, 'bootstrap.sql'), TABLES);
  const closed = await S3Server.start();
  const nowhere = closed.endpoint;
  await closed.close();
  server = await start(
    configuration(
      join(folder, 'state'),
      source('lake', s3.endpoint, SECRET_KEY) +
        source('denied', s3.endpoint, WRONG_KEY) +
        source('nowhere', nowhere, SECRET_KEY),
    ),
  );
  client = new pg.Client({
    connectionString: `postgres://ana:${PASSWORD}@127.0.0.1:${server.sqlPort}/main`,
  });
  await client.connect();
}, 60_000);

afterAll(async () => {
  await client.end();
  await server.close(AbortSignal.timeout(5000));
  await s3.close();
  await rm(folder, { recursive: true, force: true });
});

function secretsIn(texts: readonly string[]): readonly string[] {
  return texts.filter((text) => SECRETS.some((secret) => text.includes(secret)));
}

describe('secrets appear in no log, answer, plan or error', () => {
  test('when a source answers, denies, is not there or holds damaged objects', async () => {
    expect(await ask('SELECT note FROM lake.good')).toContain('hello');
    expect(await ask('SELECT note FROM denied.t')).toContain('"code":"58000"');
    expect(await ask('SELECT note FROM nowhere.t')).toContain('"code":"08001"');
    expect(await ask('SELECT note FROM lake.damaged')).toContain('"code":"58030"');
    expect(await ask('SELECT note FROM lake.truncated')).toMatch(/"code":"(22|58)/);
    expect(await ask('MSCK REPAIR TABLE lake.default.good')).toContain('"code"');
    expect(secretsIn(told)).toEqual([]);
    expect(secretsIn(logged)).toEqual([]);
    expect(logged.length).toBeGreaterThan(4);
  }, 60_000);

  test('in EXPLAIN of any form and in what is shown of sources and settings', async () => {
    for (const options of ['', 'VERBOSE', 'ANALYZE', '(FORMAT JSON)', '(ANALYZE, FORMAT JSON)']) {
      expect(await ask(`EXPLAIN ${options} SELECT note FROM lake.good`)).toContain('good');
    }
    for (const text of [
      'SHOW ALL',
      'SHOW CREATE TABLE lake.default.good',
      'DESCRIBE lake.default.good',
      'SELECT * FROM tributary.queries',
      'SELECT * FROM tributary.last_query',
      'SELECT * FROM pg_catalog.pg_settings',
      'SELECT * FROM pg_catalog.pg_roles',
      'SELECT * FROM pg_catalog.pg_user',
    ]) {
      expect((await ask(text)).length).toBeGreaterThan(20);
    }
    for (const path of ['metrics', 'readyz', 'healthz']) {
      const response = await fetch(`http://127.0.0.1:${server.httpPort}/${path}`);
      told.push(await response.text());
    }
    expect(secretsIn(told)).toEqual([]);
    expect(secretsIn(logged)).toEqual([]);
  }, 60_000);

  test('when a login fails', async () => {
    const failures = [
      { user: 'ana', password: WRONG_KEY, code: '28P01' },
      { user: 'nobody', password: PASSWORD, code: '28P01' },
    ];
    for (const { user, password, code } of failures) {
      const intruder = new pg.Client({
        host: '127.0.0.1',
        port: server.sqlPort,
        user,
        password,
        database: 'main',
      });
      intruder.on('error', () => undefined);
      const error = await intruder.connect().then(
        () => undefined,
        (reason: unknown) => reason as pg.DatabaseError,
      );
      expect(error?.code).toBe(code);
      told.push(JSON.stringify(error, Object.getOwnPropertyNames(error)));
    }
    expect(secretsIn(told)).toEqual([]);
    expect(secretsIn(logged)).toEqual([]);
  });

  test.each([
    ['a key that is no text', `s3: { accessKeyId: a, secretAccessKey: [ ${SECRET_KEY} ] }`],
    ['a key without its other half', `s3: { secretAccessKey: ${SECRET_KEY} }`],
    ['an unknown key beside', `s3: { secretAccessKey: ${SECRET_KEY}, secret: ${TOKEN} }`],
    [
      'a mapping that is not closed',
      `s3: { secretAccessKey: ${SECRET_KEY}, sessionToken: "${TOKEN}`,
    ],
    ['a secret in the place of a mapping', `s3: ${SECRET_KEY}`],
    ['an anchor that does not exist', `s3: { accessKeyId: a, secretAccessKey: *${SECRET_KEY} }`],
    ['the same key twice', `s3: { secretAccessKey: ${SECRET_KEY}, secretAccessKey: ${TOKEN} }`],
    ['a tab in the place of spaces', `s3:\n\t\tsecretAccessKey: ${SECRET_KEY}`],
  ])('when the configuration has %s', (_, text) => {
    let message = 'it was accepted';
    try {
      parseConfig(
        `auth: { users: [ { name: ana, password: ${PASSWORD} } ] }\nsources:\n  lake:\n    root: s3://bucket/\n    ${text}\n`,
        join(folder, 'other.yaml'),
        {},
      );
    } catch (error) {
      message = JSON.stringify(error, Object.getOwnPropertyNames(error));
    }
    expect(message).toContain('other.yaml');
    expect(secretsIn([message])).toEqual([]);
  });

  test.each([
    [
      'its store cannot be reached',
      `catalog: { store: "postgres://ana:${PASSWORD}@127.0.0.1:1/x" }`,
    ],
    [
      'its store has a malformed address',
      `catalog: { store: "postgres://ana:${PASSWORD}@:x:y/x" }`,
    ],
    ['the engine refuses a scope', `# none`],
  ])('when the server does not start since %s', async (_, text) => {
    const endpoint = text === '# none' ? 'not an endpoint' : s3.endpoint;
    const error: unknown = await start(
      `${configuration(join(folder, 'other'), source('lake', endpoint, SECRET_KEY))}${text}\n`,
    ).then(
      async (started) => {
        await started.close(AbortSignal.timeout(1000));
        return new Error('it started');
      },
      (reason: unknown) => reason,
    );
    const parts: string[] = [];
    for (let each = error; each !== undefined && each !== null;) {
      parts.push(inspect(each, { depth: 10 }));
      each = (each as { readonly cause?: unknown }).cause;
    }
    expect(parts.join()).not.toContain('it started');
    expect(secretsIn([...parts, ...logged])).toEqual([]);
  });
});
