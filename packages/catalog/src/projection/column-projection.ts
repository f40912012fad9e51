import { QueryError, type Domain, type SqlType } from '@tributary/sql';
import type { ColumnDefinition } from '../definitions.ts';
import type { ProjectedValues } from './projected-values.ts';

/** A column's rule, parsed: what values the column takes, and which of them a domain leaves. */
export interface ColumnProjection {
  readonly column: ColumnDefinition;
  /**
   * `domain` undefined: unconstrained. `now` decides NOW in date ranges. Throws injectedColumnConstraint where values must
   * come from the query and do not.
   */
  values(
    domain: Domain | undefined,
    now: Date,
  ): { readonly considered: bigint; readonly kept: ProjectedValues };
}

/** The properties `projection.<column>.*` of one partition column. */
export interface ColumnProperties {
  /** `schema.table`, for messages. */
  readonly table: string;
  readonly column: ColumnDefinition;
  /** The value of `projection.<column>.<key>`. */
  get(key: string): string | undefined;
}

/** REFERENCE 1.4: a property that does not parse or contradicts another. */
export function invalidProperty(table: string, message: string): QueryError {
  return new QueryError(
    'invalidTableProperty',
    `INVALID_TABLE_PROPERTY: ${message} (table ${table})`,
    {
      hint: 'Correct the table properties with ALTER TABLE ... SET TBLPROPERTIES.',
    },
  );
}

/** Like `invalidProperty`, about one key of a column. */
export function invalidColumnProperty(
  properties: ColumnProperties,
  key: string,
  message: string,
): QueryError {
  return invalidProperty(
    properties.table,
    `projection.${properties.column.name}.${key} ${message}`,
  );
}

export function requiredProperty(properties: ColumnProperties, key: string): string {
  const value = properties.get(key);
  if (value === undefined) throw invalidColumnProperty(properties, key, 'is required but missing');
  return value;
}

/** The two elements of a range, white space kept. */
export function rangeElements(properties: ColumnProperties): readonly [string, string] {
  const [low, high, ...more] = requiredProperty(properties, 'range').split(',');
  if (low === undefined || high === undefined || more.length > 0) {
    throw invalidColumnProperty(
      properties,
      'range',
      'must have exactly two elements separated by a comma',
    );
  }
  return [low, high];
}

/** A positive 64-bit integer, or undefined where the key is absent. */
export function positiveInteger(properties: ColumnProperties, key: string): bigint | undefined {
  const text = properties.get(key)?.trim();
  if (text === undefined) return undefined;
  const value = parseLong(text);
  if (value === undefined || value <= 0n) {
    throw invalidColumnProperty(properties, key, `must be a positive integer, not '${text}'`);
  }
  return value;
}

/** A signed 64-bit integer as Java's Long.parseLong reads it. */
export function parseLong(text: string): bigint | undefined {
  if (!/^[+-]?\d{1,64}$/.test(text)) return undefined;
  const value = BigInt(text.replace(/^\+/, ''));
  return BigInt.asIntN(64, value) === value ? value : undefined;
}

/** Whether values of the type are texts, compared as texts. */
export function isTextType(type: SqlType): boolean {
  return type.kind === 'scalar' && ['text', 'varchar', 'bpchar'].includes(type.name);
}

export function isTypeNamed(type: SqlType, names: readonly string[]): boolean {
  return type.kind === 'scalar' && names.includes(type.name);
}

const CONTROL = /\p{Cc}/u;

/** Whether a value that the table's owner wrote can be part of a path: no empty, `.` or `..` segment, no control character. */
export function isSafeOwnerText(rendered: string): boolean {
  return (
    !CONTROL.test(rendered) &&
    rendered.split('/').every((segment) => segment !== '' && segment !== '.' && segment !== '..')
  );
}

/** Whether a value that a query gave can be one segment of a path. */
export function isSafeSegment(rendered: string): boolean {
  return isSafeOwnerText(rendered) && !rendered.includes('/');
}
