import { readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { NO_GRANTS } from '@tributary/catalog';
import { NO_ROLES } from '@tributary/planner';
import type { CatalogSnapshot, TableDefinition } from '@tributary/catalog';
import type { CatalogScope } from '@tributary/planner';
import { DATE, FLOAT8, INT8, TEXT, TIMESTAMP, numericType } from '@tributary/sql';
import { createCatalogEngine } from '../packages/server/src/catalog-engine/catalog-engine.ts';
import type { Benchmark } from './report.ts';
import { median, ms, quantile } from './report.ts';

const COLUMNS = 30;
const TYPES = [INT8, TEXT, DATE, FLOAT8, TIMESTAMP, numericType(18, 4)];
const SIZES = [
  { tables: 1_000, readyMs: 2_000 },
  { tables: 10_000, readyMs: 12_000 },
] as const;

function wideTable(index: number): TableDefinition {
  return {
    kind: 'table',
    id: `t${index}`,
    version: 1,
    database: 'lake',
    schema: `s${index % 10}`,
    name: `table_${index}`,
    comment: `Table ${index}`,
    columns: Array.from({ length: COLUMNS }, (_, column) => ({
      name: `column_${column}`,
      type: TYPES[column % TYPES.length] ?? TEXT,
    })),
    source: 'lake',
    partitionColumns: [],
    storage: { format: 'parquet' },
    location: `/lake/${index}/`,
    properties: {},
  };
}

function catalogOf(tables: number): CatalogSnapshot {
  const all = Array.from({ length: tables }, (_, index) => wideTable(index));
  const bySchema = new Map<string, TableDefinition[]>();
  for (const table of all) {
    const schema = bySchema.get(table.schema);
    if (schema === undefined) bySchema.set(table.schema, [table]);
    else schema.push(table);
  }
  const schemas = (database: string): string[] =>
    database === 'lake' ? [...bySchema.keys()] : ['public'];
  return {
    version: 1,
    grants: NO_GRANTS,
    databases: () => ['lake', 'main'],
    schemas,
    hasSchema: (database, schema) => schemas(database).includes(schema),
    relation: (database, schema, name) =>
      database === 'lake' ? bySchema.get(schema)?.find((each) => each.name === name) : undefined,
    relations: (database, schema) => (database === 'lake' ? (bySchema.get(schema) ?? []) : []),
  };
}

/** What clients ask of one table or of the list of schemas; `{table}` is another one each time. */
const TYPICAL: readonly string[] = [
  `SELECT c.oid, n.nspname, c.relname FROM pg_catalog.pg_class c LEFT JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relname OPERATOR(pg_catalog.~) '^({table})$' COLLATE pg_catalog.default AND pg_catalog.pg_table_is_visible(c.oid) ORDER BY 2, 3`,
  `SELECT a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod), a.attnotnull, pg_catalog.col_description(a.attrelid, a.attnum)
    FROM pg_catalog.pg_attribute a WHERE a.attrelid = '{schema}.{table}'::regclass AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum`,
  `SELECT column_name, data_type, is_nullable FROM information_schema.columns WHERE table_schema = '{schema}' AND table_name = '{table}'
    ORDER BY ordinal_position`,
  `SELECT n.nspname, c.relname, a.attname, a.atttypid, a.attnotnull, a.atttypmod, a.attnum, pg_catalog.pg_get_expr(def.adbin, def.adrelid),
      dsc.description FROM pg_catalog.pg_namespace n JOIN pg_catalog.pg_class c ON (c.relnamespace = n.oid)
      JOIN pg_catalog.pg_attribute a ON (a.attrelid = c.oid) JOIN pg_catalog.pg_type t ON (a.atttypid = t.oid)
      LEFT JOIN pg_catalog.pg_attrdef def ON (a.attrelid = def.adrelid AND a.attnum = def.adnum)
      LEFT JOIN pg_catalog.pg_description dsc ON (c.oid = dsc.objoid AND a.attnum = dsc.objsubid)
    WHERE c.relkind in ('r', 'p', 'v', 'f', 'm') AND a.attnum > 0 AND NOT a.attisdropped AND n.nspname LIKE '{schema}' AND c.relname LIKE '{table}'
    ORDER BY nspname, c.relname, attnum`,
  `SELECT nspname FROM pg_catalog.pg_namespace WHERE nspname !~ '^pg_' AND nspname <> '{table}' ORDER BY 1`,
  `SELECT conname, pg_catalog.pg_get_constraintdef(oid, true) FROM pg_catalog.pg_constraint WHERE conrelid = '{schema}.{table}'::regclass`,
];

function statement(text: string, index: number): string {
  return text.replaceAll('{schema}', `lake_s${index % 10}`).replaceAll('{table}', `table_${index}`);
}

function residentMegabytes(): number {
  const status = readFileSync('/proc/self/status', 'utf8');
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? NaN) / 1024;
}

