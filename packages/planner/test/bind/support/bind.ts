import type { SelectStmt } from '@pgsql/types';
import type { CatalogSnapshot } from '@tributary/catalog';
import { parseStatementsSync } from '@tributary/sql';
import { NO_ROLES } from '../../../src/access/reader.ts';
import { bindSelect } from '../../../src/bind/bind-select.ts';
import type { BindContext, BoundSelect } from '../../../src/bind/bind-context.ts';

export const NOW = new Date('2024-06-01T12:34:56.789Z');

/** The tree of one SELECT. The parser must be loaded. */
export function selectTree(sql: string): SelectStmt {
  const [statement] = parseStatementsSync(sql);
  if (statement?.kind !== 'select') throw new TypeError(`not a SELECT: ${sql}`);
  return statement.tree;
}

export function contextOf(
  catalog: CatalogSnapshot,
  options: Partial<BindContext> = {},
): BindContext {
  return {
    catalog,
    database: 'main',
    searchPath: ['public'],
    parameterTypes: [],
    timeZone: 'UTC',
    now: NOW,
    user: 'ana',
    reader: NO_ROLES.reader('ana'),
    systemTable: () => undefined,
    parseView: selectTree,
    qualify: false,
    ...options,
  };
}

export function bindText(
  sql: string,
  catalog: CatalogSnapshot,
  options: Partial<BindContext> = {},
): BoundSelect {
  return bindSelect(selectTree(sql), contextOf(catalog, options));
}
