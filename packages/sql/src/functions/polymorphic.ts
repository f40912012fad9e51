import type { SqlType } from '../types/sql-type.ts';
import { arrayOf, TEXT } from '../types/sql-type.ts';
import { canCoerce } from './cast-contexts.ts';
import { isUnknown, selectCommonType } from './common-type.ts';
import type { ArgumentType } from './function-entry.ts';
import { sameType } from '../types/sql-type.ts';

/** What the polymorphic names of one call stand for; undefined where only unknown literals were given. */
export interface PolymorphicBinding {
  readonly element: SqlType | undefined;
  readonly compatible: SqlType | undefined;
}

/**
 * PostgreSQL's check_generic_type_consistency: what anyelement and anycompatible of a declaration stand for with these argument
 * types, or undefined where they contradict each other.
 */
export function bindPolymorphic(
  declared: readonly ArgumentType[],
  actual: readonly SqlType[],
): PolymorphicBinding | undefined {
  let element: SqlType | undefined;
  let fromArray: SqlType | undefined;
  const compatible: SqlType[] = [];
  const elements: SqlType[] = [];
  let nonArray = false;
  let compatibleNonArray = false;
  for (const [index, type] of declared.entries()) {
    const given = actual[index];
    if (typeof type !== 'string' || given === undefined) continue;
    if (type === 'anynonarray') nonArray = true;
    if (type === 'anycompatiblenonarray') compatibleNonArray = true;
    if (isUnknown(given)) continue;
    switch (type) {
      case 'any':
        break;
      case 'anyelement':
      case 'anynonarray':
        if (element !== undefined && !sameType(element, given)) return undefined;
        element ??= given;
        elements.push(given);
        break;
      case 'anyarray':
        if (given.kind !== 'array') return undefined;
        if (fromArray !== undefined && !sameType(fromArray, given.element)) return undefined;
        fromArray ??= given.element;
        elements.push(given.element);
        break;
      case 'anycompatible':
      case 'anycompatiblenonarray':
        compatible.push(given);
        break;
      case 'anycompatiblearray':
        if (given.kind !== 'array') return undefined;
        compatible.push(given.element);
        break;
    }
  }
  if (fromArray !== undefined) {
    if (element !== undefined && !sameType(element, fromArray)) return undefined;
    element ??= fromArray;
  }
  // Values of one type differ in modifiers and digits: what stands for all of them holds each.
  if (element !== undefined && elements.length > 1) {
    const shaped = selectCommonType(elements);
    if (!('clash' in shaped)) element = shaped;
  }
  if (nonArray && element?.kind === 'array') return undefined;
  if (compatible.length === 0) return { element, compatible: undefined };
  const common = selectCommonType(compatible);
  if ('clash' in common) return undefined;
  if (compatibleNonArray && common.kind === 'array') return undefined;
  if (!compatible.every((type) => canCoerce(type, common, 'implicit'))) return undefined;
  return { element, compatible: common };
}

/** A declared type with the polymorphic names replaced; undefined where nothing determines it. `any` is the argument itself. */
export function substitute(
  declared: ArgumentType,
  binding: PolymorphicBinding,
  argument: SqlType | undefined,
): SqlType | undefined {
  if (typeof declared !== 'string') return declared;
  switch (declared) {
    case 'any':
      return argument === undefined || isUnknown(argument) ? TEXT : argument;
    case 'anyelement':
    case 'anynonarray':
      return binding.element;
    case 'anyarray':
      return binding.element === undefined ? undefined : arrayOf(binding.element);
    case 'anycompatible':
    case 'anycompatiblenonarray':
      return binding.compatible ?? TEXT;
    case 'anycompatiblearray':
      return arrayOf(binding.compatible ?? TEXT);
  }
}
