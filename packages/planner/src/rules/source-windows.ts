import { domainPredicate } from '@tributary/connectors';
import { rewritePlan } from '@tributary/sql';
import type { AggregatePlan, Plan, RemoteQueryPlan, ScanPlan, SqlType } from '@tributary/sql';
import { coreScans } from '../reuse/chain.ts';
import { idsBeyond } from '../reuse/resolve-fragments.ts';
import type { IdSource } from '../reuse/fragment.ts';
import { partialAggregation } from './push/partial-aggregate.ts';
import { repeatedGroups, scannedRows } from './push/source-estimates.ts';
import { childPlans } from './push/source-trees.ts';
import { timeWindows } from './push/time-windows.ts';
import type { Rule, RuleContext, SourceTableFacts } from './rule.ts';

/** A window of fewer rows takes less time than asking for it. */
const LEAST_ROWS = 100_000;
/** Groups that come once a window, as a part of the rows, at most: each costs as much as ten rows that its source adds up. */
const MOST_GROUPS = 1 / 10;
/** Rows of other tables that are read once a window, as a part of the table's that is cut. */
const MOST_REPEATED_ROWS = 1 / 2;

/**
 * An aggregation of a large table that its source computes, whose column of time is configured, is asked by several queries of
 * one moment, each over a range of the column, and their partial results are merged here.
 */
export const sourceWindows: Rule = {
  name: 'source-windows',
  description: 'Ask a source for ranges of a large table side by side.',
  apply(plan, context) {
    const { querySource } = context;
    if (querySource === undefined) return undefined;
    const changed = rewritePlan(plan, {
      plan: (node) => (node.kind === 'remoteQuery' ? windowed(node, plan, context) : node),
    });
    return changed === plan ? undefined : changed;
  },
};

function windowed(query: RemoteQueryPlan, plan: Plan, context: RuleContext): Plan {
  const connector = context.querySource?.(query.source);
  const found = aggregateBelow(query.plan);
  const most = connector?.sideBySide ?? 1;
  if (connector === undefined || found === undefined || most < 2) return query;
  const { aggregate, above } = found;
  const cut = largestTimed(aggregate.input, context);
  if (cut === undefined || aggregate.sets !== undefined) return query;
  const { scan, facts, time } = cut;
  const column = `${scan.table.name}.${time.column}`;
  const asWhole = (whole: string): Plan => ({
    ...query,
    windows: { column, cuts: [], plans: [], whole },
  });
  if (time.problem !== undefined) return asWhole(time.problem);
  const windows = timeWindows(query.plan, scan, time, (part) =>
    Math.min(most, Math.floor(((facts.rows ?? 0) * part) / LEAST_ROWS)),
  );
  if (windows === undefined) return asWhole('few rows');
  const { domains, rowsPart, cuts } = windows;
  const rows = (facts.rows ?? 0) * rowsPart;
  const repeated = scannedRows(query.plan, context) - (facts.rows ?? 0);
  if (repeated * domains.length > rows * MOST_REPEATED_ROWS) {
    return asWhole('rows of other tables would be read once a window');
  }
  const groups = repeatedGroups(aggregate, { scan, column: time.column }, context);
  if (groups * domains.length > rows * MOST_GROUPS) {
    return asWhole('groups would come once a window');
  }
  const partial = partialAggregation(aggregate, idsInside(plan, query));
  if (
    partial === undefined ||
    !aggregate.keys.every(({ expression }) => isComparedAlike(expression.type)) ||
    connector.refusal(partial.partial) !== undefined
  ) {
    return asWhole('an aggregate cannot be merged from windows');
  }
  const plans = domains.flatMap((domain) => windowOf(partial.partial, scan, time.column, domain));
  if (plans.length < domains.length) return asWhole('a window has no words');
  const merged = partial.merge({
    kind: 'remoteQuery',
    occurrence: query.occurrence,
    source: query.source,
    plan: partial.partial,
    columns: partial.partial.columns,
    windows: { column, cuts, plans },
  });
  return above.reduceRight((input, node) => ({ ...node, input }), merged);
}

type Above = Extract<
  Plan,
  { kind: 'filter' | 'project' | 'sort' | 'limit' | 'distinct' | 'window' }
>;

/** The aggregation that a query computes, and what it does with its rows, outermost first. */
function aggregateBelow(
  plan: Plan,
): { readonly aggregate: AggregatePlan; readonly above: readonly Above[] } | undefined {
  const above: Above[] = [];
  let node = plan;
  for (;;) {
    switch (node.kind) {
      case 'aggregate':
        return { aggregate: node, above };
      case 'filter':
      case 'project':
      case 'sort':
      case 'limit':
      case 'distinct':
      case 'window':
        // A subquery reads its source's tables, which is not done here.
        if (childPlans(node).length > 1) return undefined;
        above.push(node);
        node = node.input;
        break;
      default:
        return undefined;
    }
  }
}

interface TimedScan {
  readonly scan: ScanPlan;
  readonly facts: SourceTableFacts;
  readonly time: NonNullable<SourceTableFacts['time']>;
}

/** Of the scans whose disjoint parts make disjoint parts of a plan's rows the largest that has a column of time. */
function largestTimed(plan: Plan, context: RuleContext): TimedScan | undefined {
  const timed = coreScans(plan).flatMap((scan): TimedScan[] => {
    const facts = context.sourceTable?.(scan.table);
    return facts?.time === undefined ? [] : [{ scan, facts, time: facts.time }];
  });
  return timed.sort((a, b) => (b.facts.rows ?? 0) - (a.facts.rows ?? 0))[0];
}

/** The plan over the rows of a scan whose column lies in a domain; nothing where no predicate says so. */
function windowOf(
  plan: Plan,
  scan: ScanPlan,
  name: string,
  domain: Parameters<typeof domainPredicate>[1],
): readonly Plan[] {
  const id = scan.scanColumns.find(({ source }) => source === name)?.id;
  const column = scan.columns.find((each) => each.id === id);
  const condition = column === undefined ? undefined : domainPredicate(column, domain);
  if (condition === undefined) return [];
  return [
    rewritePlan(plan, {
      plan: (node) =>
        node.kind === 'scan' && node.occurrence === scan.occurrence
          ? { kind: 'filter', input: node, columns: node.columns, condition }
          : node,
    }),
  ];
}

/** Whether values that are one group at the source are one here: padded texts, arrays and objects may be spelled in several ways. */
function isComparedAlike(type: SqlType): boolean {
  return type.kind === 'scalar' && !['bpchar', 'json', 'jsonb'].includes(type.name);
}

/** Ids that neither a plan uses nor a query of it inside. */
function idsInside(plan: Plan, query: RemoteQueryPlan): IdSource {
  let last = Math.max(idsBeyond(plan).next(), idsBeyond(query.plan).next());
  return { next: () => ++last };
}
