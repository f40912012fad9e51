import type { ColumnDefinition, KeyDefinition, RelationDefinition } from '@tributary/catalog';
import type { SqlType } from '@tributary/sql';
import { typeInfo } from '@tributary/sql';
import type { MirroredColumn, MirroredKey, MirroredName, MirroredRelation } from './mirrored.ts';
import type { StableOids } from './stable-oids.ts';

/** PostgreSQL's limit (MaxHeapAttributeNumber). Columns beyond it are not shown. */
const MOST_COLUMNS = 1600;
/** NAMEDATALEN - 1. */
const NAME_BYTES = 63;
const PAGE_BYTES = 8192;
const TEXT_OID = 25;

/** The name as PostgreSQL keeps it: at most 63 bytes, cut between characters. NUL cannot occur in its text. */
export function keptName(name: string): string {
  const clean = name.replaceAll('\0', '');
  if (Buffer.byteLength(clean) <= NAME_BYTES) return clean;
  let kept = '';
  let bytes = 0;
  for (const character of clean) {
    bytes += Buffer.byteLength(character);
    if (bytes > NAME_BYTES) break;
    kept += character;
  }
  return kept;
}

/** What a column can be declared as: a type of which values exist. */
function declaredType(type: SqlType): Pick<MirroredColumn, 'type' | 'modifier' | 'dimensions'> {
  if (type.kind === 'array') {
    return { ...declaredType(type.element), type: typeInfo(type).oid, dimensions: 1 };
  }
  if (type.kind === 'scalar') {
    const shown = type.name === 'unknown' || type.name === 'void' || type.name === 'record';
    return shown
      ? { type: TEXT_OID, modifier: -1, dimensions: 0 }
      : { type: typeInfo(type).oid, modifier: type.typmod, dimensions: 0 };
  }
  return { type: typeInfo(type).oid, modifier: -1, dimensions: 0 };
}

/** What of a relation its mirror is made from; a system table has no definition of its own. */
export interface ShownRelation {
  /** Names it in its database for ever. */
  readonly id: string;
  readonly schema: number;
  readonly oid: number;
  /** Of the type of its rows. */
  readonly rowType: number;
  readonly arrayType: MirroredName;
  readonly name: string;
  readonly kind: 'table' | 'view';
  readonly columns: readonly ColumnDefinition[];
  readonly keys: readonly KeyDefinition[];
  readonly grantees: readonly string[];
  readonly comment?: string;
  readonly query?: string;
  readonly estimate?: { readonly rows: number; readonly bytes: number };
}

export function columnsOf(relation: RelationDefinition): readonly ColumnDefinition[] {
  const all =
    relation.kind === 'table'
      ? [...relation.columns, ...relation.partitionColumns]
      : relation.columns;
  return all.slice(0, MOST_COLUMNS);
}

/** Attribute numbers; undefined where one of the columns is not shown. */
function numbersOf(
  names: readonly string[],
  columns: readonly ColumnDefinition[],
): readonly number[] | undefined {
  const numbers = names.map((name) => columns.findIndex((column) => column.name === name) + 1);
  return numbers.length === 0 || numbers.includes(0) ? undefined : numbers;
}

const SUFFIX = { primary: 'pkey', unique: 'key', foreign: 'fkey' } as const;

/** The key's own name, or the one that PostgreSQL would give it. */
function keyName(relation: string, key: KeyDefinition): string {
  const columns = key.kind === 'primary' ? [] : key.columns;
  return keptName(key.name ?? [relation, ...columns, SUFFIX[key.kind]].join('_'));
}

/** Finds the relation that a foreign key refers to. */
export type FindTarget = (
  references: NonNullable<KeyDefinition['references']>,
) => ShownRelation | undefined;

/** Primary and unique keys, whose OIDs and indexes foreign keys of other relations refer to. */
export function uniqueKeys(relation: ShownRelation, oids: StableOids): readonly MirroredKey[] {
  const { id, name, keys, columns } = relation;
  const found: MirroredKey[] = [];
  for (const key of keys) {
    const numbers = numbersOf(key.columns, columns);
    if (numbers === undefined || key.kind === 'foreign') continue;
    const { kind } = key;
    const own = keyName(name, key);
    if (found.some((other) => other.name === own)) continue;
    found.push({
      oid: oids.of(`key ${id} ${own}`),
      name: own,
      kind,
      columns: numbers,
      index: oids.of(`index ${id} ${own}`),
    });
  }
  return found;
}

/** Foreign keys to relations that are shown too. */
export function foreignKeys(
  relation: ShownRelation,
  oids: StableOids,
  find: FindTarget,
  keysOf: (target: ShownRelation) => readonly MirroredKey[],
): readonly MirroredKey[] {
  return relation.keys.flatMap((key): readonly MirroredKey[] => {
    const numbers = numbersOf(key.columns, relation.columns);
    if (numbers === undefined || key.references === undefined) return [];
    const target = find(key.references);
    const targets = target && numbersOf(key.references.columns, target.columns);
    if (target === undefined || targets === undefined) return [];
    const name = keyName(relation.name, key);
    const sorted = targets.toSorted().join();
    const referred = keysOf(target).find(({ columns }) => columns.toSorted().join() === sorted);
    return [
      {
        oid: oids.of(`key ${relation.id} ${name}`),
        name,
        kind: 'foreign',
        columns: numbers,
        index: referred?.index ?? 0,
        target: { relation: target.oid, columns: targets },
      },
    ];
  });
}

/** The whole of a relation, for the mirror. */
export function mirroredRelation(
  relation: ShownRelation,
  oids: StableOids,
  keys: readonly MirroredKey[],
  linked: boolean,
): MirroredRelation {
  const { id, oid, rowType, arrayType, schema, name, kind, comment, query, estimate } = relation;
  const primary = new Set(
    keys.filter((key) => key.kind === 'primary').flatMap(({ columns }) => columns),
  );
  const columns = relation.columns.map((column, index): MirroredColumn => ({
    ...declaredType(column.type),
    name: keptName(column.name),
    notNull: kind === 'table' && (column.nullable === false || primary.has(index + 1)),
    ...(column.default === undefined
      ? {}
      : { default: { oid: oids.of(`default ${id} ${column.name}`), text: column.default } }),
    ...(column.comment === undefined ? {} : { comment: column.comment }),
  }));
  return {
    oid,
    rowType,
    arrayType,
    schema,
    name,
    kind,
    columns,
    keys: [...keys, ...notNullKeys(id, name, columns, oids)],
    linked,
    rows: estimate?.rows ?? -1,
    pages: Math.ceil((estimate?.bytes ?? 0) / PAGE_BYTES),
    grantees: relation.grantees,
    ...(comment === undefined ? {} : { comment }),
    ...(query === undefined ? {} : { query }),
  };
}

/** PostgreSQL 18 keeps NOT NULL as constraints, too. */
function notNullKeys(
  id: string,
  name: string,
  columns: readonly MirroredColumn[],
  oids: StableOids,
): readonly MirroredKey[] {
  return columns.flatMap((column, index): readonly MirroredKey[] =>
    column.notNull
      ? [
          {
            oid: oids.of(`not null ${id} ${column.name}`),
            name: keptName(`${name}_${column.name}_not_null`),
            kind: 'notNull',
            columns: [index + 1],
            index: 0,
          },
        ]
      : [],
  );
}
