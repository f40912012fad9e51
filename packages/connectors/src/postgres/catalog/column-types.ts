import type { SqlType } from '@tributary/sql';
import {
  NUMERIC,
  TEXT,
  UNKNOWN_DIGITS,
  arrayOf,
  numericModifier,
  numericOf,
  numericType,
  scalar,
  typeFromOid,
} from '@tributary/sql';

/** A row of pg_type. */
export interface SourceType {
  readonly oid: number;
  readonly kind: string;
  readonly category: string;
  /** Of a domain. */
  readonly base: number;
  readonly baseModifier: number;
  /** Of an array. */
  readonly element: number;
}

/** How a column of the source appears here. */
export interface ColumnMapping {
  readonly type: SqlType;
  /** The source's values are cast to `type` before anything else sees them. */
  readonly cast: boolean;
}

const AS_TEXT: ColumnMapping = { type: TEXT, cast: true };
const MOST_DIGITS = 38;
/** Types that exist here but whose values the engine does not tell apart from other types'. */
const TEXT_HERE: ReadonlySet<string> = new Set([
  'regclass',
  'regtype',
  'record',
  'void',
  'unknown',
]);

/**
 * The type of a column: domains by their base type, arrays by their items, and everything that has no equal here (enums, inet,
 * ranges, geometry, composites, types of extensions) as the text that the source shows.
 */
export function columnMapping(
  oid: number,
  modifier: number,
  types: ReadonlyMap<number, SourceType>,
): ColumnMapping {
  const own = types.get(oid);
  if (own?.kind === 'd') {
    return columnMapping(own.base, modifier < 0 ? own.baseModifier : modifier, types);
  }
  if (own !== undefined && own.category === 'A' && own.element !== 0) {
    const element = columnMapping(own.element, modifier, types);
    // An array of arrays would need items of several lengths; its text is exact.
    if (element.type.kind === 'array') return AS_TEXT;
    return { type: arrayOf(element.type), cast: element.cast };
  }
  const known = typeFromOid(oid);
  if (known?.kind !== 'scalar' || TEXT_HERE.has(known.name)) return AS_TEXT;
  if (known.name === 'numeric') return { type: numericColumn(modifier), cast: false };
  return { type: scalar(known.name, modifier), cast: false };
}

/** Where a column declares more digits than the engine has, its values are checked as they are read. */
function numericColumn(modifier: number): SqlType {
  if (modifier < 4) return { ...NUMERIC, digits: UNKNOWN_DIGITS };
  const { precision, scale } = numericModifier(modifier);
  if (precision <= MOST_DIGITS && scale >= 0 && scale <= precision) {
    return numericType(precision, scale);
  }
  const kept = Math.max(0, Math.min(scale, MOST_DIGITS - 1));
  return numericOf({ precision: MOST_DIGITS, scale: kept });
}
