import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  mountSources,
  openCatalogStore,
  openReuseStore,
  projectPartitions,
} from '@tributary/catalog';
import type { CatalogStore } from '@tributary/catalog';
import { createLakeConnector } from '@tributary/connectors';
import type { Connector } from '@tributary/connectors';
import { createEngine } from '@tributary/engine';
import type { Engine } from '@tributary/engine';
import { QueryLog, createQueryService, createReuseService } from '@tributary/planner';
import { QueryError, isQueryError } from '@tributary/sql';
import { createCatalogEngine } from './catalog-engine/catalog-engine.ts';
import type { Config, LakeSourceConfig, TlsConfig } from './config/config.ts';
import { attachedSources, lakeSources, openQuerySources } from './open-sources.ts';
import { startHttpServer } from './http/http-server.ts';
import { createMetrics } from './http/metrics.ts';
import type { Logger } from './logger.ts';
import { makeFolder } from './make-folder.ts';
import {
  createAccess,
  createAuthentication,
  mayWrite,
  mirroredRoles,
  refuseUnknownUser,
} from './users.ts';
import { startPgwireServer } from './pgwire/server.ts';
import type { TlsOptions } from './pgwire/tls.ts';

export interface RunningServer {
  readonly sqlPort: number;
  readonly httpPort: number;
  /** Prepares in the background what the first statement over the system catalogs would otherwise wait for. Never fails. */
  warm(): Promise<void>;
  /** Refuses new statements, waits for running ones until the signal aborts, then cancels them. */
  close(signal: AbortSignal): Promise<void>;
}

/** Of `server.memory`: the engine's share. The rest is for objects in flight, listings, sockets and the process itself. */
const ENGINE_SHARE = 0.6;
const SPILL_LIMIT = 50e9;
const WHOLE_OBJECT_LIMIT = 16 * 2 ** 20;

interface Closing {
  readonly name: string;
  readonly close: () => Promise<void>;
}

function isRemote(source: LakeSourceConfig): boolean {
  return source.root.startsWith('s3://');
}

async function openEngine(config: Config): Promise<Engine> {
  const cache = join(config.state, 'objects/');
  const spill = join(config.state, 'spill/');
  const cells = reuseDirectory(config.state);
  await Promise.all([cache, spill, cells].map(makeFolder));
  return createEngine({
    threads: config.engine.threads,
    memoryLimit: Math.round(config.server.memory * ENGINE_SHARE),
    spillDirectory: spill,
    spillLimit: SPILL_LIMIT,
    allowedDirectories: [
      cache,
      cells,
      ...lakeSources(config)
        .filter((source) => !isRemote(source))
        .map(({ root }) => root),
    ],
    s3: lakeSources(config)
      .filter(isRemote)
      .map((source) => ({ scope: source.root, ...source.s3 })),
    extensionDirectories: [extensionDirectory(config.state)],
    extensions: ['httpfs'],
    postgres: attachedSources(config),
    maxConcurrent: Math.max(4, config.engine.threads * 2),
  });
}

/** Where cells are kept. */
function reuseDirectory(state: string): string {
  return join(state, 'reuse/');
}

/** Where `tributary extensions --fetch` puts engine extensions. */
export function extensionDirectory(state: string): string {
  return join(state, 'extensions');
}

function openConnectors(
  config: Config,
  engine: Engine,
  store: CatalogStore,
): ReadonlyMap<string, Connector> {
  return new Map(
    lakeSources(config).map((source) => [
      source.name,
      createLakeConnector(
        {
          source: source.name,
          root: source.root,
          ...(isRemote(source) ? { s3: source.s3 } : {}),
          cache: {
            directory: join(config.state, 'objects'),
            maxBytes: config.objectCache.maxBytes,
            wholeObjectLimit: WHOLE_OBJECT_LIMIT,
          },
        },
        {
          engine,
          partitions: (table, constraint, { now }) => projectPartitions(table, constraint, { now }),
          registeredPartitions: (table, constraint) => store.partitions(table, constraint),
          times: store.times,
        },
      ),
    ]),
  );
}

