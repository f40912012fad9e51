import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Engine } from '@tributary/engine';
import { createEngine } from '@tributary/engine';
import type { Authentication } from '../../../src/pgwire/authentication.ts';
import type { PgwireLimits, PgwireServer } from '../../../src/pgwire/server.ts';
import { startPgwireServer } from '../../../src/pgwire/server.ts';
import type { TlsOptions } from '../../../src/pgwire/tls.ts';
import type { ColumnTypes } from './engine-session.ts';
import { EngineSession } from './engine-session.ts';

export interface TestServer {
  readonly server: PgwireServer;
  readonly engine: Engine;
  readonly port: number;
  /** Sessions in the order they were made. */
  readonly sessions: readonly EngineSession[];
  /** What was logged as an error. */
  readonly errors: readonly object[];
  stop(): Promise<void>;
}

export interface TestServerOptions {
  readonly authentication?: Authentication;
  readonly tls?: TlsOptions;
  readonly types?: ColumnTypes;
  readonly limits?: PgwireLimits;
}

/** The endpoint over a real engine and sessions without a planner. */
export async function startTestServer(options: TestServerOptions = {}): Promise<TestServer> {
  const directory = await mkdtemp(join(tmpdir(), 'tributary-pgwire-'));
  const engine = await createEngine({
    threads: 2,
    memoryLimit: 512 * 1024 * 1024,
    spillDirectory: directory,
    spillLimit: 64 * 1024 * 1024,
    allowedDirectories: [],
    s3: [],
    extensionDirectories: [],
    extensions: [],
    maxConcurrent: 4,
  });
  const sessions: EngineSession[] = [];
  const errors: object[] = [];
  const server = await startPgwireServer({
    host: '127.0.0.1',
    port: 0,
    authentication: options.authentication ?? { kind: 'trust' },
    ...(options.tls === undefined ? {} : { tls: options.tls }),
    ...(options.limits === undefined ? {} : { limits: options.limits }),
    createSession: (user) => {
      const session = new EngineSession(engine, user, options.types);
      sessions.push(session);
      return Promise.resolve(session);
    },
    logger: {
      debug: () => undefined,
      info: () => undefined,
      error: (fields) => errors.push(fields),
    },
  });
  return {
    server,
    engine,
    port: server.port,
    sessions,
    errors,
    async stop() {
      await server.close(AbortSignal.abort());
      await engine.close(AbortSignal.abort());
      await rm(directory, { recursive: true, force: true });
    },
  };
}
