/**
 * The one table of error codes. SQLSTATEs follow PostgreSQL's Appendix A.
 *
 * `kind` says whose fault it is: `user` (the statement or configuration), `resource` (limits), `source` (a remote
 * system or its data), `internal` (a defect of ours).
 */
export const ERRORS = {
  syntaxError: { sqlstate: '42601', kind: 'user' },
  undefinedTable: { sqlstate: '42P01', kind: 'user' },
  undefinedColumn: { sqlstate: '42703', kind: 'user' },
  undefinedFunction: { sqlstate: '42883', kind: 'user' },
  undefinedObject: { sqlstate: '42704', kind: 'user' },
  undefinedParameter: { sqlstate: '42P02', kind: 'user' },
  undefinedSchema: { sqlstate: '3F000', kind: 'user' },
  undefinedDatabase: { sqlstate: '3D000', kind: 'user' },
  undefinedStatement: { sqlstate: '26000', kind: 'user' },
  undefinedCursor: { sqlstate: '34000', kind: 'user' },
  ambiguousColumn: { sqlstate: '42702', kind: 'user' },
  ambiguousAlias: { sqlstate: '42P09', kind: 'user' },
  ambiguousFunction: { sqlstate: '42725', kind: 'user' },
  ambiguousParameter: { sqlstate: '42P08', kind: 'user' },
  indeterminateType: { sqlstate: '42P18', kind: 'user' },
  duplicateTable: { sqlstate: '42P07', kind: 'user' },
  duplicateColumn: { sqlstate: '42701', kind: 'user' },
  duplicateAlias: { sqlstate: '42712', kind: 'user' },
  duplicateSchema: { sqlstate: '42P06', kind: 'user' },
  duplicateObject: { sqlstate: '42710', kind: 'user' },
  duplicateStatement: { sqlstate: '42P05', kind: 'user' },
  duplicateCursor: { sqlstate: '42P03', kind: 'user' },
  wrongObjectType: { sqlstate: '42809', kind: 'user' },
  datatypeMismatch: { sqlstate: '42804', kind: 'user' },
  cannotCoerce: { sqlstate: '42846', kind: 'user' },
  groupingError: { sqlstate: '42803', kind: 'user' },
  windowingError: { sqlstate: '42P20', kind: 'user' },
  invalidColumnReference: { sqlstate: '42P10', kind: 'user' },
  invalidRecursion: { sqlstate: '42P19', kind: 'user' },
  invalidName: { sqlstate: '42602', kind: 'user' },
  invalidSchemaName: { sqlstate: '42P15', kind: 'user' },
  dependentObjects: { sqlstate: '2BP01', kind: 'user' },
  featureNotSupported: { sqlstate: '0A000', kind: 'user' },
  statementTooComplex: { sqlstate: '54001', kind: 'resource' },
  programLimitExceeded: { sqlstate: '54000', kind: 'resource' },
  tooManyColumns: { sqlstate: '54011', kind: 'resource' },
  cardinalityViolation: { sqlstate: '21000', kind: 'user' },
  divisionByZero: { sqlstate: '22012', kind: 'user' },
  numericOutOfRange: { sqlstate: '22003', kind: 'user' },
  datetimeOverflow: { sqlstate: '22008', kind: 'user' },
  invalidDatetimeFormat: { sqlstate: '22007', kind: 'user' },
  invalidTextRepresentation: { sqlstate: '22P02', kind: 'user' },
  invalidBinaryRepresentation: { sqlstate: '22P03', kind: 'user' },
  nullValueNotAllowed: { sqlstate: '22004', kind: 'user' },
  invalidParameterValue: { sqlstate: '22023', kind: 'user' },
  invalidRegularExpression: { sqlstate: '2201B', kind: 'user' },
  invalidArgumentForLogarithm: { sqlstate: '2201E', kind: 'user' },
  invalidArgumentForPower: { sqlstate: '2201F', kind: 'user' },
  invalidArgumentForNtile: { sqlstate: '22014', kind: 'user' },
  invalidArgumentForWidthBucket: { sqlstate: '2201G', kind: 'user' },
  invalidRowCountInLimit: { sqlstate: '2201W', kind: 'user' },
  invalidRowCountInOffset: { sqlstate: '2201X', kind: 'user' },
  invalidJsonText: { sqlstate: '22030', kind: 'user' },
  invalidEscapeSequence: { sqlstate: '22025', kind: 'user' },
  substringError: { sqlstate: '22011', kind: 'user' },
  arraySubscriptError: { sqlstate: '2202E', kind: 'user' },
  stringTooLong: { sqlstate: '22001', kind: 'user' },
  characterNotInRepertoire: { sqlstate: '22021', kind: 'user' },
  dataException: { sqlstate: '22000', kind: 'user' },
  insufficientPrivilege: { sqlstate: '42501', kind: 'user' },
  invalidPassword: { sqlstate: '28P01', kind: 'user' },
  invalidAuthorization: { sqlstate: '28000', kind: 'user' },
  protocolViolation: { sqlstate: '08P01', kind: 'user' },
  readOnlyTransaction: { sqlstate: '25006', kind: 'user' },
  inFailedTransaction: { sqlstate: '25P02', kind: 'user' },
  noActiveTransaction: { sqlstate: '25P01', kind: 'user' },
  activeTransaction: { sqlstate: '25001', kind: 'user' },
  invalidSavepoint: { sqlstate: '3B001', kind: 'user' },
  objectNotInPrerequisiteState: { sqlstate: '55000', kind: 'user' },
  objectInUse: { sqlstate: '55006', kind: 'user' },
  idleInTransactionTimeout: { sqlstate: '25P03', kind: 'resource' },
  idleSessionTimeout: { sqlstate: '57P05', kind: 'resource' },
  cannotChangeParameter: { sqlstate: '55P02', kind: 'user' },
  queryCanceled: { sqlstate: '57014', kind: 'user' },
  adminShutdown: { sqlstate: '57P01', kind: 'resource' },
  cannotConnectNow: { sqlstate: '57P03', kind: 'resource' },
  outOfMemory: { sqlstate: '53200', kind: 'resource' },
  diskFull: { sqlstate: '53100', kind: 'resource' },
  tooManyConnections: { sqlstate: '53300', kind: 'resource' },
  configurationLimitExceeded: { sqlstate: '53400', kind: 'resource' },
  invalidConfiguration: { sqlstate: 'F0000', kind: 'user' },
  /** REFERENCE 1.4: INVALID_TABLE_PROPERTY. A table property that does not parse or contradicts another. */
  invalidTableProperty: { sqlstate: '22023', kind: 'user' },
  /** REFERENCE 1.4: partition columns without projection configuration (HIVE_METASTORE_ERROR). */
  missingProjection: { sqlstate: '42P16', kind: 'user' },
  /** REFERENCE 1.4: an injected partition column needs static equality conditions (CONSTRAINT_VIOLATION). */
  injectedColumnConstraint: { sqlstate: '44000', kind: 'user' },
  concurrentChange: { sqlstate: '40001', kind: 'user' },
  /** Data changed while a query read it, twice. */
  dataChanged: { sqlstate: '40001', kind: 'source' },
  incompatibleFile: { sqlstate: '58030', kind: 'source' },
  sourceUnavailable: { sqlstate: '08001', kind: 'source' },
  sourceError: { sqlstate: '58000', kind: 'source' },
  internalError: { sqlstate: 'XX000', kind: 'internal' },
} as const;

