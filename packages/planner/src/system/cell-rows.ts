import type { ListedCell, ReuseStore } from '@tributary/catalog';
import { QueryError } from '@tributary/sql';
import type { SystemRows } from './system-relation.ts';
import { SYSTEM_TABLES } from './system-tables.ts';

/** More rows than this are refused. */
const MOST_CELLS = 500_000;

/** Rows of `tributary.cells`. */
export async function cellRows(store: ReuseStore | undefined): Promise<SystemRows> {
  const columns = SYSTEM_TABLES.find(({ name }) => name === 'cells')?.columns ?? [];
  const rows: (readonly (string | null)[])[] = [];
  for await (const cell of store?.list() ?? []) {
    if (rows.length === MOST_CELLS) {
      throw new QueryError('programLimitExceeded', `there are more than ${MOST_CELLS} cells`);
    }
    rows.push(cellRow(cell));
  }
  return { columns, rows };
}

function cellRow(cell: ListedCell): readonly (string | null)[] {
  return [
    String(cell.id),
    cell.tableName,
    cell.kind,
    cell.from === null ? null : moment(cell.from).slice(0, -1),
    cell.to === null ? null : moment(cell.to).slice(0, -1),
    cell.shapeText,
    cell.version,
    cell.path,
    String(cell.fileBytes),
    moment(cell.createdAt),
    moment(cell.lastUsedAt),
    moment(cell.verifiedAt),
    cell.quarantined ? 'true' : 'false',
  ];
}

function moment(ms: number): string {
  return new Date(ms).toISOString();
}
