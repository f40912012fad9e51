import { totalmem } from 'node:os';
import { dirname, resolve } from 'node:path';
import { PUBLIC } from '@tributary/catalog';
import { parseMilliseconds, reuseMode } from '@tributary/planner';
import { QueryError, isQueryError } from '@tributary/sql';
import { LineCounter, parseDocument } from 'yaml';
import { ConfigNode } from './config-node.ts';
import { POSTGRES_KEYS, readPostgresSource } from './postgres-source.ts';
import type { PostgresSourceConfig } from './postgres-source.ts';

export interface TlsConfig {
  readonly certFile: string;
  readonly keyFile: string;
  readonly clientAuthoritiesFile?: string;
  readonly required: boolean;
}

export interface UserConfig {
  readonly name: string;
  /** At least one of password and certificate. */
  readonly password?: string;
  /** The common name of the certificate that the user must show. */
  readonly certificate?: string;
  readonly roles: readonly string[];
}

export interface S3Config {
  readonly endpoint?: string;
  readonly region?: string;
  readonly accessKeyId?: string;
  readonly secretAccessKey?: string;
  readonly sessionToken?: string;
  readonly pathStyle?: boolean;
}

export interface LakeSourceConfig {
  readonly connector: 'lake';
  readonly name: string;
  /** A local folder (absolute) or `s3://bucket/prefix/`; ends in `/`. */
  readonly root: string;
  readonly s3: S3Config;
  /** Who may put rows into it; undefined: nobody. */
  readonly write?: { readonly roles: readonly string[] };
}

export type SourceConfig = LakeSourceConfig | PostgresSourceConfig;

/** The configuration file, checked and with defaults; sizes in bytes, paths absolute. */
export interface Config {
  readonly server: {
    readonly memory: number;
    readonly sql: { readonly host: string; readonly port: number; readonly tls?: TlsConfig };
    readonly http: { readonly host: string; readonly port: number };
  };
  readonly state: string;
  /** A folder's file below `state`, or a postgres:// URL. */
  readonly catalog: { readonly store: string };
  /** Undefined: only user `tributary`, without a password, on loopback addresses. */
  readonly users: readonly UserConfig[] | undefined;
  /** Roles whose users grant, and read everything. */
  readonly administrators: readonly string[];
  readonly engine: { readonly threads: number };
  readonly objectCache: { readonly maxBytes: number };
  /** Of what was computed for windows: bytes kept, the sessions' initial mode, and the settle time in ms. */
  readonly reuse: {
    readonly maxBytes: number;
    readonly mode: string;
    readonly settle: number;
    /** Bytes of answers kept in memory. */
    readonly answerMemory: number;
  };
  readonly sources: readonly SourceConfig[];
  /** Files of SQL run at start, in order. */
  readonly bootstrap: readonly string[];
}

const SOURCE_NAME = /^[a-z][a-z0-9_]{0,62}$/;
const LOOPBACK = new Set(['127.0.0.1', '::1', 'localhost']);

/**
 * Parses the text of a `tributary.yaml`. Relative paths are taken from the file's folder, `${NAME}` from the environment.
 * Throws `invalidConfiguration` with file, line and the nearest known key.
 */
export function parseConfig(
  text: string,
  file: string,
  environment: Readonly<Record<string, string | undefined>>,
): Config {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: true });
  const [problem] = document.errors;
  if (problem !== undefined) {
    throw new QueryError(
      'invalidConfiguration',
      `${file}: ${problem.message.split('\n')[0] ?? problem.code}`,
    );
  }
  const root = new ConfigNode(document.contents, '', { file, lines, environment }).object([
    'server',
    'state',
    'catalog',
    'auth',
    'engine',
    'objectCache',
    'reuse',
    'sources',
    'bootstrap',
  ]);
  const folder = dirname(resolve(file));
  const state = resolve(folder, root.state.optionalText() ?? '.tributary');
  const { users, administrators } = readAuth(root.auth);
  const server = readServer(root.server, folder, users === undefined);
  const certified = users?.find(({ certificate }) => certificate !== undefined);
  if (certified !== undefined && server.sql.tls?.clientAuthoritiesFile === undefined) {
    throw root.auth.fail(
      `user "${certified.name}" needs a certificate, and no authority for clients is known`,
      'Name its file in server.sql.tls.clientCa.',
    );
  }
  const engine = root.engine.object(['threads']);
  const cache = root.objectCache.object(['maxBytes']);
  return Object.freeze({
    server,
    state,
    catalog: { store: readCatalog(root.catalog) },
    users,
    administrators,
    engine: { threads: engine.threads.absent ? 2 : engine.threads.integer(1, 256) },
    objectCache: { maxBytes: cache.maxBytes.absent ? 10e9 : cache.maxBytes.bytes() },
    reuse: readReuse(root.reuse),
    sources: root.sources.entries().map(([name, node]) => readSource(name, node, folder)),
    bootstrap: root.bootstrap.list().map((each) => resolve(folder, each.text())),
  });
}

