import { QueryError, type Domain } from '@tributary/sql';
import {
  invalidColumnProperty,
  isSafeSegment,
  isTypeNamed,
  type ColumnProjection,
  type ColumnProperties,
} from './column-projection.ts';
import { restrictList, type ProjectedValue } from './projected-values.ts';

const OTHER_KEYS = ['values', 'range', 'interval', 'interval.unit', 'digits', 'format'];

/**
 * `injected`: the values that the query asks for by equality. One that could leave its place in the path matches no partition:
 * empty, `.`, `..`, with a slash, NUL or control character.
 */
export function injectedProjection(properties: ColumnProperties): ColumnProjection {
  const { column, table } = properties;
  if (!isTypeNamed(column.type, ['text', 'varchar'])) {
    throw invalidColumnProperty(properties, 'type', 'injected needs a column of type string');
  }
  const extra = OTHER_KEYS.find((key) => properties.get(key) !== undefined);
  if (extra !== undefined) {
    throw invalidColumnProperty(properties, extra, 'cannot be set for the type injected');
  }
  return {
    column,
    values: (domain) => {
      const asked = askedValues(domain);
      if (asked === undefined) throw unconstrained(table, column.name);
      const values: ProjectedValue[] = [];
      for (const text of asked) {
        if (isSafeSegment(text)) values.push({ value: text, rendered: text });
      }
      return {
        considered: BigInt(asked.length),
        kept: restrictList(values, column.type, undefined),
      };
    },
  };
}

function askedValues(domain: Domain | undefined): readonly string[] | undefined {
  if (domain === undefined || domain.nulls) return undefined;
  const values: string[] = [];
  for (const { low, high } of domain.ranges) {
    if (low === undefined || low.value !== high?.value || typeof low.value !== 'string') {
      return undefined;
    }
    values.push(low.value);
  }
  return values;
}

function unconstrained(table: string, column: string): QueryError {
  return new QueryError(
    'injectedColumnConstraint',
    `CONSTRAINT_VIOLATION: For the injected projected partition column ${column}, the WHERE clause must contain only static equality conditions, and at least one such condition must be present.`,
    {
      hint: `Add a condition such as ${column} = 'value' or ${column} IN (...) on table ${table}.`,
    },
  );
}
