import { access } from 'node:fs/promises';
import { fork } from 'node:child_process';
import { resolve } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { fetchExtensions } from '@tributary/engine';

/** Milliseconds that the test server adds to each request. */
export const S3_LATENCY_MS = 50;
export const S3_ACCESS = {
  region: 'us-east-1',
  accessKeyId: 'tributary',
  secretAccessKey: 'tributary-secret',
  pathStyle: true,
} as const;

export interface S3Process {
  readonly endpoint: string;
  stop(): void;
}

/** Serves a folder as the bucket `bench` from a process of its own. */
export async function startS3(folder: string): Promise<S3Process> {
  const child = fork(resolve('bench/s3-process.ts'), [folder, String(S3_LATENCY_MS)], {
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  const endpoint = await new Promise<string>((found, failed) => {
    child.stdout?.once('data', (data: Buffer) => found(data.toString().trim()));
    child.once('exit', () => failed(new Error('the S3 process ended')));
  });
  return { endpoint, stop: () => child.kill() };
}

/** The YAML of a source `lake` over `s3://bench/<prefix>`. */
export function s3Source(endpoint: string, prefix = ''): string {
  const { region, accessKeyId, secretAccessKey } = S3_ACCESS;
  return `lake: { connector: lake, root: 's3://bench/${prefix}', s3: { endpoint: '${endpoint}', region: ${region}, accessKeyId: ${accessKeyId}, secretAccessKey: ${secretAccessKey}, pathStyle: true } }`;
}

/** Lets a plain DuckDB read the bucket by httpfs; false where the extension does not load. */
export async function loadHttpfs(connection: DuckDBConnection, endpoint: string): Promise<boolean> {
  const folder = resolve('.cache/extensions');
  const file = `${folder}/httpfs.duckdb_extension`;
  const present = await access(file).then(
    () => true,
    async () => (await fetchExtensions(['httpfs'], folder))[0]?.state === 'fetched',
  );
  if (!present) {
    return false;
  }
  const { region, accessKeyId, secretAccessKey } = S3_ACCESS;
  await connection.run(`LOAD '${file}'`);
  await connection.run(
    `CREATE SECRET (TYPE s3, KEY_ID '${accessKeyId}', SECRET '${secretAccessKey}', REGION '${region}', ENDPOINT '${endpoint.replace('http://', '')}', URL_STYLE 'path', USE_SSL false)`,
  );
  return true;
}
