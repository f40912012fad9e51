import { typeInfo } from '../../types/type-info.ts';
import { argument } from '../division.ts';
import type { FunctionEntry } from '../function-entry.ts';
import { fn } from '../signature.ts';

/** Functions about values and types that belong to no other topic. */
export const miscRows: readonly FunctionEntry[] = [
  fn('pg_typeof(any) -> regtype', {
    // Known when the statement is bound: the argument's type.
    duckdb: (args) => `CAST(${typeInfo(argument(args, 0).type).oid} AS UINTEGER)`,
    volatility: 'stable',
    strict: false,
  }),
  fn('gen_random_uuid() -> uuid', { duckdb: 'gen_random_uuid()', volatility: 'volatile' }),
];
