import { listValue } from '@duckdb/node-api';
import type { Compaction, FileLease } from '@tributary/catalog';
import type { Engine, EngineValue } from '@tributary/engine';
import { engineType } from '@tributary/sql';
import { timeColumnsOf } from './base-key.ts';
import { CELL_FILE } from './cell-file.ts';
import { wantedWindows } from './cells-plan.ts';
import type { CellRows } from './cells-plan.ts';
import type { ReuseService } from './reuse-service.ts';
import { partitionValues, windowsInFile, withWindowsInFile } from './windows.ts';

/** Soon after units were stored: makes few files of many small ones. One at a time: what is asked for while one waits is left out. */
export function compactInBackground(engine: Engine, service: ReuseService): void {
  const { background, compaction } = service;
  if (compaction.waiting) return;
  compaction.waiting = true;
  background.add(
    (signal) => {
      compaction.waiting = false;
      return compactCells(engine, service, signal);
    },
    () => {
      compaction.waiting = false;
      return Promise.resolve();
    },
  );
}

async function compactCells(
  engine: Engine,
  service: ReuseService,
  signal: AbortSignal,
): Promise<void> {
  for (const each of await service.store.compactable()) {
    signal.throwIfAborted();
    const lease = await service.store.lease([...new Set(each.cells.map(({ file }) => file))]);
    try {
      await compact(each, lease, { engine, service, signal });
    } finally {
      lease.release();
    }
  }
}

/** Copies the rows of live windows to one file. Does nothing where they cannot all be told for sure. */
async function compact(
  { base, shapeText, cells }: Compaction,
  lease: FileLease,
  context: {
    readonly engine: Engine;
    readonly service: ReuseService;
    readonly signal: AbortSignal;
  },
): Promise<void> {
  const { store } = context.service;
  const times = timeColumnsOf(base);
  if (times === undefined) return;
  const rows = new Map<string, CellRows>();
  // Cells of windows without files have no rows.
  const full = cells.filter((cell) => windowsInFile(cell) > 0);
  for (const cell of full) {
    const path = lease.paths.get(cell.file);
    const partition = partitionValues(cell);
    if (path === undefined || partition === undefined) return;
    const values = times.map(({ place }) => partition[place] ?? null);
    rows.set(JSON.stringify([path, values]), { path, values });
  }
  if (rows.size !== full.length || rows.size === 0) return;
  const parameters: EngineValue[] = [
    listValue([...new Set([...rows.values()].map(({ path }) => path))]),
  ];
  const joined = wantedWindows(
    [...rows.values()],
    times.map(({ type }) => engineType(type)),
    (values) => {
      parameters.push(listValue([...values]));
      return `unnest(CAST($${parameters.length} AS VARCHAR[]))`;
    },
  );
  const path = await store.newFile();
  try {
    await context.engine.rows(
      `COPY (SELECT r.* EXCLUDE (filename) FROM read_parquet($1, filename = true) AS r${joined}) TO '${path.replaceAll("'", "''")}' ${CELL_FILE}`,
      parameters,
      { signal: context.signal, allowCopy: true },
    );
    const stored = await store.put({
      base,
      shapeText,
      path,
      cells: cells.map((cell) => ({
        ...cell,
        detail: windowsInFile(cell) > 0 ? withWindowsInFile(cell, full.length) : cell.detail,
      })),
      inputBytes: cells.reduce((sum, { inputBytes }) => sum + inputBytes, 0),
      copiedFrom: cells.map(({ id }) => id),
    });
    stored?.lease.release();
  } finally {
    // Which leaves a file that was put.
    await store.discard(path);
  }
}
