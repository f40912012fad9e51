import { QueryError } from '@tributary/sql';
import type { ColumnDefinition, TableDefinition } from '../definitions.ts';
import {
  invalidColumnProperty,
  type ColumnProjection,
  type ColumnProperties,
} from './column-projection.ts';
import { dateProjection } from './date-projection.ts';
import { enumProjection } from './enum-projection.ts';
import { injectedProjection } from './injected-projection.ts';
import { integerProjection } from './integer-projection.ts';
import { hiveLayout, parseLocationTemplate, type LocationTemplate } from './location-template.ts';

/** A table's partition projection, parsed: one rule a partition column, and where partitions lie. */
export interface ProjectionConfig {
  readonly columns: readonly ColumnProjection[];
  readonly location: LocationTemplate;
}

const PROJECTIONS: Readonly<Record<string, (properties: ColumnProperties) => ColumnProjection>> = {
  enum: enumProjection,
  integer: integerProjection,
  date: dateProjection,
  injected: injectedProjection,
};

const TEMPLATE_KEY = 'storage.location.template';

/** Keys are compared without regard to case, like the column names in them. */
export type PropertyLookup = (key: string) => string | undefined;

export function propertyLookup(table: TableDefinition): PropertyLookup {
  const folded = new Map(
    Object.entries(table.properties).map(([key, value]) => [key.toLowerCase(), value]),
  );
  return (key) => folded.get(key.toLowerCase());
}

/** Whether `projection.enabled` is true: registered partitions are then ignored. */
export function isProjected(table: TableDefinition): boolean {
  return propertyLookup(table)('projection.enabled')?.trim().toLowerCase() === 'true';
}

/** `schema.table`, as Athena's messages name a table. */
export function displayName(table: TableDefinition): string {
  return `${table.schema}.${table.name}`;
}

/** REFERENCE 1.4's missingProjection, when a partition column has no `projection.<column>.type`. */
export function missingProjection(
  table: TableDefinition,
  lookup: PropertyLookup,
): QueryError | undefined {
  const missing = table.partitionColumns
    .map((column) => column.name)
    .filter((name) => lookup(`projection.${name}.type`) === undefined);
  if (missing.length === 0) return undefined;
  const name = displayName(table);
  return new QueryError(
    'missingProjection',
    `HIVE_METASTORE_ERROR: Table ${name} is configured for partition projection, but the following partition columns are missing projection configuration: [${missing.join(', ')}] (table ${name})`,
    {
      hint: `Set ${missing.map((column) => `projection.${column}.type`).join(', ')} on the table.`,
    },
  );
}

/** One column's rule. Throws invalidTableProperty. */
export function parseColumnProjection(
  table: TableDefinition,
  column: ColumnDefinition,
  lookup: PropertyLookup,
): ColumnProjection {
  const properties: ColumnProperties = {
    table: displayName(table),
    column,
    get: (key) => lookup(`projection.${column.name}.${key}`),
  };
  const type = properties.get('type')?.trim().toLowerCase() ?? '';
  const parse = Object.hasOwn(PROJECTIONS, type) ? PROJECTIONS[type] : undefined;
  if (parse === undefined) {
    throw invalidColumnProperty(
      properties,
      'type',
      `must be one of ${Object.keys(PROJECTIONS).join(', ')}, not '${type}'`,
    );
  }
  return parse(properties);
}

/** Where partitions lie. Throws invalidTableProperty. */
export function parseLocation(table: TableDefinition, lookup: PropertyLookup): LocationTemplate {
  const template = lookup(TEMPLATE_KEY);
  return template === undefined
    ? hiveLayout(table)
    : parseLocationTemplate(table, displayName(table), template);
}

/** What all locations of `storage.location.template` begin with, up to a slash; undefined where partitions lie below the table's location. */
export function templateBase(table: TableDefinition): string | undefined {
  const template = isProjected(table) ? propertyLookup(table)(TEMPLATE_KEY) : undefined;
  const [base] = template?.split('${') ?? [];
  return base?.slice(0, base.lastIndexOf('/') + 1);
}

/** The whole configuration. Throws missingProjection or invalidTableProperty. */
export function parseProjection(table: TableDefinition): ProjectionConfig {
  const lookup = propertyLookup(table);
  const missing = missingProjection(table, lookup);
  if (missing !== undefined) throw missing;
  return {
    columns: table.partitionColumns.map((column) => parseColumnProjection(table, column, lookup)),
    location: parseLocation(table, lookup),
  };
}
