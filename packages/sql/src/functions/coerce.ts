import { QueryError } from '../errors.ts';
import type { CastContext, Expression } from '../plan/expression.ts';
import { parseLiteral } from '../types/literal.ts';
import {
  digitsOfText,
  digitsOfType,
  UNKNOWN_DIGITS,
  widestDigits,
} from '../types/numeric-digits.ts';
import type { NumericDigits, ScalarType, SqlType } from '../types/sql-type.ts';
import { numericResult, sameType, TEXT } from '../types/sql-type.ts';
import { typeLabel } from '../types/type-info.ts';
import { canCoerce } from './cast-contexts.ts';
import type { ResolvedCall } from './resolve.ts';

/** What literals depend on beyond their text. */
export interface LiteralContext {
  /** IANA name of the session's TimeZone. Default UTC. */
  readonly timeZone?: string;
  /** The statement's frozen now(), for 'now' and 'today'. */
  readonly now?: Date;
}

/** `arg` as an expression that stands at its position. */
function placed(expression: Expression): { readonly position?: number } {
  return expression.position === undefined ? {} : { position: expression.position };
}

/**
 * The expression as a value of `to`: itself where it is one already, a constant where it is an untyped literal (parsed now by the
 * type's input rules), else a cast. A numeric target without digits takes them from the value. Throws cannotCoerce (42846,
 * explicit) or datatypeMismatch (42804) where the context does not allow the cast, 22xxx for a malformed literal.
 */
export function coerce(
  expression: Expression,
  to: SqlType,
  context: CastContext,
  literals: LiteralContext = {},
): Expression {
  const from = expression.type;
  if (from.kind === 'scalar' && from.name === 'unknown' && expression.kind === 'constant') {
    return literal(expression.value, expression, to, literals);
  }
  if (!canCoerce(from, to, context)) throw refused(expression, to, context);
  const target = withDigits(to, expression);
  if (unchanged(from, target)) return expression;
  if (expression.kind === 'constant') {
    if (expression.value === null) return { ...expression, type: target };
    if (isExactNumber(from) && isExactNumber(target) && target.typmod < 0) {
      const folded = foldNumber(expression.value, target);
      if (folded !== undefined) return { ...expression, value: folded, type: target };
    }
  }
  return { kind: 'cast', arg: expression, context, type: target, ...placed(expression) };
}

function refused(expression: Expression, to: SqlType, context: CastContext): QueryError {
  return new QueryError(
    context === 'explicit' ? 'cannotCoerce' : 'datatypeMismatch',
    `cannot cast type ${typeLabel(expression.type)} to ${typeLabel(to)}`,
    placed(expression),
  );
}

function literal(
  value: string | null,
  expression: Expression,
  to: SqlType,
  literals: LiteralContext,
): Expression {
  if (to.kind === 'scalar' && to.name === 'unknown') return expression;
  const shown = value === null ? null : parseAt(value, to, expression, literals);
  const type = shown === null ? withDigits(to, undefined) : shaped(to, shown);
  return { kind: 'constant', value: shown, type, ...placed(expression) };
}

function parseAt(
  value: string,
  to: SqlType,
  expression: Expression,
  literals: LiteralContext,
): string {
  try {
    return parseLiteral(value, to, {
      timeZone: literals.timeZone ?? 'UTC',
      // Asked only where a literal speaks of it: such a plan holds for its own moment alone.
      get now() {
        return literals.now ?? new Date();
      },
    });
  } catch (error) {
    if (!(error instanceof QueryError) || expression.position === undefined) throw error;
    throw new QueryError(error.code, error.message, {
      ...(error.hint === undefined ? {} : { hint: error.hint }),
      ...(error.detail === undefined ? {} : { detail: error.detail }),
      position: expression.position,
      cause: error,
    });
  }
}

/** A numeric type with the digits of the literal's text. */
function shaped(to: SqlType, text: string): SqlType {
  if (to.kind === 'array') {
    const element = shapedElement(to.element, text);
    return element === to.element ? to : { ...to, element };
  }
  if (to.kind !== 'scalar' || to.name !== 'numeric' || to.digits !== undefined) return to;
  const digits = digitsOfText(text);
  return digits === undefined || digits.precision > 38
    ? numericResult(UNKNOWN_DIGITS)
    : numericResult(digits);
}

/** Digits that hold every member of an array's text. */
function shapedElement(to: SqlType, text: string): SqlType {
  if (!isBareNumeric(to)) return to;
  const members = text.split(/[{},]/).filter((each) => each !== '' && each !== 'NULL');
  const shapes = members.map((each) => digitsOfText(each) ?? UNKNOWN_DIGITS);
  const widest = shapes.length === 0 ? UNKNOWN_DIGITS : widestDigits(shapes);
  return numericResult(widest);
}

