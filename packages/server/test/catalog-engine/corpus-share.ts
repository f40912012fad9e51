import { readFile } from 'node:fs/promises';
import { createCatalogEngine } from '../../src/catalog-engine/catalog-engine.ts';
import { NO_ROLES } from '@tributary/planner';
import { INT4, INT8, JSONB, TEXT, arrayOf, isQueryError } from '@tributary/sql';
import { snapshotOf, table, view } from './support/snapshot.ts';

// Run by hand: node --conditions=source --import tsx packages/server/test/catalog-engine/corpus-share.ts <file.jsonl>...
// Says what share of captured statements over the system catalogs succeeds, and which do not. A line holds
// {"proto", "sql", "params"?}; statements that are not queries, or read tables, are left out.

interface Captured {
  readonly proto: string;
  readonly sql: string;
  readonly params?: readonly (string | null)[];
}

const customers = [
  { name: 'id', type: INT8 },
  { name: 'name', type: TEXT, comment: 'full name' },
  { name: 'tags', type: arrayOf(TEXT) },
  { name: 'attrs', type: JSONB },
];
const snapshot = snapshotOf(1, {
  main: {
    public: [table('t', [{ name: 'id', type: INT4 }])],
    sales: [
      table('customers', customers, { comment: 'Customers' }),
      table('orders', [{ name: 'id', type: INT8 }]),
      table('part', [{ name: 'id', type: INT4 }]),
      table('mv', customers),
      view('order_totals', [{ name: 'name', type: TEXT }]),
    ],
    hr: [table('employees', [{ name: 'id', type: INT4 }])],
    'Weird Schema': [table('Mixed Case', [{ name: 'Col A', type: INT4 }])],
  },
});
const scope = {
  snapshot,
  database: 'main',
  searchPath: ['public'],
  user: 'bi_user',
  reader: NO_ROLES.reader('bi_user'),
  timeZone: 'UTC',
};

const report = (fields: object, message: string): void => {
  process.stderr.write(`${message} ${JSON.stringify(fields)}\n`);
};
const engine = createCatalogEngine({ logger: { info: report, warn: report } });
try {
  for (const file of process.argv.slice(2)) {
    const lines = (await readFile(file, 'utf8')).split('\n').filter((line) => line !== '');
    const wanted = lines
      .map((line) => JSON.parse(line) as Captured)
      .filter(
        ({ sql }) => /^\s*(select|with|values)\b/i.test(sql) && /pg_|information_schema/i.test(sql),
      );
    const failures: string[] = [];
    const times: number[] = [];
    for (const { sql, params = [] } of wanted) {
      const started = performance.now();
      try {
        await engine.describe(sql, scope);
        await engine.execute(sql, params, scope, new AbortController().signal);
      } catch (error) {
        const message = isQueryError(error) ? `${error.sqlstate} ${error.message}` : String(error);
        failures.push(`${message}\n    ${sql.replaceAll(/\s+/g, ' ').slice(0, 200)}`);
      }
      times.push(performance.now() - started);
    }
    times.sort((a, b) => a - b);
    const quantile = (share: number): string =>
      (times[Math.floor(share * (times.length - 1))] ?? 0).toFixed(1);
    process.stdout.write(
      `${file}: ${wanted.length - failures.length} of ${wanted.length} succeed, ` +
        `p50 ${quantile(0.5)} ms, p95 ${quantile(0.95)} ms\n`,
    );
    for (const failure of failures) {
      process.stdout.write(`  ${failure}\n`);
    }
  }
} finally {
  await engine.close();
}
