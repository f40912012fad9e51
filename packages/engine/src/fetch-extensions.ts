import { DuckDBInstance, version } from '@duckdb/node-api';
import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { quoteLiteral } from './quote-literal.ts';

const run = promisify(execFile);
const DOWNLOAD_TIMEOUT_MS = 300_000;

export interface FetchReport {
  readonly name: string;
  readonly state: 'fetched' | 'failed';
  /** The file and where it came from, or what each way failed with. */
  readonly detail: string;
}

/**
 * Fetches the extension files of exactly this engine's version into `directory`: from DuckDB's own site, or else from
 * the Python wheels that carry the same signed files (needs `python3` with pip). One that fails is reported, not thrown.
 */
export async function fetchExtensions(
  names: readonly string[],
  directory: string,
  signal?: AbortSignal,
): Promise<readonly FetchReport[]> {
  await mkdir(directory, { recursive: true });
  const reports: FetchReport[] = [];
  for (const name of names) {
    signal?.throwIfAborted();
    reports.push(await fetchExtension(name, directory, signal));
  }
  return reports;
}

async function fetchExtension(
  name: string,
  directory: string,
  signal: AbortSignal | undefined,
): Promise<FetchReport> {
  if (!/^[a-z][a-z0-9_]*$/.test(name)) {
    return { name, state: 'failed', detail: 'not the name of an engine extension' };
  }
  const work = await mkdtemp(join(tmpdir(), 'tributary-extension-'));
  const failures: string[] = [];
  try {
    for (const [source, fetch] of [
      ['DuckDB’s site', install],
      ['the Python package index', download],
    ] as const) {
      try {
        const found = await fetch(name, work, signal);
        const file = join(directory, `${name}.duckdb_extension`);
        // Copied beside its place and renamed: a reader never sees half a file.
        await copyFile(found, `${file}.part`);
        await rename(`${file}.part`, file);
        return { name, state: 'fetched', detail: `${file} (from ${source})` };
      } catch (error) {
        signal?.throwIfAborted();
        failures.push(`${source}: ${firstLine(error)}`);
      }
    }
    return { name, state: 'failed', detail: failures.join('; ') };
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function install(name: string, work: string): Promise<string> {
  const instance = await DuckDBInstance.create(':memory:', { extension_directory: work });
  try {
    const connection = await instance.connect();
    await connection.run(`INSTALL ${quoteLiteral(name)}`);
    return await findFile(work, `${name}.duckdb_extension`);
  } finally {
    instance.closeSync();
  }
}

async function download(
  name: string,
  work: string,
  signal: AbortSignal | undefined,
): Promise<string> {
  const wheel = `duckdb-extension-${name.replaceAll('_', '-')}==${version().replace(/^v/, '')}`;
  const options = { timeout: DOWNLOAD_TIMEOUT_MS, ...(signal === undefined ? {} : { signal }) };
  await run(
    'python3',
    ['-m', 'pip', 'download', '--quiet', '--no-deps', '-d', work, wheel],
    options,
  );
  const [file] = (await readdir(work)).filter((entry) => entry.endsWith('.whl'));
  if (file === undefined) throw new Error(`pip downloaded no wheel for ${wheel}`);
  await run('python3', ['-m', 'zipfile', '-e', join(work, file), work], options);
  return findFile(work, `${name}.duckdb_extension`);
}

async function findFile(directory: string, name: string): Promise<string> {
  for (const entry of await readdir(directory, { recursive: true })) {
    if (basename(entry) === name) return join(directory, entry);
  }
  throw new Error(`there is no ${name} in what was downloaded`);
}

function firstLine(error: unknown): string {
  const stderr =
    typeof error === 'object' && error !== null && 'stderr' in error ? String(error.stderr) : '';
  const message =
    typeof error === 'object' && error !== null && 'message' in error
      ? String(error.message)
      : String(error);
  const lines = (stderr.trim() || message).split('\n');
  return lines.find((line) => line.startsWith('ERROR')) ?? lines[0] ?? message;
}
