import type { TableDefinition } from '@tributary/catalog';

/** How a table's time partition columns make a point in time. Points are ms on a nominal axis: local time, no zone. */
export interface TimeAxis {
  /** Names of the time partition columns, in partition column order. */
  readonly columns: readonly string[];
  /** A timestamp column that goes with the windows, and how far (ms) a row's value is from its window at most, where declared. */
  readonly tied?: { readonly column: string; readonly tolerance: number | undefined };
  /** Names of all partition columns. */
  readonly partitionColumns: readonly string[];
  /** The span of a window from its time columns' values (PostgreSQL text form): `[from, to)`. Undefined: not a time. */
  span(values: readonly (string | null)[]): Span | undefined;
}

/** `[from, to)` in ms on the axis. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** What of a table's properties on time cannot work. */
export interface TimeWarning {
  readonly message: string;
  readonly hint: string;
}

const DAY = 86_400_000;
const HOUR = 3_600_000;
const MINUTE = 60_000;
/** Milliseconds between the places of days that do not exist, so that each of their minutes has one. */
const NO_DAY = 24 * 60;

/** Names of partition columns that make a time together, from the coarsest. */
const PARTS: readonly (readonly string[])[] = [
  ['year', 'yyyy', 'y'],
  ['month', 'mm', 'm', 'mon'],
  ['day', 'dd', 'd'],
  ['hour', 'hh', 'h', 'hr'],
  ['minute', 'min', 'mi'],
];

/** Names that text or integer columns with dates in them usually have. */
const DATE_NAMES = /^(dt|ds|date|day|ymd|d|.*_(dt|ds|date|day)|(dt|date|day)_.*)$/;

/**
 * The axis of a table, by its property `tributary.time_partition` (names of partition columns, separated by commas), else the
 * first date or timestamp partition column, else the columns year, month, day, ... , else a text or integer column that is
 * projected as dates or named like one. Undefined: the table has none.
 */
export function timeAxis(table: TableDefinition): TimeAxis | undefined {
  const found = partitionAxis(table);
  const column = table.properties['tributary.time_column'];
  if (found === undefined || column === undefined) return found;
  const tolerance = parseTolerance(table.properties['tributary.time_tolerance'] ?? '');
  return { ...found, tied: { column: column.trim().toLowerCase(), tolerance } };
}

/** Checks the properties `tributary.time_partition`, `tributary.time_column` and `tributary.time_tolerance` of a table. */
export function checkTimeProperties(table: TableDefinition): readonly TimeWarning[] {
  const { properties, partitionColumns } = table;
  const partition = properties['tributary.time_partition'];
  const column = properties['tributary.time_column'];
  const tolerance = properties['tributary.time_tolerance'];
  const warnings: TimeWarning[] = [];
  const warn = (name: string, why: string, hint: string): void => {
    const message = `property "tributary.${name}" ${why} (table ${table.schema}.${table.name})`;
    warnings.push({ message, hint });
  };
  const names = partitionColumns.map(({ name }) => name);
  const axis = partitionAxis(table);
  if (partition !== undefined && axis === undefined) {
    warn(
      'time_partition',
      `names something else than partition columns: "${partition}"`,
      `Partition columns, separated by commas, the coarsest first: ${names.join(', ') || 'the table has none'}.`,
    );
  }
  if (column !== undefined) {
    const found = table.columns.find(({ name }) => name === column.trim().toLowerCase());
    const { type } = found ?? {};
    if (type?.kind !== 'scalar' || (type.name !== 'timestamp' && type.name !== 'timestamptz')) {
      warn(
        'time_column',
        found === undefined
          ? `names a column that does not exist: "${column}"`
          : `names a column that is no timestamp: "${column}"`,
        'A timestamp column of the rows, not of the partitions.',
      );
    } else if (axis === undefined && partition === undefined) {
      warn(
        'time_column',
        'has no effect: no partition column tells a time',
        'Name the partition columns that do in tributary.time_partition.',
      );
    }
  }
  if (tolerance !== undefined && parseTolerance(tolerance) === undefined) {
    warn(
      'time_tolerance',
      `is no time: "${tolerance}"`,
      'Such as 0, 90 minutes, 1 hour or 2 days.',
    );
  } else if (tolerance !== undefined && column === undefined) {
    warn(
      'time_tolerance',
      'has no effect without "tributary.time_column"',
      'Name the timestamp column whose distance from the partitions it bounds.',
    );
  } else if (tolerance !== undefined && table.storage.format !== 'parquet') {
    warn(
      'time_tolerance',
      `has no effect: ${table.storage.format} files do not tell the times of their rows`,
      'Only Parquet files do; conditions on the partition columns leave out days of others.',
    );
  }
  return warnings;
}

