import { QueryError } from '../errors.ts';
import type { StatementBody } from '../parse/session-statement.ts';
import type { TokenReader } from './token-reader.ts';

const DEFAULT_PORT = 5432;

/** Whom Redshift's form can name beside PostgreSQL. */
const OTHERS = ['data', 'hive', 'mysql', 'kinesis', 'kafka', 'msk', 'redshift'];

interface Clauses {
  database?: string;
  schema?: string;
  host?: string;
  port?: number;
  readonly ignored: string[];
}

function readClause(reader: TokenReader, clauses: Clauses): boolean {
  const position = reader.position();
  const once = (given: unknown, name: string): void => {
    if (given !== undefined)
      throw new QueryError('syntaxError', `${name} specified more than once`, { position });
  };
  if (reader.accept('database')) {
    once(clauses.database, 'DATABASE');
    clauses.database = reader.expectString('a database in quotes');
  } else if (reader.accept('schema')) {
    once(clauses.schema, 'SCHEMA');
    clauses.schema = reader.expectString('a schema in quotes');
  } else if (reader.accept('uri')) {
    once(clauses.host, 'URI');
    clauses.host = reader.expectString('a host in quotes');
    if (!reader.accept('port')) return true;
    clauses.port = reader.expectInteger('a port');
  } else if (reader.accept('iam_role')) {
    if (!reader.accept('default')) reader.expectString('a role in quotes');
    clauses.ignored.push('IAM_ROLE');
  } else if (reader.accept('secret_arn')) {
    reader.expectString('a secret in quotes');
    clauses.ignored.push('SECRET_ARN');
  } else return false;
  return true;
}

/**
 * Redshift's `CREATE EXTERNAL SCHEMA [IF NOT EXISTS] name FROM POSTGRES DATABASE 'd' [SCHEMA 's'] URI 'host' [PORT n] [IAM_ROLE ..]
 * [SECRET_ARN ..]`. Without SCHEMA it is `public`.
 *
 * @throws QueryError syntaxError, featureNotSupported for schemas from anything but PostgreSQL
 */
export function readCreateExternalSchema(reader: TokenReader): StatementBody {
  reader.expect('create', 'external', 'schema');
  const ifNotExists = reader.accept('if', 'not', 'exists');
  const name = reader.expectQualifiedName('a schema name', 2);
  reader.expect('from');
  for (const other of OTHERS)
    if (reader.sees(other))
      throw reader.unsupported(
        `CREATE EXTERNAL SCHEMA FROM ${other.toUpperCase()}`,
        'Sources: FROM POSTGRES.',
      );
  reader.expect('postgres');
  const clauses: Clauses = { ignored: [] };
  while (readClause(reader, clauses));
  const { database, schema = 'public', host, port = DEFAULT_PORT, ignored } = clauses;
  if (!reader.isAtEnd || database === undefined || host === undefined)
    throw reader.unexpected(
      database === undefined
        ? "DATABASE 'name'"
        : host === undefined
          ? "URI 'host'"
          : 'SCHEMA, PORT, IAM_ROLE, SECRET_ARN or the end',
    );
  return { kind: 'createExternalSchema', name, ifNotExists, database, schema, host, port, ignored };
}
