import type { FunctionEntry } from '../function-entry.ts';
import { op } from '../signature.ts';
import { raise, reuse } from '../template-parts.ts';

/**
 * The order of jsonb values (jsonb_util.c): null, texts, numbers, booleans, arrays, objects; arrays and objects by their number of
 * elements first. A value that stands alone is an array of one, and less than any array of one. The engine has no recursion, so
 * two arrays or objects of the same size are only told to be equal: what differs within them is refused row by row.
 */
const within = raise(
  'featureNotSupported',
  'jsonb arrays and objects of the same size have no order here',
);

const NUMBERS = "('BIGINT', 'UBIGINT', 'HUGEINT', 'DOUBLE')";

function rank(type: string): string {
  return `CASE WHEN ${type} = 'NULL' THEN 0 WHEN ${type} = 'VARCHAR' THEN 1 WHEN ${type} IN ${NUMBERS} THEN 2 WHEN ${type} = 'BOOLEAN' THEN 3 WHEN ${type} = 'ARRAY' THEN 4 ELSE 5 END`;
}

const sign = (a: string, b: string): string =>
  `CASE WHEN ${a} < ${b} THEN -1 WHEN ${a} > ${b} THEN 1 ELSE 0 END`;

/** Numbers whose doubles are equal may differ in later digits: they are equal only where they are written alike, or short. */
function numbers(a: string, b: string): string {
  const [x, y] = [a, b].map((each) => `CAST(CAST(${each} AS VARCHAR) AS DOUBLE)`);
  const short = `strlen(CAST(${a} AS VARCHAR)) < 16 AND strlen(CAST(${b} AS VARCHAR)) < 16`;
  return `CASE WHEN ${x ?? ''} <> ${y ?? ''} THEN ${sign(x ?? '', y ?? '')} WHEN CAST(${a} AS VARCHAR) = CAST(${b} AS VARCHAR) OR (${short}) THEN 0 ELSE CAST(${within} AS INTEGER) END`;
}

function scalars(a: string, b: string): string {
  const [x, y] = [a, b].map((each) => `json_extract_string(${each}, '$')`);
  return `CASE ${rank(`json_type(${a})`)} WHEN 0 THEN 0 WHEN 2 THEN ${numbers(a, b)} ELSE ${sign(x ?? '', y ?? '')} END`;
}

const size = (json: string): string =>
  `CASE json_type(${json}) WHEN 'ARRAY' THEN CAST(json_array_length(${json}) AS BIGINT) WHEN 'OBJECT' THEN len(list_distinct(json_keys(${json}))) ELSE 1 END`;

/** -1, 0 or 1. */
function comparison(a: string, b: string): string {
  const same = `json(${a}) = json(${b})`;
  const sized = `CASE WHEN ${size(a)} <> ${size(b)} THEN ${sign(size(a), size(b))} WHEN ${size(a)} = 0 OR ${same} THEN 0 ELSE CAST(${within} AS INTEGER) END`;
  const [left, right] = [rank(`json_type(${a})`), rank(`json_type(${b})`)];
  return (
    `CASE WHEN ${left} = 5 AND ${right} = 5 OR ${left} = 4 AND ${right} = 4 THEN ${sized} ` +
    // Beside a value that stands alone, an array counts by its size.
    `WHEN ${left} < 4 AND ${right} = 4 THEN CASE WHEN ${size(b)} = 0 THEN 1 ELSE -1 END ` +
    `WHEN ${left} = 4 AND ${right} < 4 THEN CASE WHEN ${size(a)} = 0 THEN -1 ELSE 1 END ` +
    `WHEN ${left} <> ${right} THEN ${sign(left, right)} ELSE ${scalars(a, b)} END`
  );
}

/** Values are equal where their texts without white space are: keys have one order in every jsonb made here. */
const equality = (['=', '<>'] as const).map((symbol) =>
  op(`jsonb ${symbol} jsonb -> bool`, { duckdb: `(json({0}) ${symbol} json({1}))` }),
);

const order = (['<', '<=', '>', '>='] as const).map((symbol) =>
  op(`jsonb ${symbol} jsonb -> bool`, {
    duckdb: ([left, right]) =>
      reuse(
        [left?.text ?? 'NULL', right?.text ?? 'NULL'],
        (a, b) =>
          `CASE WHEN ${a} IS NULL OR ${b} IS NULL THEN NULL ELSE (${comparison(a, b)}) ${symbol} 0 END`,
      ),
  }),
);

export const jsonbOrderRows: readonly FunctionEntry[] = [...equality, ...order];