function readServer(node: ConfigNode, folder: string, open: boolean): Config['server'] {
  const { memory, sql, http } = node.object(['memory', 'sql', 'http']);
  const sqlKeys = sql.object(['host', 'port', 'tls']);
  const httpKeys = http.object(['host', 'port']);
  const host = sqlKeys.host.optionalText() ?? '127.0.0.1';
  if (open && !LOOPBACK.has(host)) {
    throw sqlKeys.host.fail(
      'without auth.users the server listens on loopback addresses only',
      'Declare users with passwords, or use 127.0.0.1.',
    );
  }
  const bytes = memory.absent ? Math.min(6e9, totalmem() / 2) : memory.bytes();
  if (bytes < 512e6) {
    throw memory.fail('at least 512MB are needed');
  }
  return {
    memory: bytes,
    sql: {
      host,
      port: sqlKeys.port.absent ? 5439 : sqlKeys.port.integer(0, 65535),
      ...(sqlKeys.tls.absent ? {} : { tls: readTls(sqlKeys.tls, folder) }),
    },
    http: {
      host: httpKeys.host.optionalText() ?? '127.0.0.1',
      port: httpKeys.port.absent ? 8439 : httpKeys.port.integer(0, 65535),
    },
  };
}

function readTls(node: ConfigNode, folder: string): TlsConfig {
  const { cert, key, clientCa, required } = node.object(['cert', 'key', 'clientCa', 'required']);
  if (cert.absent || key.absent) {
    throw node.fail('both cert and key are needed');
  }
  return {
    certFile: resolve(folder, cert.text()),
    keyFile: resolve(folder, key.text()),
    ...(clientCa.absent ? {} : { clientAuthoritiesFile: resolve(folder, clientCa.text()) }),
    required: !required.absent && required.boolean(),
  };
}

function readCatalog(node: ConfigNode): string {
  const { store } = node.object(['store']);
  const value = store.optionalText() ?? 'embedded';
  if (value !== 'embedded' && !/^postgres(ql)?:\/\//.test(value)) {
    throw store.fail('"embedded" or a postgres:// URL is expected');
  }
  return value;
}

function readReuse(node: ConfigNode): Config['reuse'] {
  const { maxBytes, mode, settle, answerMemory } = node.object([
    'maxBytes',
    'mode',
    'settle',
    'answerMemory',
  ]);
  const checked = <T>(key: ConfigNode, check: (text: string) => T): T => {
    try {
      return check(key.text());
    } catch (error) {
      throw key.fail(
        isQueryError(error) ? error.message : 'an invalid value',
        isQueryError(error) ? error.hint : undefined,
      );
    }
  };
  return {
    maxBytes: maxBytes.absent ? 10e9 : maxBytes.bytes(),
    mode: mode.absent ? 'exact' : checked(mode, reuseMode),
    settle: settle.absent ? 2000 : checked(settle, (text) => parseMilliseconds('settle', text)),
    answerMemory: answerMemory.absent ? 64e6 : answerMemory.bytes(),
  };
}

