import { arrayOf, scalar } from '../types/sql-type.ts';
import type { ScalarName } from '../types/sql-type.ts';
import type {
  ArgumentType,
  FunctionEntry,
  PolymorphicType,
  Template,
  Templates,
  Volatility,
} from './function-entry.ts';

/** What a row says beyond its signature. */
export interface RowOptions {
  readonly duckdb?: Template;
  /** Absent: the same call or operator in PostgreSQL. `false`: PostgreSQL has no equal. */
  readonly postgres?: Template | false;
  readonly trino?: Template;
  /** Default `immutable`. */
  readonly volatility?: Volatility;
  /** Default true (no meaning for aggregates and window functions). */
  readonly strict?: boolean;
  /** Default false. */
  readonly proven?: boolean;
  readonly digits?: NonNullable<FunctionEntry['digits']>;
  readonly resultName?: string;
  readonly outputs?: NonNullable<FunctionEntry['outputs']>;
  readonly stream?: NonNullable<FunctionEntry['stream']>;
}

const SCALAR_NAMES: Readonly<Record<ScalarName, true>> = {
  bool: true,
  int2: true,
  int4: true,
  int8: true,
  oid: true,
  float4: true,
  float8: true,
  numeric: true,
  text: true,
  varchar: true,
  bpchar: true,
  char: true,
  name: true,
  bytea: true,
  date: true,
  time: true,
  timetz: true,
  timestamp: true,
  timestamptz: true,
  interval: true,
  uuid: true,
  json: true,
  jsonb: true,
  regclass: true,
  regtype: true,
  unknown: true,
  void: true,
  record: true,
};

const POLYMORPHIC: Readonly<Record<PolymorphicType, true>> = {
  any: true,
  anyelement: true,
  anynonarray: true,
  anyarray: true,
  anycompatible: true,
  anycompatiblenonarray: true,
  anycompatiblearray: true,
};

/** Reads one type of a signature: a ScalarName, `text[]`, or a polymorphic name. */
export function signatureType(text: string): ArgumentType {
  if (text.endsWith('[]')) {
    const element = signatureType(text.slice(0, -2));
    if (isPolymorphic(element)) throw new TypeError(`no array of ${text}`);
    return arrayOf(element);
  }
  if (text in POLYMORPHIC) return text as PolymorphicType;
  if (text in SCALAR_NAMES) return scalar(text as ScalarName);
  throw new TypeError(`unknown type in a signature: ${text}`);
}

/** Whether an argument type is one of the polymorphic pseudo-types. */
export function isPolymorphic(type: ArgumentType): type is PolymorphicType {
  return typeof type === 'string';
}

interface Signature {
  readonly name: string;
  readonly args: readonly ArgumentType[];
  readonly variadic: boolean;
  readonly returns: ArgumentType;
}

function splitReturns(signature: string): readonly [string, string] {
  const arrow = signature.lastIndexOf('->');
  const body = signature.slice(0, arrow).trim();
  const returns = signature.slice(arrow + 2).trim();
  if (arrow < 0 || body === '' || returns === '') {
    throw new TypeError(`a signature needs '-> type': ${signature}`);
  }
  return [body, returns];
}

function parseCall(signature: string): Signature {
  const [body, returns] = splitReturns(signature);
  const match = /^([a-z_][a-z0-9_$]*)\s*\((.*)\)$/s.exec(body);
  if (match === null) throw new TypeError(`malformed signature: ${signature}`);
  const [, name = '', list = ''] = match;
  const parts = list.trim() === '' ? [] : list.split(',').map((part) => part.trim());
  let variadic = false;
  const args = parts.map((part, index) => {
    if (!part.startsWith('variadic ')) return signatureType(part);
    if (index !== parts.length - 1) throw new TypeError(`variadic must be last: ${signature}`);
    variadic = true;
    // PostgreSQL writes `variadic text[]` for what is passed as single texts.
    return signatureType(part.slice('variadic '.length).trim().replace(/\[\]$/, ''));
  });
  return { name, args, variadic, returns: signatureType(returns) };
}

function parseOperator(signature: string): Signature {
  const [body, returns] = splitReturns(signature);
  const parts = body.split(/\s+/);
  const result = signatureType(returns);
  if (parts.length === 3) {
    const [left = '', name = '', right = ''] = parts;
    const args = [signatureType(left), signatureType(right)];
    return { name, args, variadic: false, returns: result };
  }
  if (parts.length === 2) {
    const [name = '', right = ''] = parts;
    return { name, args: [signatureType(right)], variadic: false, returns: result };
  }
  throw new TypeError(`malformed operator signature: ${signature}`);
}

function templates(options: RowOptions, same: string): Templates {
  const postgres = options.postgres ?? same;
  return Object.freeze({
    ...(options.duckdb === undefined ? {} : { duckdb: options.duckdb }),
    ...(postgres === false ? {} : { postgres }),
    ...(options.trino === undefined ? {} : { trino: options.trino }),
  });
}

function entry(
  kind: FunctionEntry['kind'],
  signature: Signature,
  same: string,
  options: RowOptions,
): FunctionEntry {
  return Object.freeze({
    ...signature,
    kind,
    volatility: options.volatility ?? 'immutable',
    strict: options.strict ?? true,
    templates: templates(options, same),
    proven: options.proven ?? false,
    ...(options.digits === undefined ? {} : { digits: options.digits }),
    ...(options.resultName === undefined ? {} : { resultName: options.resultName }),
    ...(options.outputs === undefined ? {} : { outputs: options.outputs }),
    ...(options.stream === undefined ? {} : { stream: options.stream }),
  });
}

/** A scalar function: `fn('lower(text) -> text', { duckdb: 'lower({0})' })`. */
export function fn(signature: string, options: RowOptions): FunctionEntry {
  const parsed = parseCall(signature);
  return entry('function', parsed, `${parsed.name}({*})`, options);
}

/** An operator: `op('text || text -> text', ..)`; prefix: `op('- int4 -> int4', ..)`. */
export function op(signature: string, options: RowOptions): FunctionEntry {
  const parsed = parseOperator(signature);
  const same = parsed.args.length === 1 ? `(${parsed.name} {0})` : `({0} ${parsed.name} {1})`;
  return entry('operator', parsed, same, options);
}

/** An aggregate; `count(*)` is `agg('count() -> int8', ..)`. */
export function agg(signature: string, options: RowOptions): FunctionEntry {
  const parsed = parseCall(signature);
  return entry('aggregate', parsed, `${parsed.name}({*})`, { strict: false, ...options });
}

/**
 * An ordered-set aggregate. The signature lists the direct arguments, then the WITHIN GROUP ones, as PostgreSQL's pg_proc does:
 * `orderedSet('percentile_cont(float8, interval) -> interval', ..)`. Templates take `{0}`.. in the same order.
 */
export function orderedSet(signature: string, options: RowOptions): FunctionEntry {
  const parsed = parseCall(signature);
  return entry('orderedSet', parsed, `${parsed.name}({*})`, { strict: false, ...options });
}

/** A function that only stands with OVER. */
export function win(signature: string, options: RowOptions): FunctionEntry {
  const parsed = parseCall(signature);
  return entry('window', parsed, `${parsed.name}({*})`, { strict: false, ...options });
}

/** A set-returning function; several output columns are listed in `outputs` (returns `record`). */
export function tableFn(signature: string, options: RowOptions): FunctionEntry {
  const parsed = parseCall(signature);
  return entry('table', parsed, `${parsed.name}({*})`, options);
}
