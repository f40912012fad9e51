import type { PreparedStatement, StatementResult } from '@tributary/planner';
import type { PlanColumn, SqlType, Statement } from '@tributary/sql';
import { QueryError, typeFromOid } from '@tributary/sql';
import { writeCommandComplete, writeEmpty } from './backend-messages.ts';
import type { Format } from './codes.ts';
import { BACKEND } from './codes.ts';
import { parameterText } from './parameters.ts';
import { Reader } from './reader.ts';
import { writeParameterDescription, writeRowDescription } from './row-description.ts';
import type { WireSession } from './wire-session.ts';
import { completeTag, RowCursor, textStyle, writeNotices } from './wire-session.ts';

/** Named statements and portals a connection may hold, each kind. */
const MAX_NAMES = 10_000;

/** `prepared` undefined: an empty statement. */
interface NamedStatement {
  readonly prepared: PreparedStatement | undefined;
}

interface Portal {
  readonly prepared: PreparedStatement | undefined;
  readonly parameters: readonly (string | null)[];
  readonly formats: readonly Format[];
  execution?: { readonly result: StatementResult; readonly cursor: RowCursor };
  /** One for all its Executes: the statement behind a suspended portal goes on under it. */
  readonly abort: AbortController;
  /** A command that has run, or a result that was read to its end. */
  finished: boolean;
}

/** The extended query protocol of one connection: its statements and portals. Each method takes one message's body. */
export class ExtendedQuery {
  readonly #wire: WireSession;
  readonly #statements = new Map<string, NamedStatement>();
  readonly #portals = new Map<string, Portal>();

  constructor(wire: WireSession) {
    this.#wire = wire;
  }

