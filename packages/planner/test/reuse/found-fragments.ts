import type { Plan, ScanPlan } from '@tributary/sql';
import { findFragments } from '../../src/reuse/find-fragments.ts';
import type { FoundFragments } from '../../src/reuse/find-fragments.ts';
import type { Fragment } from '../../src/reuse/fragment.ts';
import { idsBeyond } from '../../src/reuse/resolve-fragments.ts';
import type { TimeAxis } from '../../src/reuse/time-axis.ts';
import { inlineCommonTables } from '../../src/rules/inline-common-tables.ts';
import { boundQuery } from '../analyze/bound-query.ts';

const AXIS: TimeAxis = {
  columns: ['dt'],
  partitionColumns: ['dt', 's'],
  span: () => undefined,
};

/** Tables t and u have windows by dt; v has no time column. */
function axisOf(scan: ScanPlan): TimeAxis | 'no_time_column' {
  return scan.table.name === 'v' ? 'no_time_column' : AXIS;
}

/** The fragments of a query over tables t, u and v of `boundQuery`. */
export async function fragmentsOf(text: string): Promise<FoundFragments> {
  const bound: Plan = await boundQuery(text);
  const plan =
    inlineCommonTables.apply(bound, { partitionColumns: () => AXIS.partitionColumns }) ?? bound;
  return findFragments(plan, { axis: axisOf, ids: idsBeyond(plan) });
}

/** The only fragment of a query. */
export async function fragmentOf(text: string): Promise<Fragment> {
  const [fragment, ...others] = (await fragmentsOf(text)).fragments.values();
  if (fragment === undefined || others.length > 0) {
    throw new Error(`not one fragment but ${fragment === undefined ? 0 : others.length + 1}`);
  }
  return fragment;
}

/** What was found, a line each: `groups t: 2 keys, 1 partials, 1 filters, 1 on time`, or `BYPASS v: no_time_column`. */
export async function found(text: string): Promise<readonly string[]> {
  const { fragments, bypassed } = await fragmentsOf(text);
  return [
    ...[...fragments.values()].map(({ form, scan, keys, partials, filters, timeConditions }) => {
      const counts = [
        `${keys.length} keys`,
        ...(partials.length === 0 ? [] : [`${partials.length} partials`]),
        ...(filters.length === 0 ? [] : [`${filters.length} filters`]),
        ...(timeConditions.length === 0 ? [] : [`${timeConditions.length} on time`]),
      ];
      return `${form} ${scan.table.name}: ${counts.join(', ')}`;
    }),
    ...bypassed.map(
      ({ table, reason, detail }) =>
        `BYPASS ${table.replace('public.', '')}: ${reason}${detail === undefined ? '' : ` ${detail}`}`,
    ),
  ].sort();
}
