import { digitsOf, visitPlan } from '@tributary/sql';
import type { Plan, PlanColumn, ScanPlan, SqlType } from '@tributary/sql';
import type { QueryFacts } from '../../query-connector.ts';
import type { CatalogCache } from '../catalog/catalog-cache.ts';
import type { SourceTable } from '../catalog/read-catalog.ts';
import { storedColumns } from '../copy/row-decoder.ts';
import { queryText } from '../text/query-text.ts';
import type { PageRange } from '../text/table-text.ts';

/** A query whose rows the engine's extension reads as COPY does. */
export interface ExtensionQuery {
  /** Rows that are expected of it: of its largest table, unless somebody asked the source. */
  readonly rows: number;
  /** A last column tells rows with values that the extension would take for others. */
  readonly marksUnreadable: boolean;
  /** Its text, or texts that read a part of its table each: at most `most`. */
  texts(most: number): readonly string[];
}

/** Pages that are worth a connection of their own: 64 MiB. */
const LEAST_PAGES = 8192;
const PAGE_BYTES = 8192;
/** The extension reads more digits by 128-bit arithmetic; COPY is level with it there. */
const MOST_DIGITS = 18;

/** Types that the extension reads as COPY does, each value. Others differ somewhere: `char(n)` loses blanks, arrays their bounds. */
const READ_ALIKE: ReadonlySet<string> = new Set([
  'bool',
  'int2',
  'int4',
  'int8',
  'float4',
  'float8',
  'text',
  'varchar',
  'bytea',
  'date',
  'uuid',
]);

/** The query for the extension, or why it must not read the plan's rows. */
export function extensionQuery(
  plan: Plan,
  facts: QueryFacts,
  catalog: CatalogCache,
): ExtensionQuery | string {
  if (plan.columns.length === 0) return 'no column is read';
  const stored = storedColumns(plan);
  const conditions: string[] = [];
  for (const column of plan.columns) {
    const condition = unreadable(column, stored);
    if (condition === undefined) return `column "${column.name}" is read otherwise`;
    if (condition !== '') conditions.push(condition);
  }
  const list = plan.columns.map(({ id }) => `q.c${id}`).join(', ');
  const marksUnreadable = conditions.length > 0;
  const marked = marksUnreadable
    ? `${list}, (${conditions.join(' OR ')}) IS TRUE AS unreadable`
    : list;
  const tables = scannedTables(plan, catalog);
  return {
    rows: Math.max(0, ...tables.map(({ definition }) => definition.estimate?.rows ?? 0)),
    marksUnreadable,
    texts: (most) =>
      pageRanges(plan, tables, most).map(
        (pages) => `SELECT ${marked} FROM (${queryText(plan, facts, catalog, pages)}) AS q`,
      ),
  };
}

/** A condition for values that the extension would take for others; empty: there are none; undefined: the type is not for it. */
function unreadable({ id, type }: PlanColumn, stored: ReadonlySet<number>): string | undefined {
  if (type.kind !== 'scalar') return undefined;
  if (READ_ALIKE.has(type.name)) return '';
  switch (type.name) {
    case 'numeric':
      // NaN would be 0. Computed values carry no digits that the extension sees.
      return stored.has(id) && isNarrow(type) ? `q.c${id} = 'NaN'` : undefined;
    case 'timestamp':
    case 'timestamptz':
      // What the engine cannot hold would be a date before Christ.
      return `(q.c${id} >= '294247-01-01' AND q.c${id} <> 'infinity')`;
    default:
      return undefined;
  }
}

function isNarrow(type: SqlType & { readonly kind: 'scalar' }): boolean {
  return digitsOf(type).precision <= MOST_DIGITS;
}

function scannedTables(plan: Plan, catalog: CatalogCache): readonly SourceTable[] {
  const tables: SourceTable[] = [];
  visitPlan(plan, {
    plan(node) {
      const table = node.kind === 'scan' ? tableOf(node, catalog) : undefined;
      if (table !== undefined) tables.push(table);
    },
  });
  return tables;
}

function tableOf(
  { table: { schema, name } }: ScanPlan,
  catalog: CatalogCache,
): SourceTable | undefined {
  return catalog.table(schema, name);
}

/** Ranges of pages that together are the one table that a plan reads row by row; else a single unbounded one. */
function pageRanges(
  plan: Plan,
  tables: readonly SourceTable[],
  most: number,
): readonly (PageRange | undefined)[] {
  const [table] = tables;
  if (table === undefined || tables.length > 1 || !table.paged || !isRowByRow(plan))
    return [undefined];
  const pages = (table.definition.estimate?.bytes ?? 0) / PAGE_BYTES;
  const count = Math.min(most, Math.floor(pages / LEAST_PAGES));
  if (count < 2) return [undefined];
  const first = (index: number): number => Math.floor((pages * index) / count);
  // The last one has no end: the table may have grown.
  return Array.from({ length: count }, (_, index) =>
    index + 1 === count ? { from: first(index) } : { from: first(index), to: first(index + 1) },
  );
}

function isRowByRow(plan: Plan): boolean {
  switch (plan.kind) {
    case 'scan':
      return true;
    case 'filter':
    case 'project':
      return isRowByRow(plan.input);
    default:
      return false;
  }
}
