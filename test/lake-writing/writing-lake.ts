import { readdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { isQueryError } from '@tributary/sql';
import type { SqlSession, StatementResult } from '@tributary/planner';
import { openQueryStack, query } from '../support/query-stack.ts';
import type { QueryStack, QueryStackOptions } from '../support/query-stack.ts';

/** A stack whose lake may be written to, with a session over it. */
export interface WritingLake {
  readonly stack: QueryStack;
  readonly session: SqlSession;
  /** Runs a statement and answers what it answered. */
  run(text: string, signal?: AbortSignal): Promise<StatementResult>;
  /** The tag of a statement without rows. */
  tag(text: string): Promise<string>;
  rows(text: string): Promise<readonly (readonly unknown[])[]>;
  /** What a statement fails with: `SQLSTATE message`. */
  failure(text: string): Promise<string>;
  /** Files below the root, hidden ones included, in order; folders of writers without their locks. */
  files(): Promise<readonly string[]>;
  close(): Promise<void>;
}

export async function listFiles(root: string): Promise<readonly string[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && !/^lock(-journal)?$/.test(entry.name))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .sort();
}

export async function openWritingLake(options: QueryStackOptions = {}): Promise<WritingLake> {
  const stack = await openQueryStack({ writable: true, ...options });
  const session = await stack.service.createSession('tributary', new Map());
  const never = new AbortController().signal;
  const run = async (text: string, signal = never): Promise<StatementResult> => {
    const [statement] = await session.parse(text);
    if (statement === undefined) throw new Error('no statement');
    return session.execute(await session.prepare(statement, []), [], signal);
  };
  return {
    stack,
    session,
    run,
    async tag(text) {
      const result = await run(text);
      return result.tag;
    },
    rows: async (text) =>
      (await query(session, text)).rows.map((row) =>
        row.map((value) =>
          typeof value === 'bigint'
            ? Number(value)
            : value === null
              ? null
              : typeof value === 'object'
                ? String(value)
                : value,
        ),
      ),
    async failure(text) {
      try {
        await run(text);
      } catch (error) {
        if (isQueryError(error)) return `${error.sqlstate} ${error.message}`;
        throw error;
      }
      throw new Error(`did not fail: ${text}`);
    },
    files: () => listFiles(stack.root),
    close: () => stack.close(),
  };
}
