import { INT4, INT8 } from '../../types/sql-type.ts';
import { argument } from '../division.ts';
import type { Template } from '../function-entry.ts';
import { fn } from '../signature.ts';
import { reuse } from '../template-parts.ts';
import { setOf } from './bounded-set.ts';
import { argumentOf, callOf, withoutCodec } from './calls.ts';
import type { MergeRule } from './calls.ts';
import { distinctKey, distinctKeyType } from './distinct-values.ts';

/**
 * Places of an octave. The relative error of the estimate is ln 2 / sqrt(4096): 1.1 % at one sigma, 2.2 % at two (Flajolet and Martin's
 * probabilistic counting; Lang, "Back to the Future: an Even More Nearly Optimal Cardinality Estimation Algorithm").
 */
const PLACES = 4096;
/** 24 octaves count to about 5e10. */
const BITS = 24 * PLACES;
const EULER_GAMMA = 0.5772156649015329;
/** Above it the exponential integral is its logarithm. */
const LOGARITHMIC = 3.6;
/** ln(a / y) for Ein(a) = y up to LOGARITHMIC, within 8e-6: Chebyshev interpolation. */
const INVERSE_EIN = [
  3.758604916170168e-6, 0.2497488645038055, 0.040899620704588587, -0.004109126579959909,
  0.023571968467032495, -0.025253189066376334, 0.01690331025221788, -0.006663035006937358,
  0.0014696152870201798, -0.0001677165578165587, 7.680655933752607e-6,
] as const;

/**
 * A value's place in the sketch: -log2 of its hash as a fraction, in 1/4096 of an octave, so that place p is met by one of about
 * 2^(p / 4096) values. The sketch is the set of places that were met: its union with another is the sketch of both.
 */
function placeText(text: string, type: Parameters<typeof distinctKey>[1]): string {
  const key = distinctKey(text, type);
  // hash(0) is 0, whose logarithm is not a number. NULL has a hash.
  const place = `CAST((${64 * PLACES} - ${PLACES} * log2(CAST(hash(${key}) AS DOUBLE) + 1)) AS INTEGER)`;
  return `CASE WHEN ${text} IS NOT NULL THEN least(${place}, ${BITS - 1}) END`;
}

/**
 * The estimate from how many places were met. With n values the expected number is Ein(a) * 4096 / ln 2 for a = n ln 2 / 4096, Ein being the
 * entire exponential integral.
 */
function estimateText(met: string): string {
  const polynomial = INVERSE_EIN.reduceRight((text, term) => `(${term} + y * ${text})`, '0');
  const scale = Math.LN2 / PLACES;
  return reuse([`(coalesce(${met}, 0) * CAST('${scale}' AS DOUBLE))`], (y) => {
    const small = `${y} * exp(${polynomial.replaceAll('y', y)})`;
    const large = `exp(${y} - ${EULER_GAMMA})`;
    const a = `CASE WHEN ${y} < ${LOGARITHMIC} THEN ${small} ELSE ${large} END`;
    return `CAST(round((${a}) / CAST('${scale}' AS DOUBLE)) AS BIGINT)`;
  });
}

/** approx_count_distinct as one call. */
export const approximateCount: Template = (args) => {
  const { text, type } = argument(args, 0);
  return estimateText(`bit_count(bitstring_agg(${placeText(text, type)}, 0, ${BITS - 1}){over})`);
};

const PLACE = fn('sketch_place(any) -> int4', {
  duckdb: (args) => placeText(argument(args, 0).text, argument(args, 0).type),
  strict: false,
});
const ESTIMATE = fn('estimate(int8) -> int8', {
  duckdb: (args) => estimateText(argument(args, 0).text),
  strict: false,
});

/** approx_count_distinct(x): the set of places that were met. */
export const sketchRule: MergeRule = (call, { rowsPerGroup }) => {
  const value = argumentOf(call, 0);
  if (distinctKeyType(value.type) === undefined) return withoutCodec(call);
  const range = { low: 0n, high: BigInt(BITS - 1) };
  const met = setOf(call, callOf(PLACE, [value], INT4), range, rowsPerGroup);
  return {
    partials: met.partials,
    rollUp: met.rollUp,
    finish: (columns) => callOf(ESTIMATE, [met.size(columns)], INT8),
    exactness: 'exact',
    size: 'constant',
  };
};
