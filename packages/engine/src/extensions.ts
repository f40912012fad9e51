import type { DuckDBConnection } from '@duckdb/node-api';
import { realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { QueryError } from '@tributary/sql';
import type { ExtensionReport } from './engine.ts';
import { quoteLiteral } from './quote-literal.ts';

const NAME = /^[a-z][a-z0-9_]*$/;

/** Extensions that the engine's library holds: there is no file to look for. */
const BUILT_IN: ReadonlySet<string> = new Set(['core_functions', 'icu', 'json', 'parquet']);

/**
 * Loads each named extension from the first folder that holds `<name>.duckdb_extension`. Nothing is downloaded and the
 * engine checks the file's signature. A missing or refused extension is reported, not thrown.
 *
 * @throws QueryError invalidConfiguration for a name that is no extension name.
 */
export async function loadExtensions(
  connection: DuckDBConnection,
  names: readonly string[],
  directories: readonly string[],
): Promise<readonly ExtensionReport[]> {
  const reports: ExtensionReport[] = [];
  for (const name of names) {
    if (!NAME.test(name)) {
      throw new QueryError(
        'invalidConfiguration',
        `"${name}" is not the name of an engine extension`,
      );
    }
    reports.push(await loadExtension(connection, name, directories));
  }
  return reports;
}

async function loadExtension(
  connection: DuckDBConnection,
  name: string,
  directories: readonly string[],
): Promise<ExtensionReport> {
  if (BUILT_IN.has(name)) return { name, state: 'loaded', detail: 'part of the engine' };
  const file = await findExtension(name, directories);
  if (file === undefined) {
    const searched = directories.length === 0 ? 'no folder is configured' : directories.join(', ');
    return { name, state: 'missing', detail: `no ${name}.duckdb_extension found (${searched})` };
  }
  try {
    await connection.run(`LOAD ${quoteLiteral(file)}`);
    return { name, state: 'loaded', detail: file };
  } catch (error) {
    return { name, state: 'failed', detail: `${file}: ${failure(error)}` };
  }
}

async function findExtension(
  name: string,
  directories: readonly string[],
): Promise<string | undefined> {
  for (const directory of directories) {
    const file = join(directory, `${name}.duckdb_extension`);
    try {
      if ((await stat(file)).isFile()) return await realpath(file);
    } catch {
      // Not here: the next folder may have it.
    }
  }
  return undefined;
}

function failure(error: unknown): string {
  const message =
    typeof error === 'object' && error !== null && 'message' in error
      ? String(error.message)
      : String(error);
  return message.split('\n')[0] ?? message;
}
