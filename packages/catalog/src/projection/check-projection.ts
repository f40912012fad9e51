import { isQueryError, type ErrorCode } from '@tributary/sql';
import type { TableDefinition } from '../definitions.ts';
import {
  displayName,
  isProjected,
  missingProjection,
  parseColumnProjection,
  parseLocation,
  propertyLookup,
} from './projection-config.ts';

export interface ProjectionWarning {
  readonly severity: 'warning';
  readonly message: string;
  /** The error that a query would meet; absent for what is only suspicious. */
  readonly code?: ErrorCode;
  readonly hint?: string;
}

const COLUMN_KEY = /^projection\.(.+?)\.(type|values|range|interval|interval\.unit|digits|format)$/;

/**
 * What is wrong with a table's partition projection. Athena accepts any properties and complains, or silently finds nothing,
 * when a query runs; whoever creates the table should hear of it then.
 */
export function checkProjection(table: TableDefinition): readonly ProjectionWarning[] {
  const warnings: ProjectionWarning[] = [];
  const lookup = propertyLookup(table);
  const suspect = (message: string, hint: string): void => {
    warnings.push({
      severity: 'warning',
      message: `${message} (table ${displayName(table)})`,
      hint,
    });
  };
  const keys = Object.keys(table.properties).map((key) => key.toLowerCase());
  const columnKeys = keys.filter((key) => COLUMN_KEY.test(key));
  const enabled = lookup('projection.enabled');
  if (enabled !== undefined && !/^\s*(true|false)\s*$/i.test(enabled)) {
    suspect(
      `projection.enabled is '${enabled}', which counts as false`,
      'Set it to true or false.',
    );
  }
  if (!isProjected(table)) {
    if (enabled === undefined && columnKeys.length > 0) {
      suspect(
        'projection properties are set but projection.enabled is not, so they have no effect',
        "Set 'projection.enabled'='true'.",
      );
    }
    return warnings;
  }
  if (table.partitionColumns.length === 0) {
    suspect(
      'projection.enabled is true but the table has no partition columns',
      'Declare the columns with PARTITIONED BY, or remove the property.',
    );
  }
  const attempt = (check: () => unknown): void => {
    try {
      check();
    } catch (error) {
      if (!isQueryError(error)) throw error;
      const { code, message, hint } = error;
      warnings.push({
        severity: 'warning',
        code,
        message,
        ...(hint === undefined ? {} : { hint }),
      });
    }
  };
  attempt(() => {
    const missing = missingProjection(table, lookup);
    if (missing !== undefined) throw missing;
  });
  for (const column of table.partitionColumns) {
    if (lookup(`projection.${column.name}.type`) === undefined) continue;
    attempt(() => {
      const rule = parseColumnProjection(table, column, lookup);
      if (lookup(`projection.${column.name}.type`)?.trim().toLowerCase() === 'injected') return;
      if (rule.values(undefined, new Date()).considered === 0n) {
        suspect(
          `partition column ${column.name} has no projected value at present`,
          'Check that the range begins before it ends.',
        );
      }
    });
  }
  attempt(() => parseLocation(table, lookup));
  const names = new Set(table.partitionColumns.map((column) => column.name.toLowerCase()));
  for (const key of columnKeys) {
    const name = COLUMN_KEY.exec(key)?.[1] ?? '';
    if (!names.has(name)) {
      suspect(`${key} is set, but ${name} is no partition column`, 'Remove the property.');
    }
  }
  return warnings;
}
