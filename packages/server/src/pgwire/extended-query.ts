import type { PreparedStatement } from '@tributary/planner';
import type { SqlType } from '@tributary/sql';
import { QueryError, typeFromOid } from '@tributary/sql';
import { writeCommandComplete, writeEmpty } from './backend-messages.ts';
import type { Format } from './codes.ts';
import { BACKEND } from './codes.ts';
import { parameterText } from './parameters.ts';
import type { Portal } from './portals.ts';
import { Reader } from './reader.ts';
import { writeParameterDescription, writeRowDescription } from './row-description.ts';
import { beginStatement, columnsOf, withStatementTimeout } from './run-statement.ts';
import type { WireSession } from './wire-session.ts';
import { completeTag } from './wire-session.ts';

/** The extended query protocol of one connection. Each method takes one message's body. */
export class ExtendedQuery {
  readonly #wire: WireSession;

  constructor(wire: WireSession) {
    this.#wire = wire;
  }

  async parse(body: Buffer): Promise<void> {
    const reader = new Reader(body);
    const name = reader.cstring();
    const text = reader.cstring();
    const types = readMany(reader, () => reader.uint32()).map(parameterType);
    reader.end();
    const { session, statements, out } = this.#wire;
    statements.makeRoom(name);
    const parsed = (await session.parse(text)).filter(({ kind }) => kind !== 'empty');
    const [statement] = parsed;
    if (parsed.length > 1) {
      throw new QueryError(
        'syntaxError',
        'cannot insert multiple commands into a prepared statement',
      );
    }
    const prepared =
      statement === undefined
        ? undefined
        : await this.#wire.cancellable(new AbortController(), (signal) =>
            session.prepare(statement, types, signal),
          );
    statements.set(name, { prepared });
    writeEmpty(out, BACKEND.parseComplete);
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
    const { statements, portals, out } = this.#wire;
    const { prepared } = statements.get(statementName);
    const types = prepared?.parameters ?? [];
    if (values.length !== types.length) {
      throw new QueryError(
        'protocolViolation',
        `bind message supplies ${values.length} parameters, but prepared statement "${statementName}" requires ${types.length}`,
      );
    }
    const formats = spread(inputFormats, values.length, 'parameter');
    const columns = prepared === undefined ? [] : (columnsOf(this.#wire, prepared) ?? []);
    if (portalName === '') await portals.close('');
    portals.add(portalName, {
      prepared,
      parameters: types.map((type, index) => {
        const value = values[index] ?? null;
        return value === null ? null : parameterText(value, formats[index] ?? 0, type);
      }),
      formats: spread(outputFormats, columns.length, 'result'),
      abort: new AbortController(),
      finished: false,
    });
    writeEmpty(out, BACKEND.bindComplete);
  }

  describe(body: Buffer): void {
    const reader = new Reader(body);
    const kind = reader.byte();
    const name = reader.cstring();
    reader.end();
    if (kind === STATEMENT) {
      const { prepared } = this.#wire.statements.get(name);
      writeParameterDescription(this.#wire.out, prepared?.parameters ?? []);
      this.#describe(prepared, []);
    } else if (kind === PORTAL) {
      const { prepared, formats } = this.#portal(name);
      this.#describe(prepared, formats);
    } else throw invalidKind('DESCRIBE', kind);
  }

  async execute(body: Buffer): Promise<void> {
    const reader = new Reader(body);
    const name = reader.cstring();
    const maxRows = reader.int32();
    reader.end();
    const portal = this.#portal(name);
    const { session, out } = this.#wire;
    const { prepared, abort, parameters, formats } = portal;
    if (prepared === undefined) {
      writeEmpty(out, BACKEND.emptyQueryResponse);
      return;
    }
    const run = async () => {
      if (portal.execution === undefined) {
        if (portal.finished) {
          throw new QueryError(
            'objectNotInPrerequisiteState',
            `portal "${name}" cannot be run anymore`,
          );
        }
        const inBlock = session.transaction !== 'idle';
        const begun = await beginStatement(this.#wire, prepared, parameters, {
          formats,
          abort,
          inBlock,
        });
        if (typeof begun === 'string') {
          portal.finished = true;
          writeCommandComplete(out, begun);
          return;
        }
        portal.execution = begun;
      }
      const { reader: rows, format, tag } = portal.execution;
      const portion = await rows.write(this.#wire, maxRows > 0 ? maxRows : Infinity, format);
      if (portion.more) {
        writeEmpty(out, BACKEND.portalSuspended);
        return;
      }
      portal.finished = true;
      await rows.close();
      writeCommandComplete(out, completeTag(tag, portion.rows));
    };
    await this.#wire.cancellable(abort, () => withStatementTimeout(this.#wire, abort, run));
  }

  async close(body: Buffer): Promise<void> {
    const reader = new Reader(body);
    const kind = reader.byte();
    const name = reader.cstring();
    reader.end();
    if (kind === STATEMENT) this.#wire.statements.delete(name);
    else if (kind === PORTAL) await this.#wire.portals.close(name);
    else throw invalidKind('CLOSE', kind);
    writeEmpty(this.#wire.out, BACKEND.closeComplete);
  }

  #describe(prepared: PreparedStatement | undefined, formats: readonly Format[]): void {
    const { out } = this.#wire;
    const columns = prepared === undefined ? undefined : columnsOf(this.#wire, prepared);
    if (columns === undefined) writeEmpty(out, BACKEND.noData);
    else writeRowDescription(out, columns, formats);
  }

  #portal(name: string): Portal {
    const portal = this.#wire.portals.get(name);
    if (portal !== undefined) return portal;
    throw new QueryError('undefinedCursor', `portal "${name}" does not exist`);
  }
}

const STATEMENT = 0x53;
const PORTAL = 0x50;

function readMany<T>(reader: Reader, read: () => T): T[] {
  const values: T[] = [];
  for (let left = reader.count(); left > 0; left--) values.push(read());
  return values;
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

function invalidKind(message: string, kind: number): QueryError {
  return new QueryError('protocolViolation', `invalid ${message} message subtype ${kind}`);
}
