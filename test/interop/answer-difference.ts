import type { ClientSide } from './client-sides.ts';
import type { AnswerField, WireAnswer } from './wire-answer.ts';

/** Types of columns that hold OIDs: oid, oidvector, oid[] and the object types. */
const OID_TYPES = new Set([26, 30, 1028, 2202, 2203, 2204, 2205, 2206, 4089, 4096]);
/** The superuser of the engine that answers for the catalog, under its name in a cluster of PostgreSQL. */
const SUPERUSER = /\bpg_bootstrap\b/g;
/** Tables beside the system catalogs are named by their OIDs, those of a build. */
const TOAST = /\bpg_toast_\d+/g;

/** Of tables that hold values: those that only stand for others keep none beside them. */
function besideUserTable(row: readonly (string | null)[]): boolean {
  return row.some((value) =>
    [...(value ?? '').matchAll(/\bpg_toast_(\d+)/g)].some(([, oid]) => Number(oid) >= 16384),
  );
}

function named(text: string, side: ClientSide): string {
  return text.replaceAll(/\b\d{5,}\b/g, (oid) => side.objectOf(oid) ?? oid);
}

/** A value without what is each server's own: numbers of objects become their names. */
function comparable(
  value: string | null,
  field: AnswerField | undefined,
  side: ClientSide,
): string {
  if (value === null) return 'NULL';
  const text = OID_TYPES.has(field?.oid ?? 0) ? named(value, side) : value;
  return `'${text.replaceAll(SUPERUSER, 'postgres').replaceAll(TOAST, 'pg_toast_0')}'`;
}

function rowsOf({ rows, fields }: WireAnswer, side: ClientSide): readonly string[] {
  return rows
    .filter((row) => !besideUserTable(row))
    .map((row) => row.map((value, index) => comparable(value, fields[index], side)).join(', '))
    .sort();
}

/** The complete tag, which counts the rows that are compared. */
function tagOf({ tag, rows }: WireAnswer): string {
  const left = rows.filter(besideUserTable).length;
  return left === 0
    ? tag
    : tag.replace(/^SELECT (\d+)$/, (_, count: string) => `SELECT ${Number(count) - left}`);
}

function columnsOf({ fields }: WireAnswer, side: ClientSide): readonly string[] {
  return fields.map(({ name, oid, typmod }) => `${name} ${named(String(oid), side)} ${typmod}`);
}

function firstDifference(theirs: readonly string[], ours: readonly string[]): string {
  const missing = theirs.filter((each) => !ours.includes(each));
  const extra = ours.filter((each) => !theirs.includes(each));
  return `${theirs.length} and ${ours.length}; PostgreSQL alone: ${missing.slice(0, 3).join(' | ')}; Tributary alone: ${extra.slice(0, 3).join(' | ')}`;
}

export interface AnswerDifference {
  readonly in: 'error' | 'columns' | 'parameters' | 'rows' | 'tag';
  readonly text: string;
}

/** Where Tributary's answer is not PostgreSQL's; undefined where it is. Rows are compared without their order. */
export function answerDifference(
  [theirs, postgres]: readonly [WireAnswer, ClientSide],
  [ours, tributary]: readonly [WireAnswer, ClientSide],
): AnswerDifference | undefined {
  if (theirs.sqlstate !== ours.sqlstate) {
    const said = ({ sqlstate, message }: WireAnswer): string =>
      sqlstate === undefined ? 'an answer' : `${sqlstate} ${message ?? ''}`;
    return { in: 'error', text: `PostgreSQL: ${said(theirs)}; Tributary: ${said(ours)}` };
  }
  if (theirs.sqlstate !== undefined) return undefined;
  const compared = [
    ['columns', columnsOf(theirs, postgres), columnsOf(ours, tributary)],
    [
      'parameters',
      theirs.parameterTypes.map((oid) => named(String(oid), postgres)),
      ours.parameterTypes.map((oid) => named(String(oid), tributary)),
    ],
    ['rows', rowsOf(theirs, postgres), rowsOf(ours, tributary)],
    ['rows', theirs.copied, ours.copied],
    ['tag', [tagOf(theirs)], [tagOf(ours)]],
  ] as const;
  for (const [where, these, those] of compared) {
    if (these.join('\n') !== those.join('\n')) {
      return { in: where, text: firstDifference(these, those) };
    }
  }
  return undefined;
}
