/**
 * The relations that the user may read, with their columns, keys and types. One column each: a JSON array of objects, so that
 * the driver's type parsers have no part in it. Partitions stand behind their partitioned table.
 */
export const RELATIONS = `
select coalesce(json_agg(json_build_object('oid', c.oid::int8, 'schema', n.nspname, 'name', c.relname, 'kind', c.relkind,
  'comment', obj_description(c.oid, 'pg_class'), 'rows', c.reltuples, 'bytes', c.relpages::int8 * 8192,
  'paged', c.relkind in ('r', 'm') and c.relam = 2 and current_setting('server_version_num')::int >= 140000)), '[]')::text
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'p', 'v', 'm', 'f') and not c.relispartition
  and n.nspname <> 'information_schema' and n.nspname !~ '^pg_'
  and has_schema_privilege(n.oid, 'usage') and has_any_column_privilege(c.oid, 'select')`;

export const SCHEMAS = `
select coalesce(json_agg(nspname), '[]')::text from pg_namespace
where nspname <> 'information_schema' and nspname !~ '^pg_' and has_schema_privilege(oid, 'usage')`;

export const COLUMNS = `
select coalesce(json_agg(json_build_object('relation', a.attrelid::int8, 'name', a.attname, 'type', a.atttypid::int8,
  'modifier', a.atttypmod, 'comment', col_description(a.attrelid, a.attnum),
  'notNull', a.attnotnull, 'default', case when a.attgenerated = '' then pg_get_expr(d.adbin, d.adrelid) end,
  'nondeterministic', coalesce(not o.collisdeterministic, false)) order by a.attrelid, a.attnum), '[]')::text
from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
  left join pg_collation o on o.oid = a.attcollation
  left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
where a.attnum > 0 and not a.attisdropped and c.relkind in ('r', 'p', 'v', 'm', 'f') and not c.relispartition
  and n.nspname <> 'information_schema' and n.nspname !~ '^pg_'
  and has_column_privilege(a.attrelid, a.attnum, 'select')`;

export const KEYS = `
select coalesce(json_agg(json_build_object('relation', k.conrelid::int8, 'kind', k.contype, 'own', k.conname,
  'columns', (select json_agg(a.attname order by x.place) from unnest(k.conkey) with ordinality x(attnum, place)
    join pg_attribute a on a.attrelid = k.conrelid and a.attnum = x.attnum),
  'schema', n.nspname, 'name', c.relname,
  'references', (select json_agg(a.attname order by x.place) from unnest(k.confkey) with ordinality x(attnum, place)
    join pg_attribute a on a.attrelid = k.confrelid and a.attnum = x.attnum)) order by k.oid), '[]')::text
from pg_constraint k left join pg_class c on c.oid = k.confrelid left join pg_namespace n on n.oid = c.relnamespace
where k.contype in ('p', 'u', 'f') and k.conrelid <> 0`;

export const TYPES = `
select coalesce(json_agg(json_build_object('oid', oid::int8, 'kind', typtype, 'category', typcategory, 'base', typbasetype::int8,
  'baseModifier', typtypmod, 'element', typelem::int8)), '[]')::text
from pg_type where typtype in ('d', 'e', 'b', 'r', 'm', 'c')`;

/** How many different values columns have. Of a table with children what is known of all of them together. */
export const STATISTICS = `
select coalesce(json_agg(json_build_object('relation', c.oid::int8, 'column', s.attname, 'distinct', s.n_distinct)
  order by s.inherited), '[]')::text
from pg_stats s join pg_namespace n on n.nspname = s.schemaname join pg_class c on c.relnamespace = n.oid and c.relname = s.tablename
where not c.relispartition and n.nspname <> 'information_schema' and n.nspname !~ '^pg_'`;

/**
 * One text that differs whenever the answers above may: counts and sums of the rows' versions, and the estimates.
 * Cheap enough to be asked every few seconds.
 */
export const FINGERPRINT = `
select concat_ws(' ',
  (select concat_ws(' ', count(*), sum(xmin::text::int8), sum(reltuples::float8)) from pg_class),
  (select concat_ws(' ', count(*), sum(xmin::text::int8)) from pg_attribute),
  (select concat_ws(' ', count(*), sum(xmin::text::int8)) from pg_type),
  (select concat_ws(' ', count(*), sum(xmin::text::int8)) from pg_constraint),
  (select concat_ws(' ', count(*), sum(xmin::text::int8)) from pg_namespace),
  (select concat_ws(' ', count(*), sum(xmin::text::int8)) from pg_description))`;

export interface RelationRow {
  readonly oid: number;
  readonly schema: string;
  readonly name: string;
  readonly kind: string;
  readonly comment: string | null;
  readonly rows: number;
  readonly bytes: number;
  /** A heap whose ranges of pages the source reads by themselves. */
  readonly paged: boolean;
}

export interface ColumnRow {
  readonly relation: number;
  readonly name: string;
  readonly type: number;
  readonly modifier: number;
  readonly comment: string | null;
  readonly notNull: boolean;
  readonly default: string | null;
  readonly nondeterministic: boolean;
}

export interface StatisticsRow {
  readonly relation: number;
  readonly column: string;
  readonly distinct: number;
}

export interface KeyRow {
  readonly relation: number;
  readonly kind: string;
  /** The key's name. */
  readonly own: string;
  readonly columns: readonly string[];
  readonly schema: string | null;
  readonly name: string | null;
  readonly references: readonly string[] | null;
}
