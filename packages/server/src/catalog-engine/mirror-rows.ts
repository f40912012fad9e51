import { dropRows } from './dropped-rows.ts';
import type {
  MirrorChanges,
  MirroredKey,
  MirroredName,
  MirroredRelation,
  MirroredSchema,
} from './mirrored.ts';
import { over } from './rows-statement.ts';
import type { RowsStatement } from './rows-statement.ts';

const OWNER = "'tributary'::regrole";
/** What the owner may do, in an ACL beside what is granted. */
const RELATION_OWNER = "'{tributary=arwdDxtm/tributary}'::aclitem[]";
const SCHEMA_OWNER = "'{tributary=UC/tributary}'::aclitem[]";

/** The ACL of an object from the JSON of its grantees. Who is not known here has no part in it. */
function acl(grantees: string, privilege: 'SELECT' | 'USAGE', owners: string): string {
  return `coalesce((select array_agg(makeaclitem(case g.name when 'public' then 0 else r.oid end, ${OWNER}, '${privilege}', false) order by g.number)
   from jsonb_array_elements_text(${grantees}::jsonb) with ordinality g (name, number) left join pg_authid r on r.rolname = g.name
   where g.name = 'public' or r.rolname <> 'tributary'), '{}'::aclitem[]) || ${owners}`;
}

const BTREE = 403;
const TEXT_OPERATORS = 3126;

function nameRows(
  databases: readonly MirroredName[],
  schemas: readonly MirroredSchema[],
): readonly RowsStatement[] {
  return [
    ...over(
      databases,
      `insert into pg_database
select u.oid, u.name, datdba, encoding, datlocprovider, datistemplate, datallowconn, dathasloginevt, datconnlimit,
  datfrozenxid, datminmxid, dattablespace, datcollate, datctype, datlocale, daticurules, datcollversion, datacl
from pg_database, unnest($1::oid[], $2::text[]) as u (oid, name) where datname = current_database()`,
      ({ oid }) => oid,
      ({ name }) => name,
    ),
    ...over(
      schemas,
      `insert into pg_namespace select u.oid, u.name, ${OWNER}, ${acl('u.grantees', 'USAGE', SCHEMA_OWNER)}
from unnest($1::oid[], $2::text[], $3::text[]) as u (oid, name, grantees)`,
      ({ oid }) => oid,
      ({ name }) => name,
      ({ grantees }) => JSON.stringify(grantees),
    ),
  ];
}

const CLASS_COLUMNS = `oid, relname, relnamespace, reltype, reloftype, relowner, relam, relfilenode, reltablespace, relpages, reltuples,
  relallvisible, relallfrozen, reltoastrelid, relhasindex, relisshared, relpersistence, relkind, relnatts, relchecks, relhasrules,
  relhastriggers, relhassubclass, relrowsecurity, relforcerowsecurity, relispopulated, relreplident, relispartition, relrewrite,
  relfrozenxid, relminmxid, relacl`;

const ATTRIBUTE_COLUMNS = `attrelid, attname, atttypid, attlen, attnum, atttypmod, attndims, attbyval, attalign, attstorage,
  attcompression, attnotnull, atthasdef, atthasmissing, attidentity, attgenerated, attisdropped, attislocal, attinhcount, attcollation`;

