import { execFile, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { CLIENTS } from './clients.ts';
import type { Client, Command } from './clients.ts';
import { clientSources, tributarySchema, writeClientLake } from './client-schema.ts';

// Run by .ci/interop: real clients against a server with TLS and passwords. Prints a line for each client and, last, a count.
// With names as arguments only those run.

const ROOT = join(import.meta.dirname, '../..');
const USER = 'bi_user';
const PASSWORD = 'correct horse battery';
const CLIENT_MS = 180_000;
const READY_MS = 120_000;

const run = promisify(execFile);

interface Server {
  readonly process: ChildProcess;
  readonly port: string;
  readonly certificate: string;
}

async function makeCertificate(work: string): Promise<{ cert: string; key: string }> {
  const cert = join(work, 'server.pem');
  const key = join(work, 'server.key');
  await run('openssl', [
    ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=localhost'],
    ...['-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1', '-keyout', key, '-out', cert],
  ]);
  return { cert, key };
}

async function startServer(work: string): Promise<Server> {
  const lake = join(work, 'lake');
  await writeClientLake(lake);
  const { cert, key } = await makeCertificate(work);
  const config = join(work, 'tributary.yaml');
  await writeFile(join(work, 'schema.sql'), tributarySchema());
  await writeFile(
    config,
    `server: { memory: 2GB, sql: { port: 0, tls: { cert: ${cert}, key: ${key} } }, http: { port: 0 } }
state: ${join(work, 'state')}
auth: { users: [ { name: ${USER}, password: ${PASSWORD}, roles: [] } ] }
sources:
  ${clientSources(lake)}
bootstrap: [ schema.sql ]
`,
  );
  const server = spawn(
    process.execPath,
    [
      join(ROOT, 'packages/server/bin/tributary.js'),
      'serve',
      '--config',
      config,
      '--log-level',
      'warn',
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const port = await new Promise<string>((resolve, reject) => {
    let text = '';
    const late = setTimeout(() => reject(new Error(`the server is not ready: ${text}`)), READY_MS);
    server.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      const [, found] = /^ready: sql=[^:]*:(\d+)/m.exec(text) ?? [];
      if (found !== undefined) {
        clearTimeout(late);
        resolve(found);
      }
    });
    server.once('exit', (code) =>
      reject(new Error(`the server ended with ${code ?? 'a signal'}: ${text}`)),
    );
  });
  return { process: server, port, certificate: cert };
}

async function stopServer({ process: server }: Server): Promise<void> {
  const ended = new Promise((resolve) => server.once('exit', resolve));
  server.kill('SIGTERM');
  const code = await ended;
  if (code !== 0) throw new Error(`the server ended with ${String(code)}`);
}

/** What a failed command said, shortened. */
function reason(error: unknown): string {
  const {
    stdout = '',
    stderr = '',
    message,
  } = error as {
    stdout?: string;
    stderr?: string;
    message: string;
  };
  return `${stdout}${stderr}`.trim() === '' ? message : `${stdout}${stderr}`.trim();
}

type Outcome =
  { readonly state: 'passed' } | { readonly state: 'failed' | 'skipped'; readonly why: string };

async function outcomeOf(
  client: Client,
  work: string,
  environment: Readonly<Record<string, string>>,
): Promise<Outcome> {
  const execute = (
    command: Command,
    timeout: number,
  ): Promise<{ stdout: string; stderr: string }> =>
    run(command.file, [...command.args], {
      cwd: command.cwd ?? ROOT,
      env: { ...process.env, ...environment, ...command.environment },
      timeout,
      killSignal: 'SIGKILL',
      maxBuffer: 16e6,
    });
  for (const each of client.install(work)) {
    try {
      await execute(each, 900_000);
    } catch (error) {
      const [last = ''] = reason(error).split('\n').slice(-1);
      return { state: 'skipped', why: `it cannot be installed here: ${last}` };
    }
  }
  try {
    for (const each of client.build?.(work) ?? []) await execute(each, 900_000);
    const { stdout, stderr } = await execute(client.run(work), CLIENT_MS);
    const missing = client.steps.filter((step) => !stdout.includes(`ok ${step}\n`));
    return missing.length === 0
      ? { state: 'passed' }
      : { state: 'failed', why: `it did not do: ${missing.join(', ')}\n${stdout}${stderr}` };
  } catch (error) {
    return { state: 'failed', why: reason(error) };
  }
}

async function main(names: readonly string[]): Promise<void> {
  const work = await mkdtemp(join(tmpdir(), 'tributary-interop-'));
  const counts = { passed: 0, failed: 0, skipped: 0 };
  const say = (line: string): void => void process.stdout.write(`${line}\n`);
  try {
    const server = await startServer(work);
    const environment = {
      WORK: work,
      PGHOST: '127.0.0.1',
      PGPORT: server.port,
      PGUSER: USER,
      PGPASSWORD: PASSWORD,
      PGDATABASE: 'main',
      PGSSLMODE: 'verify-full',
      PGSSLROOTCERT: server.certificate,
    };
    for (const client of CLIENTS.filter(({ name }) => names.length === 0 || names.includes(name))) {
      const started = performance.now();
      const outcome = await outcomeOf(client, work, environment);
      counts[outcome.state] += 1;
      const seconds = ((performance.now() - started) / 1000).toFixed(1);
      say(
        outcome.state === 'passed'
          ? `interop: ${client.name}: passed (${client.steps.join(', ')}; ${seconds} s)`
          : `interop: ${client.name}: ${outcome.state.toUpperCase()}: ${outcome.why}`,
      );
    }
    await stopServer(server);
  } catch (error) {
    counts.failed += 1;
    say(`interop: FAILED: ${reason(error)}`);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  say(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
  process.exitCode = counts.failed === 0 ? 0 : 1;
}

await main(process.argv.slice(2));
