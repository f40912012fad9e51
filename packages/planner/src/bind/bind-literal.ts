import type { A_Const } from '@pgsql/types';
import type { Expression } from '@tributary/sql';
import { BOOL, INT4, INT8, NUMERIC, UNKNOWN, coerce } from '@tributary/sql';
import type { QueryLevel } from './bind-state.ts';
import { at, failure } from './bind-state.ts';

const INT8_MAX = 9223372036854775807n;

/** A constant: integers by size int4, int8 or numeric; strings and NULL are unknown until a context gives them a type. */
export function bindLiteral(level: QueryLevel, constant: A_Const): Expression {
  const place = at(level, constant.location);
  if (constant.isnull === true) return { kind: 'constant', value: null, type: UNKNOWN, ...place };
  if (constant.sval !== undefined) {
    return { kind: 'constant', value: constant.sval.sval ?? '', type: UNKNOWN, ...place };
  }
  if (constant.boolval !== undefined) {
    const value = constant.boolval.boolval === true ? 't' : 'f';
    return { kind: 'constant', value, type: BOOL, ...place };
  }
  if (constant.ival !== undefined) {
    return { kind: 'constant', value: String(constant.ival.ival ?? 0), type: INT4, ...place };
  }
  if (constant.fval !== undefined) return number(level, constant.fval.fval ?? '0', constant);
  throw failure(
    level,
    'featureNotSupported',
    'bit string literals are not supported',
    constant.location,
  );
}

/** Numbers that are no int4: `0x`, `0o` and `0b` forms and underscores included. */
function number(level: QueryLevel, text: string, constant: A_Const): Expression {
  const place = at(level, constant.location);
  const plain = text.replaceAll('_', '');
  const integer = /^([+-]?)(\d+|0[xX][0-9a-fA-F]+|0[oO][0-7]+|0[bB][01]+)$/.exec(plain);
  if (integer !== null) {
    const magnitude = BigInt(integer[2] ?? '0');
    const value = integer[1] === '-' ? -magnitude : magnitude;
    if (value >= -INT8_MAX - 1n && value <= INT8_MAX) {
      const small = value >= -2147483648n && value <= 2147483647n;
      return { kind: 'constant', value: value.toString(), type: small ? INT4 : INT8, ...place };
    }
    return numeric(value.toString(), place);
  }
  return numeric(plain, place);
}

function numeric(value: string, place: { readonly position?: number }): Expression {
  return coerce({ kind: 'constant', value, type: UNKNOWN, ...place }, NUMERIC, 'implicit');
}
