import { mkdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { quote } from '../random/lake-tables.ts';

const AGE = 3600;

async function copyTo(connection: DuckDBConnection, rows: string, path: string): Promise<void> {
  await connection.run(
    `COPY (${rows}) TO ${quote(path)} (FORMAT parquet, COMPRESSION uncompressed)`,
  );
}

/** Writes beside and renames over, as careful writers do. `aged`: the file looks an hour old. */
export async function writeRows(
  connection: DuckDBConnection,
  rows: string,
  path: string,
  aged: boolean,
): Promise<void> {
  const beside = `${dirname(path)}/_new.parquet`;
  await mkdir(dirname(path), { recursive: true });
  await copyTo(connection, rows, beside);
  if (aged) {
    const time = Date.now() / 1000 - AGE;
    await utimes(beside, time, time);
  }
  await rename(beside, path);
}

/** Other values in the same columns, of the same width; `rid` stays unique, since statements order by it. */
const DISGUISES = [
  'rid + 1000000 AS rid',
  'k + 1 AS k',
  'k + 2 AS k, rid + 2000000 AS rid',
  '30 - k AS k',
];

/**
 * Puts other rows into a file without a trace in its size and modification time, as `cp -p` and rsync may. Answers false where
 * no such rows were found, and the file stays.
 */
export async function disguise(
  connection: DuckDBConnection,
  path: string,
  how: 'beside' | 'inPlace',
  disguises: readonly string[] = DISGUISES,
): Promise<boolean> {
  const before = await stat(path);
  const beside = `${dirname(path)}/_new.parquet`;
  for (const columns of disguises) {
    await copyTo(
      connection,
      `SELECT * REPLACE (${columns}) FROM read_parquet(${quote(path.replaceAll(/[*?[]/g, (each) => `[${each}]`))}, hive_partitioning = false)`,
      beside,
    );
    if ((await stat(beside)).size !== before.size) continue;
    if (how === 'inPlace') {
      await writeFile(path, await readFile(beside));
      await rm(beside);
    } else {
      await rename(beside, path);
    }
    await utimes(path, before.atime, before.mtime);
    return true;
  }
  await rm(beside);
  return false;
}
