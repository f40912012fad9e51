import { parseStatements } from '@tributary/sql';
import { NO_ROLES, SYSTEM_USER } from '../access/reader.ts';
import type { Access } from '../access/reader.ts';
import { Session } from '../session/session.ts';
import type { SqlSession } from '../session/sql-session.ts';
import { MAIN_DATABASE } from './planner-services.ts';
import type { PlannerServices } from './planner-services.ts';
import { StatementCache } from './statement-cache.ts';

/** Makes sure that `main` and each source's database exist, with their default schemas. */
async function ensureDatabases({ store, connectors }: PlannerServices): Promise<void> {
  await store.ensureDatabase(MAIN_DATABASE, SYSTEM_USER);
  await store.createSchema(MAIN_DATABASE, 'public', SYSTEM_USER, true);
  for (const source of connectors.keys()) {
    await store.ensureDatabase(source, SYSTEM_USER);
    await store.createSchema(source, 'default', SYSTEM_USER, true);
  }
}

/** Ends what processes left in the middle of writing, before anybody reads. A source that cannot be reached is tried again later. */
async function recoverWrites({ connectors, store, log }: PlannerServices): Promise<void> {
  for (const { source, writer } of connectors.values()) {
    try {
      await writer?.recover(async ({ database, schema, name, location }) => {
        const found = (await store.snapshot()).relation(database, schema, name);
        return found?.kind === 'table' && found.location === location;
      });
    } catch (error) {
      log('error', `what was left of writes to source "${source}" could not be ended`, {
        err: error,
      });
    }
  }
}

/** The entry for every protocol: sessions over one set of services. */
export interface QueryService {
  createSession(user: string, startup: ReadonlyMap<string, string>): Promise<SqlSession>;
  /** Runs a script's statements one after another (bootstrap files). The first error ends it. */
  runScript(text: string, signal: AbortSignal): Promise<void>;
}

/** Prepares the catalog for the configured sources and answers the service. */
export async function createQueryService(
  given: Omit<PlannerServices, 'statements' | 'access'> & { readonly access?: Access },
): Promise<QueryService> {
  const { access = NO_ROLES } = given;
  const services = { ...given, access, statements: new StatementCache() };
  await ensureDatabases(services);
  await recoverWrites(services);
  return {
    createSession: (user, startup) => Session.open(services, user, startup),
    async runScript(text, signal) {
      const session = await Session.open(services, SYSTEM_USER, new Map());
      try {
        for (const statement of await parseStatements(text)) {
          const prepared = await session.prepare(statement, []);
          const result = await session.execute(prepared, [], signal);
          if (result.kind === 'rows') {
            for await (const _ of result.chunks()) {
              signal.throwIfAborted();
            }
          }
          for (const notice of result.notices) {
            services.log(notice.severity === 'WARNING' ? 'warn' : 'info', notice.message, {});
          }
        }
      } finally {
        await session.close();
      }
    },
  };
}
