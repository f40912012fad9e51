import type { Engine, LoadedColumn, TableLoader } from '@tributary/engine';
import { engineType } from '@tributary/sql';
import type { Plan } from '@tributary/sql';
import type { ScanRelation, ScanStatistics } from '../connector.ts';

/** Columns of a table of the engine for a plan's rows; a plan without any has one that says that a row is there. */
export function loadedColumns({ columns }: Plan): readonly LoadedColumn[] {
  return columns.length === 0
    ? [{ name: 'present', type: 'BOOLEAN' }]
    : columns.map(({ id, type }) => ({ name: `c${id}`, type: engineType(type) }));
}

/** A table of the engine for a plan's rows. */
export function loadedTable(engine: Engine, plan: Plan): Promise<TableLoader> {
  return engine.load(loadedColumns(plan));
}

/** The rows of a table that is complete; it goes with the relation. */
export function tableRelation(table: TableLoader, statistics: ScanStatistics): ScanRelation {
  return {
    text: `(SELECT * FROM ${table.name})`,
    parameters: [],
    statistics,
    verify: () => Promise.resolve(),
    release: () => table.drop(),
  };
}
