import type { DuckDBConnection } from '@duckdb/node-api';
import { DuckDBInstance } from '@duckdb/node-api';
import { isQueryError, QueryError } from '@tributary/sql';
import { realpath } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import type { EngineConfig, ExtensionReport } from './engine.ts';
import { loadExtensions } from './extensions.ts';
import { attachPostgres } from './postgres-access.ts';
import { quoteLiteral } from './quote-literal.ts';
import { createS3Secret } from './s3-secret.ts';

/** A DuckDB that reads nothing outside the allowed directories and cannot be configured any more. */
export interface LockedInstance {
  readonly instance: DuckDBInstance;
  readonly connections: readonly DuckDBConnection[];
  readonly extensions: readonly ExtensionReport[];
  /** The engine's names of attached PostgreSQL databases, by source. */
  readonly postgres: ReadonlyMap<string, readonly string[]>;
}

const PARKED_RESULTS = 64;
const POSTGRES = 'postgres_scanner';

/**
 * The database in memory that tables of rows from outside are in. A transaction sees of each database what was there when it first looked, and
 * nothing but such tables is in this one: a session that was begun while rows were still loaded sees them all.
 */
export const LOADED = 'loaded';

/** The one setting of a connection that changes after the lock: how local Parquet files are read. */
export const PREFETCH = 'prefetch_all_parquet_files';

/**
 * Opens an in-memory DuckDB, loads extensions, creates secrets and the connections, then locks it. The connections are
 * made before the lock because the progress meter is a setting of a connection.
 *
 * @throws QueryError invalidConfiguration when a directory or a scope is malformed or the engine refuses a value.
 */
export async function openLockedInstance(config: EngineConfig): Promise<LockedInstance> {
  const directories = await allowedDirectories(config.allowedDirectories);
  const secrets = config.s3.map((access, index) => createS3Secret(`source_${index}`, access));
  let instance: DuckDBInstance;
  try {
    instance = await DuckDBInstance.create(':memory:', {
      threads: String(config.threads),
      memory_limit: `${Math.floor(config.memoryLimit)}B`,
      temp_directory: config.spillDirectory,
      max_temp_directory_size: `${Math.floor(config.spillLimit)}B`,
      autoinstall_known_extensions: 'false',
      autoload_known_extensions: 'false',
      allow_community_extensions: 'false',
      allow_persistent_secrets: 'false',
    });
  } catch (error) {
    throw refused('the engine does not start with these limits', error);
  }
  try {
    const connection = await instance.connect();
    await connection.run(`ATTACH ':memory:' AS ${LOADED}`);
    const databases = config.postgres ?? [];
    const extensions = await loadExtensions(
      connection,
      databases.length === 0 ? config.extensions : [...config.extensions, POSTGRES],
      config.extensionDirectories,
    );
    const isLoaded = (wanted: string): boolean =>
      extensions.some(({ name, state }) => name === wanted && state === 'loaded');
    const attached = isLoaded(POSTGRES) ? await attachPostgres(connection, databases) : undefined;
    if (isLoaded('httpfs')) {
      for (const [index, secret] of secrets.entries()) {
        await connection.run(secret).catch(() => {
          // The native message quotes the statement with its keys: it is dropped on purpose.
          const scope = config.s3[index]?.scope ?? '';
          throw new QueryError('invalidConfiguration', `S3 access to ${scope} was refused`);
        });
      }
      directories.push(...config.s3.map(({ scope }) => scope));
    }
    for (const [name, value] of settings(directories)) {
      await connection.run(`SET GLOBAL ${name} = ${value}`);
    }
    const connections = [connection];
    const wanted = config.maxConcurrent + (config.maxParked ?? PARKED_RESULTS);
    while (connections.length < wanted) connections.push(await instance.connect());
    for (const each of connections) {
      await each.run('SET enable_progress_bar = true');
      await each.run('SET enable_progress_bar_print = false');
    }
    await connection.run('SET GLOBAL enable_external_access = false');
    await connection.run('SET GLOBAL lock_configuration = true');
    return {
      instance,
      connections,
      extensions: [...extensions, ...(attached?.reports ?? [])],
      postgres: attached?.names ?? new Map<string, readonly string[]>(),
    };
  } catch (error) {
    instance.closeSync();
    throw isQueryError(error) ? error : refused('the engine refuses its configuration', error);
  }
}

function settings(directories: readonly string[]): readonly (readonly [string, string])[] {
  return [
    ['integer_division', 'true'],
    ['default_null_order', quoteLiteral('postgres')],
    ['TimeZone', quoteLiteral('UTC')],
    // A footer is trusted by its file's mtime: a file rewritten in place under its old mtime would be read by the
    // old footer, so neither cache is used.
    ['parquet_metadata_cache', 'false'],
    ['enable_external_file_cache', 'false'],
    ['allowed_configs', `[${quoteLiteral(PREFETCH)}]`],
    ['allowed_directories', `[${directories.map(quoteLiteral).join(', ')}]`],
  ];
}

/** Each as given and resolved: the engine compares what a symbolic link resolves to. */
async function allowedDirectories(given: readonly string[]): Promise<string[]> {
  const directories = new Set<string>();
  for (const directory of given) {
    if (!isAbsolute(directory) || !directory.endsWith('/')) {
      throw new QueryError(
        'invalidConfiguration',
        `"${directory}" must be an absolute directory ending in a slash`,
      );
    }
    directories.add(directory);
    const resolved = await realpath(directory).catch(() => undefined);
    if (resolved !== undefined) directories.add(resolved.endsWith('/') ? resolved : `${resolved}/`);
  }
  return [...directories];
}

function refused(message: string, cause: unknown): QueryError {
  return new QueryError('invalidConfiguration', message, { cause });
}
