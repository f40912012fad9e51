import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join as joinPath } from 'node:path';
import type { DuckDBValue } from '@duckdb/node-api';
import { decomposeAggregate } from '../../../src/functions/merge/decompose-aggregate.ts';
import type { Decomposition, ValueFacts } from '../../../src/functions/merge/decomposition.ts';
import type { AggregateExpression, Expression } from '../../../src/plan/expression.ts';
import type { Plan, PlanColumn, ScanPlan } from '../../../src/plan/plan.ts';
import { printDuckdb } from '../../../src/print/print-duckdb.ts';
import { INT4 } from '../../../src/types/sql-type.ts';
import type { SqlType } from '../../../src/types/sql-type.ts';
import type { TestDuckdb } from '../../support/duckdb.ts';
import { openDuckdb } from '../../support/duckdb.ts';
import { aggregate, column, constant, named, output, project, scan } from '../../support/plans.ts';

/** A row of texts in PostgreSQL's output form. */
export type Row = readonly (string | null)[];

/** Both answers by group key: the call over all rows, and its partials written to Parquet, read back, merged and finished. */
export interface Answers {
  readonly whole: readonly (readonly DuckDBValue[])[];
  readonly merged: readonly (readonly DuckDBValue[])[];
}

export interface MergeTester {
  /**
   * Splits `rows` of `types` by `parts` (one set number a row) and groups them by `keys` (a number a row; absent: one group).
   * Partials are rolled up once for each of `regroupings`, which say how many sets stay.
   */
  answers(
    call: AggregateExpression,
    types: readonly SqlType[],
    rows: readonly Row[],
    parts: readonly number[],
    options: {
      readonly keys?: readonly number[];
      readonly regroupings?: readonly number[];
      readonly facts?: ValueFacts;
    },
  ): Promise<Answers>;
  query: TestDuckdb['query'];
  stop(): Promise<void>;
}

/** Column ids of test rows: arguments are 1, 2, .. */
const KEY = 100;
const PART = 101;
const REGROUPED = 102;
const FIRST_PARTIAL = 200;
const ANSWER = 300;

export function decompositionOf(call: AggregateExpression, facts?: ValueFacts): Decomposition {
  const answer = decomposeAggregate(call, facts);
  if ('reason' in answer) throw new Error(`${answer.reason}: ${answer.detail}`);
  return answer;
}

/** Opens a DuckDB and a folder for cells. `stop` releases both. */
export async function openMergeTester(): Promise<MergeTester> {
  const duckdb = await openDuckdb();
  const folder = await mkdtemp(joinPath(tmpdir(), 'merge-'));
  let files = 0;

  const textOf = (plan: Plan): string =>
    printDuckdb<never>(plan, {
      relation: (each) => ({
        text: `(SELECT ${each.columns.map(({ id }) => `c${id}`).join(', ')} FROM ${nameOf(each)})`,
        parameters: [],
      }),
      timeZone: 'UTC',
      now: '2024-02-29 12:00:00+00',
    }).text;

  const write = async (plan: Plan): Promise<ScanPlan> => {
    files += 1;
    const name = `'${joinPath(folder, `${files}.parquet`)}'`;
    await duckdb.query(`COPY (${textOf(plan)}) TO ${name} (FORMAT parquet)`);
    return scan(name, plan.columns);
  };

  return {
    query: (sql) => duckdb.query(sql),
    async answers(call, types, rows, parts, { keys, regroupings = [], facts }) {
      const columns: PlanColumn[] = [
        ...types.map((type, index) => output(index + 1, type)),
        output(KEY),
        output(PART),
      ];
      const table = `t${(files += 1)}`;
      const cells = rows.map((row, index) => [
        ...row.map((value, place) => constant(value, types[place] ?? INT4)),
        constant(String(keys?.[index] ?? 0), INT4),
        constant(String(parts[index] ?? 0), INT4),
      ]);
      const none = columns.map(({ type }) => constant(null, type));
      const made: Plan = { kind: 'values', columns, rows: cells.length === 0 ? [none] : cells };
      await duckdb.query(
        `CREATE TABLE ${table} AS SELECT * FROM (${textOf(made)}) ${cells.length === 0 ? 'LIMIT 0' : ''}`,
      );
      const key = keys === undefined ? [] : [[KEY, column(KEY)] as const];
      const shown = [...key.map(() => output(KEY)), output(ANSWER, call.type)];
      const ordered = (plan: Plan): string =>
        `SELECT * FROM (${textOf({ ...plan, columns: shown })}) ORDER BY ALL`;
      const whole = await duckdb.query(
        ordered(aggregate(scan(table, columns), key, [[ANSWER, call]])),
      );

      const decomposition = decompositionOf(call, facts);
      const ids = decomposition.partials.map((_, index) => FIRST_PARTIAL + index);
      const held = decomposition.partials.map(({ type }, index) =>
        column(FIRST_PARTIAL + index, type),
      );
      const calls = (list: readonly AggregateExpression[]) =>
        list.map((each, index) => [ids[index] ?? 0, each] as const);
      let read = await write(
        aggregate(
          scan(table, columns),
          [...key, [PART, column(PART)]],
          calls(decomposition.partials),
        ),
      );
      for (const sets of regroupings) {
        const regrouped = aggregate(
          read,
          [...key, [REGROUPED, modulo(column(PART), sets)]],
          calls(decomposition.rollUp(held)),
        );
        read = await write(
          project(
            regrouped,
            ...key.map(([id]) => [id, column(id)] as const),
            [PART, column(REGROUPED)],
            ...held.map((each) => [each.id, each] as const),
          ),
        );
      }
      const rolled = aggregate(read, key, calls(decomposition.rollUp(held)));
      const merged = await duckdb.query(
        ordered(
          project(rolled, ...key.map(([id]) => [id, column(id)] as const), [
            ANSWER,
            decomposition.finish(held),
          ]),
        ),
      );
      await duckdb.query(`DROP TABLE ${table}`);
      return { whole, merged };
    },
    async stop() {
      duckdb.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function nameOf(plan: Plan): string {
  if (plan.kind !== 'scan') throw new Error(`a ${plan.kind} is no table`);
  return plan.table.name;
}

function modulo(value: Expression, sets: number): Expression {
  const entry = named('mod', [INT4, INT4]);
  return { kind: 'call', entry, args: [value, constant(String(sets), INT4)], type: INT4 };
}
