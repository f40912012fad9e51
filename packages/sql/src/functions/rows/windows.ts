import type { FunctionEntry } from '../function-entry.ts';
import { win } from '../signature.ts';

const shifted: readonly FunctionEntry[] = ['lag', 'lead'].flatMap((name) => [
  win(`${name}(anyelement) -> anyelement`, { duckdb: `${name}({0})`, proven: true }),
  win(`${name}(anyelement, int4) -> anyelement`, { duckdb: `${name}({0}, {1})`, proven: true }),
  win(`${name}(anycompatible, int4, anycompatible) -> anycompatible`, {
    duckdb: `${name}({0}, {1}, {2})`,
    proven: true,
  }),
]);

/** Functions that stand only with OVER. Aggregates may stand there too. */
export const windowRows: readonly FunctionEntry[] = [
  win('row_number() -> int8', { duckdb: 'row_number()', proven: true }),
  win('rank() -> int8', { duckdb: 'rank()', proven: true }),
  win('dense_rank() -> int8', { duckdb: 'dense_rank()', proven: true }),
  win('percent_rank() -> float8', { duckdb: 'percent_rank()', proven: true }),
  win('cume_dist() -> float8', { duckdb: 'cume_dist()', proven: true }),
  win('ntile(int4) -> int4', { duckdb: 'CAST(ntile({0}){over} AS INTEGER)', proven: true }),
  ...shifted,
  win('first_value(anyelement) -> anyelement', { duckdb: 'first_value({0})', proven: true }),
  win('last_value(anyelement) -> anyelement', { duckdb: 'last_value({0})', proven: true }),
  win('nth_value(anyelement, int4) -> anyelement', { duckdb: 'nth_value({0}, {1})', proven: true }),
];
