import type { Answer } from './sides.ts';

const FLOATS = new Set([700, 701]);
const NUMERIC = 1700;

/**
 * What differs between two answers, in words; undefined: nothing. Names, type OIDs and texts of values are equal; where
 * `inexact`, numbers agree to 12 digits. Failures agree by class of SQLSTATE.
 */
export function difference(
  theirs: Answer,
  ours: Answer,
  { inexact, ordered }: { readonly inexact: boolean; readonly ordered: boolean },
): string | undefined {
  if ('sqlstate' in theirs || 'sqlstate' in ours) {
    if (!('sqlstate' in theirs)) return `ours fails: ${failure(ours)}`;
    if (!('sqlstate' in ours))
      return `PostgreSQL fails: ${failure(theirs)}; ours answers ${show(ours.rows)}`;
    return theirs.sqlstate.slice(0, 2) === ours.sqlstate.slice(0, 2)
      ? undefined
      : `PostgreSQL fails: ${failure(theirs)}; ours: ${failure(ours)}`;
  }
  for (const key of ['names', 'oids'] as const) {
    const [left, right] = [JSON.stringify(theirs[key]), JSON.stringify(ours[key])];
    if (left !== right) return `${key}: PostgreSQL ${left}; ours ${right}`;
  }
  const [left, right] = [theirs, ours].map((each) =>
    ordered ? each.rows : [...each.rows].sort(byText),
  );
  if (left === undefined || right === undefined) return undefined;
  if (left.length !== right.length) return `rows: PostgreSQL ${left.length}; ours ${right.length}`;
  for (const [index, row] of left.entries()) {
    for (const [place, value] of row.entries()) {
      const other = right[index]?.[place] ?? null;
      if (value === other) continue;
      const oid = theirs.oids[place] ?? 0;
      if (inexact && value !== null && other !== null && close(value, other, oid)) continue;
      return `row ${index + 1}, ${theirs.names[place] ?? ''}: PostgreSQL ${show(value)}; ours ${show(other)}`;
    }
  }
  return undefined;
}

function byText(a: readonly (string | null)[], b: readonly (string | null)[]): number {
  const [left, right] = [JSON.stringify(a), JSON.stringify(b)];
  return left < right ? -1 : left > right ? 1 : 0;
}

function failure(answer: Answer): string {
  return 'sqlstate' in answer ? `${answer.sqlstate} ${answer.message}` : '';
}

function show(value: unknown): string {
  return JSON.stringify(value).slice(0, 300);
}

function close(a: string, b: string, oid: number): boolean {
  if (oid !== NUMERIC && !FLOATS.has(oid)) {
    return a.startsWith('{') && b.startsWith('{') && closeLists(a, b);
  }
  const [x, y] = [Number(a), Number(b)];
  if (Number.isNaN(x) || Number.isNaN(y)) return a === b;
  return (
    Math.abs(x - y) <=
    Math.max(1e-15, (oid === 700 ? 1e-5 : 1e-11) * Math.max(Math.abs(x), Math.abs(y)))
  );
}

function closeLists(a: string, b: string): boolean {
  const [left, right] = [a, b].map((text) => text.slice(1, -1).split(','));
  if (left?.length !== right?.length) return false;
  return (left ?? []).every(
    (item, index) => item === right?.[index] || close(item, right?.[index] ?? '', 701),
  );
}
