import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';

export const POINTS = 100_000;

/** The one file of the lake's table `points`, written at first. */
export async function writePoints(folder: string): Promise<string> {
  const file = join(folder, 'points/data.parquet');
  if (existsSync(file)) return file;
  await mkdir(join(folder, 'points'), { recursive: true });
  const instance = await DuckDBInstance.create(':memory:');
  try {
    const connection = await instance.connect();
    await connection.run(
      `COPY (SELECT i::bigint AS id, 'name ' || i AS name, i * 1.5::double AS amount FROM range(${POINTS}) t(i)) TO '${file}'`,
    );
    connection.closeSync();
  } finally {
    instance.closeSync();
  }
  return file;
}
