import { DuckDBInstance } from '@duckdb/node-api';
import type { DuckDBConnection } from '@duckdb/node-api';
import type { SqlSession } from '@tributary/planner';
import { engineType, isQueryError } from '@tributary/sql';
import type { PlanColumn } from '@tributary/sql';
import type { TestPostgres } from '../../packages/sql/test/support/postgres.ts';
import { copyToWarehouse } from '../warehouse/copy-to-warehouse.ts';
import { openQueryStack, query } from '../support/query-stack.ts';
import { RandomSource } from '../support/random-source.ts';
import { firstDifference, valueText } from './compare-rows.ts';
import type { TextRow } from './compare-rows.ts';
import { dialectText } from './dialects.ts';
import { randomTables } from './lake-tables.ts';
import type { LakeTable } from './lake-tables.ts';
import type { RandomStatement, RandomView } from './random-statement.ts';
import { StatementMaker } from './random-statement.ts';
import { declareTable, writeTable } from './write-lake.ts';

const TIME_ZONES = ['UTC', 'UTC', 'America/New_York', 'Asia/Kolkata', 'Pacific/Apia'];
/** DuckDB takes no subquery over the preserved side of an outer join in its ON; the product does. */
const DUCKDB_LIMIT = 'Cannot perform non-inner join on subquery';
const MOST_ROWS = 100_000;

export interface Outcome {
  readonly kind:
    | 'same'
    | 'different'
    | 'bothFailed'
    | 'onlyProductFailed'
    | 'onlyTruthFailed'
    | 'truthCannot'
    | 'tooLarge';
  readonly rows: number;
  readonly detail: string;
}

/** A random lake behind the product and, all files read, in a plain DuckDB. */
export interface Differential {
  readonly maker: StatementMaker;
  readonly tables: readonly LakeTable[];
  compare(statement: RandomStatement, withRulesOff: boolean): Promise<Outcome>;
  close(): Promise<void>;
}

/** A statement's text with its tables' names where they lie. */
type Placed = (text: string) => string;

async function openTruth(): Promise<{ connection: DuckDBConnection; close: () => void }> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '2' });
  const connection = await instance.connect();
  await connection.run(
    "SET integer_division = true; SET default_null_order = 'postgres'; SET TimeZone = 'UTC'; SET order_by_non_integer_literal = true; CREATE SCHEMA lake",
  );
  return {
    connection,
    close: () => {
      connection.closeSync();
      instance.closeSync();
    },
  };
}

function describeError(error: unknown): string {
  if (isQueryError(error)) {
    const cause = error.cause === undefined ? '' : ` (${describeError(error.cause)})`;
    return `${error.code}: ${error.message}${cause}`;
  }
  return error !== null && typeof error === 'object' && 'message' in error
    ? String(error.message)
    : String(error);
}

