import type { SourceCatalogReader } from '@tributary/catalog';
import { noScanStatistics } from '@tributary/connectors';
import type { QueryConnector, ScanRelation } from '@tributary/connectors';
import { LOADED_ROWS, cancellation } from '@tributary/engine';
import type { Engine } from '@tributary/engine';
import { QueryError, engineType } from '@tributary/sql';
import type { Plan, ScanPlan } from '@tributary/sql';

/** Where the rows of tables come from: an HTTP interface, a device, a queue. Values are texts as PostgreSQL writes them. */
export interface RowSource {
  /** The columns of a table; undefined: there is no such table. */
  columns(table: string): readonly string[] | undefined;
  rows(table: string, signal: AbortSignal): AsyncIterable<readonly (string | null)[]>;
}

/** A source that answers whole tables and computes nothing. */
export function createRowsConnector(
  catalog: SourceCatalogReader,
  { engine, rows: source }: { readonly engine: Engine; readonly rows: RowSource },
): QueryConnector {
  return {
    kind: 'rows',
    source: catalog.source,
    catalog,
    refusal: (node) => (node.kind === 'scan' ? undefined : 'it computes nothing'),
    text: (plan) => `rows of ${scanOf(plan).table.name}`,
    async run(plan, _facts, { signal }) {
      const scan = scanOf(plan);
      const known = source.columns(scan.table.name);
      const places = scan.scanColumns.map(({ source: name }) => known?.indexOf(name) ?? -1);
      if (places.includes(-1)) {
        throw new QueryError(
          'undefinedColumn',
          `a column of "${scan.table.name}" does not exist any more`,
        );
      }
      return loadRows(scan, places, source, { engine, signal });
    },
    close: () => Promise.resolve(),
  };
}

/** Nothing but scans is accepted, so that nothing else comes. */
function scanOf(plan: Plan): ScanPlan {
  if (plan.kind === 'scan') return plan;
  throw new QueryError('internalError', 'only tables can be read from this source');
}

/** Puts the rows into a table of the engine, as texts, which the relation casts to the columns' types. */
async function loadRows(
  scan: ScanPlan,
  places: readonly number[],
  source: RowSource,
  { engine, signal }: { readonly engine: Engine; readonly signal: AbortSignal },
): Promise<ScanRelation> {
  const statistics = noScanStatistics('rows');
  // A table has a column, also where none is asked for.
  const names = ['present', ...scan.columns.map(({ id }) => `t${id}`)];
  const table = await engine.load(names.map((name) => ({ name, type: 'VARCHAR' })));
  try {
    let filled = 0;
    for await (const row of source.rows(scan.table.name, signal)) {
      if (signal.aborted) throw cancellation(signal);
      for (const [index, text] of ['', ...places.map((place) => row[place] ?? null)].entries()) {
        const column = table.columns[index];
        if (text === null) column?.setNull(filled);
        else {
          const bytes = Buffer.from(text);
          column?.setBytes(filled, bytes, 0, bytes.length);
          statistics.bytesRead += bytes.length;
        }
      }
      statistics.rows = (statistics.rows ?? 0) + 1;
      filled += 1;
      if (filled === LOADED_ROWS) {
        table.append(filled);
        filled = 0;
      }
    }
    if (signal.aborted) throw cancellation(signal);
    if (filled > 0) table.append(filled);
    table.finish();
  } catch (error) {
    await table.drop();
    throw error;
  }
  const list = scan.columns.map(({ id, type }) => `CAST(t${id} AS ${engineType(type)}) AS c${id}`);
  return {
    text: `(SELECT ${['present', ...list].join(', ')} FROM ${table.name})`,
    parameters: [],
    statistics,
    verify: () => Promise.resolve(),
    release: () => table.drop(),
  };
}
