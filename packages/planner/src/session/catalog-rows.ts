import type { Node, RangeVar, SelectStmt } from '@pgsql/types';
import { QueryError, formatType, parseQuery } from '@tributary/sql';
import type { PlanColumn, Statement } from '@tributary/sql';
import type { SessionScope } from '../service/statement-scope.ts';
import type { CatalogEngine } from './catalog-engine.ts';
import { catalogReference, catalogUse, commonTableNames } from './catalog-engine.ts';

type SelectStatement = Extract<Statement, { kind: 'select' }>;

/** Values of system catalogs that one statement with other tables may read: they become part of its text. */
const MOST_VALUES = 100_000;
const MOST_BYTES = 32 * 1024 * 1024;

/** The names of columns that a statement uses; undefined: all, for a `*` or a whole row is among them. */
function usedColumns(tree: SelectStmt): ReadonlySet<string> | undefined {
  const names = new Set<string>();
  let all = false;
  visit(tree, (key, child) => {
    if (key === 'ColumnRef') {
      const { fields = [] } = child as { fields?: readonly Node[] };
      for (const field of fields) {
        if ('String' in field) names.add(field.String.sval ?? '');
        else all = true;
      }
    }
    // A join by names, or columns renamed, counts columns that nobody writes.
    all ||= key === 'isNatural' || key === 'colnames';
    if (key === 'usingClause') {
      for (const each of child as readonly Node[]) {
        if ('String' in each) names.add(each.String.sval ?? '');
      }
    }
  });
  return all ? undefined : names;
}

function visit(value: unknown, see: (key: string, child: unknown, holder: object) => void): void {
  if (Array.isArray(value)) {
    for (const each of value) visit(each, see);
    return;
  }
  if (typeof value !== 'object' || value === null) return;
  for (const [key, child] of Object.entries(value)) {
    see(key, child, value);
    visit(child, see);
  }
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

function literal(value: string | null): string {
  return value === null ? 'NULL' : `'${value.replaceAll("'", "''")}'`;
}

/** A query that answers the rows; the first one says of what types they are. */
function rowsText(
  columns: readonly PlanColumn[],
  rows: readonly (readonly (string | null)[])[],
): string {
  const names = columns.map(({ name }) => quoted(name)).join(', ');
  const typed = (row: readonly (string | null)[]): string =>
    columns
      .map(({ type }, index) => `CAST(${literal(row[index] ?? null)} AS ${formatType(type)})`)
      .join(', ');
  const [first, ...others] = rows;
  if (first === undefined) {
    const nothing = columns.map(
      ({ name, type }) => `CAST(NULL AS ${formatType(type)}) AS ${quoted(name)}`,
    );
    return `SELECT ${nothing.join(', ')} WHERE false`;
  }
  const lists = [typed(first), ...others.map((row) => row.map(literal).join(', '))];
  return `SELECT * FROM (VALUES (${lists.join('), (')})) AS v (${names})`;
}

/** The rows of one system catalog, as a query. */
async function catalogQuery(
  { schemaname, relname = '' }: RangeVar,
  used: ReadonlySet<string> | undefined,
  catalogEngine: CatalogEngine,
  scope: SessionScope,
  signal: AbortSignal,
): Promise<SelectStmt> {
  const relation = [schemaname, relname]
    .filter((part) => part !== undefined)
    .map(quoted)
    .join('.');
  const { columns } = await catalogEngine.describe(`SELECT * FROM ${relation}`, scope, [], signal);
  const wanted = columns.filter(({ name }) => used === undefined || used.has(name));
  const kept = wanted.length > 0 ? wanted : columns.slice(0, 1);
  const text = `SELECT ${kept.map(({ name }) => quoted(name)).join(', ')} FROM ${relation}`;
  const rows = await catalogEngine.execute(text, [], scope, signal);
  if (rows.length * kept.length > MOST_VALUES) {
    throw new QueryError(
      'programLimitExceeded',
      `${relname} has too many rows to be joined with other tables: ${rows.length}`,
      { hint: 'Read the system catalogs in a statement of their own.' },
    );
  }
  return parseQuery(rowsText(kept, rows), { maxBytes: MOST_BYTES });
}

/**
 * A statement that reads system catalogs and other tables together, with the catalogs' rows in the place of their names: what
 * they hold is fixed by the catalog's version. Any other statement stays the same object.
 *
 * @throws QueryError programLimitExceeded
 */
export async function withCatalogRows(
  statement: SelectStatement,
  scope: SessionScope,
  signal: AbortSignal,
): Promise<SelectStatement> {
  const { catalogEngine } = scope.services;
  if (catalogEngine === undefined || catalogUse(statement.tree) !== 'mixed') return statement;
  const tree = structuredClone(statement.tree);
  const used = usedColumns(tree);
  const common = commonTableNames(tree);
  const found: { readonly holder: object; readonly relation: RangeVar }[] = [];
  visit(tree, (key, child, holder) => {
    if (key !== 'RangeVar') return;
    const relation = child as RangeVar;
    const { schemaname: schema, relname: name = '' } = relation;
    if (schema === undefined && common.has(name)) return;
    if (catalogReference({ schema, name })) found.push({ holder, relation });
  });
  for (const { holder, relation } of found) {
    const query = await catalogQuery(relation, used, catalogEngine, scope, signal);
    const alias = relation.alias ?? { aliasname: relation.relname ?? '' };
    Reflect.deleteProperty(holder, 'RangeVar');
    Object.assign(holder, {
      RangeSubselect: { subquery: { SelectStmt: query }, alias },
    } satisfies Node);
  }
  return { ...statement, tree };
}
