import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import { startTributary } from '../../../test/support/tributary.ts';
import { startHttpServer } from '../src/http/http-server.ts';
import type { HttpServer } from '../src/http/http-server.ts';
import { createMetrics } from '../src/http/metrics.ts';

const closing: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

interface Answer {
  readonly status: number;
  readonly type: string | null;
  readonly body: string;
}

async function get(port: number, path: string, method = 'GET'): Promise<Answer> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, { method });
  return {
    status: response.status,
    type: response.headers.get('content-type'),
    body: await response.text(),
  };
}

/** The value of a metric without labels, or with those given. */
function metric(text: string, name: string): number {
  const line = text.split('\n').find((each) => each.startsWith(`${name} `));
  if (line === undefined) throw new Error(`no metric ${name}`);
  return Number(line.slice(name.length + 1));
}

describe('the HTTP endpoint', () => {
  const start = async (
    state: { ready: boolean; reason?: string } = { ready: true },
  ): Promise<HttpServer> => {
    const server = await startHttpServer({
      host: '127.0.0.1',
      port: 0,
      metrics: createMetrics({ queries: () => 3, connections: () => 5 }),
      ready: () => state,
    });
    closing.push(() => server.close());
    return server;
  };

  test('tells that the process lives, and whether it answers statements', async () => {
    const state: { ready: boolean; reason?: string } = { ready: true };
    const { port } = await start(state);
    expect(await get(port, '/healthz')).toEqual({ status: 200, type: 'text/plain', body: 'ok\n' });
    expect(await get(port, '/readyz?verbose')).toMatchObject({ status: 200, body: 'ready\n' });
    state.ready = false;
    expect(await get(port, '/readyz')).toMatchObject({ status: 503, body: 'not ready\n' });
    state.reason = 'shutting down';
    expect(await get(port, '/readyz')).toMatchObject({ status: 503, body: 'shutting down\n' });
    expect(await get(port, '/healthz')).toMatchObject({ status: 200 });
    expect(await get(port, '/healthz', 'HEAD')).toMatchObject({ status: 200, body: '' });
  });

  test('refuses other paths and methods', async () => {
    const { port } = await start();
    expect(await get(port, '/')).toMatchObject({ status: 404 });
    expect(await get(port, '/healthz/x')).toMatchObject({ status: 404 });
    expect(await get(port, '/metrics', 'POST')).toMatchObject({ status: 405 });
  });

  test('shows what runs at the moment of the scrape, in the text format of Prometheus', async () => {
    const { port } = await start();
    const { status, type, body } = await get(port, '/metrics');
    expect(status).toBe(200);
    expect(type).toMatch(/^text\/plain; version=0\.0\.4/);
    expect(metric(body, 'tributary_queries_running')).toBe(3);
    expect(metric(body, 'tributary_sql_connections')).toBe(5);
    expect(metric(body, 'process_resident_memory_bytes')).toBeGreaterThan(1e6);
  });

  test('a port in use is an error', async () => {
    const { port } = await start();
    const metrics = createMetrics({ queries: () => 0, connections: () => 0 });
    await expect(
      startHttpServer({ host: '127.0.0.1', port, metrics, ready: () => ({ ready: true }) }),
    ).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });
});

test('a server counts its statements and connections', async () => {
  const root = await mkdtemp(join(tmpdir(), 'tributary-http-'));
  closing.push(() => rm(root, { recursive: true, force: true }));
  const server = await startTributary({ sources: `lake: { connector: lake, root: ${root} }` });
  let open = true;
  closing.push(() => (open ? server.close() : Promise.resolve()));
  const scrape = async () => (await get(server.httpPort, '/metrics')).body;
  expect(await get(server.httpPort, '/readyz')).toMatchObject({ status: 200 });
  const before = await scrape();
  expect(metric(before, 'tributary_sql_connections')).toBe(1);
  const finished = metric(before, 'tributary_query_seconds_count');
  await server.connect();
  await server.query('SELECT 1');
  await expect(server.query('SELECT 1 / 0')).rejects.toMatchObject({ code: '22012' });
  const after = await scrape();
  expect(metric(after, 'tributary_sql_connections')).toBe(2);
  expect(metric(after, 'tributary_queries_running')).toBe(0);
  expect(metric(after, 'tributary_query_seconds_count')).toBe(finished + 2);
  open = false;
  await server.close();
  await expect(get(server.httpPort, '/healthz')).rejects.toThrow();
});
