import type { CatalogSnapshot } from '@tributary/catalog';
import { MAIN_DATABASE, schemaAddresses } from '@tributary/planner';
import type { CatalogDescription, CatalogEngine, CatalogScope } from '@tributary/planner';
import { QueryError, TEXT, scalar, typeFromOid, typeInfo } from '@tributary/sql';
import type { SqlType } from '@tributary/sql';
import { Mirror } from './mirror.ts';
import type { MirrorLimits, MirrorLogger } from './mirror-lane.ts';
import type { MirroredRole } from './mirrored.ts';
import { ResultCache } from './result-cache.ts';
import type {
  BinaryRows,
  FieldDescription,
  StatementEnvironment,
  TaskResults,
  TextRows,
} from './worker-protocol.ts';

export interface CatalogEngineOptions {
  readonly logger: MirrorLogger;
  /** Who can log in. Others appear with their first statement. */
  readonly roles?: readonly MirroredRole[];
  /** A folder of the server's own: with it, every start but the first takes a second instead of many. */
  readonly snapshots?: string;
  readonly limits?: Partial<MirrorLimits>;
}

/** The catalog engine with its lifetime. It starts at the first statement, or when warmed. */
export interface RunningCatalogEngine extends CatalogEngine {
  /** Starts in the background and mirrors the snapshot, of database `main` unless said otherwise. */
  warm(snapshot: CatalogSnapshot, database?: string): void;
  close(): Promise<void>;
}

const DEFAULT_LIMITS: MirrorLimits = {
  statementMs: 10_000,
  startMs: 180_000,
  waiting: 256,
  spareMs: 300_000,
  keepHiddenMs: 60_000,
};
/** Each takes some hundred megabytes. */
const MOST_MIRRORS = 2;
const CACHED_CHARACTERS = 16_000_000;
/** Relations over the server's own state, whose functions are not declared volatile. */
const MONITORING = /pg_stat|pg_lock|pg_cursor|pg_prepared|pg_timezone/i;

function typeOf(oid: number): SqlType {
  return typeFromOid(oid) ?? TEXT;
}

function fieldType({ oid, typmod }: FieldDescription): SqlType {
  const type = typeOf(oid);
  return type.kind === 'scalar' && type.name !== 'numeric' && typmod >= 0
    ? scalar(type.name, typmod)
    : type;
}

function charactersIn(rows: TextRows | BinaryRows): number {
  let count = 0;
  for (const row of rows) {
    for (const value of row) {
      count += value?.length ?? 0;
    }
    count += row.length;
  }
  return count;
}

/** The names under which the session's search path stands in its mirror. */
function mirroredSearchPath({ snapshot, database, searchPath }: CatalogScope): readonly string[] {
  // In `main` the mirror has every name; elsewhere `public` may mean the schema `default`.
  return database === MAIN_DATABASE
    ? searchPath
    : searchPath.flatMap((schema) => {
        const named = schemaAddresses(snapshot, database, schema).map((each) => each.schema);
        return named.length === 0 ? [schema] : named;
      });
}

function environmentOf(scope: CatalogScope): StatementEnvironment {
  return {
    user: scope.user,
    searchPath: mirroredSearchPath(scope),
    timeZone: scope.timeZone,
  };
}

interface RowsRequest {
  readonly text: string;
  readonly parameters: readonly (string | null)[];
  readonly parameterTypes: readonly (SqlType | undefined)[];
  readonly scope: CatalogScope;
  readonly signal: AbortSignal;
}

const NEVER = new AbortController().signal;

class MirroringCatalogEngine implements RunningCatalogEngine {
  readonly #options: CatalogEngineOptions;
  readonly #limits: MirrorLimits;
  /** In order of use, the last used last. */
  readonly #mirrors = new Map<string, Mirror>();
  readonly #descriptions = new ResultCache<CatalogDescription>(CACHED_CHARACTERS / 4);
  readonly #results = new ResultCache<TextRows>(CACHED_CHARACTERS);
  readonly #binaryResults = new ResultCache<BinaryRows>(CACHED_CHARACTERS);
  #closed = false;

  constructor(options: CatalogEngineOptions) {
    this.#options = options;
    this.#limits = { ...DEFAULT_LIMITS, ...options.limits };
  }

  warm(snapshot: CatalogSnapshot, database = MAIN_DATABASE): void {
    this.#mirror(database)
      .warm(snapshot)
      .catch((error: unknown) => {
        if (!this.#closed) {
          this.#options.logger.warn({ err: error, database }, 'system catalogs did not start');
        }
      });
  }