/** The row types come first: rows of pg_class name them. */
function relationRows(relations: readonly MirroredRelation[]): readonly RowsStatement[] {
  const columns = relations.flatMap(({ oid, columns: all }) =>
    all.map((column, index) => ({ ...column, relation: oid, number: index + 1 })),
  );
  const views = relations.filter(({ kind }) => kind === 'view');
  return [
    ...over(
      relations,
      `insert into pg_type (oid, typname, typnamespace, typowner, typlen, typbyval, typtype, typcategory, typispreferred, typisdefined,
  typdelim, typrelid, typsubscript, typelem, typarray, typinput, typoutput, typreceive, typsend, typmodin, typmodout, typanalyze,
  typalign, typstorage, typnotnull, typbasetype, typtypmod, typndims, typcollation)
select u.type, u.name, u.schema, ${OWNER}, -1, false, 'c'::"char", 'C'::"char", false, true, ','::"char", u.oid, '-'::regproc, 0::oid,
  u."array", 'record_in'::regproc, 'record_out'::regproc, 'record_recv'::regproc, 'record_send'::regproc, '-'::regproc, '-'::regproc,
  '-'::regproc, 'd'::"char", 'x'::"char", false, 0::oid, -1, 0, 0::oid
from unnest($1::oid[], $2::oid[], $3::text[], $4::oid[], $5::oid[]) as u (oid, schema, name, type, "array")
union all
select u."array", u.arrays, u.schema, ${OWNER}, -1, false, 'b', 'A', false, true, ',', 0, 'array_subscript_handler'::regproc, u.type,
  0, 'array_in'::regproc, 'array_out'::regproc, 'array_recv'::regproc, 'array_send'::regproc, '-'::regproc, '-'::regproc,
  'array_typanalyze'::regproc, 'd', 'x', false, 0, -1, 0, 0
from unnest($2::oid[], $4::oid[], $5::oid[], $6::text[]) as u (schema, type, "array", arrays)`,
      ({ oid }) => oid,
      ({ schema }) => schema,
      ({ name }) => name,
      ({ rowType }) => rowType,
      ({ arrayType }) => arrayType.oid,
      ({ arrayType }) => arrayType.name,
    ),
    ...over(
      relations,
      `insert into pg_class (${CLASS_COLUMNS})
select u.oid, u.name, u.schema, u.type, 0, ${OWNER}, case when view then 0 else 2 end, case when view then 0 else u.oid end, 0, u.pages,
  u.rows, 0, 0, 0, indexed, false, 'p', case when view then 'v' else 'r' end, u.columns, 0, view, linked, false, false, false, true,
  case when view then 'n' else 'd' end, false, 0, case when view then '0' else '3' end::xid, case when view then '0' else '1' end::xid,
  ${acl('u.grantees', 'SELECT', RELATION_OWNER)}
from unnest($1::oid[], $2::oid[], $3::text[], $4::oid[], $5::bool[], $6::int2[], $7::float4[], $8::int4[], $9::bool[], $10::bool[], $11::text[])
  as u (oid, schema, name, type, view, columns, rows, pages, indexed, linked, grantees)`,
      ({ oid }) => oid,
      ({ schema }) => schema,
      ({ name }) => name,
      ({ rowType }) => rowType,
      ({ kind }) => kind === 'view',
      (relation) => relation.columns.length,
      ({ rows }) => rows,
      ({ pages }) => pages,
      ({ keys }) => keys.some(isUnique),
      ({ linked }) => linked,
      ({ grantees }) => JSON.stringify(grantees),
    ),
    ...over(
      columns,
      // Side by side in a list, arrays come apart row by row; in FROM each of them would be written to a store of its own first.
      `insert into pg_attribute (${ATTRIBUTE_COLUMNS})
select u.relation, u.name, u.type, t.typlen, u.number, u.modifier, u.dimensions, t.typbyval, t.typalign, t.typstorage, '', u.required,
  u.filled, false, '', '', false, true, 0, t.typcollation
from (select unnest($1::oid[]), unnest($2::int2[]), unnest($3::text[]), unnest($4::oid[]), unnest($5::int4[]), unnest($6::int2[]),
    unnest($7::bool[]), unnest($8::bool[])) as u (relation, number, name, type, modifier, dimensions, required, filled)
  join pg_type t on t.oid = u.type`,
      ({ relation }) => relation,
      ({ number }) => number,
      ({ name }) => name,
      ({ type }) => type,
      ({ modifier }) => modifier,
      ({ dimensions }) => dimensions,
      ({ notNull }) => notNull,
      (column) => column.default !== undefined,
    ),
    ...over(
      columns.filter((column) => column.default !== undefined),
      // A text where PostgreSQL has a tree: only pg_get_expr() reads it.
      `insert into pg_attrdef select u.oid, u.relation, u.number, pg_toast.tree(u.text, u.text)
from unnest($1::oid[], $2::oid[], $3::int2[], $4::text[]) as u (oid, relation, number, text)`,
      (column) => column.default?.oid ?? 0,
      ({ relation }) => relation,
      ({ number }) => number,
      (column) => column.default?.text ?? null,
    ),
    ...over(
      // The tree of a view that cannot be written to, for those who look whether it can; the query is below.
      views,
      `insert into pg_rewrite select u.type, '_RETURN', u.oid, '1', 'O', true, t.ev_qual, t.ev_action
from unnest($1::oid[], $2::oid[]) as u (oid, type), pg_rewrite t where t.ev_class = 'pg_locks'::regclass`,
      ({ oid }) => oid,
      ({ rowType }) => rowType,
    ),
    ...over(
      // Where pg_get_viewdef() looks; empty where the server computes the view itself.
      views,
      `insert into pg_seclabel select u.oid, 'pg_class'::regclass, 0, 'query', u.text from unnest($1::oid[], $2::text[]) as u (oid, text)`,
      ({ oid }) => oid,
      ({ query }) => query ?? '',
    ),
    ...commentRows([
      ...relations.map(({ oid, comment }) => ({ relation: oid, number: 0, comment })),
      ...columns,
    ]),
  ];
}

