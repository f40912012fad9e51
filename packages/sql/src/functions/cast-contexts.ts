import type { CastContext } from '../plan/expression.ts';
import type { ScalarName, SqlType } from '../types/sql-type.ts';
import { sameType } from '../types/sql-type.ts';
import { typeInfo } from '../types/type-info.ts';

/** pg_cast of PostgreSQL 18: source, then targets with i(mplicit), a(ssignment) or e(xplicit). */
const PG_CAST = `
bool bpchar:a int4:e text:a varchar:a
bpchar bpchar:i char:a name:i text:i varchar:i
bytea int2:e int4:e int8:e
char bpchar:a int4:e text:i varchar:a
date timestamp:i timestamptz:i
float4 float8:i int2:a int4:a int8:a numeric:a
float8 float4:a int2:a int4:a int8:a numeric:a
int2 bytea:e float4:i float8:i int4:i int8:i numeric:i oid:i regclass:i regtype:i
int4 bool:e bytea:e char:e float4:i float8:i int2:a int8:i numeric:i oid:i regclass:i regtype:i
int8 bytea:e float4:i float8:i int2:a int4:a numeric:i oid:i regclass:i regtype:i
interval interval:i time:a
json jsonb:a
jsonb bool:e float4:e float8:e int2:e int4:e int8:e json:a numeric:e
name bpchar:a text:i varchar:a
numeric float4:i float8:i int2:a int4:a int8:a numeric:i
oid int4:a int8:a regclass:i regtype:i
regclass int4:a int8:a oid:i
regtype int4:a int8:a oid:i
text bpchar:i char:a name:i regclass:i varchar:i
time interval:i time:i timetz:i
timestamp date:a time:a timestamp:i timestamptz:i
timestamptz date:a time:a timestamp:a timestamptz:i timetz:a
timetz time:a timetz:i
varchar bpchar:i char:a name:i regclass:i text:i varchar:i
`;

const CONTEXTS: Readonly<Record<string, CastContext>> = {
  i: 'implicit',
  a: 'assignment',
  e: 'explicit',
};

const CASTS: ReadonlyMap<string, CastContext> = new Map(
  PG_CAST.trim()
    .split('\n')
    .flatMap((line) => {
      const [from = '', ...targets] = line.split(' ');
      return targets.map((target): [string, CastContext] => {
        const [to = '', letter = ''] = target.split(':');
        return [`${from} ${to}`, CONTEXTS[letter] ?? 'explicit'];
      });
    }),
);

/** The least context in which pg_cast lists the cast; undefined where it lists none. */
export function listedCast(from: ScalarName, to: ScalarName): CastContext | undefined {
  return CASTS.get(`${from} ${to}`);
}

/**
 * The least context in which a value of `from` becomes a value of `to`, by find_coercion_pathway: pg_cast, arrays by element,
 * then input and output functions (to a string type on assignment, from one explicitly). undefined: no cast at all.
 */
export function castContext(from: SqlType, to: SqlType): CastContext | undefined {
  if (sameType(from, to)) return 'implicit';
  if (from.kind === 'scalar' && from.name === 'unknown') return 'implicit';
  if (from.kind === 'scalar' && to.kind === 'scalar') {
    const listed = listedCast(from.name, to.name);
    if (listed !== undefined) return listed;
  }
  if (from.kind === 'array' && to.kind === 'array') {
    const element = castContext(from.element, to.element);
    // I/O casts do not reach into arrays, except explicitly as a whole.
    if (element !== undefined && !viaText(from.element, to.element)) return element;
    return element === undefined ? undefined : 'explicit';
  }
  if (isHive(from) && to.kind === 'scalar' && (to.name === 'json' || to.name === 'jsonb')) {
    return 'implicit';
  }
  if (typeInfo(to).category === 'S') return isVoid(from) ? undefined : 'assignment';
  if (typeInfo(from).category === 'S')
    return isComposite(to) || isVoid(to) ? undefined : 'explicit';
  return undefined;
}

/** Struct and map, which clients see as json. */
function isHive(type: SqlType): boolean {
  return (type.kind === 'struct' && type.row !== true) || type.kind === 'map';
}

/** Types without an input function. */
function isComposite(type: SqlType): boolean {
  return type.kind === 'struct' || type.kind === 'map';
}

function isVoid(type: SqlType): boolean {
  return type.kind === 'scalar' && (type.name === 'void' || type.name === 'record');
}

/** Whether the cast goes through the text form: no cast function exists, and one side is a string type. */
export function viaText(from: SqlType, to: SqlType): boolean {
  if (sameType(from, to)) return false;
  if (from.kind === 'scalar' && to.kind === 'scalar' && listedCast(from.name, to.name))
    return false;
  return typeInfo(to).category === 'S' || typeInfo(from).category === 'S';
}

const RANK: Readonly<Record<CastContext, number>> = { implicit: 0, assignment: 1, explicit: 2 };

/** Whether PostgreSQL casts `from` to `to` in this context. */
export function canCoerce(from: SqlType, to: SqlType, context: CastContext): boolean {
  const least = castContext(from, to);
  return least !== undefined && RANK[least] <= RANK[context];
}