const NEVER = new AbortController().signal;
const ignore = (): void => undefined;

function scopeOf(snapshot: CatalogSnapshot): CatalogScope {
  return {
    snapshot,
    database: 'main',
    searchPath: ['public'],
    user: 'ann',
    reader: NO_ROLES.reader('ann'),
    timeZone: 'UTC',
  };
}

export const catalog: Benchmark = {
  name: 'catalog',
  description: `system catalogs of many tables of ${COLUMNS} columns`,
  async run(report) {
    const snapshots = resolve('.cache/bench/system-catalogs');
    await mkdir(snapshots, { recursive: true });
    // As every start of a server but its first.
    const first = createCatalogEngine({ logger: { info: ignore, warn: ignore }, snapshots });
    await first.execute('SELECT 1 FROM pg_am', [], scopeOf(catalogOf(1)), NEVER);
    await first.close();
    for (const { tables, readyMs } of SIZES) {
      const before = residentMegabytes();
      const scope = scopeOf(catalogOf(tables));
      const notes: string[] = [];
      const engine = createCatalogEngine({
        snapshots,
        logger: {
          info: (fields, message) => notes.push(`${message} ${JSON.stringify(fields)}`),
          warn: (fields, message) => notes.push(`${message} ${JSON.stringify(fields)}`),
        },
      });
      const ask = async (text: string): Promise<number> => {
        const started = performance.now();
        const rows = await engine.execute(text, [], scope, NEVER);
        const elapsed = performance.now() - started;
        if (rows.length === 0 && !text.includes('pg_constraint') && !text.includes('is_visible')) {
          throw new Error(`no rows: ${text}`);
        }
        return elapsed;
      };
      try {
        const started = performance.now();
        engine.warm(scope.snapshot);
        await ask('SELECT count(*) FROM pg_catalog.pg_class');
        const ready = performance.now() - started;
        report({
          what: `${tables} tables: ready after the start of the process's catalogs`,
          figure: `${(ready / 1000).toFixed(2)} s (${notes.map((note) => /"ms":(\d+)/.exec(note)?.[1]).join(' + ')} ms)`,
          bar: `${readyMs / 1000} s`,
          met: ready <= readyMs,
        });
        const times: number[] = [];
        const repeated: number[] = [];
        for (let round = 0; round < 30; round++) {
          for (const text of TYPICAL) {
            const asked = statement(text, (round * 331) % tables);
            const first = await ask(asked);
            if (round >= 5) times.push(first);
            repeated.push(await ask(asked));
          }
        }
        report({
          what: `${tables} tables: a typical statement`,
          figure: `p50 ${ms(median(times))}, p95 ${ms(quantile(times, 0.95))}`,
          bar: 'p50 5 ms',
          met: median(times) <= 5,
        });
        report({
          what: `${tables} tables: the same statement again`,
          figure: `p50 ${ms(median(repeated))}, p95 ${ms(quantile(repeated, 0.95))}`,
          bar: '1 ms',
          met: quantile(repeated, 0.95) <= 1,
        });
        const whole = await ask(
          "SELECT table_schema, table_name, column_name, data_type FROM information_schema.columns WHERE table_schema = 'lake_s1'",
        );
        report({
          what: `${tables} tables: memory`,
          figure: `${Math.round(residentMegabytes() - before)} MB; a tenth of all columns by information_schema in ${ms(whole)}`,
          bar: 'reported',
          met: undefined,
        });
      } finally {
        await engine.close();
      }
    }
  },
};
