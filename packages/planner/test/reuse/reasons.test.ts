import { expect, test } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { BYPASS_REASONS } from '../../src/reuse/reasons.ts';

test('docs/reuse.md says what to do about every reason, and of no other', async () => {
  const text = await readFile(new URL('../../../../docs/reuse.md', import.meta.url), 'utf8');
  const [, section = ''] = text.split('\n## Reasons\n');
  const [table = ''] = section.split('\n## ');
  const rows = [...table.matchAll(/^\| `(\w+)` +\| (.+?) \| (.+?) \|$/gm)];
  expect(rows.map(([, code]) => code).sort()).toEqual(Object.keys(BYPASS_REASONS).sort());
  for (const [, , meaning, remedy] of rows) {
    expect([meaning?.trim(), remedy?.trim()]).not.toContain('');
  }
});