  async describe(
    text: string,
    scope: CatalogScope,
    parameterTypes: readonly (SqlType | undefined)[] = [],
    signal: AbortSignal = NEVER,
  ): Promise<CatalogDescription> {
    const key = this.#key(text, parameterTypes, [], scope);
    const known = this.#descriptions.get(key);
    if (known !== undefined) {
      return known;
    }
    const { parameters, fields } = await this.#mirror(scope.database).run(
      {
        kind: 'describe',
        text,
        parameterTypes: oids(parameterTypes),
        environment: environmentOf(scope),
      },
      scope,
      signal,
    );
    const description: CatalogDescription = {
      parameters: parameters.map(typeOf),
      columns: fields.map((field, index) => ({
        id: index + 1,
        name: field.name,
        type: fieldType(field),
        ...(typeFromOid(field.oid) === undefined
          ? { catalogType: { oid: field.oid, length: field.length } }
          : {}),
      })),
    };
    this.#descriptions.set(key, description, 100 * (fields.length + parameters.length));
    return description;
  }

  execute(
    text: string,
    parameters: readonly (string | null)[],
    scope: CatalogScope,
    signal: AbortSignal,
    parameterTypes: readonly (SqlType | undefined)[] = [],
  ): Promise<TextRows> {
    const request = { text, parameters, parameterTypes, scope, signal };
    return this.#rows('execute', request, this.#results);
  }

  executeBinary(
    text: string,
    parameters: readonly (string | null)[],
    scope: CatalogScope,
    signal: AbortSignal,
    parameterTypes: readonly (SqlType | undefined)[] = [],
  ): Promise<BinaryRows> {
    const request = { text, parameters, parameterTypes, scope, signal };
    return this.#rows('executeBinary', request, this.#binaryResults);
  }

  async #rows<Kind extends 'execute' | 'executeBinary'>(
    kind: Kind,
    { text, parameters, parameterTypes, scope, signal }: RowsRequest,
    cache: ResultCache<TaskResults[Kind]>,
  ): Promise<TaskResults[Kind]> {
    const key = this.#key(text, parameterTypes, parameters, scope);
    const known = cache.get(key);
    if (known !== undefined) {
      return known;
    }
    const mirror = this.#mirror(scope.database);
    const rows = await mirror.run(
      {
        kind,
        text,
        parameterTypes: oids(parameterTypes),
        parameters,
        environment: environmentOf(scope),
      },
      scope,
      signal,
    );
    if (answersAlike(text, mirror.volatileFunctions)) {
      cache.set(key, rows, charactersIn(rows));
    }
    return rows;
  }

  async close(): Promise<void> {
    this.#closed = true;
    const mirrors = [...this.#mirrors.values()];
    this.#mirrors.clear();
    await Promise.all(mirrors.map((mirror) => mirror.close()));
  }

  #key(
    text: string,
    parameterTypes: readonly (SqlType | undefined)[],
    parameters: readonly (string | null)[],
    scope: CatalogScope,
  ): string {
    const { snapshot, database, user, searchPath, timeZone } = scope;
    return JSON.stringify([
      snapshot.version,
      database,
      user,
      searchPath,
      timeZone,
      text,
      oids(parameterTypes),
      parameters,
    ]);
  }

  #mirror(database: string): Mirror {
    if (this.#closed) {
      throw new QueryError('adminShutdown', 'the system catalogs are shutting down');
    }
    let mirror = this.#mirrors.get(database);
    if (mirror === undefined) {
      this.#makeRoom();
      const { roles = [], snapshots, logger } = this.#options;
      const { keepHiddenMs } = this.#limits;
      const start = {
        database,
        roles,
        keepHiddenMs,
        ...(snapshots === undefined ? {} : { snapshots }),
      };
      mirror = new Mirror(start, this.#limits, logger);
    }
    this.#mirrors.delete(database);
    this.#mirrors.set(database, mirror);
    return mirror;
  }

  #makeRoom(): void {
    if (this.#mirrors.size < MOST_MIRRORS) {
      return;
    }
    const leaving = [...this.#mirrors].find(([, mirror]) => mirror.idle);
    if (leaving === undefined) {
      throw new QueryError(
        'configurationLimitExceeded',
        `the system catalogs of ${MOST_MIRRORS} other databases are in use`,
        { hint: 'Try again later, or connect to database main, which shows every source.' },
      );
    }
    const [database, mirror] = leaving;
    this.#mirrors.delete(database);
    mirror.close().catch((error: unknown) => {
      this.#options.logger.warn({ err: error, database }, 'system catalogs did not stop');
    });
  }
}

function oids(types: readonly (SqlType | undefined)[]): readonly number[] {
  return types.map((type) => (type === undefined ? 0 : typeInfo(type).oid));
}

/** Whether the same statement over the same catalog gives the same rows: it names nothing that varies from call to call. */
function answersAlike(text: string, volatileFunctions: ReadonlySet<string>): boolean {
  if (
    MONITORING.test(text) ||
    /\bnow\b|current_time|localtime|current_date|_timestamp/i.test(text)
  ) {
    return false;
  }
  const names = text.toLowerCase().match(/[a-z_][a-z0-9_]*/g) ?? [];
  return !names.some((name) => volatileFunctions.has(name));
}

/** Answers pg_catalog and information_schema from PostgreSQL in a thread of its own, over empty tables like the catalog's. */
export function createCatalogEngine(options: CatalogEngineOptions): RunningCatalogEngine {
  return new MirroringCatalogEngine(options);
}
