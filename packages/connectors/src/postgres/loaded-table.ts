import type { Engine, TableLoader } from '@tributary/engine';
import { engineType } from '@tributary/sql';
import type { Plan } from '@tributary/sql';
import type { ScanRelation, ScanStatistics } from '../connector.ts';

/** A table of the engine for a plan's rows. */
export function loadedTable(engine: Engine, plan: Plan): Promise<TableLoader> {
  return engine.load(
    plan.columns.length === 0
      ? [{ name: 'present', type: 'BOOLEAN' }]
      : plan.columns.map(({ id, type }) => ({ name: `c${id}`, type: engineType(type) })),
  );
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
