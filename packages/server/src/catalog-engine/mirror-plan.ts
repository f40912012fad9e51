import type { CatalogSnapshot, ColumnDefinition, RelationDefinition } from '@tributary/catalog';
import { SYSTEM_SCHEMA, SYSTEM_TABLES, schemaAddresses, visibleSchemas } from '@tributary/planner';
import { formatType } from '@tributary/sql';
import type { SqlType } from '@tributary/sql';
import { quoteLiteral, quoteName } from './quote.ts';
import type { MirrorChanges } from './worker-protocol.ts';

/** Something of the catalog that the mirror shows. Two with the same key and fingerprint are the same. */
interface MirrorObject {
  readonly kind: 'database' | 'schema' | 'relation';
  readonly fingerprint: string;
  create(): readonly string[];
  drop(): string;
}

export type MirrorContents = ReadonlyMap<string, MirrorObject>;

/** PostgreSQL's limit (MaxHeapAttributeNumber). Columns beyond it are not shown. */
const MOST_COLUMNS = 1600;

/** What a column can be declared as: a type of which values exist. */
function declaredType(type: SqlType): string {
  if (type.kind === 'array') {
    return `${declaredType(type.element).replace(/(\[\])+$/, '')}[]`;
  }
  if (type.kind === 'scalar') {
    if (type.name === 'unknown' || type.name === 'void' || type.name === 'record') {
      return 'text';
    }
    // `character` alone would mean one character.
    if (type.name === 'bpchar' && type.typmod < 0) {
      return 'bpchar';
    }
  }
  return formatType(type);
}

function columnsOf(relation: RelationDefinition): readonly ColumnDefinition[] {
  const all =
    relation.kind === 'table'
      ? [...relation.columns, ...relation.partitionColumns]
      : relation.columns;
  return all.slice(0, MOST_COLUMNS);
}

/** What a relation of a source is by its statements: that a view of it is a view shows, and nothing depends on it here. */
function shownKind(relation: RelationDefinition): Shape['kind'] {
  if (relation.kind !== 'sourceTable') return relation.kind;
  return relation.form === 'view' ? 'view' : 'table';
}

interface Shape {
  readonly kind: 'table' | 'view';
  readonly columns: readonly Pick<ColumnDefinition, 'name' | 'type' | 'comment'>[];
  readonly comment?: string;
}

/** An empty table, or a view over nothing, with its comments. */
function createRelation(name: string, { kind, columns, comment }: Shape): readonly string[] {
  const statements =
    kind === 'table'
      ? [
          `create table ${name} (${columns
            .map((column) => `${quoteName(column.name)} ${declaredType(column.type)}`)
            .join(', ')})`,
        ]
      : [
          `create view ${name} as select ${columns
            .map((column) => `null::${declaredType(column.type)} as ${quoteName(column.name)}`)
            .join(', ')} where false`,
        ];
  if (comment !== undefined) {
    statements.push(`comment on ${kind} ${name} is ${quoteLiteral(comment)}`);
  }
  for (const column of columns) {
    if (column.comment !== undefined) {
      statements.push(
        `comment on column ${name}.${quoteName(column.name)} is ${quoteLiteral(column.comment)}`,
      );
    }
  }
  return statements;
}

function databaseObject(name: string): MirrorObject {
  return {
    kind: 'database',
    fingerprint: '',
    create: () => [
      `insert into pg_database select greatest((select max(oid::int8) from pg_database), 16383)::int8 + 1,
${quoteLiteral(name)}, datdba, encoding, datlocprovider, datistemplate, datallowconn, dathasloginevt, datconnlimit,
datfrozenxid, datminmxid, dattablespace, datcollate, datctype, datlocale, daticurules, datcollversion, datacl
from pg_database where datname = current_database()`,
    ],
    drop: () => `delete from pg_database where datname = ${quoteLiteral(name)}`,
  };
}

function schemaObject(name: string): MirrorObject {
  return {
    kind: 'schema',
    fingerprint: '',
    create: () => [`create schema ${quoteName(name)}`],
    drop: () => `drop schema if exists ${quoteName(name)} cascade`,
  };
}

/** What a session in `database` sees of the catalog: its schemas and relations by the names they bear there. */
export function mirrorContents(snapshot: CatalogSnapshot, database: string): MirrorContents {
  const contents = new Map<string, MirrorObject>();
  for (const other of snapshot.databases()) {
    if (other !== database) {
      contents.set(`database ${JSON.stringify(other)}`, databaseObject(other));
    }
  }
  const addSchema = (schema: string): void => {
    contents.set(`schema ${JSON.stringify(schema)}`, schemaObject(schema));
  };
  const addRelation = (
    schema: string,
    name: string,
    fingerprint: string,
    shape: () => Shape,
  ): void => {
    const key = `relation ${JSON.stringify([schema, name])}`;
    const quoted = `${quoteName(schema)}.${quoteName(name)}`;
    // Where two addresses of a schema have the name, the first is the one a statement means.
    if (!contents.has(key)) {
      contents.set(key, {
        kind: 'relation',
        fingerprint,
        create: () => createRelation(quoted, shape()),
        drop: () => `drop ${fingerprint.slice(0, fingerprint.indexOf(' '))} if exists ${quoted}`,
      });
    }
  };
  for (const schema of visibleSchemas({ snapshot, database })) {
    addSchema(schema);
    for (const address of schemaAddresses(snapshot, database, schema)) {
      for (const relation of snapshot.relations(address.database, address.schema)) {
        const { id, version, name, comment } = relation;
        const kind = shownKind(relation);
        addRelation(schema, name, `${kind} ${id} ${version}`, () => ({
          kind,
          columns: columnsOf(relation),
          ...(comment === undefined ? {} : { comment }),
        }));
      }
    }
  }
  addSchema(SYSTEM_SCHEMA);
  for (const { name, columns, comment, requiredParameters = 0 } of SYSTEM_TABLES) {
    if (requiredParameters === 0) {
      addRelation(SYSTEM_SCHEMA, name, 'view system', () => ({ kind: 'view', columns, comment }));
    }
  }
  return contents;
}

/** What turns one mirror's contents into another's. */
export function mirrorChanges(from: MirrorContents, to: MirrorContents): MirrorChanges {
  const gone = [...from].filter(
    ([key, { fingerprint }]) => to.get(key)?.fingerprint !== fingerprint,
  );
  const come = [...to].filter(
    ([key, { fingerprint }]) => from.get(key)?.fingerprint !== fingerprint,
  );
  const dropped = (kind: MirrorObject['kind']): readonly string[] =>
    gone.filter(([, each]) => each.kind === kind).map(([, each]) => each.drop());
  const created = (kind: MirrorObject['kind']): readonly string[] =>
    come.filter(([, each]) => each.kind === kind).flatMap(([, each]) => each.create());
  return {
    databases: [...dropped('database'), ...created('database')],
    objects: [
      ...dropped('relation'),
      ...dropped('schema'),
      ...created('schema'),
      ...created('relation'),
    ],
  };
}
