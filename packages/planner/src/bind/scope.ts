import type { ColumnId, Expression, SqlType } from '@tributary/sql';
import { rowType, UNKNOWN } from '@tributary/sql';
import type { QueryLevel } from './bind-state.ts';
import { at, failure } from './bind-state.ts';
import { missingItem, undefinedColumn } from './missing-names.ts';
import { nearestName } from './nearest-name.ts';
import { findRelation } from './relation-resolution.ts';

/** A column that a FROM item offers. */
export interface ScopeColumn {
  readonly name: string;
  readonly id: ColumnId;
  readonly type: SqlType;
}

/** PostgreSQL's ParseNamespaceItem: a table alias, or the nameless columns of a join. */
export interface NamespaceItem {
  readonly name: string | undefined;
  readonly columns: readonly ScopeColumn[];
  /** `name.column` finds it. */
  readonly relationVisible: boolean;
  /** An unqualified column name finds it. */
  readonly columnsVisible: boolean;
  /** A sibling to the left in the same FROM: visible only under LATERAL. */
  readonly lateralOnly: boolean;
  /** The join type allows a LATERAL reference to it (not the left side of RIGHT and FULL). */
  readonly lateralAllowed: boolean;
  /** Catalog id of an unaliased table, which `schema.table.column` finds. */
  readonly relation: string | undefined;
  /** A function with one column of a plain type: its name alone is that column. */
  readonly scalar: boolean;
}

/** A visible item; what differs from a plain alias is given in `options`. */
export function namespaceItem(
  name: string | undefined,
  columns: readonly ScopeColumn[],
  options: Partial<NamespaceItem> = {},
): NamespaceItem {
  return {
    name,
    columns,
    relationVisible: name !== undefined,
    columnsVisible: true,
    lateralOnly: false,
    lateralAllowed: true,
    relation: undefined,
    scalar: false,
    ...options,
  };
}

/** 42712 when two items of one FROM bear the same name. */
export function checkNameConflicts(
  level: QueryLevel,
  left: readonly NamespaceItem[],
  right: readonly NamespaceItem[],
): void {
  for (const item of right) {
    if (!item.relationVisible) continue;
    const same = left.find((other) => other.relationVisible && other.name === item.name);
    if (same === undefined) continue;
    // Two tables of one name from different schemas live side by side.
    if (
      same.relation !== undefined &&
      item.relation !== undefined &&
      same.relation !== item.relation
    ) {
      continue;
    }
    throw failure(
      level,
      'duplicateAlias',
      `table name "${item.name ?? ''}" specified more than once`,
      -1,
      { hint: 'Give one of them another alias.' },
    );
  }
}

interface Found<T> {
  readonly level: QueryLevel;
  readonly match: T;
}

function checkLateral(level: QueryLevel, item: NamespaceItem, location: number | undefined): void {
  if (!item.lateralOnly || item.lateralAllowed) return;
  throw failure(
    level,
    'invalidColumnReference',
    `invalid reference to FROM-clause entry for table "${item.name ?? ''}"`,
    location,
    { detail: 'The combining JOIN type must be INNER or LEFT for a LATERAL reference.' },
  );
}

function visibleItems(level: QueryLevel): readonly NamespaceItem[] {
  return level.namespace.filter((item) => !item.lateralOnly || level.lateral);
}

/** The column an unqualified name means at the level or above; undefined when none. 42702 when several. */
export function findColumn(
  start: QueryLevel,
  name: string,
  location: number | undefined,
  onlyHere = false,
): Found<ScopeColumn> | undefined {
  for (let level: QueryLevel | undefined = start; level !== undefined; level = level.parent) {
    let match: ScopeColumn | undefined;
    for (const item of visibleItems(level)) {
      if (!item.columnsVisible) continue;
      const column = columnOf(start, item, name, location);
      if (column === undefined) continue;
      if (match !== undefined) throw ambiguous(start, name, location);
      checkLateral(start, item, location);
      if (item.lateralOnly) level.lateralColumns.add(column.id);
      match = column;
    }
    if (match !== undefined) return { level, match };
    if (onlyHere) return undefined;
  }
  return undefined;
}

function ambiguous(level: QueryLevel, name: string, location: number | undefined): Error {
  return failure(level, 'ambiguousColumn', `column reference "${name}" is ambiguous`, location, {
    hint: 'Write the table name or alias before it.',
  });
}

function columnOf(
  level: QueryLevel,
  item: NamespaceItem,
  name: string,
  location: number | undefined,
): ScopeColumn | undefined {
  let match: ScopeColumn | undefined;
  for (const column of item.columns) {
    if (column.name !== name) continue;
    if (match !== undefined) throw ambiguous(level, name, location);
    match = column;
  }
  return match;
}

/** The FROM item a qualifier of one to three parts means; undefined when none. 42P09 when several. */
export function findItem(
  start: QueryLevel,
  qualifier: readonly string[],
  location: number | undefined,
): Found<NamespaceItem> | undefined {
  const name = qualifier.at(-1) ?? '';
  let relation: string | undefined;
  if (qualifier.length > 1) {
    const resolved = findRelation(start, qualifier);
    if (resolved === undefined) return undefined;
    relation = resolved.kind === 'catalog' ? resolved.definition.id : resolved.table.reference.id;
  }
  for (let level: QueryLevel | undefined = start; level !== undefined; level = level.parent) {
    const matches = visibleItems(level).filter(
      (item) =>
        item.relationVisible &&
        item.name === name &&
        (relation === undefined || item.relation === relation),
    );
    const [match] = matches;
    if (matches.length > 1) {
      throw failure(start, 'ambiguousAlias', `table reference "${name}" is ambiguous`, location, {
        hint: 'Give one of the tables an alias.',
      });
    }
    if (match !== undefined) {
      checkLateral(start, match, location);
      return { level, match };
    }
  }
  return undefined;
}

