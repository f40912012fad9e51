import type { SourceTimeColumn } from '@tributary/catalog';
import {
  MICROSECONDS_PER_DAY,
  allDomain,
  domainContains,
  formatDomainValue,
  intersectDomains,
  parseDomainValue,
  rangesDomain,
  unionDomains,
  nullDomain,
} from '@tributary/sql';
import type { Domain, DomainValue, Plan, ScanPlan, SqlType, ValueRange } from '@tributary/sql';
import { constraints } from '../../analyze/constraints.ts';

/** Disjoint domains that hold every value of a column, NULL too, with about as many of the rows that matter in each. */
export interface TimeWindows {
  readonly domains: readonly Domain[];
  /** Where each but the first begins, for people. */
  readonly cuts: readonly string[];
  /** The part of the table's rows that the plan's own conditions leave. */
  readonly rowsPart: number;
}

/**
 * Cuts the range of time that a plan reads of a table; undefined where there is nothing to cut.
 *
 * @param most how many windows are wanted for a part of the table's rows
 */
export function timeWindows(
  plan: Plan,
  scan: ScanPlan,
  { column, cuts }: SourceTimeColumn,
  most: (part: number) => number,
): TimeWindows | undefined {
  const id = scan.scanColumns.find(({ source }) => source === column)?.id;
  const type = scan.columns.find((each) => each.id === id)?.type;
  if (type === undefined) return undefined;
  const known = constraints(plan).get(scan.occurrence)?.constraint.get(column) ?? allDomain(type);
  const read = intersectDomains(known, scan.constraint?.get(column) ?? allDomain(type));
  const inside = cuts.flatMap((text) => {
    const value = parseDomainValue(text, type);
    return value !== undefined && domainContains(read, value) ? [value] : [];
  });
  const rowsPart = (inside.length + 1) / (cuts.length + 1);
  const chosen = spread(inside, most(rowsPart)).map((value) => atDay(value, type));
  const starts = chosen.filter((value, place) => value !== chosen[place - 1]);
  if (starts.length === 0) return undefined;
  const ranges = [undefined, ...starts].map((start, place): ValueRange => {
    const end = starts[place];
    return {
      ...(start === undefined ? {} : { low: { value: start, inclusive: true } }),
      ...(end === undefined ? {} : { high: { value: end, inclusive: false } }),
    };
  });
  return {
    rowsPart,
    cuts: starts.map((value) => formatDomainValue(value, type)),
    domains: ranges.map((range, place) => {
      const domain = rangesDomain(type, [range]);
      return place === 0 ? unionDomains(domain, nullDomain(type)) : domain;
    }),
  };
}

/** Values that cut a list into parts of equal length. */
function spread(values: readonly DomainValue[], parts: number): readonly DomainValue[] {
  const found: DomainValue[] = [];
  for (let part = 1; part < parts; part++) {
    const value = values[Math.floor((part * (values.length + 1)) / parts) - 1];
    if (value !== undefined) found.push(value);
  }
  return found;
}

/** The beginning of the day (UTC): groups by day then lie in one window each. */
function atDay(value: DomainValue, type: SqlType): DomainValue {
  if (typeof value !== 'bigint' || (type.kind === 'scalar' && type.name === 'date')) return value;
  const ofDay = ((value % MICROSECONDS_PER_DAY) + MICROSECONDS_PER_DAY) % MICROSECONDS_PER_DAY;
  return value - ofDay;
}
