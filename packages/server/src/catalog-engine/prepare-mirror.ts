import type { PGlite } from '@electric-sql/pglite';
import { quoteLiteral, quoteName } from './quote.ts';

/** Owns all mirrored objects; not a superuser. */
export const OWNER = 'tributary';

/**
 * The superuser takes a reserved name, so that no session's user can be it; set_config would let a statement leave its role.
 * Names of databases are rows like others: the one of the session must answer to its own.
 */
const ownNames = (database: string): string => `
update pg_database set datname = ${quoteLiteral(database)} where datname = current_database();
delete from pg_database where datname <> current_database();
update pg_authid set rolname = 'pg_bootstrap' where rolname = current_user;
create role ${OWNER} login;
update pg_database set datdba = '${OWNER}'::regrole where datname = current_database();
drop schema public;
revoke all on database ${quoteName(database)} from public;
grant connect on database ${quoteName(database)} to public;
alter default privileges for role ${OWNER} grant select on tables to public;
alter default privileges for role ${OWNER} grant usage on schemas to public;
revoke execute on function pg_catalog.set_config from public;
`;

/**
 * Mirrored defaults and views are texts, where PostgreSQL keeps trees. Its own functions that print them make place for ones that
 * know both, and go on printing trees. As standard bodies these are bound now, to functions that nobody else can name.
 */
const TEXTS_FOR_TREES = `
create function pg_toast.tree(text, text) returns pg_node_tree language internal immutable strict parallel safe as 'text_larger';
update pg_proc set pronamespace = 'pg_toast'::regnamespace
  where pronamespace = 'pg_catalog'::regnamespace and proname in ('pg_get_expr', 'pg_get_viewdef');
create function pg_catalog.pg_get_expr(pg_node_tree, oid, boolean) returns text language sql stable parallel safe
  return case when left($1::text, 1) in ('{', '(') then pg_toast.pg_get_expr($1, $2, $3) else $1::text end;
create function pg_catalog.pg_get_expr(pg_node_tree, oid) returns text language sql stable parallel safe
  return case when left($1::text, 1) in ('{', '(') then pg_toast.pg_get_expr($1, $2) else $1::text end;
create function pg_catalog.pg_get_viewdef(oid, boolean) returns text language sql stable strict parallel safe
  return case when exists (select from pg_seclabel where objoid = $1 and provider = 'query')
    then (select ' ' || nullif(label, '') || ';' from pg_seclabel where objoid = $1 and provider = 'query')
    else pg_toast.pg_get_viewdef($1, $2) end;
create function pg_catalog.pg_get_viewdef(oid) returns text language sql stable strict parallel safe
  return pg_get_viewdef($1, false);
create function pg_catalog.pg_get_viewdef(oid, integer) returns text language sql stable strict parallel safe
  return pg_get_viewdef($1, true);
create function pg_catalog.pg_get_viewdef(text, boolean) returns text language sql stable strict parallel safe
  return pg_get_viewdef($1::regclass::oid, $2);
create function pg_catalog.pg_get_viewdef(text) returns text language sql stable strict parallel safe
  return pg_get_viewdef($1::regclass::oid, false);
`;

/** Views that print such texts: they hold on to the functions they were made with. */
const PRINTING_VIEWS = [
  'pg_catalog.pg_views',
  'information_schema.views',
  'information_schema.columns',
];

/** Columns by the names they had before PostgreSQL 17, for a psql of that age: x.column is column(x) where x has no such column. */
const FORMER_COLUMNS = `
create function pg_catalog.daticulocale(pg_database) returns text language sql stable parallel safe return $1.datlocale;
create function pg_catalog.colliculocale(pg_collation) returns text language sql stable parallel safe return $1.colllocale;
`;

/** What a mirror is of whichever database it is made for; a snapshot of it is good for as long as this text is. */
export const PREPARATION = `${TEXTS_FOR_TREES}${FORMER_COLUMNS}`;

/** Makes a new PostgreSQL ready to become a mirror. */
export async function prepareMirror(db: PGlite): Promise<void> {
  const { rows: views } = await db.query<{ readonly name: string; readonly query: string }>(
    'select name, pg_get_viewdef(name::regclass) as query from unnest($1::text[]) as names (name)',
    [PRINTING_VIEWS],
  );
  await db.exec(`set allow_system_table_mods = on;
${PREPARATION}
${views.map(({ name, query }) => `create or replace view ${name} as ${query}`).join('\n')}
update pg_database set datistemplate = false, datallowconn = true;
reset allow_system_table_mods;`);
  // Each is a third of what every start has to read.
  for (const name of ['template0', 'template1']) await db.exec(`drop database ${name}`);
}

/** Makes it the mirror of an empty database. */
export async function nameMirror(db: PGlite, database: string): Promise<void> {
  await db.exec(`set allow_system_table_mods = on;
${ownNames(database)}
reset allow_system_table_mods;`);
}
