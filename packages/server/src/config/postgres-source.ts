import { resolve } from 'node:path';
import { EXTENSION_USES, connectionTarget } from '@tributary/connectors';
import type { ExtensionUse } from '@tributary/connectors';
import { isQueryError } from '@tributary/sql';
import type { ConfigNode } from './config-node.ts';

/** A PostgreSQL server as the file names it; times in milliseconds. */
export interface PostgresSourceConfig {
  readonly connector: 'postgres';
  readonly name: string;
  readonly url: string;
  readonly password?: string;
  /** PEM file of the certificates to trust. */
  readonly rootCertificateFile?: string;
  readonly connections?: number;
  readonly statementTimeout?: number;
  readonly connectTimeout?: number;
  readonly catalogAge?: number;
  readonly extension?: ExtensionUse;
  readonly timeColumns?: Readonly<Record<string, string>>;
}

export const POSTGRES_KEYS = [
  'url',
  'password',
  'rootCertificate',
  'connections',
  'statementTimeout',
  'connectTimeout',
  'catalogAge',
  'extension',
  'timeColumns',
] as const;

const MOST_CONNECTIONS = 100;
const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, min: 60_000, h: 3_600_000 };

/** Reads a source of connector `postgres`; its url is checked here, so that a typing error shows at start. */
export function readPostgresSource(
  name: string,
  keys: Readonly<Record<(typeof POSTGRES_KEYS)[number], ConfigNode>>,
  folder: string,
): PostgresSourceConfig {
  if (keys.url.absent) {
    throw keys.url.fail('a url is needed', 'Write postgres://user@host:5432/database.');
  }
  const password = keys.password.optionalText();
  const file = keys.rootCertificate.optionalText();
  const config: PostgresSourceConfig = {
    connector: 'postgres',
    name,
    url: keys.url.text(),
    ...(password === undefined ? {} : { password }),
    ...(file === undefined ? {} : { rootCertificateFile: resolve(folder, file) }),
    ...(keys.connections.absent
      ? {}
      : { connections: keys.connections.integer(1, MOST_CONNECTIONS) }),
    ...(keys.statementTimeout.absent
      ? {}
      : { statementTimeout: milliseconds(keys.statementTimeout) }),
    ...(keys.connectTimeout.absent ? {} : { connectTimeout: milliseconds(keys.connectTimeout) }),
    ...(keys.catalogAge.absent ? {} : { catalogAge: milliseconds(keys.catalogAge) }),
    ...(keys.extension.absent ? {} : { extension: extensionUse(keys.extension) }),
    ...(keys.timeColumns.absent
      ? {}
      : {
          timeColumns: Object.fromEntries(
            keys.timeColumns.entries().map(([table, column]) => [table, column.text()]),
          ),
        }),
  };
  try {
    connectionTarget({ source: name, url: config.url });
  } catch (error) {
    throw isQueryError(error) ? keys.url.fail(error.message, error.hint) : error;
  }
  return config;
}

function extensionUse(node: ConfigNode): ExtensionUse {
  const text = node.text();
  const use = EXTENSION_USES.find((each) => each === text);
  if (use === undefined) throw node.fail(`one of ${EXTENSION_USES.join(', ')} is expected`);
  return use;
}

/** A time: `500ms`, `30s`, `15min`, or `0`. */
function milliseconds(node: ConfigNode): number {
  const match = /^\s*(\d+)\s*(ms|s|min|h)?\s*$/.exec(node.text());
  const unit = match?.[2];
  if (match === null || (unit === undefined && match[1] !== '0')) {
    throw node.fail('a time with its unit is expected, such as 500ms, 30s or 15min');
  }
  return Number(match[1]) * (UNITS[unit ?? 'ms'] ?? 1);
}
