import { QueryError } from '../errors.ts';
import type { SqlType } from '../types/sql-type.ts';
import { sameType } from '../types/sql-type.ts';
import { typeFromName, typeLabel } from '../types/type-info.ts';
import type { Candidate } from './candidates.ts';
import { accepts, candidateFor, isExact, selectCandidate } from './candidates.ts';
import { castContext } from './cast-contexts.ts';
import { functionsNamed, operatorsNamed } from './catalog.ts';
import { isUnknown } from './common-type.ts';
import type { ArgumentType, FunctionEntry } from './function-entry.ts';
import type { PolymorphicBinding } from './polymorphic.ts';
import { bindPolymorphic, substitute } from './polymorphic.ts';
import { fn } from './signature.ts';

export { canCoerce } from './cast-contexts.ts';
export { commonType } from './common-type.ts';

/** An argument as resolution sees it: its type (unknown for a bare literal) and its value where it is a constant. */
export interface ArgumentInfo {
  readonly type: SqlType;
  readonly constant?: string | null;
}

/** The chosen overload. Arguments are to be coerced to `argTypes` (implicitly); numeric digits are set by `call`. */
export interface ResolvedCall {
  readonly entry: FunctionEntry;
  readonly argTypes: readonly SqlType[];
  readonly result: SqlType;
  /** The call is a cast written as a function (`int4('1')`, `date(ts)`): `call` makes a cast of it. */
  readonly cast?: SqlType;
}

const FUNCTION_HINT =
  'No function matches the given name and argument types. You might need to add explicit type casts.';
const OPERATOR_HINT =
  'No operator matches the given name and argument types. You might need to add explicit type casts.';

function at(position: number | undefined): { readonly position?: number } {
  return position === undefined ? {} : { position };
}

/** substitute() where a missing binding is PostgreSQL's error 42804. */
function bound(
  declared: ArgumentType,
  binding: PolymorphicBinding,
  argument: SqlType | undefined,
  position: number | undefined,
): SqlType {
  const type = substitute(declared, binding, argument);
  if (type === undefined) {
    throw new QueryError(
      'datatypeMismatch',
      'could not determine polymorphic type because input has type unknown',
      at(position),
    );
  }
  return type;
}

function resolved(
  candidate: Candidate,
  inputs: readonly SqlType[],
  position: number | undefined,
): ResolvedCall {
  const binding = bindPolymorphic(candidate.args, inputs) ?? {
    element: undefined,
    compatible: undefined,
  };
  const argTypes = candidate.args.map((arg, index) => bound(arg, binding, inputs[index], position));
  const result = bound(candidate.entry.returns, binding, argTypes[0], position);
  return { entry: candidate.entry, argTypes, result };
}

function castNamed(name: string, inputs: readonly SqlType[]): SqlType | undefined {
  const [input] = inputs;
  if (inputs.length !== 1 || input === undefined) return undefined;
  let target: SqlType;
  try {
    target = typeFromName([name], [], 0);
  } catch {
    return undefined;
  }
  // `integer(x)` and such are names of the grammar, not of pg_type.
  if (target.kind !== 'scalar' || target.name !== name) return undefined;
  return castContext(input, target) === undefined ? undefined : target;
}

/**
 * Function type resolution by PostgreSQL 10.3. Throws undefinedFunction (42883) or ambiguousFunction (42725) with PostgreSQL's
 * message, at `position`.
 */
export function resolveFunction(
  name: string,
  args: readonly ArgumentInfo[],
  position?: number,
): ResolvedCall {
  const inputs = args.map((arg) => arg.type);
  const candidates = functionsNamed(name).flatMap(
    (entry) => candidateFor(entry, inputs.length) ?? [],
  );
  const exact = candidates.find((candidate) => isExact(candidate, inputs));
  if (exact !== undefined) return resolved(exact, inputs, position);
  const cast = castNamed(name, inputs);
  if (cast !== undefined) {
    return { entry: castFunction(name), argTypes: inputs, result: cast, cast };
  }
  const accepting = candidates.filter((candidate) => accepts(candidate, inputs));
  const chosen = accepting.length === 1 ? accepting[0] : selectCandidate(accepting, inputs);
  if (chosen !== undefined) return resolved(chosen, inputs, position);
  const call = `${name}(${inputs.map(typeLabel).join(', ')})`;
  if (accepting.length > 1) {
    throw new QueryError('ambiguousFunction', `function ${call} is not unique`, {
      hint: 'Could not choose a best candidate function. You might need to add explicit type casts.',
      ...at(position),
    });
  }
  throw new QueryError('undefinedFunction', `function ${call} does not exist`, {
    hint: FUNCTION_HINT,
    ...at(position),
  });
}

function castFunction(name: string): FunctionEntry {
  return fn(`${name === 'char' ? 'char' : name}(any) -> ${name}`, {});
}

/**
 * Operator type resolution by PostgreSQL 10.2. `left` undefined: a prefix operator. Throws undefinedFunction (42883) or
 * ambiguousFunction (42725) with PostgreSQL's message, at `position`.
 */
export function resolveOperator(
  symbol: string,
  left: ArgumentInfo | undefined,
  right: ArgumentInfo,
  position?: number,
): ResolvedCall {
  const name = symbol === '!=' ? '<>' : symbol;
  const inputs = left === undefined ? [right.type] : [left.type, right.type];
  const candidates = operatorsNamed(name, left === undefined ? 1 : 2).map((entry) => ({
    entry,
    args: entry.args,
  }));
  const supposed = supposeSame(inputs);
  const exact = candidates.find((candidate) => isExact(candidate, supposed));
  if (exact !== undefined) return resolved(exact, supposed, position);
  const accepting = candidates.filter((candidate) => accepts(candidate, inputs));
  const chosen = accepting.length === 1 ? accepting[0] : selectCandidate(accepting, inputs);
  if (chosen !== undefined) return resolved(chosen, inputs, position);
  const shown = [
    ...(left === undefined ? [] : [typeLabel(left.type)]),
    name,
    typeLabel(right.type),
  ];
  if (accepting.length > 1) {
    throw new QueryError('ambiguousFunction', `operator is not unique: ${shown.join(' ')}`, {
      hint: 'Could not choose a best candidate operator. You might need to add explicit type casts.',
      ...at(position),
    });
  }
  throw new QueryError('undefinedFunction', `operator does not exist: ${shown.join(' ')}`, {
    hint: OPERATOR_HINT,
    ...at(position),
  });
}

/** An unknown literal beside a known type is first supposed to have that type (10.2, step 2.a). */
function supposeSame(inputs: readonly SqlType[]): readonly SqlType[] {
  const [left, right] = inputs;
  if (left === undefined || right === undefined || sameType(left, right)) return inputs;
  if (isUnknown(left)) return [right, right];
  if (isUnknown(right)) return [left, left];
  return inputs;
}