function withDigits(to: SqlType, expression: Expression | undefined): SqlType {
  if (to.kind === 'array') {
    const from = expression?.type;
    const element = from?.kind === 'array' ? from.element : undefined;
    const inner = elementDigits(to.element, element);
    return inner === to.element ? to : { ...to, element: inner };
  }
  if (to.kind !== 'scalar' || to.name !== 'numeric' || to.digits !== undefined) return to;
  if (expression === undefined) return numericResult({ precision: 38, scale: 0 });
  if (expression.kind === 'constant' && expression.value !== null) {
    const digits = digitsOfText(expression.value);
    if (digits !== undefined && digits.precision <= 38) return numericResult(digits);
  }
  return numericResult(digitsOfType(expression.type));
}

function elementDigits(to: SqlType, from: SqlType | undefined): SqlType {
  if (to.kind !== 'scalar' || to.name !== 'numeric' || to.digits !== undefined) return to;
  return numericResult(from === undefined ? UNKNOWN_DIGITS : digitsOfType(from));
}

/** No cast is needed: the same type, and the target asks for no other modifier or digits. */
function unchanged(from: SqlType, to: SqlType): boolean {
  if (!sameType(from, to)) return false;
  if (from.kind === 'array' && to.kind === 'array') return unchanged(from.element, to.element);
  if (from.kind !== 'scalar' || to.kind !== 'scalar') return true;
  if (to.name === 'numeric') {
    const [a, b] = [from.digits, to.digits];
    const same = a?.precision === b?.precision && a?.scale === b?.scale;
    return same && (to.typmod === -1 || to.typmod === from.typmod);
  }
  return to.typmod === -1 || to.typmod === from.typmod;
}

function isExactNumber(type: SqlType): type is ScalarType {
  return type.kind === 'scalar' && ['int2', 'int4', 'int8', 'numeric'].includes(type.name);
}

const RANGES: Readonly<Record<string, bigint>> = { int2: 15n, int4: 31n, int8: 63n };

/** An integer constant in another exact type; undefined where it does not fit, and the cast says so when it runs. */
function foldNumber(value: string, to: ScalarType): string | undefined {
  if (to.name === 'numeric') {
    const digits = digitsOfText(value);
    const room = to.digits;
    if (digits === undefined || room === undefined || digits.scale > room.scale) return undefined;
    return digits.precision - digits.scale <= room.precision - room.scale ? value : undefined;
  }
  if (!/^-?\d{1,19}$/.test(value)) return undefined;
  const bits = RANGES[to.name];
  if (bits === undefined) return undefined;
  const number = BigInt(value);
  return number >= -(1n << bits) && number < 1n << bits ? value : undefined;
}

/** A call of what was resolved: arguments coerced implicitly, digits of a numeric result computed. */
export function call(
  resolved: ResolvedCall,
  args: readonly Expression[],
  position?: number,
  literals: LiteralContext = {},
): Expression {
  const [first] = args;
  if (resolved.cast !== undefined && first !== undefined) {
    return coerce(first, resolved.cast, 'explicit', literals);
  }
  const coerced = coerceArguments(resolved, args, literals);
  return {
    kind: 'call',
    entry: resolved.entry,
    args: coerced,
    type: resultType(resolved, coerced),
    ...(position === undefined ? {} : { position }),
  };
}

/** The arguments as values of the resolved types: for calls, aggregates and window functions alike. */
export function coerceArguments(
  resolved: ResolvedCall,
  args: readonly Expression[],
  literals: LiteralContext = {},
): readonly Expression[] {
  return args.map((arg, index) =>
    coerce(arg, resolved.argTypes[index] ?? TEXT, 'implicit', literals),
  );
}

/** The result type of a call whose arguments are already coerced, with the digits of a numeric. */
export function resultType(resolved: ResolvedCall, args: readonly Expression[]): SqlType {
  const { entry, result } = resolved;
  if (result.kind === 'array') {
    const element = result.element;
    return isBareNumeric(element)
      ? { ...result, element: numericResult(resultDigits(resolved, args)) }
      : result;
  }
  if (!isBareNumeric(result) && !(entry.digits !== undefined && isNumeric(result))) return result;
  return numericResult(resultDigits(resolved, args));
}

function isNumeric(type: SqlType): boolean {
  return type.kind === 'scalar' && type.name === 'numeric';
}

function isBareNumeric(type: SqlType): boolean {
  return type.kind === 'scalar' && type.name === 'numeric' && type.digits === undefined;
}

function resultDigits(resolved: ResolvedCall, args: readonly Expression[]): NumericDigits {
  const types = args.map((arg) => arg.type);
  const { digits } = resolved.entry;
  if (digits !== undefined) {
    const constants = args.map((arg) =>
      arg.kind === 'constant' && arg.value !== null ? arg.value : undefined,
    );
    return digits(types, constants);
  }
  const numbers = types
    .map((type) => (type.kind === 'array' ? type.element : type))
    .filter(isNumeric);
  return numbers.length === 0 ? UNKNOWN_DIGITS : widestDigits(numbers.map(digitsOfType));
}
