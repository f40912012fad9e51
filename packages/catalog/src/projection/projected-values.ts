import {
  compareValues,
  domainContains,
  parseDomainValue,
  QueryError,
  type Domain,
  type DomainValue,
  type SqlType,
} from '@tributary/sql';

/** One value that a column takes in the projected space. */
export interface ProjectedValue {
  /** PostgreSQL text form of the column's type. */
  readonly value: string;
  /** As it stands in paths, before any escaping. */
  readonly rendered: string;
}

/** A column's values, computed when asked for. Iterating costs what is taken; it can be iterated again. */
export interface ProjectedValues extends Iterable<ProjectedValue> {
  readonly count: bigint;
}

/** A stretch of a sequence along which values never decrease (or never increase). */
interface Run {
  readonly from: bigint;
  /** Exclusive. */
  readonly to: bigint;
  readonly descending: boolean;
}

/** A column's values by index. Runs cover the sequence in order; without runs the values have no known order. */
export interface ProjectedSequence {
  readonly column: string;
  readonly type: SqlType;
  readonly count: bigint;
  readonly runs: readonly Run[] | undefined;
  at(index: bigint): ProjectedValue;
  /** The value at an index in the form that domains compare. */
  domainValue(index: bigint): DomainValue;
}

/** Values whose order no rule gives must be looked at one by one: no more than Athena can read in one scan. */
const MAX_UNORDERED = 1_000_000n;

/**
 * The values of a sequence within a domain: by binary search along its runs, so that the cost does not grow with the
 * sequence, or by looking at each where it has none. Throws programLimitExceeded where those are too many.
 */
export function restrictSequence(
  sequence: ProjectedSequence,
  domain: Domain | undefined,
): ProjectedValues {
  if (domain === undefined) return spansOf(sequence, [{ from: 0n, to: sequence.count }]);
  if (sequence.runs === undefined) return scanSequence(sequence, domain);
  const spans: Span[] = [];
  for (const run of sequence.runs) spans.push(...restrictRun(sequence, run, domain));
  return spansOf(sequence, spans);
}

/** Values held in memory, filtered one by one. */
export function restrictList(
  values: readonly ProjectedValue[],
  type: SqlType,
  domain: Domain | undefined,
): ProjectedValues {
  const kept =
    domain === undefined ? values : values.filter(({ value }) => contains(domain, type, value));
  return { count: BigInt(kept.length), [Symbol.iterator]: () => kept[Symbol.iterator]() };
}

interface Span {
  readonly from: bigint;
  readonly to: bigint;
}

function contains(domain: Domain, type: SqlType, text: string): boolean {
  const value = parseDomainValue(text, type);
  return value === undefined || domainContains(domain, value);
}

function scanSequence(sequence: ProjectedSequence, domain: Domain): ProjectedValues {
  if (sequence.count > MAX_UNORDERED) {
    throw new QueryError(
      'programLimitExceeded',
      `Partition column ${sequence.column} has ${sequence.count} projected values whose texts do not sort as they are generated; at most ${MAX_UNORDERED} can be searched.`,
      {
        hint: 'Declare the column with a typed partition column, or with a format such as yyyy-MM-dd that sorts by time.',
      },
    );
  }
  const kept: bigint[] = [];
  for (let index = 0n; index < sequence.count; index++) {
    if (domainContains(domain, sequence.domainValue(index))) kept.push(index);
  }
  return {
    count: BigInt(kept.length),
    *[Symbol.iterator]() {
      for (const index of kept) yield sequence.at(index);
    },
  };
}

function restrictRun(sequence: ProjectedSequence, run: Run, domain: Domain): readonly Span[] {
  const { type } = sequence;
  const valueAt = (index: bigint): DomainValue =>
    sequence.domainValue(run.descending ? run.from + run.to - 1n - index : index);
  const spans: Span[] = [];
  let from = run.from;
  for (const { low, high } of domain.ranges) {
    if (low !== undefined) {
      from = firstIndex(from, run.to, (index) => {
        const order = compareValues(type, valueAt(index), low.value);
        return order > 0 || (order === 0 && low.inclusive);
      });
    }
    let to = run.to;
    if (high !== undefined) {
      to = firstIndex(from, run.to, (index) => {
        const order = compareValues(type, valueAt(index), high.value);
        return order > 0 || (order === 0 && !high.inclusive);
      });
    }
    if (from < to) spans.push({ from, to });
    from = to;
    if (from >= run.to) break;
  }
  if (!run.descending) return spans;
  const mirror = run.from + run.to;
  return spans.map((span) => ({ from: mirror - span.to, to: mirror - span.from })).reverse();
}

/** The first index in `[from, to)` where a condition that stays true once true holds, or `to`. Gallops, then halves. */
function firstIndex(from: bigint, to: bigint, holds: (index: bigint) => boolean): bigint {
  let low = from;
  let high = to;
  // Neighbouring ranges of a long IN list lie close together: a doubling step finds them without searching the whole run.
  for (let step = 1n; low + step < to; step *= 2n) {
    if (holds(low + step - 1n)) {
      high = low + step - 1n;
      break;
    }
    low += step;
  }
  while (low < high) {
    const middle = (low + high) / 2n;
    if (holds(middle)) high = middle;
    else low = middle + 1n;
  }
  return low;
}

function spansOf(sequence: ProjectedSequence, spans: readonly Span[]): ProjectedValues {
  let count = 0n;
  for (const { from, to } of spans) count += to - from;
  return {
    count,
    *[Symbol.iterator]() {
      for (const { from, to } of spans) {
        for (let index = from; index < to; index++) yield sequence.at(index);
      }
    },
  };
}
