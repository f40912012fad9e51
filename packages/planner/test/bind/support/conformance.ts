import { engineType, isQueryError, printDuckdb, typeInfo } from '@tributary/sql';
import type { SqlType } from '@tributary/sql';
import pg from 'pg';
import { openDuckdb } from '../../../../sql/test/support/duckdb.ts';
import type { TestDuckdb } from '../../../../sql/test/support/duckdb.ts';
import {
  comparable,
  engineLiteral,
  parseArray,
  renderEngineValue,
} from '../../../../sql/test/support/engine-values.ts';
import { startPostgres } from '../../../../sql/test/support/postgres.ts';
import type { TestPostgres } from '../../../../sql/test/support/postgres.ts';
import { bindText } from './bind.ts';
import { snapshotOf } from './snapshot.ts';
import type { TestTable } from './tables.ts';
import { TABLES } from './tables.ts';

/** What a statement gives: columns and rows as comparable texts, or an SQLSTATE. */
export type Outcome =
  | {
      readonly names: readonly string[];
      readonly oids: readonly number[];
      readonly rows: readonly string[];
    }
  | { readonly error: string; readonly message: string };

export interface Conformance {
  /** The differences between PostgreSQL's answer and ours, as text; undefined when there are none. */
  compare(sql: string): Promise<string | undefined>;
  stop(): Promise<void>;
}

function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

function quoted(value: string | null): string {
  return value === null ? 'NULL' : `'${value.replaceAll("'", "''")}'`;
}

function postgresType(type: SqlType): string {
  if (type.kind === 'array') return `${postgresType(type.element)}[]`;
  if (type.kind !== 'scalar') throw new TypeError(`no PostgreSQL type for ${type.kind}`);
  switch (type.name) {
    case 'numeric':
      return `numeric(${type.digits?.precision ?? 18},${type.digits?.scale ?? 0})`;
    case 'varchar':
    case 'bpchar':
      return `${type.name}(${type.typmod - 4})`;
    default:
      return type.name;
  }
}

async function loadPostgres(client: pg.Client, tables: readonly TestTable[]): Promise<void> {
  await client.query('CREATE SCHEMA other');
  for (const table of tables) {
    const name = `${table.schema}.${identifier(table.name)}`;
    const columns = table.columns.map(
      (each) => `${identifier(each.name)} ${postgresType(each.type)}`,
    );
    await client.query(`CREATE TABLE ${name} (${columns.join(', ')})`);
    const rows = table.rows.map((row) => `(${row.map(quoted).join(', ')})`);
    await client.query(`INSERT INTO ${name} VALUES ${rows.join(', ')}`);
  }
}

async function loadDuckdb(duckdb: TestDuckdb, tables: readonly TestTable[]): Promise<void> {
  for (const table of tables) {
    const name = engineName(table.schema, table.name);
    // DuckDB folds names that differ only in case: columns are numbered.
    const columns = table.columns.map((each, index) => `k${index} ${engineType(each.type)}`);
    await duckdb.query(`CREATE TABLE ${name} (${columns.join(', ')})`);
    const rows = table.rows.map((row) =>
      row.map((value, index) => {
        const type = table.columns[index]?.type;
        if (type === undefined) throw new TypeError(`${table.name} has a row that is too long`);
        return engineLiteral(value, type, engineType);
      }),
    );
    const text = rows.map((row) => `(${row.join(', ')})`);
    await duckdb.query(`INSERT INTO ${name} VALUES ${text.join(', ')}`);
  }
}

function engineName(schema: string, name: string): string {
  return identifier(`${schema}.${name}`);
}

const NOW_TEXT = '2024-06-01 12:34:56.789+00';

