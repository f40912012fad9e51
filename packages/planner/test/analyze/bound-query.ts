import { NO_GRANTS } from '@tributary/catalog';
import type { CatalogSnapshot, TableDefinition } from '@tributary/catalog';
import {
  formatDomainValue,
  loadParser,
  parseQuery,
  scalar,
  type Domain,
  type Plan,
  type ScalarName,
} from '@tributary/sql';
import { NO_ROLES } from '../../src/access/reader.ts';
import { bindSelect } from '../../src/bind/bind-select.ts';
import { constraints, type ScanConstraint } from '../../src/analyze/constraints.ts';
import { foldConstants } from '../../src/analyze/fold-constants.ts';

const COLUMNS: Readonly<Record<string, ScalarName>> = {
  id: 'int8',
  n: 'int4',
  s: 'text',
  b: 'bool',
  f: 'float8',
  ts: 'timestamp',
  dt: 'date',
};

function table(name: string): TableDefinition {
  return {
    kind: 'table',
    id: name,
    database: 'lake',
    schema: 'public',
    name,
    version: 1,
    source: 'lake',
    columns: Object.entries(COLUMNS).map(([column, type]) => ({
      name: column,
      type: scalar(type),
    })),
    partitionColumns: [],
    storage: { format: 'parquet' },
    location: `/lake/${name}/`,
    properties: {},
  };
}

const TABLES = new Map(['t', 'u', 'v'].map((name) => [name, table(name)]));

const CATALOG: CatalogSnapshot = {
  version: 1,
  grants: NO_GRANTS,
  databases: () => ['lake'],
  schemas: () => ['public'],
  hasSchema: (_database, schema) => schema === 'public',
  relation: (_database, _schema, name) => TABLES.get(name),
  relations: () => [...TABLES.values()],
};

/** Binds and folds a query over tables t, u and v; nothing is evaluated outside. */
export async function boundQuery(text: string): Promise<Plan> {
  await loadParser();
  const bound = bindSelect(parseQuery(text), {
    catalog: CATALOG,
    database: 'lake',
    searchPath: ['public'],
    parameterTypes: [],
    timeZone: 'UTC',
    now: new Date('2024-03-31T10:20:30Z'),
    user: 'tester',
    reader: NO_ROLES.reader('tester'),
    systemTable: () => undefined,
    parseView: () => {
      throw new Error('there are no views');
    },
    qualify: false,
  });
  return foldConstants(bound.plan, (expressions) =>
    Promise.resolve(expressions.map(() => undefined)),
  );
}

/** The scans' constraints by table name and place: `t`, `t#1`. */
export async function scanConstraints(text: string): Promise<ReadonlyMap<string, ScanConstraint>> {
  const plan = await boundQuery(text);
  const found = constraints(plan);
  const named = new Map<string, ScanConstraint>();
  for (const [occurrence, name] of scans(plan)) {
    const constraint = found.get(occurrence);
    if (constraint === undefined) throw new Error(`scan ${occurrence} was not met`);
    let place = name;
    for (let count = 1; named.has(place); count++) place = `${name}#${count}`;
    named.set(place, constraint);
  }
  return named;
}

function scans(plan: Plan): readonly (readonly [number, string])[] {
  const found: (readonly [number, string])[] = [];
  JSON.stringify(plan, (key, value: unknown) => {
    if (key === 'constraint') return undefined;
    if (typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'scan') {
      const scan = value as Extract<Plan, { kind: 'scan' }>;
      found.push([scan.occurrence, scan.table.name]);
    }
    return value;
  });
  return found.sort(([a], [b]) => a - b);
}

/** `dt [2024-01-01..2024-01-31], s {a|b|NULL}`. */
export function shown({ constraint, residual }: ScanConstraint): string {
  const parts = [...constraint]
    .map(([column, domain]) => `${column} ${shownDomain(domain)}`)
    .sort();
  if (residual.length > 0) parts.push(`+${residual.length}`);
  return parts.join(', ');
}

function shownDomain(domain: Domain): string {
  const parts = domain.ranges.map(({ low, high }) => {
    const from =
      low === undefined
        ? '('
        : `${low.inclusive ? '[' : '('}${formatDomainValue(low.value, domain.type)}`;
    const to =
      high === undefined
        ? ')'
        : `${formatDomainValue(high.value, domain.type)}${high.inclusive ? ']' : ')'}`;
    return low !== undefined && low.value === high?.value
      ? formatDomainValue(low.value, domain.type)
      : `${from}..${to}`;
  });
  if (domain.nulls) parts.push('NULL');
  return `{${parts.join('|')}}`;
}
