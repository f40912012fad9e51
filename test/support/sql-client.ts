import pg from 'pg';

/** A notice as a client sees it: severity, SQLSTATE, message. */
export type SeenNotice = readonly [severity: string, sqlstate: string, message: string];

/** A connection that keeps what a statement told beside its rows. */
export interface SqlClient {
  /** Rows in text form. */
  rows(text: string): Promise<readonly (readonly (string | null)[])[]>;
  /** The command's tag word and the notices that came with it. */
  command(text: string): Promise<{ readonly tag: string; readonly notices: readonly SeenNotice[] }>;
  /** SQLSTATE, message and hint of the error that the statement must meet. */
  failure(
    text: string,
  ): Promise<{ readonly code: string; readonly message: string; readonly hint?: string }>;
  close(): Promise<void>;
}

export async function connectSql(url: string): Promise<SqlClient> {
  const client = new pg.Client({
    connectionString: url,
    types: { getTypeParser: () => (value: string | Buffer) => value.toString() },
  });
  let notices: SeenNotice[] = [];
  client.on('notice', ({ severity, code, message }) =>
    notices.push([severity ?? '', code ?? '', message ?? '']),
  );
  await client.connect();
  return {
    rows: async (text) => (await client.query<(string | null)[]>({ text, rowMode: 'array' })).rows,
    async command(text) {
      notices = [];
      const { command } = await client.query(text);
      return { tag: command, notices };
    },
    async failure(text) {
      try {
        await client.query(text);
      } catch (error) {
        const { code, message, hint } = error as { code: string; message: string; hint?: string };
        return { code, message, ...(hint === undefined ? {} : { hint }) };
      }
      throw new Error(`no error: ${text}`);
    },
    close: () => client.end(),
  };
}
