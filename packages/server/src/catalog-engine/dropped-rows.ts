import type { HiddenObjects, MirrorChanges } from './mirrored.ts';
import { over } from './rows-statement.ts';
import type { RowsStatement } from './rows-statement.ts';

const each = <T>(value: T): T => value;

/** Takes objects out of the catalogs, with all that hangs on them. */
export function dropRows({
  databases,
  schemas,
  relations,
}: MirrorChanges['dropped']): readonly RowsStatement[] {
  const hanging = [
    // Index relations first, while pg_index still names them.
    `delete from pg_attribute where attrelid in (select indexrelid from pg_index where indrelid = any($1::oid[]))`,
    `delete from pg_depend where classid = 'pg_class'::regclass and objid in (select indexrelid from pg_index where indrelid = any($1::oid[]))`,
    `delete from pg_class where oid in (select indexrelid from pg_index where indrelid = any($1::oid[]))`,
    `delete from pg_index where indrelid = any($1::oid[])`,
    `delete from pg_depend where classid = 'pg_constraint'::regclass and objid in (select oid from pg_constraint where conrelid = any($1::oid[]))`,
    `delete from pg_constraint where conrelid = any($1::oid[])`,
    `delete from pg_attrdef where adrelid = any($1::oid[])`,
    `delete from pg_rewrite where ev_class = any($1::oid[])`,
    `delete from pg_seclabel where classoid = 'pg_class'::regclass and objoid = any($1::oid[])`,
    `delete from pg_description where classoid = 'pg_class'::regclass and objoid = any($1::oid[])`,
    `delete from pg_attribute where attrelid = any($1::oid[])`,
    `delete from pg_type where typelem in (select oid from pg_type where typrelid = any($1::oid[]))`,
    `delete from pg_type where typrelid = any($1::oid[])`,
    `delete from pg_class where oid = any($1::oid[])`,
  ];
  return [
    ...hanging.flatMap((text) => over(relations, text, each)),
    ...over(schemas, 'delete from pg_namespace where oid = any($1::oid[])', each),
    ...over(databases, 'delete from pg_database where oid = any($1::oid[])', each),
  ];
}

/** Takes objects out of the catalogs while others that refer to them stay. */
export function hidingStatements({
  schemas,
  relations,
}: Omit<HiddenObjects, 'key'>): readonly RowsStatement[] {
  const referring = `select oid from pg_constraint where confrelid = any($1::oid[])`;
  return [
    ...over(
      relations,
      `delete from pg_depend where classid = 'pg_constraint'::regclass and objid in (${referring})`,
      each,
    ),
    ...over(relations, 'delete from pg_constraint where confrelid = any($1::oid[])', each),
    ...dropRows({ databases: [], schemas, relations }),
  ];
}
