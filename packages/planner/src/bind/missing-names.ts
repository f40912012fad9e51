import type { QueryLevel } from './bind-state.ts';
import { failure } from './bind-state.ts';
import { nearestName } from './nearest-name.ts';
import type { NamespaceItem } from './scope.ts';

/** 42703 for a column that none of the FROM items has, or not `item`. */
export function undefinedColumn(
  level: QueryLevel,
  name: string,
  location: number | undefined,
  item?: NamespaceItem,
): Error {
  const written =
    item?.name === undefined
      ? `column "${name}" does not exist`
      : `column ${item.name}.${name} does not exist`;
  const candidates = new Map<string, string>();
  const items = item === undefined ? allItems(level) : [item];
  for (const each of items) {
    if (item === undefined && !each.columnsVisible && !each.relationVisible) continue;
    for (const column of each.columns) {
      if (!candidates.has(column.name)) {
        candidates.set(
          column.name,
          each.name === undefined ? column.name : `${each.name}.${column.name}`,
        );
      }
    }
  }
  const near = nearestName(name, candidates.keys());
  const meant = near === undefined ? undefined : candidates.get(near);
  if (near === name && item === undefined) {
    return failure(level, 'undefinedColumn', written, location, {
      detail: `There is a column named "${name}" in table "${meant?.split('.')[0] ?? ''}", but it cannot be referenced from this part of the query.`,
    });
  }
  return failure(
    level,
    'undefinedColumn',
    written,
    location,
    meant === undefined ? {} : { hint: `Perhaps you meant to reference the column "${meant}".` },
  );
}

function allItems(start: QueryLevel): NamespaceItem[] {
  const items: NamespaceItem[] = [];
  for (let level: QueryLevel | undefined = start; level !== undefined; level = level.parent) {
    items.push(...level.namespace);
  }
  return items;
}

/** 42P01 for a qualifier that no FROM item bears. */
export function missingItem(
  level: QueryLevel,
  qualifier: readonly string[],
  location: number | undefined,
): never {
  const name = qualifier.at(-1) ?? '';
  const items = allItems(level);
  const hidden = items.some((item) => item.name === name);
  if (hidden) {
    throw failure(
      level,
      'undefinedTable',
      `invalid reference to FROM-clause entry for table "${name}"`,
      location,
      {
        detail: `There is an entry for table "${name}", but it cannot be referenced from this part of the query.`,
        hint: 'To reference that table, you must mark this subquery with LATERAL.',
      },
    );
  }
  const near = nearestName(
    name,
    items.flatMap((item) => (item.relationVisible && item.name !== undefined ? [item.name] : [])),
  );
  throw failure(
    level,
    'undefinedTable',
    `missing FROM-clause entry for table "${qualifier.join('.')}"`,
    location,
    near === undefined ? {} : { hint: `Perhaps you meant to reference the table alias "${near}".` },
  );
}
