import type { ListedCell, ReuseStore } from '@tributary/catalog';
import { QueryError } from '@tributary/sql';
import { mayMissSomething, mayRead } from '../access/permissions.ts';
import type { StatementScope } from '../service/statement-scope.ts';
import type { SystemRows } from './system-relation.ts';
import { SYSTEM_TABLES } from './system-tables.ts';

/** More rows than this are refused. */
const MOST_CELLS = 500_000;

/** Rows of `tributary.cells`: of tables that the reader may read, without their filters where something else is hidden from it. */
export async function cellRows(
  store: ReuseStore | undefined,
  scope: StatementScope,
): Promise<SystemRows> {
  const readable = mayMissSomething(scope) ? readableNames(scope) : undefined;
  const columns = SYSTEM_TABLES.find(({ name }) => name === 'cells')?.columns ?? [];
  const rows: (readonly (string | null)[])[] = [];
  for await (const cell of store?.list() ?? []) {
    if (rows.length === MOST_CELLS) {
      throw new QueryError('programLimitExceeded', `there are more than ${MOST_CELLS} cells`);
    }
    if (readable?.has(cell.tableName) === false) continue;
    // The text may name tables that were joined.
    rows.push(cellRow(readable === undefined ? cell : { ...cell, shapeText: '' }));
  }
  return { columns, rows };
}

/** Names as cells bear them. */
function readableNames(scope: StatementScope): ReadonlySet<string> {
  const names = new Set<string>();
  const { snapshot } = scope;
  for (const database of snapshot.databases()) {
    for (const schema of snapshot.schemas(database)) {
      for (const relation of snapshot.relations(database, schema)) {
        if (mayRead(scope, relation)) names.add(`${database}.${schema}.${relation.name}`);
      }
    }
  }
  return names;
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