  async parse(body: Buffer): Promise<void> {
    const reader = new Reader(body);
    const name = reader.cstring();
    const text = reader.cstring();
    const types = readMany(reader, () => reader.uint32()).map(parameterType);
    reader.end();
    // The unnamed statement goes even when its successor fails.
    if (name === '') this.#statements.delete('');
    else if (this.#statements.has(name)) {
      throw new QueryError('duplicateStatement', `prepared statement "${name}" already exists`);
    }
    checkRoom(this.#statements, 'prepared statements');
    const parsed = (await this.#wire.session.parse(text)).filter(({ kind }) => kind !== 'empty');
    const [statement] = parsed;
    if (parsed.length > 1) {
      throw new QueryError(
        'syntaxError',
        'cannot insert multiple commands into a prepared statement',
      );
    }
    const prepared =
      statement === undefined ? undefined : await this.#wire.session.prepare(statement, types);
    this.#statements.set(name, { prepared });
    writeEmpty(this.#wire.out, BACKEND.parseComplete);
  }

  async bind(body: Buffer): Promise<void> {
    const reader = new Reader(body);
    const portalName = reader.cstring();
    const statementName = reader.cstring();
    const inputFormats = readMany(reader, () => reader.int16()).map(checkFormat);
    const values = readMany(reader, () => {
      const length = reader.int32();
      return length === -1 ? null : reader.take(length);
    });
    const outputFormats = readMany(reader, () => reader.int16()).map(checkFormat);
    reader.end();
    const { prepared } = this.#statement(statementName);
    const types = prepared?.parameters ?? [];
    if (values.length !== types.length) {
      throw new QueryError(
        'protocolViolation',
        `bind message supplies ${values.length} parameters, but prepared statement "${statementName}" requires ${types.length}`,
      );
    }
    const formats = spread(inputFormats, values.length, 'parameter');
    const columns = prepared?.columns ?? [];
    if (portalName === '') await this.#closePortal('');
    else if (this.#portals.has(portalName)) {
      throw new QueryError('duplicateCursor', `cursor "${portalName}" already exists`);
    }
    checkRoom(this.#portals, 'portals');
    this.#portals.set(portalName, {
      prepared,
      parameters: types.map((type, index) => {
        const value = values[index] ?? null;
        return value === null ? null : parameterText(value, formats[index] ?? 0, type);
      }),
      formats: spread(outputFormats, columns.length, 'result'),
      abort: new AbortController(),
      finished: false,
    });
    writeEmpty(this.#wire.out, BACKEND.bindComplete);
  }

  describe(body: Buffer): void {
    const reader = new Reader(body);
    const kind = reader.byte();
    const name = reader.cstring();
    reader.end();
    const { out } = this.#wire;
    if (kind === STATEMENT) {
      const { prepared } = this.#statement(name);
      writeParameterDescription(out, prepared?.parameters ?? []);
      describeColumns(this.#wire, prepared?.columns, []);
    } else if (kind === PORTAL) {
      const { prepared, formats } = this.#portal(name);
      describeColumns(this.#wire, prepared?.columns, formats);
    } else throw invalidKind('DESCRIBE', kind);
  }

  async execute(body: Buffer): Promise<void> {
    const reader = new Reader(body);
    const name = reader.cstring();
    const maxRows = reader.int32();
    reader.end();
    const portal = this.#portal(name);
    const { session, out } = this.#wire;
    const { prepared } = portal;
    if (prepared === undefined) {
      writeEmpty(out, BACKEND.emptyQueryResponse);
      return;
    }
    const handled = portal.finished ? undefined : this.#wire.intercept(prepared.statement);
    if (handled !== undefined) {
      portal.finished = true;
      writeCommandComplete(out, handled);
      return;
    }
    await this.#wire.cancellable(portal.abort, async (signal) => {
      let { execution } = portal;
      if (execution === undefined) {
        if (portal.finished) {
          throw new QueryError('invalidParameterValue', `portal "${name}" cannot be run anymore`);
        }
        const result = await session.execute(prepared, portal.parameters, signal);
        writeNotices(out, result.notices);
        if (result.kind === 'command') {
          portal.finished = true;
          writeCommandComplete(out, result.tag);
          return;
        }
        const columns = prepared.columns ?? result.columns;
        const cursor = new RowCursor(result, columns, portal.formats, textStyle(session));
        execution = { result, cursor };
        portal.execution = execution;
      }
      const { result, cursor } = execution;
      const { rows, more } = await cursor.write(this.#wire, maxRows > 0 ? maxRows : Infinity);
      if (more) {
        writeEmpty(out, BACKEND.portalSuspended);
        return;
      }
      portal.finished = true;
      await cursor.close();
      writeCommandComplete(out, completeTag(result.tag, rows));
    });
  }

  async close(body: Buffer): Promise<void> {
    const reader = new Reader(body);
    const kind = reader.byte();
    const name = reader.cstring();
    reader.end();
    if (kind === STATEMENT) this.#statements.delete(name);
    else if (kind === PORTAL) await this.#closePortal(name);
    else throw invalidKind('CLOSE', kind);
    writeEmpty(this.#wire.out, BACKEND.closeComplete);
  }

  /** Portals live as long as their transaction, the implicit one up to Sync. */
  async endTransaction(): Promise<void> {
    for (const name of [...this.#portals.keys()]) await this.#closePortal(name);
  }

  /** A simple query takes the place of the unnamed statement and portal. */
  async dropUnnamed(): Promise<void> {
    this.#statements.delete('');
    await this.#closePortal('');
  }

  /**
   * DEALLOCATE and DISCARD ALL reach the statements that Parse made. Answers the tag where nothing is left for the
   * session to do.
   */
  deallocate(statement: Statement): string | undefined {
    if (statement.kind === 'deallocate' && statement.name !== undefined) {
      return this.#statements.delete(statement.name) ? 'DEALLOCATE' : undefined;
    }
    if (statement.kind === 'deallocate') this.#statements.clear();
    if (statement.kind === 'discard' && statement.what === 'all') this.#statements.clear();
    return undefined;
  }

  async #closePortal(name: string): Promise<void> {
    const portal = this.#portals.get(name);
    this.#portals.delete(name);
    await portal?.execution?.cursor.close();
  }

  #statement(name: string): NamedStatement {
    const statement = this.#statements.get(name);
    if (statement !== undefined) return statement;
    const what = name === '' ? 'unnamed prepared statement' : `prepared statement "${name}"`;
    throw new QueryError('undefinedStatement', `${what} does not exist`);
  }

  #portal(name: string): Portal {
    const portal = this.#portals.get(name);
    if (portal !== undefined) return portal;
    throw new QueryError('undefinedCursor', `portal "${name}" does not exist`);
  }
}

const STATEMENT = 0x53;
const PORTAL = 0x50;

function readMany<T>(reader: Reader, read: () => T): T[] {
  const count = reader.count();
  return Array.from({ length: count }, read);
}

function parameterType(oid: number): SqlType | undefined {
  if (oid === 0) return undefined;
  const type = typeFromOid(oid);
  if (type === undefined) {
    throw new QueryError('undefinedObject', `type with OID ${oid} does not exist`);
  }
  // PostgreSQL infers a parameter declared unknown as if nothing had been declared.
  return type.kind === 'scalar' && type.name === 'unknown' ? undefined : type;
}

function checkFormat(code: number): Format {
  if (code !== 0 && code !== 1) {
    throw new QueryError('invalidParameterValue', `unsupported format code: ${code}`);
  }
  return code;
}

/** None: all text; one: for all; else one each. */
function spread(formats: readonly Format[], count: number, what: string): readonly Format[] {
  if (formats.length === count) return formats;
  const [first = 0] = formats;
  if (formats.length <= 1) return Array.from({ length: count }, () => first);
  throw new QueryError(
    'protocolViolation',
    `bind message has ${formats.length} ${what} formats but ${count} ${what}s`,
  );
}

function describeColumns(
  wire: WireSession,
  columns: readonly PlanColumn[] | undefined,
  formats: readonly Format[],
): void {
  if (columns === undefined) writeEmpty(wire.out, BACKEND.noData);
  else writeRowDescription(wire.out, columns, formats);
}

function checkRoom(named: ReadonlyMap<string, unknown>, what: string): void {
  if (named.size < MAX_NAMES) return;
  throw new QueryError(
    'configurationLimitExceeded',
    `a connection may hold at most ${MAX_NAMES} ${what}: close some`,
  );
}

function invalidKind(message: string, kind: number): QueryError {
  return new QueryError('protocolViolation', `invalid ${message} message subtype ${kind}`);
}
