import { readFile } from 'node:fs/promises';
import { createPostgresConnector, postgresAccess } from '@tributary/connectors';
import type { QueryConnector } from '@tributary/connectors';
import type { Engine, PostgresAccess } from '@tributary/engine';
import { QueryError } from '@tributary/sql';
import type { Config, LakeSourceConfig } from './config/config.ts';
import type { PostgresSourceConfig } from './config/postgres-source.ts';

export function lakeSources(config: Config): readonly LakeSourceConfig[] {
  return config.sources.filter((source) => source.connector === 'lake');
}

/** The databases that the engine may attach. */
export function attachedSources(config: Config): readonly PostgresAccess[] {
  return config.sources.flatMap((source) => {
    if (source.connector !== 'postgres') return [];
    const access = postgresAccess({ source: source.name, ...source });
    return access === undefined ? [] : [access];
  });
}

/** The sources that compute queries, by name. None is connected to: one that is down must not keep the server from starting. */
export async function openQuerySources(
  config: Config,
  engine: Engine,
): Promise<ReadonlyMap<string, QueryConnector>> {
  const opened = new Map<string, QueryConnector>();
  for (const source of config.sources) {
    if (source.connector !== 'postgres') continue;
    const { name, rootCertificateFile: _file, connector: _kind, ...settings } = source;
    const rootCertificates = await readCertificates(source);
    opened.set(
      name,
      createPostgresConnector(
        {
          source: name,
          ...settings,
          ...(rootCertificates === undefined ? {} : { rootCertificates }),
        },
        { engine },
      ),
    );
  }
  return opened;
}

async function readCertificates({
  name,
  rootCertificateFile,
}: PostgresSourceConfig): Promise<string | undefined> {
  if (rootCertificateFile === undefined) return undefined;
  try {
    return await readFile(rootCertificateFile, 'utf8');
  } catch (error) {
    throw new QueryError(
      'invalidConfiguration',
      `the rootCertificate of source "${name}" cannot be read: ${rootCertificateFile}`,
      { cause: error },
    );
  }
}