const TOLERANCE = /^\s*(\d+(?:\.\d+)?)\s*(s|sec|seconds?|m|min|minutes?|h|hours?|d|days?)?\s*$/i;
const TOLERANCE_UNITS: Readonly<Record<string, number>> = { s: 1000, m: MINUTE, h: HOUR, d: DAY };

/** A time such as `90 minutes` or `1 hour` in ms (a bare number is seconds); undefined when it is none. */
export function parseTolerance(text: string): number | undefined {
  const match = TOLERANCE.exec(text);
  const factor = TOLERANCE_UNITS[(match?.[2] ?? 's').slice(0, 1).toLowerCase()];
  return match === null || factor === undefined ? undefined : Number(match[1]) * factor;
}

function partitionAxis(table: TableDefinition): TimeAxis | undefined {
  const declared = table.properties['tributary.time_partition'];
  const names = table.partitionColumns.map(({ name }) => name);
  if (declared !== undefined) {
    const columns = declared.split(',').map((name) => name.trim().toLowerCase());
    return columns.length > 0 && columns.every((name) => names.includes(name))
      ? axis(columns, names)
      : undefined;
  }
  const typed = table.partitionColumns.find(
    ({ type }) =>
      type.kind === 'scalar' && ['date', 'timestamp', 'timestamptz'].includes(type.name),
  );
  if (typed !== undefined) {
    return axis([typed.name], names);
  }
  const parts = PARTS.map((choices) => names.find((name) => choices.includes(name)));
  const missing = parts.indexOf(undefined);
  const together = (missing === -1 ? parts : parts.slice(0, missing)).flatMap((name) => name ?? []);
  if (together.length > 1) {
    return axis(together, names);
  }
  const projected = names.find((name) => table.properties[`projection.${name}.type`] === 'date');
  const named = projected ?? names.find((name) => DATE_NAMES.test(name));
  const found = named ?? together[0];
  return found === undefined ? undefined : axis([found], names);
}

function axis(columns: readonly string[], partitionColumns: readonly string[]): TimeAxis {
  return {
    columns,
    partitionColumns,
    span: (values) => {
      if (values.includes(null)) return undefined;
      const text = values.join(' ');
      let span = SPANS.get(text);
      if (span === undefined) {
        span = spanOf(text.match(/\d+/g) ?? []);
        if (span === undefined) return undefined;
        if (SPANS.size >= MOST_SPANS) SPANS.clear();
        SPANS.set(text, span);
      }
      return span;
    },
  };
}

/** Spans by the texts of their values: each statement asks for those of its windows again. */
const SPANS = new Map<string, Span>();
const MOST_SPANS = 20_000;

/** A run of eight or more digits is a date written without separators. */
function separated(digits: readonly string[]): readonly string[] {
  const [first = '', ...rest] = digits;
  if (first.length <= 4) {
    return digits;
  }
  const parts = /^(\d{4})(\d{2})(\d{2})?(\d{2})?(\d{2})?/.exec(first);
  return parts === null
    ? digits
    : [...parts.slice(1).filter((each) => each !== undefined), ...rest];
}

function daysOf(year: number, month: number): number {
  return new Date(Date.UTC(year, month, 0)).getUTCDate();
}

function spanOf(digits: readonly string[]): Span | undefined {
  const [year, month, day, hour, minute] = separated(digits).map(Number);
  if (year === undefined || year < 1 || year > 9999) {
    return undefined;
  }
  const days = day === undefined || month === undefined ? 31 : daysOf(year, month);
  if (day !== undefined && month !== undefined && day > days && day <= 31 && month <= 12) {
    // Columns that are projected one by one declare also February 30. It is no time; its window needs a place of its own.
    const at = Date.UTC(year, month, 1) - (day - days) * NO_DAY - (hour ?? 0) * 60 - (minute ?? 0);
    return { from: at - 1, to: at };
  }
  const from = Date.UTC(year, (month ?? 1) - 1, day ?? 1, hour ?? 0, minute ?? 0);
  if (Number.isNaN(from)) {
    return undefined;
  }
  if (month === undefined) return { from, to: Date.UTC(year + 1, 0, 1) };
  if (day === undefined) return { from, to: Date.UTC(year, month, 1) };
  // A date column's text form has no time; a timestamp at midnight may be a day or an hour: the shorter is never wrong.
  if (hour === undefined) return { from, to: from + DAY };
  return { from, to: from + (minute === undefined ? HOUR : MINUTE) };
}
