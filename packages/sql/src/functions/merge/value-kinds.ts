import type { SqlType } from '../../types/sql-type.ts';
import type { Decomposition } from './decomposition.ts';

/** Whether a scalar of one of these names stands anywhere in the type. */
export function holds(type: SqlType, names: ReadonlySet<string>): boolean {
  switch (type.kind) {
    case 'scalar':
      return names.has(type.name);
    case 'array':
      return holds(type.element, names);
    case 'struct':
      return type.fields.some((field) => holds(field.type, names));
    case 'map':
      return holds(type.key, names) || holds(type.value, names);
  }
}

const FLOATS: ReadonlySet<string> = new Set(['float4', 'float8']);
const SPELT: ReadonlySet<string> = new Set(['interval', 'timetz']);

/**
 * How one of several equal values of a type compares with another of them: '1 mon' and '30 days' are equal and differ, so do 0
 * and -0.
 */
export function exactnessOfChoice(type: SqlType): Decomposition['exactness'] {
  if (holds(type, SPELT)) return 'nondeterministic';
  return holds(type, FLOATS) ? 'tolerance' : 'exact';
}

export function isFloat(type: SqlType): boolean {
  return type.kind === 'scalar' && FLOATS.has(type.name);
}

export function isScalar(type: SqlType, ...names: readonly string[]): boolean {
  return type.kind === 'scalar' && names.includes(type.name);
}
