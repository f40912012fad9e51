import type pg from 'pg';

/** A statement as a client sends it, in the simple or in the extended protocol. */
export interface ClientStatement {
  readonly protocol: 'simple' | 'extended';
  readonly sql: string;
  /** Type OIDs that the client declares for its parameters; 0 and missing ones are inferred. */
  readonly types?: readonly number[];
  readonly values?: readonly (string | null)[];
  /** Whether the client asks for binary results. */
  readonly binary?: boolean;
}

export interface AnswerField {
  readonly name: string;
  readonly oid: number;
  readonly typmod: number;
}

/** All that one statement's messages say, of its last result where it has several. */
export interface WireAnswer {
  readonly fields: readonly AnswerField[];
  readonly rows: readonly (readonly (string | null)[])[];
  readonly copied: readonly string[];
  readonly tag: string;
  readonly parameterTypes: readonly number[];
  readonly sqlstate?: string;
  readonly message?: string;
}

interface FieldMessage {
  readonly name: string;
  readonly dataTypeID: number;
  readonly dataTypeModifier: number;
}

/** What node-postgres asks of a query that handles its messages itself. */
class RecordedQuery implements pg.Submittable {
  readonly answered: Promise<WireAnswer>;
  readonly #statement: ClientStatement;
  #resolve: (answer: WireAnswer) => void = () => undefined;
  #fields: AnswerField[] = [];
  #rows: (string | null)[][] = [];
  readonly #copied: string[] = [];
  #tag = '';
  #parameterTypes: readonly number[] = [];

  constructor(statement: ClientStatement) {
    this.#statement = statement;
    this.answered = new Promise((resolve) => (this.#resolve = resolve));
  }

  submit(connection: pg.Connection): void {
    const { protocol, sql, types = [], values = [], binary = false } = this.#statement;
    if (protocol === 'simple') {
      connection.query(sql);
      return;
    }
    connection.once('parameterDescription', ({ dataTypeIDs }: { dataTypeIDs: number[] }) => {
      this.#parameterTypes = dataTypeIDs;
    });
    connection.parse({ text: sql, types: types.map(String), name: '' }, true);
    connection.describe({ type: 'S', name: '' }, true);
    connection.bind({ values: [...values], ...(binary ? { binary: 'true' } : {}) }, true);
    connection.describe({ type: 'P', name: '' }, true);
    connection.execute({}, true);
    connection.sync();
  }

  handleRowDescription({ fields }: { readonly fields: readonly FieldMessage[] }): void {
    this.#fields = fields.map((each) => ({
      name: each.name,
      oid: each.dataTypeID,
      typmod: each.dataTypeModifier,
    }));
    this.#rows = [];
  }

  handleDataRow({ fields }: { readonly fields: (string | null)[] }): void {
    this.#rows.push(fields);
  }

  handleCommandComplete({ text }: { readonly text: string }): void {
    this.#tag = text;
  }

  handleEmptyQuery(): void {
    this.#tag = 'empty';
  }

  handleCopyData({ chunk }: { readonly chunk: Buffer }): void {
    this.#copied.push(chunk.toString('latin1'));
  }

  /** After it the client says no more of this query. */
  handleError({ code = '', message }: { readonly code?: string; readonly message: string }): void {
    this.#resolve({ ...this.#answer(), sqlstate: code, message });
  }

  handleReadyForQuery(): void {
    this.#resolve(this.#answer());
  }

  #answer(): WireAnswer {
    return {
      fields: this.#fields,
      rows: this.#rows,
      copied: this.#copied,
      tag: this.#tag,
      parameterTypes: this.#parameterTypes,
    };
  }
}

/** Runs a statement to the end and answers what came; an error is an answer too. */
export async function wireAnswer(
  client: pg.Client,
  statement: ClientStatement,
): Promise<WireAnswer> {
  return client.query(new RecordedQuery(statement)).answered;
}
