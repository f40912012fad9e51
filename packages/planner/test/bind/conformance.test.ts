import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { loadParser } from '@tributary/sql';
import { CASES } from './cases/all.ts';
import { EXCEPTIONS } from './cases/exceptions.ts';
import { startConformance } from './support/conformance.ts';
import type { Conformance } from './support/conformance.ts';

describe('a SELECT bound by us and run on DuckDB answers as PostgreSQL does', () => {
  let engines: Conformance | undefined;
  beforeAll(async () => {
    await loadParser();
    engines = await startConformance();
  });
  afterAll(async () => {
    await engines?.stop();
  });

  for (const [topic, statements] of Object.entries(CASES)) {
    test(`${topic}: names, types, rows and error codes are the same`, async () => {
      if (engines === undefined) throw new Error('engines are not running');
      const found: string[] = [];
      for (const sql of statements) {
        const difference = await engines.compare(sql);
        if (difference !== undefined && !EXCEPTIONS.has(sql)) found.push(`${sql}\n${difference}`);
      }
      expect(found).toEqual([]);
    }, 240_000);
  }
});
