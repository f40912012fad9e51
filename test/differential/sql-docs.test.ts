import { readFile } from 'node:fs/promises';
import { expect, test } from '@jest/globals';
import { allEntries } from '@tributary/sql';
import { KNOWN_DIFFERENCES } from './known-differences.ts';
import { SQL_DOCS, sqlDocs } from './write-sql-docs.ts';

/** Constructs of the grammar that known differences name beside functions, and types. */
const WORDS = new Set(['greatest', 'least', 'bpchar', 'date', 'timestamp', 'interval']);

test('docs/sql.md is what npm run docs:sql writes', async () => {
  expect(await readFile(SQL_DOCS, 'utf8')).toBe(await sqlDocs());
});

test('known differences name functions of the catalog', () => {
  const names = new Set(allEntries().map((entry) => entry.name));
  const unknown = KNOWN_DIFFERENCES.flatMap((known) => known.names).filter(
    (name) => !names.has(name) && !WORDS.has(name),
  );
  expect(unknown).toEqual([]);
});
