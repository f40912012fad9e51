import { readdir } from 'node:fs/promises';
import { DuckDBInstance } from '@duckdb/node-api';
import type { DuckDBConnection, DuckDBValue } from '@duckdb/node-api';
import { engineType } from '@tributary/sql';
import type { PlanColumn } from '@tributary/sql';
import { quote } from '../random/lake-tables.ts';
import { engineTypeOf, partitionLiterals } from './windowed-tables.ts';
import type { TableState } from './windowed-tables.ts';

/** More are not compared. */
export const MOST_ROWS = 50_000;

/** Files below a folder, sorted, as paths below it. */
export async function filesBelow(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true }).catch(() => []);
  return entries.filter((each) => each.endsWith('.parquet')).sort();
}

/** A plain DuckDB that has read all of a lake's files. */
export class Truth {
  readonly connection: DuckDBConnection;
  readonly #instance: DuckDBInstance;
  readonly #root: string;

  private constructor(instance: DuckDBInstance, connection: DuckDBConnection, root: string) {
    this.#instance = instance;
    this.connection = connection;
    this.#root = root;
  }

  static async open(root: string): Promise<Truth> {
    const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
    const connection = await instance.connect();
    // Its caches take a file of the old size and time for the old file.
    await connection.run(
      'SET enable_external_file_cache = false; SET parquet_metadata_cache = false',
    );
    await connection.run(
      "SET integer_division = true; SET default_null_order = 'postgres'; SET TimeZone = 'UTC'; SET order_by_non_integer_literal = true; CREATE SCHEMA lake",
    );
    return new Truth(instance, connection, root);
  }

  /** Reads a table's files anew, as they stand now. */
  async load(table: TableState): Promise<void> {
    const { layout } = table;
    const files = await this.#files(table);
    const own = table.columns.map(
      ({ name, engineType: type }) => `CAST(NULL AS ${type}) AS ${name}`,
    );
    const keys = layout?.partitionColumns ?? [];
    const empty = `SELECT ${own.join(', ')}, CAST(NULL AS VARCHAR) AS file_path WHERE false`;
    const rows =
      files.length === 0
        ? empty
        : `${empty} UNION ALL BY NAME SELECT * FROM read_parquet([${[...new Set(files.map(({ path }) => quote(path)))].join(', ')}], union_by_name = true, hive_partitioning = false, filename = 'file_path')`;
    const places =
      files.length === 0
        ? ''
        : ` LEFT JOIN (VALUES ${files.map(({ path, literals }) => `(${[quote(path), ...literals].join(', ')})`).join(', ')}) AS places(${['place', ...keys.map(({ name }) => `p_${name}`)].join(', ')}) ON place = file_path`;
    const list = [
      ...table.columns.map(({ name, engineType: type }) => `CAST(${name} AS ${type}) AS ${name}`),
      ...keys.map(
        ({ name, type }) =>
          `CAST(${files.length === 0 ? 'NULL' : `p_${name}`} AS ${engineTypeOf(type)}) AS ${name}`,
      ),
    ];
    await this.connection.run(
      `CREATE OR REPLACE TABLE lake.${table.name} AS SELECT ${list.join(', ')} FROM (${rows})${places}`,
    );
  }

  /** A query's rows, each value as the type that the product gives it. */
  async rows(
    text: string,
    columns: readonly PlanColumn[] | undefined,
  ): Promise<readonly (readonly DuckDBValue[])[]> {
    const read =
      columns === undefined
        ? text
        : `SELECT ${columns.map(({ type }, index) => `CAST(c${index} AS ${engineType(type)})`).join(', ')} FROM (${text}) AS truth(${columns.map((_, index) => `c${index}`).join(', ')}) LIMIT ${MOST_ROWS}`;
    return (await this.connection.runAndReadAll(read)).getRows();
  }

  close(): void {
    this.connection.closeSync();
    this.#instance.closeSync();
  }

  async #files(
    table: TableState,
  ): Promise<readonly { readonly path: string; readonly literals: readonly string[] }[]> {
    const { layout, registered } = table;
    const below = async (folder: string, literals: readonly string[]) =>
      (await filesBelow(this.#root + folder)).map((each) => ({
        path: `${this.#root}${folder}${each}`,
        literals,
      }));
    if (layout === undefined) return below(table.location, []);
    if (registered !== undefined) {
      const lists = await Promise.all(
        [...registered].map(([path, folder]) => below(folder, partitionLiterals(layout, path))),
      );
      return lists.flat();
    }
    return (await filesBelow(this.#root + table.location)).map((each) => ({
      path: `${this.#root}${table.location}${each}`,
      literals: partitionLiterals(layout, each),
    }));
  }
}
