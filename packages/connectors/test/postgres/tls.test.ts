import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createPostgresConnector } from '@tributary/connectors';
import type { PostgresConfig } from '@tributary/connectors';
import type { TemporaryEngine } from '../../../engine/test/support/temporary-engine.ts';
import { temporaryEngine } from '../../../engine/test/support/temporary-engine.ts';
import { startPostgres } from '../../../sql/test/support/postgres.ts';
import type { TestPostgres } from '../../../sql/test/support/postgres.ts';

let postgres: TestPostgres;
let own: TemporaryEngine;
let certificate: string;

function selfSigned(name: string): { readonly key: string; readonly cert: string } {
  const folder = mkdtempSync(join(tmpdir(), 'tributary-tls-'));
  try {
    const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
    const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
    const subject = ['-subj', `/CN=${name}`, '-addext', `subjectAltName=DNS:${name}`];
    execFileSync(
      'openssl',
      ['req', '-x509', ...curve, '-keyout', key, '-out', cert, '-days', '1', ...subject],
      { stdio: 'ignore' },
    );
    return { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Written by the server itself, whose user must own its key. */
async function writeAsServer(file: string, text: string): Promise<void> {
  const lines = text
    .trim()
    .split('\n')
    .map((line) => `('${line}')`);
  await postgres.query(
    `COPY (SELECT * FROM (VALUES ${lines.join(', ')}) AS t(line)) TO PROGRAM 'umask 077; cat > ${file}'`,
  );
}

/** Asks until the setting that a reload brings is there. */
async function reloaded(wanted: string): Promise<void> {
  for (let tries = 0; tries < 1000; tries++) {
    const [[ssl] = []] = await postgres.query('SHOW ssl');
    if (ssl === wanted) return;
  }
  throw new Error(`ssl is not ${wanted}`);
}

/** Whether the source's connection is encrypted; its failure's message where there is none. */
async function connection(
  mode: string,
  more: Partial<PostgresConfig> = {},
  host = '127.0.0.1',
): Promise<string> {
  const url = new URL(postgres.connectionString);
  url.searchParams.set('sslmode', mode);
  url.hostname = host;
  const connector = createPostgresConnector(
    { source: 'w', url: url.href, ...more },
    { engine: own.engine },
  );
  try {
    const { failure } = await connector.catalog.read();
    if (failure !== undefined) return failure.message;
    const [[encrypted] = []] = await postgres.query(
      "SELECT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE application_name = 'tributary'",
    );
    return encrypted === 't' ? 'encrypted' : 'plain';
  } finally {
    await connector.close();
    await postgres.query(
      "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = 'tributary'",
    );
  }
}

beforeAll(async () => {
  postgres = await startPostgres();
  own = await temporaryEngine();
});
afterAll(async () => {
  await own.remove();
  await postgres.stop();
});

describe('a source without TLS', () => {
  test.each([
    ['disable', 'plain'],
    ['prefer', 'plain'],
    ['require', 'source "w" is not available: The server does not support SSL connections'],
    ['verify-full', 'source "w" is not available: The server does not support SSL connections'],
  ])('and sslmode %s: %s', async (mode, outcome) => {
    expect(await connection(mode)).toBe(outcome);
  });
});

describe('a source with TLS', () => {
  beforeAll(async () => {
    const { key, cert } = selfSigned('localhost');
    certificate = cert;
    await writeAsServer('server.key', key);
    await writeAsServer('server.crt', cert);
    await postgres.query('ALTER SYSTEM SET ssl = on');
    await postgres.query('SELECT pg_reload_conf()');
    await reloaded('on');
  });

  test.each([
    ['disable', {}, '127.0.0.1', /^plain$/],
    ['prefer', {}, '127.0.0.1', /^encrypted$/],
    ['require', {}, '127.0.0.1', /^encrypted$/],
    ['verify-ca', {}, '127.0.0.1', /self-signed certificate/],
    ['verify-ca', { trusted: true }, '127.0.0.1', /^encrypted$/],
    ['verify-full', {}, 'localhost', /self-signed certificate/],
    ['verify-full', { trusted: true }, '127.0.0.1', /does not match certificate|not in the cert/],
    ['verify-full', { trusted: true }, 'localhost', /^encrypted$/],
  ])(
    'and sslmode %s, %j at %s: %s',
    async (mode, { trusted = false }: { trusted?: boolean }, host, outcome) => {
      const more = trusted ? { rootCertificates: certificate } : {};
      expect(await connection(mode, more, host)).toMatch(outcome);
    },
  );
});

test('a url is refused with what is wrong, and without its password', () => {
  for (const [url, message] of [
    ['mysql://u:secret@h/d', /does not begin with postgres:/],
    ['postgres://h/d', /must name a user, a host and a database/],
    ['postgres://u:secret@h/d?sslmode=maybe', /has an sslmode that is none of disable, prefer/],
    ['postgres://u:secret@h/d?options=-c', /has the unknown parameter "options"/],
    ['nonsense secret', /is no URL/],
  ] as const) {
    expect(() => createPostgresConnector({ source: 'w', url }, { engine: own.engine })).toThrow(
      message,
    );
    expect(() => createPostgresConnector({ source: 'w', url }, { engine: own.engine })).not.toThrow(
      /secret/,
    );
  }
});
