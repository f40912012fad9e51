import type { ConnectionOptions } from 'node:tls';
import type { PostgresAccess } from '@tributary/engine';
import { QueryError } from '@tributary/sql';

/** libpq's names. `prefer` takes TLS where the server offers it, unverified. */
export const TLS_MODES = ['disable', 'prefer', 'require', 'verify-ca', 'verify-full'] as const;
export type TlsMode = (typeof TLS_MODES)[number];

/** When the engine's extension reads rows: where many are expected, whenever it can, or not at all. */
export const EXTENSION_USES = ['auto', 'always', 'never'] as const;
export type ExtensionUse = (typeof EXTENSION_USES)[number];

export interface PostgresConfig {
  /** The source's configured name. */
  readonly source: string;
  /** `postgres://user:password@host:port/database?sslmode=...`; nothing is taken from the environment by itself. */
  readonly url: string;
  /** Instead of one in the URL. */
  readonly password?: string;
  /** PEM text of the certificates to trust, for verify-ca and verify-full. Default: those of the system. */
  readonly rootCertificates?: string;
  /** Connections at once. Default 4. */
  readonly connections?: number;
  /** Milliseconds after which the source ends a statement; 0: never. Default 15 minutes. */
  readonly statementTimeout?: number;
  /** Milliseconds to connect. Default 5 seconds. */
  readonly connectTimeout?: number;
  /** Milliseconds for which what was read of the source's catalog stands. Default 5 seconds. */
  readonly catalogAge?: number;
  /** Where the engine has attached the source. Default auto. */
  readonly extension?: ExtensionUse;
  /** Columns of time by table (`schema.table`, or a table of schema public): ranges of them may be asked for side by side. */
  readonly timeColumns?: Readonly<Record<string, string>>;
}

/** Where a source is and how to get there. Holds a password: never printed. */
export interface ConnectionTarget {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string | undefined;
  readonly database: string;
  readonly mode: TlsMode;
  readonly rootCertificates: string | undefined;
}

const DEFAULT_PORT = 5432;
/** What connections tell the source of themselves. */
export const APPLICATION_NAME = 'tributary';
export const DEFAULT_CONNECTIONS = 4;

/**
 * Reads a source's URL. Throws invalidConfiguration without quoting the URL, which may hold a password.
 */
export function connectionTarget(config: PostgresConfig): ConnectionTarget {
  const refuse = (message: string): QueryError =>
    new QueryError('invalidConfiguration', `the url of source "${config.source}" ${message}`, {
      hint: 'Write postgres://user:password@host:5432/database?sslmode=verify-full.',
    });
  if (!URL.canParse(config.url)) throw refuse('is no URL');
  const url = new URL(config.url);
  if (url.protocol !== 'postgres:' && url.protocol !== 'postgresql:') {
    throw refuse('does not begin with postgres://');
  }
  const database = decoded(url.pathname.slice(1));
  const user = decoded(url.username);
  if (url.hostname === '' || user === '' || database === '') {
    throw refuse('must name a user, a host and a database');
  }
  for (const name of url.searchParams.keys()) {
    if (name !== 'sslmode') throw refuse(`has the unknown parameter "${name}"`);
  }
  const mode = url.searchParams.get('sslmode') ?? 'prefer';
  if (!isTlsMode(mode)) throw refuse(`has an sslmode that is none of ${TLS_MODES.join(', ')}`);
  const password = config.password ?? (url.password === '' ? undefined : decoded(url.password));
  return {
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? DEFAULT_PORT : Number(url.port),
    user,
    password,
    database,
    mode,
    rootCertificates: config.rootCertificates,
  };
}

/** What the engine needs to attach the source; undefined: it must not, or could not verify the server as this does. */
export function postgresAccess(
  config: PostgresConfig & { readonly rootCertificateFile?: string },
): PostgresAccess | undefined {
  const { mode, rootCertificates: _, ...target } = connectionTarget(config);
  const { rootCertificateFile } = config;
  const verifies = mode === 'verify-ca' || mode === 'verify-full';
  if (config.extension === 'never' || (verifies && rootCertificateFile === undefined))
    return undefined;
  return {
    source: config.source,
    ...target,
    applicationName: APPLICATION_NAME,
    connections: config.connections ?? DEFAULT_CONNECTIONS,
    sslmode: mode,
    ...(verifies && rootCertificateFile !== undefined ? { rootCertificateFile } : {}),
  };
}

/** Node's TLS options of a mode; undefined: plain. */
export function tlsOptions({
  mode,
  rootCertificates,
}: ConnectionTarget): ConnectionOptions | undefined {
  const trusted = rootCertificates === undefined ? {} : { ca: rootCertificates };
  switch (mode) {
    case 'disable':
      return undefined;
    case 'prefer':
    case 'require':
      return { rejectUnauthorized: false };
    case 'verify-ca':
      return { ...trusted, rejectUnauthorized: true, checkServerIdentity: () => undefined };
    case 'verify-full':
      return { ...trusted, rejectUnauthorized: true };
  }
}

function isTlsMode(text: string): text is TlsMode {
  return (TLS_MODES as readonly string[]).includes(text);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
