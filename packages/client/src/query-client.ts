import pg from 'pg';

export interface QueryAnswer {
  readonly columns: readonly string[];
  /** Values in PostgreSQL's text form. */
  readonly rows: readonly (readonly (string | null)[])[];
  readonly tag: string;
}

/** A connection to a Tributary server. */
export interface QueryClient {
  /** Runs one statement. `$1`, `$2`, ... stand for `parameters`. */
  query(text: string, parameters?: readonly (string | null)[]): Promise<QueryAnswer>;
  close(): Promise<void>;
}

const AS_TEXT = { getTypeParser: () => (value: string | Buffer) => value.toString() };

/**
 * Connects to `postgres://user:password@host:port/database`. Values come in text form, so that nothing is lost in JavaScript's
 * numbers.
 */
export async function connectClient(url: string): Promise<QueryClient> {
  const client = new pg.Client({
    connectionString: url,
    application_name: 'tributary',
    types: AS_TEXT,
  });
  await client.connect();
  return {
    async query(text, parameters = []) {
      const result = await client.query<(string | null)[]>({
        text,
        values: [...parameters],
        rowMode: 'array',
      });
      return {
        columns: result.fields.map((field) => field.name),
        rows: result.rows,
        tag: result.command,
      };
    },
    close: () => client.end(),
  };
}
