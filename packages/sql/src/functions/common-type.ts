import { QueryError } from '../errors.ts';
import { digitsOfType, widestDigits } from '../types/numeric-digits.ts';
import type { SqlType } from '../types/sql-type.ts';
import { numericResult, sameType, scalar, TEXT } from '../types/sql-type.ts';
import { typeInfo, typeLabel } from '../types/type-info.ts';
import { canCoerce } from './cast-contexts.ts';

export function isUnknown(type: SqlType): boolean {
  return type.kind === 'scalar' && type.name === 'unknown';
}

/** What select_common_type finds, or the pair of types that do not go together. */
export function selectCommonType(
  types: readonly SqlType[],
): SqlType | { readonly clash: readonly [SqlType, SqlType] } {
  let chosen: SqlType | undefined;
  for (const type of types) {
    if (isUnknown(type) || (chosen !== undefined && sameType(chosen, type))) continue;
    if (chosen === undefined) {
      chosen = type;
      continue;
    }
    const best = typeInfo(chosen);
    if (best.category !== typeInfo(type).category) return { clash: [chosen, type] };
    if (
      !best.preferred &&
      canCoerce(chosen, type, 'implicit') &&
      !canCoerce(type, chosen, 'implicit')
    ) {
      chosen = type;
    }
  }
  return chosen === undefined ? TEXT : shaped(chosen, types);
}

/** The chosen type with what all inputs agree on: their modifier, and digits that hold every one of them. */
function shaped(chosen: SqlType, types: readonly SqlType[]): SqlType {
  if (chosen.kind === 'array') {
    const elements = types.flatMap((type) => (type.kind === 'array' ? [type.element] : []));
    const element = shaped(chosen.element, elements);
    return element === chosen.element ? chosen : { ...chosen, element };
  }
  if (chosen.kind !== 'scalar') return chosen;
  const modifiers = new Set(
    types.map((type) => (sameType(type, chosen) && type.kind === 'scalar' ? type.typmod : -1)),
  );
  const [only = -1] = modifiers;
  const agreed = modifiers.size === 1 ? only : -1;
  if (chosen.name !== 'numeric')
    return agreed === chosen.typmod ? chosen : scalar(chosen.name, agreed);
  if (agreed >= 0) return chosen;
  return numericResult(
    widestDigits(types.filter((type) => !isUnknown(type)).map((type) => digitsOfType(type))),
  );
}

/**
 * The one type of UNION, CASE, VALUES, COALESCE, ARRAY .. by PostgreSQL 10.5; all unknown gives text. `what` names the construct
 * in errors: `UNION types integer and text cannot be matched` (42804), `UNION could not convert type .. to ..` (42846).
 */
export function commonType(types: readonly SqlType[], what: string, position?: number): SqlType {
  const options = position === undefined ? {} : { position };
  const found = selectCommonType(types);
  if ('clash' in found) {
    const [left, right] = found.clash;
    throw new QueryError(
      'datatypeMismatch',
      `${what} types ${typeLabel(left)} and ${typeLabel(right)} cannot be matched`,
      options,
    );
  }
  for (const type of types) {
    if (!canCoerce(type, found, 'implicit')) {
      throw new QueryError(
        'cannotCoerce',
        `${what} could not convert type ${typeLabel(type)} to ${typeLabel(found)}`,
        options,
      );
    }
  }
  return found;
}