export type ErrorCode = keyof typeof ERRORS;
export type ErrorKind = (typeof ERRORS)[ErrorCode]['kind'];

const CODE_BY_SQLSTATE: ReadonlyMap<string, ErrorCode> = new Map(
  // Where several codes share a SQLSTATE the first of the table wins.
  Object.entries(ERRORS)
    .reverse()
    .map(([code, { sqlstate }]) => [sqlstate, code as ErrorCode]),
);

/** The code of a SQLSTATE that another PostgreSQL or the engine reported; undefined when the table has none. */
export function errorCodeOf(sqlstate: string): ErrorCode | undefined {
  return CODE_BY_SQLSTATE.get(sqlstate);
}

export interface QueryErrorOptions {
  readonly cause?: unknown;
  readonly hint?: string;
  readonly detail?: string;
  /** 1-based character offset in the statement text, as PostgreSQL reports it. */
  readonly position?: number;
}

/** The only error that leaves a package. Its message says what was wrong, where and what to do, and holds no secret. */
export class QueryError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly detail: string | undefined;
  readonly position: number | undefined;

  constructor(code: ErrorCode, message: string, options: QueryErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'QueryError';
    this.code = code;
    this.hint = options.hint;
    this.detail = options.detail;
    this.position = options.position;
  }

  get sqlstate(): string {
    return ERRORS[this.code].sqlstate;
  }

  get kind(): ErrorKind {
    return ERRORS[this.code].kind;
  }
}

/** Type guard that also holds across jest's realms and duplicated module instances. */
export function isQueryError(value: unknown): value is QueryError {
  return (
    value instanceof QueryError ||
    (typeof value === 'object' && value !== null && 'name' in value && value.name === 'QueryError')
  );
}
