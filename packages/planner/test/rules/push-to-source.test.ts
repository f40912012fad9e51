import { describe, expect, test } from '@jest/globals';
import type { QueryConnector } from '@tributary/connectors';
import { rewritePlan } from '@tributary/sql';
import type { Plan } from '@tributary/sql';
import { refusal } from '../../../connectors/src/postgres/refusal.ts';
import { pushToSource } from '../../src/rules/push-to-source.ts';
import { childPlans } from '../../src/rules/push/source-trees.ts';
import { boundQuery } from '../analyze/bound-query.ts';

const refuse = (): never => {
  throw new Error('a rule must not touch the source');
};

function connector(source: string): QueryConnector {
  return {
    kind: 'postgres',
    source,
    catalog: { source, read: refuse },
    refusal: (node) => refusal(node, source),
    text: refuse,
    run: refuse,
    close: refuse,
  };
}

/** Tables t and u are of one source that computes queries, v is of the lake. */
const SOURCES: Readonly<Record<string, string>> = { t: 'warehouse', u: 'warehouse', v: 'lake' };

async function pushed(text: string, sources = SOURCES): Promise<string> {
  const plan = rewritePlan(await boundQuery(text), {
    plan: (node) =>
      node.kind === 'scan'
        ? { ...node, table: { ...node.table, source: sources[node.table.name] ?? 'lake' } }
        : node,
  });
  const after = pushToSource.apply(plan, {
    partitionColumns: () => [],
    querySource: (name) => (name === 'lake' ? undefined : connector(name)),
  });
  return after === undefined ? 'unchanged' : shape(after);
}

/** Kinds of nodes, outermost first; what goes to a source in brackets, a table followed by the columns that its rows are chosen by. */
function shape(plan: Plan): string {
  if (plan.kind === 'remoteQuery') return `[${shape(plan.plan)}]`;
  const kept = plan.kind === 'scan' ? [...(plan.constraint?.keys() ?? [])].sort().join('') : '';
  const name = plan.kind === 'scan' ? `${plan.table.name}${kept}` : plan.kind;
  const children = childPlans(plan).map(shape);
  return children.length === 0 ? name : `${name}(${children.join(', ')})`;
}

describe('push-to-source sends whole', () => {
  test.each([
    ['SELECT id FROM t WHERE n > 1', '[project(filter(t))]'],
    ['SELECT s, count(*), sum(n) FROM t GROUP BY s', '[project(aggregate(t))]'],
    ['SELECT t.id FROM t JOIN u ON t.id = u.id', '[project(join(t, u))]'],
    ['SELECT id FROM t UNION SELECT n FROM u', '[setOperation(project(t), project(project(u)))]'],
    ['SELECT id FROM t WHERE id IN (SELECT id FROM u)', '[project(filter(t, project(u)))]'],
    ['SELECT n, row_number() OVER (ORDER BY id) FROM t', '[project(window(t))]'],
    [
      'WITH c AS (SELECT * FROM t WHERE n = 1) SELECT * FROM c x JOIN c y ON x.id = y.id',
      '[with(project(filter(t)), project(join(commonTableScan, commonTableScan)))]',
    ],
    ['SELECT DISTINCT n FROM t', '[distinct(project(t))]'],
  ])('%s', async (text, after) => {
    expect(await pushed(text)).toBe(after);
  });
});

describe('push-to-source keeps the order of rows', () => {
  test.each([
    // Sorting all of them is done here; a top-N there, and its few rows are sorted again.
    ['SELECT id FROM t WHERE n > 1 ORDER BY id', 'sort([project(filter(t))])'],
    ['SELECT id FROM t ORDER BY id LIMIT 3', 'sort([limit(sort(project(t)))])'],
    // The column that orders them is gone above.
    ['SELECT id FROM t ORDER BY n LIMIT 3', 'project(sort([limit(sort(project(t)))]))'],
  ])('%s', async (text, after) => {
    expect(await pushed(text)).toBe(after);
  });
});

describe('push-to-source sends a part', () => {
  test.each([
    [
      'SELECT count(*) FROM t JOIN v ON t.id = v.id WHERE t.n = 1',
      'project(aggregate(filter(join([tidn], v))))',
    ],
    ['SELECT upper(s), n FROM t WHERE n = 1', 'project([filter(t)])'],
    ['SELECT id FROM t WHERE n = 1 AND upper(s) = $$A$$', 'project(filter([tns]))'],
    [
      'SELECT * FROM (SELECT n, count(*) AS c FROM t GROUP BY n) a JOIN v ON v.n = a.n',
      'project(join([project(aggregate(tn))], v))',
    ],
    [
      'SELECT id FROM v WHERE id IN (SELECT id FROM t WHERE n = 1)',
      'project(filter(v, [project(filter(t))]))',
    ],
    ['SELECT min(s) FROM t', 'project(aggregate([t]))'],
  ])('%s', async (text, after) => {
    expect(await pushed(text)).toBe(after);
  });
});

describe('push-to-source does not send', () => {
  test.each([
    ['a table of the lake', 'SELECT id FROM v WHERE n = 1', 'unchanged'],
    ['a cross join', 'SELECT t.id FROM t, u', 'project(join([t], [u]))'],
    [
      'what would run once a row',
      'SELECT id FROM t WHERE n > (SELECT sum(u.n) FROM u WHERE u.id = t.id)',
      'project(filter([tn], project(aggregate(filter([uid])))))',
    ],
    ['a full join', 'SELECT t.id FROM t FULL JOIN u ON t.id = u.id', 'project(join([t], [u]))'],
    ['volatile functions', 'SELECT random() FROM t WHERE n = 1', 'project([filter(t)])'],
    ['what a collation decides', 'SELECT id FROM t WHERE s < $$m$$', 'project(filter([ts]))'],
    ['sums of floats', 'SELECT sum(f) FROM t', 'project(aggregate([t]))'],
    ['casts by settings and zones', 'SELECT ts::text FROM t WHERE n = 1', 'project([filter(t)])'],
  ])('%s', async (_, text, after) => {
    expect(await pushed(text)).toBe(after);
  });

  test('two sources as one', async () => {
    const apart = { t: 'warehouse', u: 'archive' };
    expect(await pushed('SELECT t.id FROM t JOIN u ON t.id = u.id WHERE t.n = 1', apart)).toBe(
      'project(filter(join([tidn], [uid])))',
    );
  });
});