/** Opens everything the configuration names, runs its bootstrap files and listens. What was opened is closed again on failure. */
export async function startServer(
  config: Config,
  logger: Logger,
  signal: AbortSignal,
): Promise<RunningServer> {
  const opened: Closing[] = [];
  const closeAll = async (): Promise<void> => {
    for (const { name, close } of opened.reverse()) {
      try {
        await close();
      } catch (error) {
        logger.error({ err: error }, `closing ${name} failed`);
      }
    }
    opened.length = 0;
  };
  try {
    await makeFolder(config.state);
    const store = await openCatalogStore(
      config.catalog.store === 'embedded'
        ? { path: join(config.state, 'catalog.db') }
        : config.catalog.store,
    );
    opened.push({ name: 'catalog store', close: () => store.close() });
    const reuseStore = await openReuseStore({
      directory: reuseDirectory(config.state),
      maxBytes: config.reuse.maxBytes,
      database:
        config.catalog.store === 'embedded'
          ? { path: join(config.state, 'catalog.db') }
          : config.catalog.store,
      log: (level, message, fields) => logger[level](fields, message),
    });
    opened.push({ name: 'reuse store', close: () => reuseStore.close() });
    const engine = await openEngine(config);
    opened.push({ name: 'engine', close: () => engine.close() });
    for (const report of engine.extensions()) {
      logger.info({ extension: report.name, state: report.state }, report.detail);
    }
    const connectors = openConnectors(config, engine, store);
    for (const connector of connectors.values()) {
      opened.push({ name: `source ${connector.source}`, close: () => connector.close() });
    }
    const querySources = await openQuerySources(config, engine);
    for (const source of querySources.values()) {
      opened.push({ name: `source ${source.source}`, close: () => source.close() });
    }
    const catalog = mountSources(
      store,
      [...querySources.values()].map((source) => source.catalog),
    );
    const reuse = createReuseService(reuseStore, config.reuse, (error) => {
      logger.warn({ err: error }, 'work on stored cells failed');
    });
    opened.push({ name: 'work on stored cells', close: () => reuse.background.close() });
    const queries = new QueryLog();
    let connections = (): number => 0;
    const metrics = createMetrics({
      queries: () => queries.runningCount,
      connections: () => connections(),
      reuse: () => reuse.counts,
    });
    queries.onFinished = (record) => {
      metrics.observeQuery(record);
      logger.info(
        {
          query: record.id,
          user: record.user,
          state: record.state,
          sqlstate: record.sqlstate,
          ms: record.statistics.totalMs,
          files: record.statistics.filesRead,
        },
        'statement',
      );
    };
    const snapshots = join(config.state, 'system-catalogs');
    await makeFolder(snapshots);
    const access = createAccess(config);
    const catalogEngine = createCatalogEngine({
      logger,
      snapshots,
      roles: mirroredRoles(config, access),
    });
    opened.push({ name: 'system catalogs', close: () => catalogEngine.close() });
    const service = await createQueryService({
      store: catalog,
      engine,
      connectors,
      querySources,
      catalogEngine,
      queries,
      reuse,
      access,
      mayWrite: (user, source) => mayWrite(config, user, source),
      settingDefaults: new Map([['tributary.reuse', config.reuse.mode]]),
      log: (level, message, fields) => logger[level](fields, message),
    });
    for (const file of config.bootstrap) {
      await runBootstrap(file, (text) => service.runScript(text, signal));
    }
    let ready = true;
    const sql = await startPgwireServer({
      host: config.server.sql.host,
      port: config.server.sql.port,
      ...(config.server.sql.tls === undefined ? {} : { tls: await readTls(config.server.sql.tls) }),
      authentication: createAuthentication(config.users),
      createSession: async (user, startup) => {
        refuseUnknownUser(config.users, user);
        return service.createSession(user, startup);
      },
      logger,
    });
    connections = () => sql.connections();
    opened.push({ name: 'SQL endpoint', close: () => sql.close(AbortSignal.abort()) });
    const http = await startHttpServer({
      ...config.server.http,
      metrics,
      ready: () => (ready ? { ready } : { ready, reason: 'shutting down' }),
    });
    opened.push({ name: 'HTTP endpoint', close: () => http.close() });
    return {
      sqlPort: sql.port,
      httpPort: http.port,
      async warm() {
        try {
          catalogEngine.warm(await catalog.snapshot());
        } catch (error) {
          logger.warn({ err: error }, 'system catalogs were not prepared');
        }
      },
      async close(closing) {
        ready = false;
        await sql.close(closing);
        await closeAll();
      },
    };
  } catch (error) {
    await closeAll();
    throw error;
  }
}

async function readTls(files: TlsConfig): Promise<TlsOptions> {
  const { clientAuthoritiesFile: authorities, required } = files;
  const [cert, key, clientAuthorities] = await Promise.all([
    readFile(files.certFile, 'utf8'),
    readFile(files.keyFile, 'utf8'),
    authorities === undefined ? undefined : readFile(authorities, 'utf8'),
  ]);
  return { cert, key, required, ...(clientAuthorities === undefined ? {} : { clientAuthorities }) };
}

async function runBootstrap(file: string, run: (text: string) => Promise<void>): Promise<void> {
  try {
    await run(await readFile(file, 'utf8'));
  } catch (error) {
    const reason = isQueryError(error) ? error.message : String(error);
    throw new QueryError('invalidConfiguration', `bootstrap file ${file}: ${reason}`, {
      cause: error,
    });
  }
}
