import { describe, expect, test } from '@jest/globals';
import { visitPlan } from '@tributary/sql';
import { formatExpression } from '../../src/explain/format-expression.ts';
import { applyRules } from '../../src/rules/rules.ts';
import { boundQuery } from '../analyze/bound-query.ts';

const PARTITION_COLUMNS = ['dt', 'n'];

/** The conditions that are left, and the columns that scans of `t` still read. */
async function left(
  sql: string,
): Promise<{ readonly filters: string[]; readonly columns: string[] }> {
  const { plan } = applyRules(
    await boundQuery(sql),
    { partitionColumns: ({ name }) => (name === 't' ? PARTITION_COLUMNS : []) },
    new Set(),
  );
  const filters: string[] = [];
  const columns: string[] = [];
  visitPlan(plan, {
    plan(node) {
      if (node.kind === 'filter') {
        filters.push(formatExpression(node.condition));
      } else if (node.kind === 'scan' && node.table.name === 't') {
        columns.push(...node.scanColumns.map(({ source }) => source));
      }
    },
  });
  return { filters, columns };
}

describe('drop-implied-predicates', () => {
  test.each([
    ["select sum(id) from t where dt >= '2024-01-01' and n = 7", ['id']],
    [
      "select sum(id) from t where dt between '2024-01-01' and '2024-01-31' and n in (1, 2)",
      ['id'],
    ],
    ["select sum(id) from (select * from t where dt > '2024-01-01') q where n <> 3", ['id']],
    ["select sum(t.id) from t join u on t.id = u.id where t.dt = '2024-01-01'", ['id']],
    ["select sum(t.id) from t left join u on t.id = u.id where t.dt = '2024-01-01'", ['id']],
  ])('leaves no predicate on partition columns alone: %s', async (sql, columns) => {
    const { filters, columns: read } = await left(sql);
    expect(filters.join()).toBe('');
    expect(read).toEqual(columns);
  });

  test.each([
    // A column of the files is not guaranteed by the choice of partitions.
    ['select count(*) from t where f > 1 and n = 7', ['f']],
    ['select count(*) from t where id = 7', ['id']],
    // Not a range of one column: partitions are chosen by a superset.
    ['select count(*) from t where dt = current_date or n = 3', ['n', 'dt']],
    ['select count(*) from t where extract(month from dt) = 3', ['dt']],
    // Rows that an outer join pads with NULLs.
    [
      "select count(*) from u left join t on t.id = u.id where t.dt is null or t.dt > '2024-01-01'",
      ['id', 'dt'],
    ],
    // Above a limit a predicate prunes nothing.
    ["select count(*) from (select * from t limit 5) q where dt = '2024-01-01'", ['dt']],
    // A common table is read for all its references.
    [
      "with c as (select * from t) select count(*) from c where dt = '2024-01-01' union all select count(*) from c where dt = '2024-02-01'",
      ['dt'],
    ],
    ['select count(*) from t where n = 7 and random() < 0.5', []],
  ])('keeps what it does not guarantee: %s', async (sql, columns) => {
    const { filters, columns: read } = await left(sql);
    expect(filters).not.toEqual([]);
    expect(read).toEqual(columns);
  });
});
