import { castEntry } from '../functions/casts.ts';
import { QueryError } from '../errors.ts';
import type { FunctionEntry, Template, TemplateArgument } from '../functions/function-entry.ts';
import type { SqlType } from '../types/sql-type.ts';
import { formatType } from '../types/type-info.ts';
import type { Dialect, PrintedQuantified, PrintedTableFunction } from './dialect.ts';
import { freshName, reuse } from '../functions/template-parts.ts';
import { duckdbLiteral, quoteText } from './duckdb-literal.ts';
import { engineType } from './engine-type.ts';
import { columnName } from './printer.ts';
import { entryLabel } from './template-text.ts';

/** How a scan reads: `text` is an item of FROM whose columns are named `c<id>`. */
export type ScanText = (scan: Parameters<Dialect['scan']>[0]) => string;

/** DuckDB's dialect over relations that the caller supplies. */
export function duckdbDialect(scanText: ScanText): Dialect {
  return {
    name: 'duckdb',
    semiJoin: true,
    nativeRowSelection: false,
    typeName: engineType,
    literal: duckdbLiteral,
    parameter: (index) => {
      throw new QueryError('internalError', `Parameter $${index} has no value.`);
    },
    template: duckdbTemplate,
    castTemplate(from, to) {
      const template = castEntry(from, to)?.templates.duckdb;
      if (template !== undefined) return template;
      throw new QueryError(
        'featureNotSupported',
        `The engine cannot cast ${formatType(from)} to ${formatType(to)}.`,
      );
    },
    comparable: (text, type) => (isBlankPadded(type) ? `rtrim(${text}, ' ')` : text),
    sortValue: (text, type) => (isBlankPadded(type) ? `rtrim(${text}, ' ')` : text),
    row: (fields, type) => {
      const names = type.kind === 'struct' ? type.fields.map((field) => field.name) : [];
      const parts = fields.map(
        (text, index) => `${quoteText(names[index] ?? `f${index + 1}`)}: ${text}`,
      );
      return parts.length === 0 ? duckdbLiteral(null, type) : `{${parts.join(', ')}}`;
    },
    array: (elements, type) => `CAST([${elements.join(', ')}] AS ${engineType(type)})`,
    subscript,
    slice,
    field: (text, name) => `struct_extract(${text}, ${quoteText(name)})`,
    quantified,
    extreme,
    grouping: (keys) => `CAST(GROUPING(${keys.join(', ')}) AS INTEGER)`,
    tableFunction,
    scan: (scan) => ({ text: scanText(scan), column: (id) => columnName(id) }),
  };
}

function duckdbTemplate(entry: FunctionEntry): Template {
  if (entry.templates.duckdb !== undefined) return entry.templates.duckdb;
  throw new QueryError('featureNotSupported', `The engine cannot compute ${entryLabel(entry)}.`);
}

/** Trailing blanks of bpchar do not count. */
function isBlankPadded(type: SqlType): boolean {
  return type.kind === 'scalar' && type.name === 'bpchar';
}

/** DuckDB's GREATEST and LEAST compare the fields of intervals; its aggregates compare their lengths. */
function extreme(kind: 'greatest' | 'least', values: string, type: SqlType): string {
  if (type.kind === 'scalar' && type.name === 'interval') {
    return `${kind === 'greatest' ? 'list_max' : 'list_min'}([${values}])`;
  }
  return `${kind.toUpperCase()}(${values})`;
}

/** DuckDB counts negative subscripts from the end; to PostgreSQL they are outside. */
function subscript(value: TemplateArgument, index: TemplateArgument): string {
  const { type } = value;
  if (type.kind === 'map') return `map_extract_value(${value.text}, ${index.text})`;
  if (type.kind !== 'array') {
    const key =
      index.type.kind === 'scalar' && index.type.name.startsWith('int')
        ? index.text
        : `'$.' || '"' || replace(${index.text}, '"', '\\"') || '"'`;
    return `json_extract(${value.text}, ${key})`;
  }
  if (index.constant !== undefined) {
    return Number(index.constant) > 0
      ? `list_extract(${value.text}, ${index.constant})`
      : duckdbLiteral(null, type.element);
  }
  return `list_extract(${value.text}, CASE WHEN ${index.text} > 0 THEN ${index.text} END)`;
}