function readAuth(node: ConfigNode): Pick<Config, 'users' | 'administrators'> {
  if (node.absent) {
    return { users: undefined, administrators: [] };
  }
  const keys = node.object(['users', 'administrators']);
  const administrators = keys.administrators.list().map((role) => role.text());
  if (administrators.includes(PUBLIC)) {
    throw keys.administrators.fail(`"${PUBLIC}" means everybody, and cannot be a role`);
  }
  return { users: readUsers(node, keys.users), administrators };
}

function readUsers(node: ConfigNode, list: ConfigNode): readonly UserConfig[] {
  const users = list.list().map((each) => {
    const { name, password, certificate, roles } = each.object([
      'name',
      'password',
      'certificate',
      'roles',
    ]);
    if (name.absent || (password.absent && certificate.absent)) {
      throw each.fail('a user needs a name, and a password or a certificate');
    }
    const user = {
      name: name.text(),
      ...(password.absent ? {} : { password: password.text() }),
      ...(certificate.absent ? {} : { certificate: certificate.text() }),
      roles: roles.list().map((role) => role.text()),
    };
    if ([user.name, ...user.roles].includes(PUBLIC)) {
      throw each.fail(`"${PUBLIC}" means everybody, and cannot be a user or role`);
    }
    return user;
  });
  if (users.length === 0) {
    throw node.fail(
      'at least one user is needed',
      'Leave auth out for a local server without passwords.',
    );
  }
  return users;
}

const SOURCE_KEYS = ['connector', 'root', 's3', 'write', ...POSTGRES_KEYS] as const;

function readSource(name: string, node: ConfigNode, folder: string): SourceConfig {
  if (!SOURCE_NAME.test(name) || name === 'main' || name === 'tributary') {
    throw node.fail(
      `"${name}" cannot name a source`,
      'Use lower-case letters, digits and _; main and tributary are taken.',
    );
  }
  const kind = node.object(SOURCE_KEYS).connector.optionalText() ?? 'lake';
  switch (kind) {
    case 'lake': {
      const { root, s3, write } = node.object(['connector', 'root', 's3', 'write']);
      if (root.absent) {
        throw node.fail('a lake needs a root', 'A folder, or s3://bucket/prefix/.');
      }
      return {
        connector: 'lake',
        name,
        root: readRoot(root, folder),
        s3: readS3(s3),
        ...(write.absent ? {} : { write: readWrite(write) }),
      };
    }
    case 'postgres':
      return readPostgresSource(name, node.object(['connector', ...POSTGRES_KEYS]), folder);
    default:
      throw node
        .object(SOURCE_KEYS)
        .connector.fail(`connector "${kind}" is not available`, 'Available: lake, postgres.');
  }
}

function readWrite(node: ConfigNode): { readonly roles: readonly string[] } {
  const { roles } = node.object(['roles']);
  if (roles.absent) {
    throw node.fail('the roles that may write are needed', 'Write roles: [loader].');
  }
  return { roles: roles.list().map((role) => role.text()) };
}

function readRoot(node: ConfigNode, folder: string): string {
  const text = node.text();
  if (/^[a-z0-9+]+:\/\//i.test(text) && !/^s3:\/\/[^/]+/.test(text)) {
    throw node.fail('a folder or s3://bucket/prefix/ is expected');
  }
  const path = text.startsWith('s3://') ? text : resolve(folder, text);
  return path.endsWith('/') ? path : `${path}/`;
}

function readS3(node: ConfigNode): S3Config {
  const keys = node.object([
    'endpoint',
    'region',
    'accessKeyId',
    'secretAccessKey',
    'sessionToken',
    'pathStyle',
  ]);
  if (keys.accessKeyId.absent !== keys.secretAccessKey.absent) {
    throw node.fail(
      'accessKeyId and secretAccessKey go together',
      'Leave both out for the credential chain.',
    );
  }
  const texts = (['endpoint', 'region', 'accessKeyId', 'secretAccessKey', 'sessionToken'] as const)
    .filter((key) => !keys[key].absent)
    .map((key) => [key, keys[key].text()] as const);
  return {
    ...Object.fromEntries(texts),
    ...(keys.pathStyle.absent ? {} : { pathStyle: keys.pathStyle.boolean() }),
  };
}
