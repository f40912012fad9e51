import type { SQLValueFunction } from '@pgsql/types';
import type { Expression } from '@tributary/sql';
import { resolveFunction } from '@tributary/sql';
import { callOf, toType } from './bind-coercion.ts';
import type { QueryLevel } from './bind-state.ts';
import { at } from './bind-state.ts';

const VALUE_FUNCTIONS: Readonly<Record<string, string>> = {
  SVFOP_CURRENT_DATE: 'current_date',
  SVFOP_CURRENT_TIME: 'current_time',
  SVFOP_CURRENT_TIME_N: 'current_time',
  SVFOP_CURRENT_TIMESTAMP: 'current_timestamp',
  SVFOP_CURRENT_TIMESTAMP_N: 'current_timestamp',
  SVFOP_LOCALTIME: 'localtime',
  SVFOP_LOCALTIME_N: 'localtime',
  SVFOP_LOCALTIMESTAMP: 'localtimestamp',
  SVFOP_LOCALTIMESTAMP_N: 'localtimestamp',
  SVFOP_CURRENT_ROLE: 'current_role',
  SVFOP_CURRENT_USER: 'current_user',
  SVFOP_USER: 'user',
  SVFOP_SESSION_USER: 'session_user',
  SVFOP_CURRENT_CATALOG: 'current_catalog',
  SVFOP_CURRENT_SCHEMA: 'current_schema',
};

/** `current_date` and the like: functions of the catalog without parentheses. */
export function valueFunctionName(op: string | undefined): string {
  return VALUE_FUNCTIONS[op ?? ''] ?? 'current_date';
}

/** Facts of the session stand in the plan as constants: the engine knows no users. */
const SESSION_FACTS: ReadonlySet<string> = new Set([
  'current_role',
  'current_user',
  'user',
  'session_user',
  'current_catalog',
  'current_schema',
]);

/** Binds a function that is written without parentheses. */
export function bindValueFunction(level: QueryLevel, value: SQLValueFunction): Expression {
  const name = valueFunctionName(value.op);
  if (SESSION_FACTS.has(name)) return sessionFact(level, name, value.location);
  const resolved = resolveFunction(name, [], at(level, value.location).position);
  const called = callOf(level, resolved, [], value.location);
  const precision = value.typmod ?? -1;
  if (precision < 0 || called.type.kind !== 'scalar') return called;
  return toType(level, called, { ...called.type, typmod: Math.min(precision, 6) }, 'implicit', -1);
}

/** current_user, current_schema and the like as constants of type name. */
export function sessionFact(
  level: QueryLevel,
  name: string,
  location: number | undefined,
): Expression {
  const { user } = level.statement.context;
  const { database, searchPath } = level.environment;
  const value =
    name === 'current_catalog' || name === 'current_database'
      ? database
      : name === 'current_schema'
        ? (searchPath.find((schema) => schema !== '$user') ?? null)
        : user;
  return {
    kind: 'constant',
    value,
    type: { kind: 'scalar', name: 'name', typmod: -1 },
    ...at(level, location),
  };
}
