import { MAX_PRECISION, digitsOfText, numericResult } from '@tributary/sql';
import type { SqlType } from '@tributary/sql';
import type { BoundSelect } from '../bind/bind-context.ts';

/** The last plan of each bound query for values of a certain shape: clients repeat a statement with values alike. */
const byShape = new WeakMap<
  BoundSelect,
  { readonly shape: string; readonly select: BoundSelect }
>();

function typeOfValue(type: SqlType, value: string | null): SqlType | undefined {
  if (type.kind !== 'scalar' || type.name !== 'numeric' || value === null) {
    return undefined;
  }
  const digits = digitsOfText(value);
  return digits === undefined || digits.precision > MAX_PRECISION
    ? undefined
    : numericResult(digits);
}

/**
 * A numeric keeps the digits it was given with, `1.50` is not `1.5`, and the digits of a plan are chosen when it is bound: a query
 * with numeric parameters is bound to the digits of its values. `bind` binds it with the types it is given.
 */
export function withDigitsOfValues(
  bound: BoundSelect,
  declared: readonly (SqlType | undefined)[],
  values: readonly (string | null)[],
  bind: (parameterTypes: readonly (SqlType | undefined)[]) => BoundSelect,
): BoundSelect {
  const shaped = bound.parameters.map((type, index) => typeOfValue(type, values[index] ?? null));
  if (shaped.every((type) => type === undefined)) {
    return bound;
  }
  const shape = JSON.stringify(shaped);
  const known = byShape.get(bound);
  if (known?.shape === shape) {
    return known.select;
  }
  const select = bind(shaped.map((type, index) => type ?? declared[index]));
  byShape.set(bound, { shape, select });
  return select;
}