/** A bound below 1 is the start to PostgreSQL, not an offset from the end. A NULL bound gives NULL. */
function slice(
  value: TemplateArgument,
  lower: TemplateArgument | undefined,
  upper: TemplateArgument | undefined,
): string {
  const bound = (each: TemplateArgument | undefined, least: number, open: string): string => {
    if (each === undefined) return open;
    if (each.constant !== undefined) return String(Math.max(Number(each.constant), least));
    return `CASE WHEN ${each.text} < ${least} THEN ${least} ELSE ${each.text} END`;
  };
  const text = `list_slice(${value.text}, ${bound(lower, 1, '1')}, ${bound(upper, 0, '2147483647')})`;
  const nullable = [lower, upper].flatMap((each) =>
    each === undefined || each.constant !== undefined ? [] : [`${each.text} IS NOT NULL`],
  );
  return nullable.length === 0 ? text : `CASE WHEN ${nullable.join(' AND ')} THEN ${text} END`;
}

/**
 * list_contains does not know NULL: each comparison becomes 0 (false), 1 (unknown) or 2 (true), whose maximum is ANY and
 * whose minimum is ALL. An empty array gives no number and decides as PostgreSQL does; a NULL array gives NULL.
 */
function quantified(parts: PrintedQuantified): string {
  const { left, array, quantifier } = parts;
  const extreme = quantifier === 'any' ? 'list_max' : 'list_min';
  const empty = quantifier === 'any' ? 'FALSE' : 'TRUE';
  return reuse([left.text, array.text], (value, list) => {
    const element = freshName([value, list]);
    const compared = parts.compare(
      { ...left, text: value },
      { text: element, type: parts.elementType },
    );
    const numbers = `list_transform(${list}, lambda ${element}: COALESCE(CAST(${compared} AS INTEGER) * 2, 1))`;
    return `CASE ${extreme}(${numbers}) WHEN 2 THEN TRUE WHEN 0 THEN FALSE WHEN 1 THEN NULL ELSE CASE WHEN len(${list}) = 0 THEN ${empty} END END`;
  });
}

/** Templates of table functions are lists; unnested side by side, shorter ones are padded with NULL. */
function tableFunction(
  functions: readonly PrintedTableFunction[],
  relation: string,
  ordinality: string | undefined,
): string {
  const [first] = functions;
  const [column] = first?.columns ?? [];
  if (
    functions.length === 1 &&
    first?.stream !== undefined &&
    column !== undefined &&
    ordinality === undefined
  ) {
    const value = `CAST(${relation}v AS ${engineType(column.type)}) AS ${column.name}`;
    return `(SELECT ${value} FROM ${first.stream} AS ${relation}s(${relation}v)) AS ${relation}`;
  }
  const lists = functions.map((each, index) => `${each.text} AS l${index}`);
  const longest = functions.map((_, index) => `COALESCE(len(l${index}), 0)`);
  const count = longest.length === 1 ? longest.join('') : `GREATEST(${longest.join(', ')})`;
  const unnested = functions.map((each, index) => {
    const name = each.fields === undefined ? (each.columns[0]?.name ?? `u${index}`) : `u${index}`;
    return `unnest(l${index}) AS ${name}`;
  });
  if (ordinality !== undefined) {
    unnested.push(`unnest(range(1, CAST(${count} AS BIGINT) + 1)) AS ${ordinality}`);
  }
  const rows = `SELECT ${unnested.join(', ')} FROM (SELECT ${lists.join(', ')}) AS ${relation}l`;
  if (functions.every((each) => each.fields === undefined)) return `(${rows}) AS ${relation}`;
  const columns = functions.flatMap((each, index) =>
    each.fields === undefined
      ? each.columns.map((column) => column.name)
      : each.columns.map(
          (column, place) =>
            `struct_extract(u${index}, ${quoteText(each.fields?.[place] ?? '')}) AS ${column.name}`,
        ),
  );
  if (ordinality !== undefined) columns.push(ordinality);
  return `(SELECT ${columns.join(', ')} FROM (${rows}) AS ${relation}u) AS ${relation}`;
}
