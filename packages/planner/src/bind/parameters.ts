import type { ParamRef } from '@pgsql/types';
import type { Expression, SqlType } from '@tributary/sql';
import {
  formatType,
  numericResult,
  sameType,
  scalar,
  TEXT,
  UNKNOWN,
  UNKNOWN_DIGITS,
} from '@tributary/sql';
import type { QueryLevel, StatementState } from './bind-state.ts';
import { at, failure } from './bind-state.ts';
import { isUnknown } from './scope.ts';

/** PostgreSQL's limit on `$n`. */
const MAX_PARAMETER = 65535;

/** `$n`, of the type known so far. 42P02 for a number that cannot be given, and inside views. */
export function bindParameter(level: QueryLevel, parameter: ParamRef): Expression {
  const index = parameter.number ?? 0;
  if (index < 1 || index > MAX_PARAMETER || !level.environment.parameters) {
    throw failure(
      level,
      'undefinedParameter',
      `there is no parameter $${index}`,
      parameter.location,
    );
  }
  const types = level.statement.parameterTypes;
  while (types.length < index) types.push(undefined);
  return {
    kind: 'parameter',
    index,
    type: declaredType(types[index - 1]),
    ...at(level, parameter.location),
  };
}

/**
 * PostgreSQL's variable parameter hook: an open `$n` takes the type its context asks for; two uses must agree (42P08).
 */
export function determineParameter(
  level: QueryLevel,
  parameter: Expression & { readonly kind: 'parameter' },
  type: SqlType,
): Expression {
  const types = level.statement.parameterTypes;
  const known = types[parameter.index - 1];
  if (known !== undefined && !isUnknown(known) && !sameType(known, type)) {
    throw failure(
      level,
      'ambiguousParameter',
      `inconsistent types deduced for parameter $${parameter.index}`,
      -1,
      { detail: `${formatType(known)} versus ${formatType(type)}` },
    );
  }
  const base = known === undefined || isUnknown(known) ? withoutModifier(type) : known;
  types[parameter.index - 1] = base;
  return { ...parameter, type: base };
}

/** A value of any size may come: no modifier, and a numeric gets room. */
function withoutModifier(type: SqlType): SqlType {
  if (type.kind === 'array') return { ...type, element: withoutModifier(type.element) };
  if (type.kind !== 'scalar') return type;
  if (type.name === 'numeric') return numericResult(UNKNOWN_DIGITS);
  return type.typmod >= 0 ? scalar(type.name) : type;
}

/** The type a parameter starts with: as declared, or with the digits of the value that is known to come. */
function declaredType(type: SqlType | undefined): SqlType {
  const ofValue =
    type?.kind === 'scalar' && type.typmod < 0 && type.digits !== undefined ? type : undefined;
  return ofValue ?? withoutModifier(type ?? UNKNOWN);
}

/** The types of all parameters in order; what nothing determined is text. */
export function parameterTypes(statement: StatementState): readonly SqlType[] {
  return statement.parameterTypes.map((type) =>
    type === undefined || isUnknown(type) ? TEXT : type,
  );
}
