import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectClient } from '@tributary/client';
import type { QueryAnswer, QueryClient } from '@tributary/client';
import { createLogger, parseConfig, startServer } from '@tributary/server';
import { linkExtension } from './engine-extensions.ts';

export interface TestServer {
  readonly url: string;
  readonly sqlPort: number;
  readonly httpPort: number;
  readonly state: string;
  /** One shared connection; texts in PostgreSQL's form. */
  query(text: string, parameters?: readonly (string | null)[]): Promise<QueryAnswer>;
  /** A connection of one's own; closed with the server. */
  connect(): Promise<QueryClient>;
  close(): Promise<void>;
}

export interface TestServerOptions {
  /** YAML of the `sources` mapping, e.g. `lake: { connector: lake, root: /tmp/x }`. */
  readonly sources: string;
  /** SQL run at start. */
  readonly bootstrap?: string;
  /** More YAML lines at the top level. */
  readonly config?: string;
  /** Engine extensions that it finds. */
  readonly extensions?: readonly string[];
  /** Of user `tributary`, where `config` declares users. */
  readonly password?: string;
}

/** Starts a real server in this process on free ports, with a state folder that goes with it. */
export async function startTributary(options: TestServerOptions): Promise<TestServer> {
  const state = await mkdtemp(join(tmpdir(), 'tributary-test-'));
  const file = join(state, 'tributary.yaml');
  await writeFile(join(state, 'bootstrap.sql'), options.bootstrap ?? '');
  const text = `server: { memory: 2GB, sql: { port: 0 }, http: { port: 0 } }
state: ${state}/state
sources:
  ${options.sources}
bootstrap: [ bootstrap.sql ]
${options.config ?? ''}
`;
  const clients: QueryClient[] = [];
  try {
    for (const name of options.extensions ?? []) await linkExtension(name, `${state}/state`);
    const server = await startServer(
      parseConfig(text, file, {}),
      createLogger(process.env['LOG_LEVEL'] ?? 'error'),
      new AbortController().signal,
    );
    const login = options.password === undefined ? '' : `:${options.password}`;
    const url = `postgres://tributary${login}@127.0.0.1:${server.sqlPort}/main`;
    const connect = async (): Promise<QueryClient> => {
      const client = await connectClient(url);
      clients.push(client);
      return client;
    };
    const shared = await connect();
    return {
      url,
      sqlPort: server.sqlPort,
      httpPort: server.httpPort,
      state,
      connect,
      query: (statement, parameters) => shared.query(statement, parameters),
      async close() {
        await Promise.all(clients.map((client) => client.close().catch(() => undefined)));
        await server.close(AbortSignal.timeout(5000));
        await rm(state, { recursive: true, force: true });
      },
    };
  } catch (error) {
    await rm(state, { recursive: true, force: true });
    throw error;
  }
}
