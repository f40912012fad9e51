import type { SqlType } from '../types/sql-type.ts';
import { sameType } from '../types/sql-type.ts';
import { typeInfo } from '../types/type-info.ts';
import { canCoerce } from './cast-contexts.ts';
import { isUnknown } from './common-type.ts';
import type { ArgumentType, FunctionEntry } from './function-entry.ts';
import { bindPolymorphic } from './polymorphic.ts';

/** An overload with its variadic argument repeated to the call's length. */
export interface Candidate {
  readonly entry: FunctionEntry;
  readonly args: readonly ArgumentType[];
}

/** The overload for a call with `count` arguments, or undefined where it takes another number. */
export function candidateFor(entry: FunctionEntry, count: number): Candidate | undefined {
  if (!entry.variadic) return entry.args.length === count ? { entry, args: entry.args } : undefined;
  const last = entry.args.at(-1);
  if (last === undefined || count < entry.args.length) return undefined;
  const repeated = Array.from({ length: count - entry.args.length }, () => last);
  return { entry, args: [...entry.args, ...repeated] };
}

export function isExact(candidate: Candidate, inputs: readonly SqlType[]): boolean {
  return candidate.args.every((arg, index) => matches(arg, inputs[index]));
}

function matches(declared: ArgumentType | undefined, input: SqlType | undefined): boolean {
  return (
    declared !== undefined &&
    typeof declared !== 'string' &&
    input !== undefined &&
    sameType(declared, input)
  );
}

/** can_coerce_type for all arguments: each converts implicitly, and polymorphic ones agree. */
export function accepts(candidate: Candidate, inputs: readonly SqlType[]): boolean {
  const each = candidate.args.every((arg, index) => {
    const input = inputs[index];
    return input !== undefined && (typeof arg === 'string' || canCoerce(input, arg, 'implicit'));
  });
  return each && bindPolymorphic(candidate.args, inputs) !== undefined;
}

function category(type: ArgumentType | undefined): string {
  return type === undefined || typeof type === 'string' ? 'P' : typeInfo(type).category;
}

function preferred(type: ArgumentType | undefined): boolean {
  return type !== undefined && typeof type !== 'string' && typeInfo(type).preferred;
}

function best(
  candidates: readonly Candidate[],
  score: (candidate: Candidate) => number,
): readonly Candidate[] {
  const scores = candidates.map(score);
  const most = Math.max(...scores);
  return candidates.filter((_, index) => scores[index] === most);
}

/**
 * func_select_candidate: the one overload that PostgreSQL 10.2/10.3 steps 4.c to 4.f choose among those that accept the
 * arguments; undefined: ambiguous.
 */
export function selectCandidate(
  all: readonly Candidate[],
  inputs: readonly SqlType[],
): Candidate | undefined {
  let left = best(all, (candidate) =>
    count(inputs, (input, i) => matches(candidate.args[i], input)),
  );
  if (left.length === 1) return left[0];
  left = best(left, (candidate) =>
    count(inputs, (input, i) => {
      if (isUnknown(input)) return false;
      const arg = candidate.args[i];
      return matches(arg, input) || (preferred(arg) && category(arg) === typeInfo(input).category);
    }),
  );
  if (left.length === 1) return left[0];
  const unknowns = [...inputs.keys()].filter((index) => isUnknownAt(inputs, index));
  if (unknowns.length === 0) return undefined;
  left = byUnknownCategory(left, unknowns);
  if (left.length === 1) return left[0];
  return byKnownType(left, inputs);
}

function isUnknownAt(inputs: readonly SqlType[], index: number): boolean {
  const input = inputs[index];
  return input !== undefined && isUnknown(input);
}

function count(
  inputs: readonly SqlType[],
  holds: (input: SqlType, index: number) => boolean,
): number {
  return inputs.filter(holds).length;
}

/** Step e: choose a category for each unknown argument (string if any overload takes a string) and keep what fits it. */
function byUnknownCategory(
  candidates: readonly Candidate[],
  unknowns: readonly number[],
): readonly Candidate[] {
  const slots = new Map<number, { readonly category: string; readonly hasPreferred: boolean }>();
  for (const index of unknowns) {
    const args = candidates.map((candidate) => candidate.args[index]);
    const categories = new Set(args.map(category));
    const chosen = categories.has('S') ? 'S' : [...categories][0];
    if (chosen === undefined || (categories.size > 1 && chosen !== 'S')) return candidates;
    const hasPreferred = args.some((arg) => category(arg) === chosen && preferred(arg));
    slots.set(index, { category: chosen, hasPreferred });
  }
  const kept = candidates.filter((candidate) =>
    unknowns.every((index) => {
      const arg = candidate.args[index];
      const slot = slots.get(index);
      return (
        slot !== undefined &&
        category(arg) === slot.category &&
        (!slot.hasPreferred || preferred(arg))
      );
    }),
  );
  return kept.length === 0 ? candidates : kept;
}

/** Step f: if all known arguments have one type, suppose the unknown ones have it too. */
function byKnownType(
  candidates: readonly Candidate[],
  inputs: readonly SqlType[],
): Candidate | undefined {
  const known = inputs.filter((input) => !isUnknown(input));
  const [first] = known;
  if (first === undefined || !known.every((type) => sameType(type, first))) return undefined;
  const supposed = inputs.map(() => first);
  const accepted = candidates.filter((candidate) => accepts(candidate, supposed));
  return accepted.length === 1 ? accepted[0] : undefined;
}
