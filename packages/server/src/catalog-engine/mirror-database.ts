import { messages, protocol } from '@electric-sql/pglite';
import type { PGlite } from '@electric-sql/pglite';
import { readBinaryRows } from './binary-rows.ts';
import { HidingTransaction } from './hiding-transaction.ts';
import { oneByOne, rowsStatements } from './mirror-rows.ts';
import type { MirrorChanges } from './mirrored.ts';
import type { RowsStatement } from './rows-statement.ts';
import { openPrepared } from './prepared-postgres.ts';
import { OWNER, nameMirror } from './prepare-mirror.ts';
import { quoteLiteral, quoteName } from './quote.ts';
import type {
  BinaryRows,
  DatabaseFailure,
  FieldDescription,
  StatementDescription,
  StatementEnvironment,
  TextRows,
  WorkerStart,
} from './worker-protocol.ts';

const MOST_ROWS = 100_000;
/** A failure that PostgreSQL reported; anything else means that the instance is unusable. */
export class StatementFailure extends Error {
  readonly failure: DatabaseFailure;

  constructor(failure: DatabaseFailure) {
    super(failure.message);
    this.name = 'StatementFailure';
    this.failure = failure;
  }
}

function failureOf(error: messages.DatabaseError): DatabaseFailure {
  return {
    sqlstate: error.code ?? 'XX000',
    message: error.message,
    ...(error.detail === undefined ? {} : { detail: error.detail }),
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    ...(error.position === undefined ? {} : { position: Number(error.position) }),
  };
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

function tooManyRows(): StatementFailure {
  return new StatementFailure({
    sqlstate: '54000',
    message: `a statement over the system catalogs may answer ${MOST_ROWS} rows`,
    hint: 'Add a WHERE or LIMIT clause.',
  });
}

/** A Bind that ends in "no result formats" as one that asks for binary: its own option for that leaves the format out. */
function withBinaryResults(bind: Uint8Array): Uint8Array {
  const message = Buffer.alloc(bind.length + 2);
  message.set(bind);
  message.writeInt32BE(bind.length + 1, 1);
  message.writeInt16BE(1, bind.length - 2);
  message.writeInt16BE(1, bind.length);
  return new Uint8Array(message);
}

/** The messages that run one statement. */
function run(
  text: string,
  parameterTypes: readonly number[],
  parameters: readonly (string | null)[],
  binary: boolean,
): readonly Uint8Array[] {
  return [
    protocol.serialize.parse({ text, types: [...parameterTypes] }),
    binary
      ? withBinaryResults(protocol.serialize.bind({ values: [...parameters] }))
      : protocol.serialize.bind({ values: [...parameters] }),
    protocol.serialize.execute({ rows: MOST_ROWS }),
    protocol.serialize.sync(),
  ];
}

function settingsOf({ user, searchPath, timeZone }: StatementEnvironment): string {
  const path = searchPath.map(quoteName).join(', ');
  return `set local role ${quoteName(user)};
set local search_path = ${path === '' ? "''" : path};
set local timezone = ${quoteLiteral(timeZone)}`;
}

/** PostgreSQL in this thread: empty tables that stand for the catalog's. One statement at a time. */
export class MirrorDatabase {
  readonly #db: PGlite;
  readonly #hiding: HidingTransaction;
  readonly #roles = new Set<string>([OWNER]);

  private constructor(db: PGlite, keepHiddenMs: number) {
    this.#db = db;
    this.#hiding = new HidingTransaction(
      {
        command: (text) => this.#command(text),
        statement: ({ text, parameters }) => this.#exchange(run(text, [], parameters, false)),
      },
      keepHiddenMs,
    );
  }

  static async open({
    database,
    roles,
    snapshots,
    keepHiddenMs,
  }: WorkerStart): Promise<MirrorDatabase> {
    const db = await openPrepared(snapshots);
    await nameMirror(db, database);
    const mirror = new MirrorDatabase(db, keepHiddenMs);
    for (const { name, memberOf, administrator } of roles) {
      for (const each of [name, ...memberOf]) await mirror.#ensureRole(each);
      const granted = administrator === true ? [...memberOf, 'pg_read_all_data'] : memberOf;
      for (const each of granted) await db.exec(`grant ${quoteName(each)} to ${quoteName(name)}`);
    }
    return mirror;
  }

  /** Functions whose answer differs from call to call. */
  async volatileFunctions(): Promise<readonly string[]> {
    const { rows } = await this.#db.query<{ readonly proname: string }>(
      "select distinct proname from pg_proc where provolatile = 'v'",
    );
    return rows.map(({ proname }) => proname);
  }

  /** All or nothing, and where that fails, each relation on its own. Answers the messages of what failed. */
  async apply(changes: MirrorChanges): Promise<readonly string[]> {
    await this.#hiding.end();
    try {
      await this.#write(rowsStatements(changes));
      return [];
    } catch {
      // Told below, of what exactly failed.
    }
    const failed: string[] = [];
    for (const one of oneByOne(changes)) {
      try {
        await this.#write(rowsStatements(one));
      } catch (error) {
        const names = one.relations.map(({ name }) => name).join();
        failed.push(`${error instanceof Error ? error.message : String(error)}: ${names}`);
      }
    }
    return failed;
  }

  async #write(statements: readonly RowsStatement[]): Promise<void> {
    await this.#exchange([
      protocol.serialize.query(
        'begin; set local role none; set local allow_system_table_mods = on',
      ),
    ]);
    try {
      for (const { text, parameters } of statements) {
        await this.#exchange(run(text, [], parameters, false));
      }
      await this.#exchange([protocol.serialize.query('commit')]);
    } catch (error) {
      await this.#exchange([protocol.serialize.query('rollback')]);
      throw error;
    }
  }

  async describe(
    text: string,
    parameterTypes: readonly number[],
    environment: StatementEnvironment,
  ): Promise<StatementDescription> {
    return this.#within(environment, [text], async () => {
      const answers = await this.#exchange([
        protocol.serialize.parse({ text, types: [...parameterTypes] }),
        protocol.serialize.describe({ type: 'S' }),
        protocol.serialize.sync(),
      ]);
      let parameters: readonly number[] = [];
      let fields: readonly FieldDescription[] = [];
      for (const answer of answers) {
        if (answer instanceof messages.ParameterDescriptionMessage) {
          parameters = answer.dataTypeIDs;
        } else if (answer instanceof messages.RowDescriptionMessage) {
          fields = answer.fields.map((field) => ({
            name: field.name,
            oid: field.dataTypeID,
            typmod: field.dataTypeModifier,
            length: field.dataTypeSize,
          }));
        }
      }
      return { parameters, fields };
    });
  }

  async execute(
    text: string,
    parameterTypes: readonly number[],
    parameters: readonly (string | null)[],
    environment: StatementEnvironment,
  ): Promise<TextRows> {
    return this.#within(environment, [text, ...parameters], async () => {
      const answers = await this.#exchange(run(text, parameterTypes, parameters, false));
      if (answers.some(({ name }) => name === 'portalSuspended')) {
        throw tooManyRows();
      }
      return answers.flatMap((answer) =>
        answer instanceof messages.DataRowMessage ? [answer.fields] : [],
      );
    });
  }

  /** As `execute`, with all values in binary form. */
  async executeBinary(
    text: string,
    parameterTypes: readonly number[],
    parameters: readonly (string | null)[],
    environment: StatementEnvironment,
  ): Promise<BinaryRows> {
    return this.#within(environment, [text, ...parameters], async () => {
      const request = joined(run(text, parameterTypes, parameters, true));
      const answer = await this.#db.execProtocolRaw(request, { syncToFs: false });
      const { rows, failed, suspended } = readBinaryRows(answer);
      if (failed) {
        new protocol.Parser().parse(answer, (message) => {
          if (message instanceof messages.DatabaseError) {
            throw new StatementFailure(failureOf(message));
          }
        });
      }
      if (suspended) {
        throw tooManyRows();
      }
      return rows;
    });
  }

  /**
   * Nothing of one statement reaches the next: role and settings are the transaction's, or its savepoint's, and it is always rolled
   * back. `texts`: all of what the statement says.
   */
  async #within<T>(
    environment: StatementEnvironment,
    texts: readonly (string | null)[],
    run: () => Promise<T>,
  ): Promise<T> {
    const { hidden, user } = environment;
    if (hidden === undefined || !this.#roles.has(user)) await this.#hiding.end();
    await this.#ensureRole(user);
    const statement = async (opening: string): Promise<T> => {
      await this.#command(`${opening};\n${settingsOf(environment)}`);
      return run();
    };
    if (hidden !== undefined) return this.#hiding.within(hidden, texts, statement);
    try {
      return await statement('begin read only');
    } finally {
      await this.#command('rollback');
    }
  }

  #command(text: string): Promise<unknown> {
    return this.#exchange([protocol.serialize.query(text)]);
  }

  async #ensureRole(user: string): Promise<void> {
    if (this.#roles.has(user)) {
      return;
    }
    try {
      await this.#exchange([protocol.serialize.query(`create role ${quoteName(user)} login`)]);
    } catch (error) {
      // Names longer than PostgreSQL's 63 bytes are cut, and may then be the same.
      if (!(error instanceof StatementFailure && error.failure.sqlstate === '42710')) {
        throw error;
      }
    }
    this.#roles.add(user);
  }

  async #exchange(parts: readonly Uint8Array[]): Promise<readonly messages.BackendMessage[]> {
    const { messages: answers } = await this.#db.execProtocol(joined(parts), {
      syncToFs: false,
      throwOnError: false,
    });
    for (const answer of answers) {
      if (answer instanceof messages.DatabaseError) {
        throw new StatementFailure(failureOf(answer));
      }
    }
    return answers;
  }
}
