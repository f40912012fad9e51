import { ERRORS, QueryError, errorCodeOf, isQueryError } from '@tributary/sql';

/** What the driver or the server throws. */
interface SourceFailure {
  readonly code: string;
  readonly message: string;
  readonly detail: string | undefined;
  readonly hint: string | undefined;
  /** The server itself reported it. */
  readonly reported: boolean;
}

function field(error: object, name: string): string | undefined {
  const value: unknown = (error as Readonly<Record<string, unknown>>)[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function failureOf(error: unknown): SourceFailure {
  if (typeof error !== 'object' || error === null) {
    return {
      code: '',
      message: String(error),
      detail: undefined,
      hint: undefined,
      reported: false,
    };
  }
  // Node tries each address of a name and reports all of them together.
  const inner: unknown =
    'errors' in error && Array.isArray(error.errors) ? error.errors[0] : undefined;
  const known = typeof inner === 'object' && inner !== null ? inner : error;
  return {
    code: field(error, 'code') ?? field(known, 'code') ?? '',
    message: field(error, 'message') ?? field(known, 'message') ?? 'unknown failure',
    detail: field(error, 'detail'),
    hint: field(error, 'hint'),
    reported: 'severity' in error,
  };
}

/** SQLSTATE classes of connections, shutdowns and resources: the server may well do it at another time. */
const TRANSIENT = /^(08|57P0[1-3]|53300)/;

/** Whether another try, on another connection, may succeed. A refused connection is not worth one: nobody listens. */
export function isTransient(error: unknown): boolean {
  if (isQueryError(error)) return false;
  const { code, message, reported } = failureOf(error);
  if (reported) return TRANSIENT.test(code);
  return (
    ['ECONNRESET', 'EPIPE', 'ETIMEDOUT'].includes(code) ||
    /connection was closed|connection terminated|not queryable/i.test(message)
  );
}

/** The SQLSTATE of an error that the server reported; undefined for others. */
export function sqlState(error: unknown): string | undefined {
  const { code, reported } = failureOf(error);
  return reported ? code : undefined;
}

/** Whether the source's tables are not what they were when the statement was bound. */
export function isCatalogChange(error: unknown): boolean {
  return /^(42P01|42703|42704|3F000|42883|0A000|XX000)$/.test(failureOf(error).code);
}

/**
 * A failure as people see it: named after its source, without address or password. Errors that the statement itself causes (a
 * division by zero) keep their code and message.
 */
export function sourceError(source: string, error: unknown): QueryError {
  if (isQueryError(error)) return error;
  const { code, message, detail, hint, reported } = failureOf(error);
  if (!reported || TRANSIENT.test(code)) {
    return new QueryError(
      'sourceUnavailable',
      `source "${source}" is not available: ${plain(message, code)}`,
      {
        cause: error,
        hint: 'Only statements over its tables fail. It is tried again by the next one.',
      },
    );
  }
  if (code.startsWith('28') || code === '3D000') {
    return new QueryError(
      'sourceUnavailable',
      `source "${source}" does not let this server in: ${code === '3D000' ? 'there is no such database' : 'user or password are refused'}`,
      { cause: error, hint: `Correct its url and password in the configuration.` },
    );
  }
  if (code === '57014') {
    return new QueryError(
      'sourceError',
      `source "${source}" ended the statement: it took longer than its statement timeout`,
      { cause: error, hint: 'Narrow the statement, or raise statementTimeout of the source.' },
    );
  }
  const known = errorCodeOf(code);
  if (known !== undefined && ERRORS[known].kind === 'user' && /^2/.test(code)) {
    return new QueryError(known, message, {
      cause: error,
      ...(detail === undefined ? {} : { detail }),
      ...(hint === undefined ? {} : { hint }),
    });
  }
  return new QueryError('sourceError', `source "${source}": ${message}`, {
    cause: error,
    detail: `SQLSTATE ${code}`,
  });
}

/** The driver's words for what people know by other names. */
function plain(message: string, code: string): string {
  switch (code) {
    case 'ECONNREFUSED':
      return 'the connection was refused';
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return 'its host is not known';
    case 'ETIMEDOUT':
      return 'no answer in time';
    case 'ECONNRESET':
    case 'EPIPE':
      return 'the connection was lost';
    case '53300':
      return 'it has no connection left';
    default:
      if (/timeout expired/.test(message)) return 'no answer in time';
      return message.replace(/\b(?:\d{1,3}\.){3}\d{1,3}(?::\d+)?\b/g, 'its address');
  }
}
