import type { QueryConnector, SourceStatement } from '@tributary/connectors';
import { TEXT, coerce, rewritePlan } from '@tributary/sql';
import type { Plan } from '@tributary/sql';
import { foldConstants } from '../analyze/fold-constants.ts';
import type { BoundSelect } from '../bind/bind-context.ts';
import { evaluateConstants, printConstantExpression } from '../execute/constant-evaluation.ts';
import { DIRECT_ROWS } from '../rules/rules.ts';
import { rewriteFolded } from './plan-select.ts';
import { evaluationContext } from './statement-scope.ts';
import type { StatementScope } from './statement-scope.ts';

/** A statement whose rows one source computes, with its parameters left open. */
export interface DirectQuery {
  readonly statement: SourceStatement;
  /** What the engine runs over the rows where they are many. */
  readonly plan: Plan;
  /** Places of the parameters that the source is given, in order, from 0. */
  readonly parameters: readonly number[];
}

/** Of one bound query: sets of rules that were off. */
const MOST_KNOWN = 16;

/** What is known of bound queries, by the rules that were off; null: the engine has a part in their rows. */
const known = new WeakMap<BoundSelect, Map<string, DirectQuery | null>>();

/**
 * The statement as its source is asked it, where one source computes it whole: found once for a bound query, so that values of
 * parameters need no planning. Undefined: the engine has a part in its rows.
 */
export async function directQuery(
  bound: BoundSelect,
  scope: StatementScope,
): Promise<DirectQuery | undefined> {
  const { rulesOff } = scope;
  const connector = onlySource(bound, scope);
  if (connector === undefined || rulesOff.has('all') || rulesOff.has(DIRECT_ROWS)) return undefined;
  const key = [...rulesOff].sort().join();
  const before = known.get(bound)?.get(key);
  if (before !== undefined) return before ?? undefined;
  const started = performance.now();
  const { query, readsClock } = await makeQuery(bound, connector, scope);
  scope.record.statistics.planningMs += performance.now() - started;
  if (!readsClock) {
    const ofBound = known.get(bound) ?? new Map<string, DirectQuery | null>();
    if (ofBound.size >= MOST_KNOWN) ofBound.clear();
    known.set(bound, ofBound.set(key, query ?? null));
  }
  return query;
}

/** The one source of all tables, where it can be asked directly. */
function onlySource(
  { relations, plan }: BoundSelect,
  scope: StatementScope,
): QueryConnector | undefined {
  let source: string | undefined;
  for (const relation of relations) {
    if (relation.kind === 'view') continue;
    if (relation.kind !== 'sourceTable') return undefined;
    if (source !== undefined && relation.source !== source) return undefined;
    source = relation.source;
  }
  if (source === undefined || plan.columns.length === 0) return undefined;
  const connector = scope.services.querySources?.get(source);
  return connector?.prepare === undefined ? undefined : connector;
}

async function makeQuery(
  bound: BoundSelect,
  connector: QueryConnector,
  scope: StatementScope,
): Promise<{ readonly query: DirectQuery | undefined; readonly readsClock: boolean }> {
  const facts = evaluationContext(scope);
  let readsClock = false;
  const folded = await foldConstants(bound.plan, (expressions) => {
    readsClock ||= expressions.some((each) =>
      printConstantExpression(coerce(each, TEXT, 'explicit'), facts).includes(facts.now),
    );
    return evaluateConstants(expressions, facts);
  });
  const { plan } = rewriteFolded(folded, scope);
  const remote = remotePlan(plan, connector);
  if (remote === undefined || !sameColumns(remote, bound.plan)) {
    return { query: undefined, readsClock };
  }
  const { numbered, parameters } = numberParameters(remote);
  const statement = await connector.prepare?.(
    numbered,
    { timeZone: facts.timeZone, now: facts.now },
    { signal: scope.signal },
  );
  if (statement === undefined) return { query: undefined, readsClock };
  readsClock ||= statement.text.includes(facts.now);
  return { query: { statement, plan, parameters }, readsClock };
}

/** What a source computes of a plan that is nothing but a query to it, in its order. */
function remotePlan(plan: Plan, connector: QueryConnector): Plan | undefined {
  if (plan.kind === 'remoteQuery') {
    return (plan.windows?.plans.length ?? 0) > 0 ? undefined : plan.plan;
  }
  if (plan.kind !== 'sort' || plan.input.kind !== 'remoteQuery') return undefined;
  const input = remotePlan(plan.input, connector);
  if (input === undefined || !isReduced(input)) return undefined;
  const sorted: Plan = { ...plan, input };
  return connector.refusal(sorted) === undefined ? sorted : undefined;
}

/** Whether rows are likely to be few: many are better sorted by the engine. */
function isReduced(plan: Plan): boolean {
  switch (plan.kind) {
    case 'limit':
    case 'aggregate':
    case 'distinct':
      return true;
    case 'project':
    case 'filter':
    case 'sort':
    case 'window':
      return isReduced(plan.input);
    default:
      return false;
  }
}

function sameColumns(plan: Plan, bound: Plan): boolean {
  return (
    plan.columns.length === bound.columns.length &&
    plan.columns.every(({ id }, index) => bound.columns[index]?.id === id)
  );
}

/** Parameters that are in the plan, numbered from 1: a source refuses numbers that its text leaves out. */
function numberParameters(plan: Plan): {
  readonly numbered: Plan;
  readonly parameters: readonly number[];
} {
  const places = new Map<number, number>();
  const numbered = rewritePlan(plan, {
    expression(each) {
      if (each.kind !== 'parameter') return each;
      const index = places.get(each.index) ?? places.size + 1;
      places.set(each.index, index);
      return { ...each, index };
    },
  });
  return { numbered, parameters: [...places.keys()].map((index) => index - 1) };
}