function commentRows(
  all: readonly { relation: number; number: number; comment?: string | undefined }[],
): readonly RowsStatement[] {
  return over(
    all.filter(({ comment }) => comment !== undefined),
    `insert into pg_description select u.relation, 'pg_class'::regclass, u.number, u.text
from unnest($1::oid[], $2::int4[], $3::text[]) as u (relation, number, text)`,
    ({ relation }) => relation,
    ({ number }) => number,
    ({ comment }) => comment ?? null,
  );
}

function isUnique({ kind }: MirroredKey): boolean {
  return kind === 'primary' || kind === 'unique';
}

const CONSTRAINT_KINDS = { primary: 'p', unique: 'u', foreign: 'f', notNull: 'n' } as const;

/** As an int2vector is written; its braces make an array of it. */
function vector(numbers: readonly number[]): string {
  return numbers.join(' ');
}

/** After the columns, from which indexes take their types. */
function keyRows(relations: readonly MirroredRelation[]): readonly RowsStatement[] {
  const keys = relations.flatMap(({ oid, schema, keys: all }) =>
    all.map((key) => ({ ...key, relation: oid, schema })),
  );
  const unique = keys.filter(isUnique);
  const parts = unique.flatMap((key) =>
    key.columns.map((column, place) => ({ ...key, column, place: place + 1 })),
  );
  const foreign = keys.filter(({ kind, index }) => kind === 'foreign' && index !== 0);
  return [
    ...over(
      unique,
      `insert into pg_class (${CLASS_COLUMNS})
select u.index, u.name, u.schema, 0, 0, ${OWNER}, ${BTREE}, u.index, 0, 1, 0, 0, 0, 0, false, false, 'p', 'i', u.columns, 0, false, false,
  false, false, false, true, 'n', false, 0, '0', '0', null
from unnest($1::oid[], $2::oid[], $3::text[], $4::int2[]) as u (index, schema, name, columns)`,
      ({ index }) => index,
      ({ schema }) => schema,
      ({ name }) => name,
      ({ columns }) => columns.length,
    ),
    ...over(
      parts,
      `insert into pg_attribute (${ATTRIBUTE_COLUMNS})
select u.index, a.attname, a.atttypid, a.attlen, u.place, a.atttypmod, 0, a.attbyval, a.attalign, a.attstorage, '', false, false, false, '',
  '', false, true, 0, a.attcollation
from unnest($1::oid[], $2::oid[], $3::int2[], $4::int2[]) as u (index, relation, number, place)
  join pg_attribute a on a.attrelid = u.relation and a.attnum = u.number`,
      ({ index }) => index,
      ({ relation }) => relation,
      ({ column }) => column,
      ({ place }) => place,
    ),
    ...over(
      unique,
      `insert into pg_index (indexrelid, indrelid, indnatts, indnkeyatts, indisunique, indnullsnotdistinct, indisprimary, indisexclusion,
  indimmediate, indisclustered, indisvalid, indcheckxmin, indisready, indislive, indisreplident, indkey, indcollation, indclass, indoption)
select u.index, u.relation, u.columns, u.columns, true, false, u.first, false, true, false, true, false, true, true, false, u.numbers::int2vector,
  (select string_agg(a.attcollation::text, ' ' order by a.attnum) from pg_attribute a where a.attrelid = u.index)::oidvector,
  (select string_agg(coalesce(o.oid, ${TEXT_OPERATORS})::text, ' ' order by a.attnum) from pg_attribute a
     left join pg_opclass o on o.opcmethod = ${BTREE} and o.opcdefault and o.opcintype = a.atttypid where a.attrelid = u.index)::oidvector,
  regexp_replace(u.numbers, '[0-9]+', '0', 'g')::int2vector
from unnest($1::oid[], $2::oid[], $3::int2[], $4::bool[], $5::text[]) as u (index, relation, columns, first, numbers)`,
      ({ index }) => index,
      ({ relation }) => relation,
      ({ columns }) => columns.length,
      ({ kind }) => kind === 'primary',
      ({ columns }) => vector(columns),
    ),
    ...over(
      keys,
      `insert into pg_constraint (oid, conname, connamespace, contype, condeferrable, condeferred, conenforced, convalidated, conrelid,
  contypid, conindid, conparentid, confrelid, confupdtype, confdeltype, confmatchtype, conislocal, coninhcount, connoinherit, conperiod,
  conkey, confkey)
select u.oid, u.name, u.schema, u.kind::"char", false, false, true, true, u.relation, 0, u.index, 0, u.target, rule, rule,
  case u.kind when 'f' then 's' else ' ' end, true, 0, u.kind in ('p', 'u', 'f'), false, string_to_array(u.columns, ' ')::int2[],
  string_to_array(u.targets, ' ')::int2[]
from unnest($1::oid[], $2::text[], $3::oid[], $4::text[], $5::oid[], $6::oid[], $7::oid[], $8::text[], $9::text[])
  as u (oid, name, schema, kind, relation, index, target, columns, targets),
  lateral (select case u.kind when 'f' then 'a' else ' ' end::"char") as rules (rule)`,
      ({ oid }) => oid,
      ({ name }) => name,
      ({ schema }) => schema,
      ({ kind }) => CONSTRAINT_KINDS[kind],
      ({ relation }) => relation,
      ({ index }) => index,
      ({ target }) => target?.relation ?? 0,
      ({ columns }) => vector(columns),
      ({ target }) => (target === undefined ? null : vector(target.columns)),
    ),
    // By these, information_schema.referential_constraints finds the key that a foreign key refers to.
    ...over(
      unique,
      `insert into pg_depend select 'pg_class'::regclass, u.index, 0, 'pg_constraint'::regclass, u.key, 0, 'i'
from unnest($1::oid[], $2::oid[]) as u (index, key)`,
      ({ index }) => index,
      ({ oid }) => oid,
    ),
    ...over(
      foreign,
      `insert into pg_depend select 'pg_constraint'::regclass, u.key, 0, 'pg_class'::regclass, u.index, 0, 'n'
from unnest($1::oid[], $2::oid[]) as u (key, index)`,
      ({ oid }) => oid,
      ({ index }) => index,
    ),
  ];
}

/** The rows of the system catalogs that changes come to, as statements in order. */
export function rowsStatements(changes: MirrorChanges): readonly RowsStatement[] {
  const { dropped, databases, schemas, relations } = changes;
  return [
    ...dropRows(dropped),
    ...nameRows(databases, schemas),
    ...relationRows(relations),
    ...keyRows(relations),
  ];
}

/** The same changes, one relation at a time: of those that cannot be shown only they themselves are left out. */
export function oneByOne(changes: MirrorChanges): readonly MirrorChanges[] {
  const { relations } = changes;
  const none = { databases: [], schemas: [], relations: [] };
  return [
    { ...changes, relations: [] },
    ...relations.map((relation) => ({ ...none, dropped: none, relations: [relation] })),
  ];
}