/** `warehouse`: about half of the tables lie in that PostgreSQL instead, in a schema of the seed's. */
export async function openDifferential(
  seed: number,
  warehouse?: TestPostgres,
): Promise<Differential> {
  const random = new RandomSource(seed);
  const stack = await openQueryStack(
    warehouse === undefined
      ? {}
      : {
          postgres: [{ source: 'warehouse', url: warehouse.connectionString, catalogAge: 0 }],
        },
  );
  const truth = await openTruth();
  const session = await stack.service.createSession('tributary', new Map());
  const close = async (): Promise<void> => {
    await session.close();
    await stack.close();
    truth.close();
  };
  try {
    const zone = random.pick(TIME_ZONES);
    await truth.connection.run(`SET TimeZone = '${zone}'`);
    await query(session, `SET TimeZone = '${zone}'`);
    const tables = randomTables(random);
    const moved: string[] = [];
    for (const table of tables) {
      await writeTable(truth.connection, stack.root, table, random);
      if (warehouse !== undefined && table.injected === undefined && random.chance(0.5)) {
        await copyToWarehouse(truth.connection, table, warehouse, `seed_${seed}`);
        moved.push(table.name);
      } else {
        const script = declareTable(table, stack.root);
        await stack.service.runScript(script, new AbortController().signal);
      }
    }
    const places = new RegExp(`\\blake\\.(${['-', ...moved].join('|')})\\b`, 'g');
    const placed: Placed = (text) => text.replaceAll(places, `warehouse_seed_${seed}.$1`);
    const views: RandomView[] = [];
    for (const name of ['va', 'vb', 'vc', 'vd']) {
      const view = new StatementMaker(random, tables, []).view(name);
      await truth.connection.run(`CREATE VIEW ${name} AS ${dialectText(view.text, 'duckdb')}`);
      await query(session, `CREATE VIEW ${name} AS ${placed(dialectText(view.text, 'postgres'))}`);
      views.push(view);
    }
    return {
      tables,
      maker: new StatementMaker(random, tables, views),
      compare: (statement, withRulesOff) =>
        compareOnce(session, truth.connection, statement, withRulesOff, placed),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function truthRows(
  connection: DuckDBConnection,
  text: string,
  columns: readonly PlanColumn[] | undefined,
): Promise<readonly TextRow[]> {
  const read =
    columns === undefined
      ? text
      : `SELECT ${columns.map(({ type }, index) => `CAST(c${index} AS ${engineType(type)})`).join(', ')} FROM (${text}) AS truth(${columns.map((_, index) => `c${index}`).join(', ')}) LIMIT ${MOST_ROWS}`;
  const result = await connection.runAndReadAll(read);
  return result.getRows().map((row) => row.map(valueText));
}

/** Averages of whole numbers are numeric in PostgreSQL and double in DuckDB; sums of floats depend on the order. */
function tolerance({ type }: PlanColumn): number {
  if (type.kind !== 'scalar') return 0;
  return type.name === 'float8' || type.name === 'float4' ? 1e-9 : 0;
}

async function compareOnce(
  session: SqlSession,
  connection: DuckDBConnection,
  statement: RandomStatement,
  withRulesOff: boolean,
  placed: Placed,
): Promise<Outcome> {
  const postgres = placed(dialectText(statement.text, 'postgres'));
  let columns: readonly PlanColumn[] | undefined;
  let actual: readonly TextRow[] = [];
  let failure: string | undefined;
  try {
    const result = await query(session, postgres);
    columns = result.columns;
    actual = result.rows.map((row) => row.map(valueText));
  } catch (error) {
    failure = describeError(error);
  }
  let expected: readonly TextRow[];
  try {
    expected = await truthRows(connection, dialectText(statement.text, 'duckdb'), columns);
  } catch (error) {
    const detail = `truth: ${describeError(error)}`;
    const kind = detail.includes(DUCKDB_LIMIT) ? 'truthCannot' : 'onlyTruthFailed';
    return failure === undefined
      ? { kind, rows: 0, detail }
      : { kind: 'bothFailed', rows: 0, detail: `${failure}; ${detail}` };
  }
  if (failure !== undefined)
    return { kind: 'onlyProductFailed', rows: expected.length, detail: failure };
  if (expected.length >= MOST_ROWS) return { kind: 'tooLarge', rows: expected.length, detail: '' };
  const tolerances = columns?.map(tolerance) ?? [];
  const difference = firstDifference(actual, expected, statement.ordered, tolerances);
  if (difference !== undefined)
    return { kind: 'different', rows: expected.length, detail: difference };
  if (withRulesOff) {
    await query(session, "SET tributary.rules_off = 'all'");
    try {
      const plain = await query(session, postgres);
      const rows = plain.rows.map((row) => row.map(valueText));
      const without = firstDifference(rows, expected, statement.ordered, tolerances);
      if (without !== undefined) {
        return { kind: 'different', rows: expected.length, detail: `rules off: ${without}` };
      }
    } catch (error) {
      return {
        kind: 'onlyProductFailed',
        rows: expected.length,
        detail: `rules off: ${describeError(error)}`,
      };
    } finally {
      await query(session, 'RESET tributary.rules_off');
    }
  }
  return { kind: 'same', rows: expected.length, detail: '' };
}