/** Starts both engines with the test tables. */
export async function startConformance(): Promise<Conformance> {
  const postgres: TestPostgres = await startPostgres();
  const duckdb = await openDuckdb();
  const client = new pg.Client({ connectionString: postgres.connectionString });
  const catalog = snapshotOf(TABLES);
  try {
    client.on('error', () => undefined);
    await client.connect();
    await client.query("SET statement_timeout = '5s'");
    await loadPostgres(client, TABLES);
    await loadDuckdb(duckdb, TABLES);
  } catch (error) {
    duckdb.close();
    await client.end();
    await postgres.stop();
    throw error;
  }

  async function onPostgres(sql: string, types: readonly SqlType[] | undefined): Promise<Outcome> {
    try {
      const result = await client.query<(string | null)[]>({
        text: sql,
        rowMode: 'array',
        types: { getTypeParser: () => (text: string) => text },
      });
      const rows = result.rows.map((row) =>
        row
          .map((value, index) => {
            const type = types?.[index];
            if (value === null || type === undefined) return value ?? 'NULL';
            const nested = type.kind === 'array' ? parseArray(value) : value;
            return rounded(comparable(nested, type), type);
          })
          .join(' | '),
      );
      return {
        names: result.fields.map((field) => field.name),
        oids: result.fields.map((field) => field.dataTypeID),
        rows: ordered(sql, rows),
      };
    } catch (error) {
      const { code, message } = error as { code?: string; message: string };
      if (code === undefined) throw error;
      return { error: code, message };
    }
  }

  async function ours(
    sql: string,
  ): Promise<{ readonly outcome: Outcome; readonly types?: readonly SqlType[] }> {
    try {
      const { plan } = bindText(sql, catalog);
      const types = plan.columns.map((column) => column.type);
      const printed = printDuckdb<never>(plan, {
        relation: (scan) => {
          if (scan.kind !== 'scan') throw new Error('no source computes queries here');
          const definition = catalog.relation(
            scan.table.database,
            scan.table.schema,
            scan.table.name,
          );
          const columns = scan.scanColumns.map(({ id, source }) => {
            const index = definition?.columns.findIndex((each) => each.name === source) ?? -1;
            return `k${index} AS c${id}`;
          });
          const name = engineName(scan.table.schema, scan.table.name);
          return {
            text: `(SELECT ${columns.length === 0 ? '1 AS one' : columns.join(', ')} FROM ${name})`,
            parameters: [],
          };
        },
        timeZone: 'UTC',
        now: NOW_TEXT,
      });
      let rows;
      try {
        rows = await duckdb.query(printed.text);
      } catch (error) {
        return {
          outcome: { error: 'engine', message: `${String(error)}\n${printed.text}` },
          types,
        };
      }
      const texts = rows.map((row) =>
        row
          .map((value, index) => {
            const type = types[index];
            if (value === null || type === undefined) return 'NULL';
            return rounded(comparable(renderEngineValue(value), type), type);
          })
          .join(' | '),
      );
      return {
        types,
        outcome: {
          names: plan.columns.map((column) => column.name),
          oids: types.map((type) => typeInfo(type).oid),
          rows: ordered(sql, texts),
        },
      };
    } catch (error) {
      if (!isQueryError(error)) throw error;
      return { outcome: { error: error.sqlstate, message: error.message } };
    }
  }

  return {
    async compare(sql) {
      const mine = await ours(sql);
      const theirs = await onPostgres(sql, mine.types);
      return difference(theirs, mine.outcome);
    },
    async stop() {
      duckdb.close();
      await client.end();
      await postgres.stop();
    },
  };
}

/** Quotients and averages have 16 places here and as many as PostgreSQL likes there: 13 significant digits must agree. */
function rounded(text: string, type: SqlType): string {
  const scale = type.kind === 'scalar' ? (type.digits?.scale ?? 0) : 0;
  return scale < 15 ? text : String(Number(Number(text).toPrecision(13)));
}

/** Rows without an ORDER BY at the top come in any order. */
function ordered(sql: string, rows: readonly string[]): readonly string[] {
  return /order by[^()]*(\([^()]*\)[^()]*)*$/i.test(sql) ? rows : [...rows].sort();
}

function difference(theirs: Outcome, mine: Outcome): string | undefined {
  if ('error' in theirs || 'error' in mine) {
    if ('error' in theirs && 'error' in mine) {
      // Errors that only data shows come from the engine without a code here.
      return theirs.error === mine.error || (mine.error === 'engine' && /^2[12]/.test(theirs.error))
        ? undefined
        : `PostgreSQL fails with ${theirs.error} ${theirs.message}\n  ours with ${mine.error} ${mine.message}`;
    }
    return 'error' in theirs
      ? `PostgreSQL fails with ${theirs.error} ${theirs.message}\n  ours answers ${JSON.stringify(mine)}`
      : `ours fails with ${'error' in mine ? `${mine.error} ${mine.message}` : ''}`;
  }
  for (const key of ['names', 'oids', 'rows'] as const) {
    const [left, right] = [JSON.stringify(theirs[key]), JSON.stringify(mine[key])];
    if (left !== right) {
      return `${key}\n  PostgreSQL ${left.slice(0, 1500)}\n  ours       ${right.slice(0, 1500)}`;
    }
  }
  return undefined;
}
