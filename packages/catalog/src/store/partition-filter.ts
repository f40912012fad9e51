import {
  domainContains,
  isAllDomain,
  parseDomainValue,
  discreteValues,
  formatDomainValue,
} from '@tributary/sql';
import type { Constraint, Domain } from '@tributary/sql';
import type { Expression, ExpressionBuilder, SqlBool } from 'kysely';
import type { TableDefinition } from '../definitions.ts';
import type { CatalogTables } from './tables.ts';

/** More values than this are left to the check of each row. */
const MAX_VALUES = 500;

const VALUE_COLUMNS = ['value_0', 'value_1', 'value_2', 'value_3'] as const;

type PartitionBuilder = ExpressionBuilder<CatalogTables, 'tributary_partition'>;

/** Types whose text form orders as their values do, so that ranges can be asked of the store. */
function ordersAsText(domain: Domain): boolean {
  const { type } = domain;
  return type.kind === 'scalar' && (type.name === 'text' || type.name === 'varchar');
}

/** Conditions on the stored values that every partition satisfying the constraint meets; there may be others that do. */
export function partitionConditions(
  table: TableDefinition,
  constraint: Constraint,
  eb: PartitionBuilder,
): Expression<SqlBool>[] {
  const conditions: Expression<SqlBool>[] = [];
  table.partitionColumns.slice(0, VALUE_COLUMNS.length).forEach((column, index) => {
    const domain = constraint.get(column.name);
    const name = VALUE_COLUMNS[index];
    if (domain === undefined || name === undefined || isAllDomain(domain)) return;
    const found: Expression<SqlBool>[] = domain.nulls ? [eb(name, 'is', null)] : [];
    const values = discreteValues(domain, MAX_VALUES);
    if (values !== undefined) {
      if (values.length > 0)
        found.push(
          eb(
            name,
            'in',
            values.map((value) => formatDomainValue(value, domain.type)),
          ),
        );
    } else if (ordersAsText(domain)) {
      for (const { low, high } of domain.ranges.slice(0, MAX_VALUES)) {
        const bounds: Expression<SqlBool>[] = [eb(name, 'is not', null)];
        if (low !== undefined) bounds.push(eb(name, '>=', String(low.value)));
        if (high !== undefined) bounds.push(eb(name, '<=', String(high.value)));
        found.push(eb.and(bounds));
      }
      if (domain.ranges.length > MAX_VALUES) return;
    } else return;
    conditions.push(eb.or(found));
  });
  return conditions;
}

/** Whether a partition's values may satisfy the constraint; a value that does not read as its column's type may. */
export function maySatisfy(
  table: TableDefinition,
  constraint: Constraint,
  values: readonly (string | null)[],
): boolean {
  return table.partitionColumns.every((column, index) => {
    const domain = constraint.get(column.name);
    const text = values[index];
    if (domain === undefined || text === undefined) return true;
    if (text === null) return domain.nulls;
    const value = parseDomainValue(text, domain.type);
    return value === undefined || domainContains(domain, value);
  });
}
