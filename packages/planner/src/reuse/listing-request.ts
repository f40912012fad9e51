import type { TableDefinition } from '@tributary/catalog';
import type { ScanRequest } from '@tributary/connectors';
import type { Constraint, Domain, Expression } from '@tributary/sql';
import { constraints } from '../analyze/constraints.ts';
import { declaredTimes } from '../analyze/declared-times.ts';
import { expressionColumns, isRepeatable } from '../analyze/predicate.ts';
import type { RunContext } from '../execute/run-plan.ts';
import { columnNames } from './cell-columns.ts';
import type { Fragment } from './fragment.ts';

/** What the cells' own conditions and the statement's range leave of the table. */
export function listingRequest(
  fragment: Fragment,
  table: TableDefinition,
  run: Pick<RunContext, 'scans'>,
): ScanRequest {
  const { scan, axis, filters, timeConditions, domains } = fragment;
  const names = columnNames(scan);
  const constraint = new Map<string, Domain>(domains);
  for (const [name, domain] of scan.constraint ?? []) {
    if (axis.columns.includes(name)) constraint.set(name, domain);
  }
  const own = [...filters.map(({ expression }) => expression), ...timeConditions];
  for (const [name, domain] of conditionDomains(fragment, own)) {
    if (!axis.partitionColumns.includes(name)) constraint.set(name, domain);
  }
  const overPartitions = (expression: Expression, allowed: readonly string[]): boolean =>
    isRepeatable(expression) &&
    [...expressionColumns(expression)].every((id) => allowed.includes(names.get(id) ?? ''));
  const predicates = [
    ...own.filter((each) => overPartitions(each, axis.partitionColumns)),
    ...(scan.partitionPredicates ?? []).filter((each) => overPartitions(each, axis.columns)),
  ];
  // Only where the rule that prunes is on.
  const ruled = axis.tied !== undefined && scan.constraint?.has(axis.tied.column) === true;
  const times = ruled ? declaredTimes(table, constraint) : undefined;
  return {
    table,
    columns: [],
    constraint,
    ...(times === undefined ? {} : { times }),
    ...(predicates.length === 0
      ? {}
      : {
          keepPartitions: (partitions) =>
            run.scans.keepPartitions(
              { ...scan, partitionPredicates: predicates },
              table,
              partitions,
            ),
        }),
  };
}

/** What a fragment's own conditions say of columns: for min/max of files. */
function conditionDomains(fragment: Fragment, conditions: readonly Expression[]): Constraint {
  const { constraint: _, partitionPredicates: __, ...scan } = fragment.scan;
  const [first] = conditions;
  if (first === undefined) return new Map();
  const found = constraints({
    kind: 'filter',
    input: scan,
    columns: scan.columns,
    condition:
      conditions.length === 1 ? first : { kind: 'and', type: first.type, args: conditions },
  });
  return found.get(scan.occurrence)?.constraint ?? new Map<string, Domain>();
}
