import type { DuckDBConnection } from '@duckdb/node-api';
import type { ExtensionReport, PostgresAccess } from './engine.ts';
import { quoteLiteral } from './quote-literal.ts';

const EXTENSION = 'postgres_scanner';
/** Seconds that attaching waits for a server, and each connection later. */
const CONNECT_SECONDS = 5;
/** A connection whose other end is gone is given up after so many milliseconds. */
const TCP_TIMEOUT_MS = 30_000;

export interface AttachedDatabases {
  /** The engine's names of the databases that are attached, by source: as many as it can have connections at once. */
  readonly names: ReadonlyMap<string, readonly string[]>;
  readonly reports: readonly ExtensionReport[];
}

/**
 * Attaches PostgreSQL databases, read-only, before the instance is locked. One that cannot be reached is reported and left out: its rows
 * come another way. The password lies in a secret; the attached text, which statements could see, holds none.
 */
export async function attachPostgres(
  connection: DuckDBConnection,
  databases: readonly PostgresAccess[],
): Promise<AttachedDatabases> {
  const names = new Map<string, readonly string[]>();
  const reports: ExtensionReport[] = [];
  // Each transaction opens a connection of its own and closes it: whoever begins one has counted it.
  await connection.run('SET GLOBAL pg_pool_max_connections = 0');
  for (const [index, database] of databases.entries()) {
    const name = `postgres_${index}`;
    try {
      await connection.run(
        `CREATE SECRET ${name} (TYPE postgres, PASSWORD ${quoteLiteral(database.password ?? '')})`,
      );
      // A transaction has one connection for each name.
      const each = Array.from({ length: database.connections }, (_, place) => `${name}_${place}`);
      for (const one of each) {
        await connection.run(
          `ATTACH ${quoteLiteral(connectionText(database))} AS ${one} (TYPE postgres, READ_ONLY, SECRET ${name})`,
        );
      }
      names.set(database.source, each);
    } catch {
      // The native message quotes the connection's text: it is dropped on purpose.
      reports.push({
        name: EXTENSION,
        state: 'failed',
        detail: `source "${database.source}" could not be attached: its rows come by COPY until the server starts again`,
      });
    }
  }
  return { names, reports };
}

/** libpq's parameters. Those that it would else take from the environment are said to be empty. */
function connectionText(access: PostgresAccess): string {
  const parameters: readonly (readonly [string, string])[] = [
    ['host', access.host],
    ['hostaddr', ''],
    ['port', String(access.port)],
    ['user', access.user],
    ['dbname', access.database],
    ['passfile', '/dev/null'],
    ['options', ''],
    ['application_name', access.applicationName],
    ['client_encoding', 'UTF8'],
    ['connect_timeout', String(CONNECT_SECONDS)],
    ['tcp_user_timeout', String(TCP_TIMEOUT_MS)],
    ['gssencmode', 'disable'],
    ['sslmode', access.sslmode],
    ...(access.rootCertificateFile === undefined
      ? []
      : [['sslrootcert', access.rootCertificateFile] as const]),
  ];
  return parameters
    .map(([name, value]) => `${name}='${value.replace(/[\\']/g, (mark) => `\\${mark}`)}'`)
    .join(' ');
}
