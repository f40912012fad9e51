import { domainContains, functionsNamed, sameType } from '@tributary/sql';
import { canonicalText } from './canonical-text.ts';
import { restrictTruth } from '../analyze/restrict-expression.ts';
import { TRUE } from '../analyze/truth.ts';
import { columnNames } from './cell-columns.ts';
import type { CellFilter, Fragment, IdSource } from './fragment.ts';
import type { AggregateExpression, Domain, Expression, PlanColumn } from '@tributary/sql';
import type { Window } from './windows.ts';

/** A range over a timestamp column that a date partition goes with. */
export interface TiedRange {
  readonly column: PlanColumn;
  /** The conditions that make the range, of the fragment's filters. */
  readonly conditions: readonly CellFilter[];
  readonly domain: Domain;
  /** How far (ms) a row's time is from its window at most, as declared. */
  readonly tolerance: number;
}

/** Least and greatest time of a cell's rows, in microseconds since 1970; undefined when it has no rows. */
export interface TimeBounds {
  readonly low: bigint;
  readonly high: bigint;
}

/** Where the least and greatest times of a cell stand: texts of two of its partials. */
export interface BoundsPartials {
  readonly low: string;
  readonly high: string;
}

const MICROS = 1000n;

/** The range that a fragment sets on its table's time column; undefined where there is none, or no column is declared. */
export function tiedRange(fragment: Fragment): TiedRange | undefined {
  const { tied } = fragment.axis;
  if (tied === undefined || fragment.form !== 'groups') return undefined;
  const names = columnNames(fragment.scan);
  const column = fragment.scan.columns.find(({ id }) => names.get(id) === tied.column);
  if (column === undefined || !isTimestamp(column)) return undefined;
  const conditions: CellFilter[] = [];
  let domain: Domain | undefined;
  for (const filter of fragment.filters) {
    const { columns, exact, impossible } = restrictTruth(filter.expression, TRUE);
    const own = columns.get(column.id);
    if (!exact || impossible || own === undefined || columns.size !== 1 || own.nulls) continue;
    conditions.push(filter);
    domain = domain === undefined ? own : intersection(domain, own);
  }
  return domain === undefined
    ? undefined
    : { column, conditions, domain, tolerance: tied.tolerance ?? 0 };
}

function isTimestamp({ type }: PlanColumn): boolean {
  return type.kind === 'scalar' && (type.name === 'timestamp' || type.name === 'timestamptz');
}

/** Ranges that lie in both; enough for "does it contain", which is all that is asked. */
function intersection(a: Domain, b: Domain): Domain {
  return {
    ...a,
    ranges: a.ranges.flatMap((one) =>
      b.ranges.flatMap((two) => {
        const low = later(one.low, two.low);
        const high = earlier(one.high, two.high);
        return [{ ...(low === undefined ? {} : { low }), ...(high === undefined ? {} : { high }) }];
      }),
    ),
  };
}

type Bound = NonNullable<Domain['ranges'][number]['low']>;

function later(a: Bound | undefined, b: Bound | undefined): Bound | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  if (a.value === b.value) return a.inclusive ? b : a;
  return a.value > b.value ? a : b;
}

function earlier(a: Bound | undefined, b: Bound | undefined): Bound | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  if (a.value === b.value) return a.inclusive ? b : a;
  return a.value < b.value ? a : b;
}

/** Whether every moment between two bounds lies in the range. */
export function liesWithin(bounds: TimeBounds | undefined, { domain }: TiedRange): boolean {
  if (bounds === undefined) return true;
  return domain.ranges.some((range) => {
    const one: Domain = { ...domain, ranges: [range] };
    return domainContains(one, bounds.low) && domainContains(one, bounds.high);
  });
}

/** Whether a window's rows, if they keep to the tolerance, all lie in the range. */
export function isInterior({ span }: Window, range: TiedRange): boolean {
  return (
    span !== null &&
    liesWithin(
      {
        low: BigInt(span.from - range.tolerance) * MICROS,
        high: BigInt(span.to + range.tolerance) * MICROS - 1n,
      },
      range,
    )
  );
}

/**
 * The fragment without its range: what it holds for a window whose rows all lie in the range is what the fragment holds. Its cells
 * also tell the least and greatest time of their rows, so that this is known and not believed. Undefined: it cannot be told.
 */
export function withoutRange(
  fragment: Fragment,
  range: TiedRange,
  ids: IdSource,
): Fragment | undefined {
  const names = columnNames(fragment.scan);
  const { column } = range;
  const time: Expression = { kind: 'column', id: column.id, type: column.type };
  const bounds = (['min', 'max'] as const).map((name) => {
    const entry = functionsNamed(name).find(
      ({ args: [type] }) => typeof type === 'object' && sameType(type, column.type),
    );
    if (entry === undefined) return undefined;
    const call: AggregateExpression = {
      kind: 'aggregate',
      entry,
      type: column.type,
      args: [time],
      distinct: false,
      orderBy: [],
      withinGroup: [],
    };
    return {
      call,
      text: canonicalText(call, names),
      column: { id: ids.next(), name, type: column.type },
    };
  });
  const [low, high] = bounds;
  if (low === undefined || high === undefined) return undefined;
  const present: Expression = {
    kind: 'nullTest',
    type: { kind: 'scalar', name: 'bool', typmod: -1 },
    arg: time,
    negated: true,
  };
  const others = fragment.filters.filter((filter) => !range.conditions.includes(filter));
  const filters = [...others, { text: canonicalText(present, names), expression: present }];
  return {
    ...fragment,
    filters: filters.sort((a, b) => (a.text < b.text ? -1 : 1)),
    partials: [...fragment.partials, low, high],
    bounds: { low: low.text, high: high.text },
  };
}

/** The bounds of a row that the engine answered: two int8 values. */
export function boundsOf(low: unknown, high: unknown): TimeBounds | undefined {
  return typeof low === 'bigint' && typeof high === 'bigint' ? { low, high } : undefined;
}
