import { listValue } from '@duckdb/node-api';
import type { Partition, TableDefinition } from '@tributary/catalog';
import { engineType, isQueryError } from '@tributary/sql';
import type { ScanPlan } from '@tributary/sql';
import { printConstantExpression } from './constant-evaluation.ts';
import type { EvaluationContext } from './constant-evaluation.ts';

/**
 * Evaluates a scan's partition predicates over partitions' values in the engine: the same evaluation as over rows, so that any
 * predicate over partition columns prunes. A partition is kept unless a predicate is false or NULL for it.
 */
export async function filterPartitions(
  scan: ScanPlan,
  table: TableDefinition,
  partitions: readonly Partition[],
  context: EvaluationContext,
): Promise<readonly boolean[]> {
  const predicates = scan.partitionPredicates ?? [];
  const used = table.partitionColumns.flatMap((column, index) => {
    const id = scan.scanColumns.find(({ source }) => source === column.name)?.id;
    return id === undefined ? [] : [{ id, index, type: column.type }];
  });
  if (partitions.length === 0 || used.length === 0) {
    return partitions.map(() => true);
  }
  const lists = used.map(({ index }) =>
    listValue(partitions.map((partition) => partition.values[index] ?? null)),
  );
  const values = used.map((_, place) => `unnest(CAST($${place + 1} AS VARCHAR[])) AS v${place}`);
  const columns = used.map(
    ({ id, type }, place) => `CAST(v${place} AS ${engineType(type)}) AS c${id}`,
  );
  const condition = predicates
    .map((each) => `(${printConstantExpression(each, context)})`)
    .join(' AND ');
  const text = `SELECT place FROM (SELECT place, ${columns.join(', ')} FROM (SELECT unnest(range(${partitions.length})) AS place, ${values.join(', ')})) WHERE ${condition}`;
  let rows;
  try {
    rows = await context.engine.rows(text, lists, { signal: context.signal });
  } catch (error) {
    if (!isQueryError(error) || error.code === 'queryCanceled') {
      throw error;
    }
    // A predicate may fail for a partition that holds no row: only the rows themselves may raise it.
    return partitions.map(() => true);
  }
  const kept = new Set(rows.map(([place]) => Number(place)));
  return partitions.map((_, place) => kept.has(place));
}
