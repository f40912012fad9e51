import type { QueryAnswer } from './query-client.ts';

const width = (text: string): number => [...text].length;

/** An answer as psql prints it: a header, a rule, the rows and their count. */
export function formatTable(answer: QueryAnswer): string {
  const { columns, rows } = answer;
  const widths = columns.map((name, index) =>
    rows.reduce((most, row) => Math.max(most, width(row[index] ?? '')), width(name)),
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, index) => ` ${cell}${' '.repeat((widths[index] ?? 0) - width(cell))} `)
      .join('|')
      .trimEnd();
  const rule = widths.map((each) => '-'.repeat(each + 2)).join('+');
  const count = `(${rows.length} ${rows.length === 1 ? 'row' : 'rows'})`;
  return [
    line(columns),
    rule,
    ...rows.map((row) => line(row.map((cell) => cell ?? ''))),
    count,
  ].join('\n');
}
