import type { FunctionEntry } from '../function-entry.ts';
import { agg } from '../signature.ts';

/**
 * Covariances, correlations and regressions of pairs (y, x). Only pairs without NULL count. PostgreSQL's sums of deviations are NaN
 * as soon as one of their values is NaN or infinite, where the engine fails: it is given the finite pairs, and the others decide here.
 */
const NAN = "CAST('NaN' AS DOUBLE)";
const BOTH_FINITE = 'isfinite({0}) AND isfinite({1})';

function wild(test: string): string {
  return `bool_or(CASE WHEN {0} IS NOT NULL AND {1} IS NOT NULL THEN NOT (${test}) END){over}`;
}

const WILD = wild(BOTH_FINITE);
const Y_WILD = wild('isfinite({0})');
const X_WILD = wild('isfinite({1})');

/** Sums of squared deviations of one side; the other side only makes the pair. */
const SYY = 'regr_syy(CASE WHEN isfinite({0}) THEN {0} END, {1}){over}';
const SXX = 'regr_sxx({0}, CASE WHEN isfinite({1}) THEN {1} END){over}';
const Y_VARIES = `(${Y_WILD} OR ${SYY} <> 0)`;
const X_VARIES = `(${X_WILD} OR ${SXX} <> 0)`;

/** The engine's aggregate of the finite pairs. */
function ofFinite(name: string): string {
  return `${name}(CASE WHEN ${BOTH_FINITE} THEN {0} END, {1}){over}`;
}

/** The same where the engine gives NaN and PostgreSQL NULL: a slope or correlation of values that do not vary. */
function ofVarying(name: string): string {
  return `nullif(${ofFinite(name)}, ${NAN})`;
}

const TEMPLATES: Readonly<Record<string, string>> = {
  covar_pop: `CASE WHEN ${WILD} THEN ${NAN} ELSE ${ofFinite('covar_pop')} END`,
  covar_samp: `CASE WHEN ${WILD} THEN CASE WHEN regr_count({0}, {1}){over} > 1 THEN ${NAN} END ELSE ${ofFinite('covar_samp')} END`,
  regr_sxy: `CASE WHEN ${WILD} THEN ${NAN} ELSE ${ofFinite('regr_sxy')} END`,
  regr_syy: `CASE WHEN ${Y_WILD} THEN ${NAN} ELSE ${SYY} END`,
  regr_sxx: `CASE WHEN ${X_WILD} THEN ${NAN} ELSE ${SXX} END`,
  regr_avgy: 'avg(CASE WHEN {1} IS NOT NULL THEN {0} END)',
  regr_avgx: 'avg(CASE WHEN {0} IS NOT NULL THEN {1} END)',
  corr: `CASE WHEN ${WILD} THEN CASE WHEN ${X_VARIES} AND ${Y_VARIES} THEN ${NAN} END ELSE ${ofVarying('corr')} END`,
  regr_slope: `CASE WHEN ${WILD} THEN CASE WHEN ${X_VARIES} THEN ${NAN} END ELSE ${ofVarying('regr_slope')} END`,
  regr_intercept: `CASE WHEN ${WILD} THEN CASE WHEN ${X_VARIES} THEN ${NAN} END ELSE ${ofVarying('regr_intercept')} END`,
  // Of a y that does not vary all is explained.
  regr_r2: `CASE WHEN ${WILD} THEN CASE WHEN ${X_VARIES} THEN CASE WHEN ${Y_VARIES} THEN ${NAN} ELSE 1 END END ELSE ${ofVarying('regr_r2')} END`,
};

export const regression: readonly FunctionEntry[] = [
  ...Object.entries(TEMPLATES).map(([name, duckdb]) =>
    agg(`${name}(float8, float8) -> float8`, { duckdb }),
  ),
  agg('regr_count(float8, float8) -> int8', {
    duckdb: 'CAST(regr_count({0}, {1}){over} AS BIGINT)',
  }),
];
