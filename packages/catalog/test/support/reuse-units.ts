import { createHash, randomBytes } from 'node:crypto';
import { readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type {
  BaseKey,
  CellContent,
  FileLease,
  ReuseStore,
  StoredCell,
  StoredUnit,
} from '../../src/reuse/reuse-store.ts';

export const DAY = 86_400_000;

export function base(text = 'select from events', change: Partial<BaseKey> = {}): BaseKey {
  return {
    text,
    hash: createHash('sha256').update(text).digest('hex').slice(0, 16),
    table: 'table-1',
    tableName: 'lake.sales.events',
    ...change,
  };
}

export function cell(day: number, change: Partial<CellContent> = {}): CellContent {
  return {
    kind: 'cell',
    from: day * DAY,
    to: (day + 1) * DAY,
    version: `version of ${day}`,
    detail: `{"day":${day}}`,
    rows: 10,
    verifiedAt: 1_000,
    ...change,
  };
}

/** Cells of the days `[from, to)`. */
export function days(from: number, to: number): CellContent[] {
  return Array.from({ length: to - from }, (_, at) => cell(from + at));
}

export interface PutOptions {
  readonly base?: BaseKey;
  readonly shape?: string;
  readonly cells?: readonly CellContent[];
  readonly bytes?: number;
  readonly content?: Buffer;
  readonly copiedFrom?: readonly number[];
}

/** Writes a file and puts it, or discards it when it is not kept. */
export async function putUnit(
  store: ReuseStore,
  options: PutOptions = {},
): Promise<StoredUnit | undefined> {
  const path = await store.newFile();
  await writeFile(path, options.content ?? randomBytes(options.bytes ?? 100));
  try {
    return await store.put({
      base: options.base ?? base(),
      shapeText: options.shape ?? 'shape',
      cells: options.cells ?? days(0, 3),
      path,
      inputBytes: 9_000,
      ...(options.copiedFrom === undefined ? {} : { copiedFrom: options.copiedFrom }),
    });
  } finally {
    await store.discard(path);
  }
}

/** Puts and releases. Throws when the unit is not kept. */
export async function keep(
  store: ReuseStore,
  options: PutOptions = {},
): Promise<readonly StoredCell[]> {
  const unit = await putUnit(store, options);
  if (unit === undefined) throw new Error('not kept');
  unit.lease.release();
  return unit.cells;
}

/** The contents of leased files, by id. */
export async function contents(lease: FileLease): Promise<ReadonlyMap<number, Buffer>> {
  const read = new Map<number, Buffer>();
  for (const [id, path] of lease.paths) read.set(id, await readFile(path));
  return read;
}

/** All live cells of a base, by the days of their windows. */
export async function allCells(store: ReuseStore, of = base()): Promise<readonly StoredCell[]> {
  const shapes = await store.shapes(of);
  return store.cells(
    shapes.map((shape) => shape.id),
    -Infinity,
    Infinity,
  );
}

/** Paths, from the directory, of the Parquet files below it. */
export async function parquetFiles(directory: string): Promise<readonly string[]> {
  const found = await readdir(directory, { recursive: true });
  return found.filter((name) => name.endsWith('.parquet')).map((name) => join(directory, name));
}
