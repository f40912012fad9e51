import { mapExpressionChildren, mapPlanChildren } from '@tributary/sql';
import type { ChildMapping, Plan, ScanPlan } from '@tributary/sql';
import { aggregateFragment } from './aggregate-fragment.ts';
import { coreScans, nodesAbove, otherSides, splitCore } from './chain.ts';
import type { Fragment, IdSource } from './fragment.ts';
import type { BypassReason } from './reasons.ts';
import { distinctFragment, rowsFragment, topFragment } from './row-fragments.ts';
import type { TimeAxis } from './time-axis.ts';

/** A block that could not become a fragment. */
export interface Bypass {
  readonly occurrence: number;
  readonly table: string;
  readonly reason: BypassReason;
  readonly detail?: string;
}

export interface FoundFragments {
  /** By the node that each answers for. Fragments of a node lie in its other sides or are its alternatives; none overlaps. */
  readonly fragments: ReadonlyMap<Plan, Fragment>;
  readonly bypassed: readonly Bypass[];
}

/** What recognition may ask of the surroundings. */
export interface FragmentContext {
  /** The time axis of a scanned table; a reason where it has none that can be used. Undefined: not a table of a source. */
  axis(scan: ScanPlan): TimeAxis | BypassReason | undefined;
  readonly ids: IdSource;
}

/** A way to make a fragment of a node, for one occurrence in its core. */
type Attempt = (
  scan: ScanPlan,
  axis: TimeAxis,
) => Fragment | { readonly reason: BypassReason; readonly detail?: string };

/** Cuts a plan into fragments: the largest blocks around one windowed occurrence each, anywhere in it. */
export function findFragments(plan: Plan, context: FragmentContext): FoundFragments {
  const fragments = new Map<Plan, Fragment>();
  const bypassed = new Map<number, Bypass>();

  const attempt = (core: Plan, build: Attempt): Fragment | undefined => {
    const scans = coreScans(core).filter((scan) => context.axis(scan) !== undefined);
    for (const scan of byRange(scans, context)) {
      const axis = context.axis(scan);
      if (axis === undefined) continue;
      const made: ReturnType<Attempt> =
        typeof axis === 'string' ? { reason: axis } : build(scan, axis);
      if (!('reason' in made)) return made;
      if (!bypassed.has(scan.occurrence)) {
        bypassed.set(scan.occurrence, {
          occurrence: scan.occurrence,
          table: `${scan.table.schema}.${scan.table.name}`,
          ...made,
        });
      }
    }
    return undefined;
  };

  /** Occurrences that joins pad with NULLs, or only test; a block of their own may still be found below. */
  const refusePadded = (core: Plan): void => {
    const own = coreScans(core);
    for (const scan of joinedScans(core)) {
      if (own.includes(scan) || typeof context.axis(scan) !== 'object') continue;
      if (!bypassed.has(scan.occurrence)) {
        bypassed.set(scan.occurrence, {
          occurrence: scan.occurrence,
          table: `${scan.table.schema}.${scan.table.name}`,
          reason: 'join_form',
        });
      }
    }
  };

  const take = (fragment: Fragment, core: Plan): void => {
    fragments.set(fragment.whole, fragment);
    bypassed.delete(fragment.scan.occurrence);
    const { rest, hole } = splitCore(core, fragment.scan);
    otherSides(rest, hole).forEach((side) => mapping.plan(side));
    // Subqueries in what is left above the cells.
    const above: ChildMapping = {
      plan: (each) => each,
      expression: (each) => mapping.expression(each),
    };
    [fragment.whole, ...nodesAbove(rest, hole)].forEach((node) => mapPlanChildren(node, above));
  };

  const mapping: ChildMapping = {
    plan(node) {
      const found = candidate(node, context);
      const fragment = found === undefined ? undefined : attempt(found.core, found.build);
      if (found !== undefined && fragment !== undefined) {
        take(fragment, found.core);
      } else {
        if (found !== undefined) refusePadded(found.core);
        mapPlanChildren(node, mapping);
      }
      return node;
    },
    expression(each) {
      mapExpressionChildren(each, mapping);
      return each;
    },
  };
  mapping.plan(plan);
  return { fragments, bypassed: [...bypassed.values()] };
}

function candidate(
  node: Plan,
  context: FragmentContext,
): { readonly core: Plan; readonly build: Attempt } | undefined {
  switch (node.kind) {
    case 'aggregate':
      return {
        core: node.input,
        build: (scan, axis) => aggregateFragment(node, scan, axis, context.ids),
      };
    case 'distinct':
      return { core: node.input, build: (scan, axis) => distinctFragment(node, scan, axis) };
    case 'limit':
      return node.input.kind === 'sort'
        ? { core: node.input.input, build: (scan, axis) => topFragment(node, scan, axis) }
        : undefined;
    case 'filter':
    case 'project':
    case 'scan':
      return isChain(node)
        ? { core: node, build: (scan, axis) => rowsFragment(node, scan, axis) }
        : undefined;
    default:
      return undefined;
  }
}

/** All occurrences in a core's filters, projections and joins. */
function joinedScans(core: Plan): readonly ScanPlan[] {
  switch (core.kind) {
    case 'scan':
      return [core];
    case 'filter':
    case 'project':
      return joinedScans(core.input);
    case 'join':
      return [...joinedScans(core.left), ...joinedScans(core.right)];
    default:
      return [];
  }
}

/** Whether a node is nothing but filters and projections over one scan. */
function isChain(node: Plan): boolean {
  return node.kind === 'filter' || node.kind === 'project'
    ? isChain(node.input)
    : node.kind === 'scan';
}

/** Occurrences whose time the statement bounds come first: they have the most to win. */
function byRange(scans: readonly ScanPlan[], context: FragmentContext): readonly ScanPlan[] {
  const bounded = (scan: ScanPlan): boolean => {
    const axis = context.axis(scan);
    return typeof axis === 'object' && axis.columns.some((name) => scan.constraint?.has(name));
  };
  return [...scans.filter(bounded), ...scans.filter((scan) => !bounded(scan))];
}
