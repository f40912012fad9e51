import {
  compareText,
  daysFromCivil,
  formatDomainValue,
  MICROSECONDS_PER_DAY,
  parseDomainValue,
  rangesDomain,
  type Domain,
  type Expression,
  type SqlType,
  type ValueRange,
} from '@tributary/sql';
import {
  ceilDivide,
  floorDivide,
  greatestInteger,
  leastInteger,
  mapDiscrete,
  mapRanges,
} from './map-ranges.ts';
import { restrictExpression, restrictStrict } from './restrict-expression.ts';
import { inexact, type Restriction } from './restriction.ts';

/** Where an argument's values lie whose images are in a domain. */
export interface Preimage {
  readonly domain: Domain;
  /** Nothing else lies there. */
  readonly exact: boolean;
}

/** No time zone was ever further from UTC. */
export const MAX_ZONE_OFFSET = 16n * 3_600_000_000n;

export function restrictCast(
  { arg, type }: Extract<Expression, { kind: 'cast' }>,
  domain: Domain,
): Restriction {
  return restrictCastTo(arg, { ...domain, type });
}

/** `CAST(arg AS domain's type)` within the domain. */
export function restrictCastTo(arg: Expression, domain: Domain): Restriction {
  const preimage = castPreimage(arg.type, domain);
  return preimage === undefined ? restrictStrict([arg], domain) : restrictPreimage(arg, preimage);
}

export function restrictPreimage(arg: Expression, { domain, exact }: Preimage): Restriction {
  const restriction = restrictExpression(arg, domain);
  return exact ? restriction : inexact(restriction);
}

const INTEGERS: readonly string[] = ['int2', 'int4', 'int8', 'oid'];
const TEXTS: readonly string[] = ['text', 'varchar', 'bpchar', 'name'];

/** The values of a type whose cast lies in a domain; undefined where nothing is known of the cast. */
export function castPreimage(from: SqlType, domain: Domain): Preimage | undefined {
  const to = domain.type;
  if (from.kind !== 'scalar' || to.kind !== 'scalar') return undefined;
  // A modifier may cut or round.
  if (to.typmod !== -1 && to.typmod !== from.typmod) return undefined;
  const retyped: Preimage = {
    domain: { ...rangesDomain(from, domain.ranges), nulls: domain.nulls },
    exact: true,
  };
  const cast = `${from.name} ${to.name}`;
  if (from.name === to.name || cast === 'float4 float8') return retyped;
  if (INTEGERS.includes(from.name)) {
    if (INTEGERS.includes(to.name)) return retyped;
    if (to.name === 'numeric' || (to.name === 'float8' && from.name !== 'int8')) {
      return { domain: mapRanges(domain, from, leastInteger, greatestInteger), exact: true };
    }
  }
  if (TEXTS.includes(from.name) && (to.name === 'text' || to.name === 'varchar')) return retyped;
  switch (cast) {
    case 'bool int4':
      return retyped;
    case 'date timestamp':
      return exactly(mapDiscrete(domain, from, ceilDays, floorDays));
    case 'timestamp date':
      return exactly(mapDiscrete(domain, from, startOfDay, endOfDay));
    case 'date timestamptz':
      return roughly(
        mapDiscrete(
          domain,
          from,
          (value) => ceilDays(value - MAX_ZONE_OFFSET),
          (value) => floorDays(value + MAX_ZONE_OFFSET),
        ),
      );
    case 'timestamptz date':
      return roughly(
        mapDiscrete(
          domain,
          from,
          (value) => startOfDay(value) - MAX_ZONE_OFFSET,
          (value) => endOfDay(value) + MAX_ZONE_OFFSET,
        ),
      );
    case 'timestamp timestamptz':
    case 'timestamptz timestamp':
      return roughly(
        mapDiscrete(
          domain,
          from,
          (value) => value - MAX_ZONE_OFFSET,
          (value) => value + MAX_ZONE_OFFSET,
        ),
      );
    case 'date text':
    case 'date varchar':
    case 'timestamp text':
    case 'timestamp varchar':
      return textPreimage(from, domain, true);
    case 'int2 text':
    case 'int4 text':
    case 'int8 text':
    case 'int2 varchar':
    case 'int4 varchar':
    case 'int8 varchar':
      return textPreimage(from, domain, false);
    default:
      return undefined;
  }
}

function exactly(domain: Domain): Preimage {
  return { domain, exact: true };
}

function roughly(domain: Domain): Preimage {
  return { domain, exact: false };
}

function ceilDays(micros: bigint): bigint {
  return ceilDivide(micros, MICROSECONDS_PER_DAY);
}

function floorDays(micros: bigint): bigint {
  return floorDivide(micros, MICROSECONDS_PER_DAY);
}

function startOfDay(days: bigint): bigint {
  return days * MICROSECONDS_PER_DAY;
}

function endOfDay(days: bigint): bigint {
  return (days + 1n) * MICROSECONDS_PER_DAY - 1n;
}

/** Single texts are read back; between two texts lie the years 1 to 9999 in order, and possibly any other year. */
function textPreimage(from: SqlType, domain: Domain, ordered: boolean): Preimage | undefined {
  const ranges: ValueRange[] = [];
  let exact = true;
  for (const range of domain.ranges) {
    const { low, high } = range;
    if (low !== undefined && high !== undefined && low.value === high.value) {
      const value = parseDomainValue(String(low.value), from);
      if (value === undefined || formatDomainValue(value, from) !== low.value) continue;
      const bound = { value, inclusive: true };
      ranges.push({ low: bound, high: bound });
    } else if (ordered) {
      exact = false;
      ranges.push(...orderedTextRange(from, range));
    } else {
      return undefined;
    }
  }
  return { domain: { ...rangesDomain(from, ranges), nulls: domain.nulls }, exact };
}

function orderedTextRange(from: SqlType, { low, high }: ValueRange): readonly ValueRange[] {
  const unit = from.kind === 'scalar' && from.name === 'date' ? 1n : MICROSECONDS_PER_DAY;
  const first = BigInt(daysFromCivil(1, 1, 1)) * unit;
  const last = BigInt(daysFromCivil(10_000, 1, 1)) * unit - 1n;
  const firstWhere = (holds: (text: string) => boolean): bigint => {
    let least = first;
    let most = last + 1n;
    while (least < most) {
      const middle = floorDivide(least + most, 2n);
      if (holds(formatDomainValue(middle, from))) most = middle;
      else least = middle + 1n;
    }
    return least;
  };
  const start =
    low === undefined
      ? first
      : firstWhere((text) => compareText(text, String(low.value)) >= (low.inclusive ? 0 : 1));
  const end =
    high === undefined
      ? last + 1n
      : firstWhere((text) => compareText(text, String(high.value)) >= (high.inclusive ? 1 : 0));
  return [
    { high: { value: first, inclusive: false } },
    { low: { value: start, inclusive: true }, high: { value: end, inclusive: false } },
    { low: { value: last, inclusive: false } },
  ];
}