/** Notes that columns of a left sibling are used, so that the join that combines them is lateral. */
export function noteLateral(found: Found<NamespaceItem>, columns: readonly ScopeColumn[]): void {
  if (!found.match.lateralOnly) return;
  for (const column of columns) found.level.lateralColumns.add(column.id);
}

function columnExpression(
  level: QueryLevel,
  column: ScopeColumn,
  location: number | undefined,
): Expression {
  return { kind: 'column', id: column.id, type: column.type, ...at(level, location) };
}

/** `t` or `t.*` as a value: a row with the item's column names. */
export function wholeRow(
  level: QueryLevel,
  found: Found<NamespaceItem>,
  location: number | undefined,
): Expression {
  const { columns, scalar } = found.match;
  noteLateral(found, columns);
  const fields = columns.map((column) => columnExpression(level, column, location));
  const [only] = fields;
  if (scalar && only !== undefined) return only;
  return {
    kind: 'row',
    fields,
    type: rowType(columns.map(({ name, type }) => ({ name, type }))),
    ...at(level, location),
  };
}

/** A ColumnRef without a star: `column`, `table.column`, up to `database.schema.table.column`, or a whole row. */
export function resolveColumnReference(
  level: QueryLevel,
  fields: readonly string[],
  location: number | undefined,
): Expression {
  const name = fields.at(-1) ?? '';
  const qualifier = fields.slice(0, -1);
  if (qualifier.length === 0) {
    const here = level.outputs.length > 0 ? findColumn(level, name, location, true) : undefined;
    const output =
      here === undefined ? level.outputs.find((each) => each.name === name) : undefined;
    if (output !== undefined) return output.expression;
    const found = findColumn(level, name, location);
    if (found !== undefined) return columnExpression(level, found.match, location);
    const item = findItem(level, [name], location);
    if (item !== undefined) return wholeRow(level, item, location);
    throw undefinedColumn(level, name, location);
  }
  if (qualifier.length > 3) {
    throw failure(
      level,
      'syntaxError',
      `improper qualified name (too many dotted names): ${fields.join('.')}`,
      location,
    );
  }
  const item = findItem(level, qualifier, location);
  if (item !== undefined) {
    const column = columnOf(level, item.match, name, location);
    if (column !== undefined) {
      noteLateral(item, [column]);
      return columnExpression(level, column, location);
    }
    throw undefinedColumn(level, name, location, item.match);
  }
  return structField(level, fields, location) ?? missingItem(level, qualifier, location);
}

/** Hive's way to read a struct: `column.field`, where no table has the column's name. */
function structField(
  level: QueryLevel,
  fields: readonly string[],
  location: number | undefined,
): Expression | undefined {
  const [name = '', ...path] = fields;
  const found = findColumn(level, name, location);
  if (found?.match.type.kind !== 'struct') return undefined;
  let expression = columnExpression(level, found.match, location);
  for (const field of path) expression = fieldOf(level, expression, field, location);
  return expression;
}

/** `(row).field`. 42703 without such a field, 42809 on a type that has none. */
export function fieldOf(
  level: QueryLevel,
  arg: Expression,
  name: string,
  location: number | undefined,
): Expression {
  if (arg.type.kind !== 'struct') {
    throw failure(
      level,
      'wrongObjectType',
      `column notation .${name} applied to a value that has no fields`,
      location,
    );
  }
  const index = arg.type.fields.findIndex((field) => field.name === name);
  const field = arg.type.fields[index];
  if (field === undefined) {
    const near = nearestName(
      name,
      arg.type.fields.map((each) => each.name),
    );
    throw failure(
      level,
      'undefinedColumn',
      `column "${name}" not found in data type record`,
      location,
      near === undefined ? {} : { hint: `Did you mean "${near}"?` },
    );
  }
  if (arg.kind === 'row') return arg.fields[index] ?? arg;
  return { kind: 'field', arg, name, type: field.type, ...at(level, location) };
}

/** Columns that `*` (no qualifier) or `t.*` stands for at this place, in PostgreSQL's order. */
export function starColumns(
  level: QueryLevel,
  qualifier: readonly string[],
  location: number | undefined,
): readonly ScopeColumn[] {
  if (qualifier.length === 0) {
    const items = level.namespace.filter((item) => item.columnsVisible && !item.lateralOnly);
    if (items.length === 0) {
      throw failure(
        level,
        'syntaxError',
        'SELECT * with no tables specified is not valid',
        location,
      );
    }
    return items.flatMap((item) => item.columns);
  }
  const found = findItem(level, qualifier, location);
  if (found === undefined) return missingItem(level, qualifier, location);
  noteLateral(found, found.match.columns);
  return found.match.columns;
}

/** Whether a type is still open: an undecorated string literal, NULL, or an untyped parameter. */
export function isUnknown(type: SqlType): boolean {
  return type.kind === 'scalar' && type.name === UNKNOWN.name;
}
