import { QueryError } from '@tributary/sql';
import type { ScanPlan } from '@tributary/sql';
import type { SourceTable } from '../catalog/read-catalog.ts';

/** A name in double quotes. */
export function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A string literal, whatever standard_conforming_strings says. */
export function quoteText(text: string): string {
  const quoted = text.replaceAll("'", "''");
  return quoted.includes('\\') ? `E'${quoted.replaceAll('\\', '\\\\')}'` : `'${quoted}'`;
}

/** Pages of a table from one on, up to another (not with it) or to the end. */
export interface PageRange {
  readonly from: number;
  readonly to?: number;
}

/**
 * What a scan reads, as an item of FROM: the table itself, or, where a column has no equal type here or compares by other rules,
 * a query over it that casts such columns. `pages`: only the rows that lie there. Throws undefinedColumn where the table has lost one.
 */
export function tableText(scan: ScanPlan, table: SourceTable, pages?: PageRange): string {
  const { schema, name, columns } = table.definition;
  const text = `${quoteIdentifier(schema)}.${quoteIdentifier(name)}`;
  const known = new Map(columns.map((column) => [column.name, column.type]));
  for (const { source } of scan.scanColumns) {
    if (!known.has(source)) {
      throw new QueryError(
        'undefinedColumn',
        `column "${source}" of ${text} does not exist any more`,
      );
    }
  }
  const special = scan.scanColumns.some(
    ({ source }) => table.cast.has(source) || table.nondeterministic.has(source),
  );
  if (!special && pages === undefined) return text;
  const list = scan.scanColumns.map(({ source }) => {
    const quoted = quoteIdentifier(source);
    if (table.cast.has(source)) {
      const isArray = known.get(source)?.kind === 'array';
      return `CAST(${quoted} AS text${isArray ? '[]' : ''}) AS ${quoted}`;
    }
    return table.nondeterministic.has(source) ? `${quoted} COLLATE "C" AS ${quoted}` : quoted;
  });
  const where = pages === undefined ? '' : ` WHERE ${pagesText(pages)}`;
  return `(SELECT ${list.join(', ')} FROM ${text}${where})`;
}

function pagesText({ from, to }: PageRange): string {
  const begin = `ctid >= '(${from},0)'::tid`;
  return to === undefined ? begin : `${begin} AND ctid < '(${to},0)'::tid`;
}
