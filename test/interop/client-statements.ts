import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ClientSide } from './client-sides.ts';
import type { ClientStatement } from './wire-answer.ts';

const FOLDER = join(import.meta.dirname, 'statements');
const INT2 = 21;
const INT4 = 23;

/**
 * A statement as a client was seen to send it, a line of `statements/<client>.jsonl`. `@{name}` stands for the OID of a relation
 * or type in the server it is sent to, `@{relation}` for that of each of `relations`.
 */
interface CapturedStatement extends Omit<ClientStatement, 'values'> {
  /** What must run before it in the same session. */
  readonly before?: readonly string[];
  readonly relations?: readonly string[];
  /** Each set of parameters it was sent with. */
  readonly values?: readonly (readonly (string | null)[])[];
}

/** One way a captured statement was sent. */
export interface SentStatement {
  readonly statement: ClientStatement;
  readonly before: readonly string[];
}

/** Names of the clients of which statements are kept. */
export async function capturedClients(): Promise<readonly string[]> {
  const names = await readdir(FOLDER);
  return names.map((name) => name.replace(/\.jsonl$/, '')).sort();
}

/** The statements of one client, as they were sent. */
export async function capturedStatements(client: string): Promise<readonly SentStatement[]> {
  const text = await readFile(join(FOLDER, `${client}.jsonl`), 'utf8');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as CapturedStatement)
    .flatMap(({ before = [], relations, values = [[]], ...statement }) =>
      (relations ?? ['']).flatMap((relation) =>
        values.map((set) => {
          const named = (each: string): string => each.replaceAll('@{relation}', `@{${relation}}`);
          return {
            before,
            statement: {
              ...statement,
              sql: named(statement.sql),
              values: set.map((value) => (value === null ? null : named(value))),
            },
          };
        }),
      ),
    );
}

/** The statement with the OIDs of one side. */
export function sentTo(side: ClientSide, { statement, before }: SentStatement): ClientStatement[] {
  const resolved = (text: string): string =>
    text.replaceAll(/@\{(.*?)\}/g, (_, name: string) => side.oid(name));
  const { types, values = [] } = statement;
  // Clients declare a number by its size, and where it was captured, OIDs were small.
  const typeOf = (oid: number, index: number): number =>
    oid === INT2 && values[index]?.startsWith('@{') === true ? INT4 : oid;
  return [
    ...before.map((sql) => ({ protocol: 'simple', sql }) as const),
    {
      ...statement,
      sql: resolved(statement.sql),
      ...(types === undefined ? {} : { types: types.map(typeOf) }),
      values: values.map((value) => (value === null ? null : resolved(value))),
    },
  ];
}
