import type { LoadedColumn } from '@tributary/engine';
import type { ExtensionQuery } from './extension-query.ts';

/**
 * A relation of rows that come while they are read, of several places at once. The engine takes what the extension reads for one row and would
 * join accordingly: a branch without rows says how many are expected, and that each value is likely another one.
 */
export function streamText(
  parts: readonly string[],
  columns: readonly LoadedColumn[],
  { marksUnreadable, rows }: Pick<ExtensionQuery, 'marksUnreadable' | 'rows'>,
): string {
  const names = columns.map(({ name }) => name).join(', ');
  const marked = marksUnreadable ? `${names}, unreadable` : names;
  const where = marksUnreadable
    ? " WHERE CASE WHEN unreadable THEN error('a value cannot be read') ELSE true END"
    : '';
  const branches = parts.map((part) => `SELECT ${names} FROM ${part} AS r(${marked})${where}`);
  if (rows > 0) branches.unshift(`(${expectedRows(columns, rows)})`);
  return `(${branches.join(' UNION ALL ')})`;
}

/** No rows. A limit that is known only when it runs keeps the optimizer from seeing that, and stops before anything is made. */
function expectedRows(columns: readonly LoadedColumn[], rows: number): string {
  const list = columns.map(
    ({ name, type }) => `CASE WHEN n = -1 THEN CAST(NULL AS ${type}) END AS ${name}`,
  );
  return `SELECT ${list.join(', ')} FROM range(${Math.round(rows)}) AS e(n) LIMIT CAST(floor(random()) AS BIGINT)`;
}
