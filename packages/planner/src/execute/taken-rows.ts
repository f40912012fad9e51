import type { DuckDBDataChunk } from '@duckdb/node-api';
import type { Engine, EngineResult, TableLoader } from '@tributary/engine';

/** Rows that are read at most once. */
export interface TakenRows {
  chunks(): AsyncIterable<DuckDBDataChunk>;
  /** Idempotent. */
  release(): Promise<void>;
}

/** Reads a result to its end: the first `most` chunks are held as they are, the others go into a table of the engine, which spills. */
export async function takeIn(
  result: EngineResult,
  engine: Engine,
  most: number,
  signal: AbortSignal,
): Promise<TakenRows> {
  const held: DuckDBDataChunk[] = [];
  let table: TableLoader | undefined;
  try {
    for await (const chunk of result.chunks()) {
      if (held.length < most) {
        held.push(chunk);
        continue;
      }
      table ??= await engine.load(
        result.columns.map(({ type }, index) => ({ name: `r${index}`, type: type.toString() })),
      );
      table.appendChunk(chunk);
    }
    table?.finish();
  } catch (error) {
    await table?.drop();
    throw error;
  }
  const rest = table;
  return {
    async *chunks() {
      yield* held.splice(0);
      if (rest === undefined) return;
      const read = await engine.run(`FROM ${rest.name}`, [], { signal });
      yield* read.chunks();
    },
    release: async () => rest?.drop(),
  };
}
