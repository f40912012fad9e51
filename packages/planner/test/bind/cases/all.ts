import { aggregates } from './aggregates.ts';
import { clauses } from './clauses.ts';
import { expressions } from './expressions.ts';
import { joins } from './joins.ts';
import { names } from './names.ts';
import { patterns } from './patterns.ts';
import { subqueries } from './subqueries.ts';
import { tpcds } from './tpcds.ts';
import { tpch } from './tpch.ts';

/** Every statement of the conformance list by topic. */
export const CASES: Readonly<Record<string, readonly string[]>> = {
  names,
  joins,
  subqueries,
  aggregates,
  clauses,
  expressions,
  patterns,
  tpch,
  tpcds,
};
