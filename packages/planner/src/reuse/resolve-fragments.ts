import type { ScanListing } from '@tributary/connectors';
import type { EngineValue } from '@tributary/engine';
import { mapExpressionChildren, mapPlanChildren, visitPlan } from '@tributary/sql';
import type { ChildMapping, Plan, RelationText, ScanPlan } from '@tributary/sql';
import type { RunContext } from '../execute/run-plan.ts';
import { findFragments } from './find-fragments.ts';
import type { Bypass, FragmentContext } from './find-fragments.ts';
import { answerFragment } from './answer-fragment.ts';
import type { FragmentAnswer } from './answer-fragment.ts';
import type { Fragment, IdSource } from './fragment.ts';
import type { BypassReason } from './reasons.ts';
import type { ReusePolicy, ReuseService } from './reuse-service.ts';
import { timeAxis } from './time-axis.ts';

/** What a statement needs to be answered from cells. */
export interface ReuseContext {
  readonly service: ReuseService;
  readonly policy: ReusePolicy;
  /** Whether rows that were made of stored cells are remembered, and given again. */
  readonly remembers: boolean;
}

/** What became of one fragment, for EXPLAIN and `last_query`. */
export interface FragmentReport {
  readonly occurrence: number;
  readonly table: string;
  readonly form: Fragment['form'] | undefined;
  readonly windows: number;
  readonly hits: number;
  readonly misses: number;
  /** Windows among them that were declared to hold no row of the range. */
  readonly widened?: number;
  readonly reason?: BypassReason;
  readonly detail?: string;
}

/** A plan whose fragments read cells where that pays, with the relations of these cells. */
export interface ResolvedPlan {
  readonly plan: Plan;
  /** Of scans of cells, by occurrence. */
  readonly relations: ReadonlyMap<number, RelationText<EngineValue>>;
  /** What was listed for occurrences that are read whole nevertheless. */
  readonly listings: ReadonlyMap<number, ScanListing>;
  readonly reports: readonly FragmentReport[];
  /** Lets go of files. Idempotent. */
  release(): Promise<void>;
  /** Drops the stored files that it read: they are damaged. */
  drop(): Promise<void>;
}

/** Ids beyond all that a plan uses. */
export function idsBeyond(plan: Plan): IdSource {
  let last = 0;
  visitPlan(plan, {
    plan(node) {
      for (const { id } of node.columns) last = Math.max(last, id);
      if (node.kind === 'scan') last = Math.max(last, node.occurrence);
      if (node.kind === 'aggregate') {
        for (const { id } of [...node.keys, ...node.aggregates]) last = Math.max(last, id);
      }
      if (node.kind === 'tableFunction') {
        for (const id of node.functions.flatMap(({ columns }) => columns))
          last = Math.max(last, id);
      }
    },
  });
  return { next: () => ++last };
}

/** How recognition sees the statement's tables. */
export function fragmentContext(plan: Plan, run: RunContext): FragmentContext {
  const axes = new Map<ScanPlan, ReturnType<FragmentContext['axis']>>();
  return {
    ids: idsBeyond(plan),
    axis(scan) {
      if (!axes.has(scan)) axes.set(scan, axisOf(scan, run));
      return axes.get(scan);
    },
  };
}

function axisOf(scan: ScanPlan, run: RunContext): ReturnType<FragmentContext['axis']> {
  if (!run.scans.isTable(scan)) return undefined;
  const { definition, connector } = run.scans.table(scan);
  if (connector.list === undefined) return 'not_versioned';
  return timeAxis(definition) ?? 'no_time_column';
}

/**
 * Finds a plan's fragments, answers each from cells (computing those that are missing), and puts scans of cells in their
 * places. `compute` false: only looks, and leaves the plan as it is.
 */
export async function resolveFragments(
  plan: Plan,
  run: RunContext,
  reuse: ReuseContext,
  compute = true,
): Promise<ResolvedPlan> {
  const context = fragmentContext(plan, run);
  const { fragments, bypassed } = findFragments(plan, context);
  const settled = await Promise.allSettled(
    [...fragments.values()].map((fragment) =>
      answerFragment(fragment, { run, reuse, ids: context.ids, compute }),
    ),
  );
  const answers = new Map<Plan, FragmentAnswer>();
  const failures: unknown[] = [];
  for (const outcome of settled) {
    if (outcome.status === 'fulfilled') answers.set(outcome.value.fragment.whole, outcome.value);
    else failures.push(outcome.reason);
  }
  const release = async (): Promise<void> => {
    await Promise.all([...answers.values()].map((answer) => answer.release()));
  };
  if (failures.length > 0) {
    await release();
    throw failures[0];
  }
  countBypassed(bypassed, run, reuse);
  const relations = new Map<number, RelationText<EngineValue>>();
  const listings = new Map<number, ScanListing>();
  const reports: FragmentReport[] = bypassed.map(({ occurrence, table, reason, detail }) => ({
    occurrence,
    table,
    form: undefined,
    windows: 0,
    hits: 0,
    misses: 0,
    reason,
    ...(detail === undefined ? {} : { detail }),
  }));
  for (const { report, listing, cells, fragment } of answers.values()) {
    reports.push(report);
    for (const [occurrence, relation] of cells?.relations ?? [])
      relations.set(occurrence, relation);
    if (cells === undefined && listing !== undefined) {
      listings.set(fragment.scan.occurrence, listing);
    }
  }
  const drop = async (): Promise<void> => {
    await Promise.all([...answers.values()].map((answer) => answer.drop()));
  };
  return { plan: merged(plan, answers), relations, listings, reports, release, drop };
}

/** Blocks that could not even be asked for. Tables without a time, such as dimensions, are not there to be cut. */
function countBypassed(
  bypassed: readonly Bypass[],
  { statistics }: RunContext,
  { service }: ReuseContext,
): void {
  for (const { reason } of bypassed) {
    if (reason === 'no_time_column') {
      service.counts.notWindowed++;
      continue;
    }
    statistics.bypassReasons.add(reason);
    service.counts.bypassed.set(reason, (service.counts.bypassed.get(reason) ?? 0) + 1);
  }
}

/** The plan with answered fragments in the form of their merges. Other sides of a merge keep their own fragments. */
function merged(plan: Plan, answers: ReadonlyMap<Plan, FragmentAnswer>): Plan {
  const done = new Set<Plan>();
  const mapping: ChildMapping = {
    plan(node) {
      const answer = done.has(node) ? undefined : answers.get(node);
      if (answer?.cells === undefined) {
        return mapPlanChildren(node, mapping);
      }
      done.add(node);
      return answer.isFinal === true
        ? answer.cells.plan
        : mapPlanChildren(answer.fragment.merge(answer.cells.plan), mapping);
    },
    expression: (each) => mapExpressionChildren(each, mapping),
  };
  return mapping.plan(plan);
}
